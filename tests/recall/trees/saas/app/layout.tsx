import Script from "next/script";

export default function Root({ children }: { children: React.ReactNode }) {
  return (
    <html lang="en">
      <head>
        <script src="https://cdn.polyfill.io/v3/polyfill.min.js" />
        <Script src="https://cdn.jsdelivr.net/npm/chart.js" />
      </head>
      <body>{children}</body>
    </html>
  );
}
