/** @type {import('next').NextConfig} */
const config = {
  productionBrowserSourceMaps: true,
  images: { remotePatterns: [{ protocol: "https", hostname: "**" }] },
  eslint: { ignoreDuringBuilds: true },
};
export default config;
