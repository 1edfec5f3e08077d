export function Caption({ html }: { html: string }) {
  return <figcaption dangerouslySetInnerHTML={{ __html: html }} />;
}
