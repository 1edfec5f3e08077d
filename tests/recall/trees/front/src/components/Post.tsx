import { useEffect, useRef } from "react";
import DOMPurify from "dompurify";

export function Post({ html, link, title }: { html: string; link: string; title: string }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (ref.current) ref.current.innerHTML = `<h2>${title}</h2>`;
    window.parent.postMessage({ kind: "ready" }, "*");
  }, [title]);
  return (
    <article>
      <div ref={ref} />
      <div dangerouslySetInnerHTML={{ __html: html }} />
      <div dangerouslySetInnerHTML={{ __html: DOMPurify.sanitize(html) }} />
      <a href={link} target="_blank">more</a>
      <a href={link} target="_blank" rel="noopener noreferrer">safe</a>
    </article>
  );
}
