"use client";
import DOMPurify from "dompurify";

export function Page({ html, next }: { html: string; next: string }) {
  localStorage.setItem("access_token", next); // must: RE-002
  localStorage.setItem("theme", "dark"); // must not
  window.parent.postMessage({ ready: true }, "*"); // must: RE-005
  window.parent.postMessage({ ready: true }, "https://app.example.com"); // must not
  const key = process.env.NEXT_PUBLIC_OPENAI_API_KEY; // must: SEC-004
  const anon = process.env.NEXT_PUBLIC_SUPABASE_ANON_KEY; // must not
  return (
    <div>
      <div dangerouslySetInnerHTML={{ __html: html }} /> {/* must: RE-001 */}
      <div dangerouslySetInnerHTML={{ __html: DOMPurify.sanitize(html) }} /> {/* must not */}
      <p>{html}</p> {/* must not */}
      <span data-key={key} data-anon={anon} />
    </div>
  );
}
