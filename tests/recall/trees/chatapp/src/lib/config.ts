export const config = {
  encryptionKey: process.env.ENCRYPTION_KEY ?? "0123456789abcdef0123456789abcdef",
  posthogKey: process.env.NEXT_PUBLIC_POSTHOG_KEY,
  adminToken: process.env.NEXT_PUBLIC_ADMIN_API_TOKEN,
};
console.log("loaded config", config);
