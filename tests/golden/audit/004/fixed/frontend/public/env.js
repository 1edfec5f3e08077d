window.ENV = {
  VITE_API_URL: "https://api.pictures.example.com",
  VITE_STRIPE_PUBLISHABLE_KEY: "pk_live_EXAMPLE",
};
