module.exports = { reactStrictMode: true, env: { STRIPE_SECRET_KEY: process.env.STRIPE_SECRET_KEY } };
