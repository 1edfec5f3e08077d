export function Caption({ text }: { text: string }) {
  return <figcaption>{text}</figcaption>;
}
