export async function GET(req: Request) {
  const image = new URL(req.url).searchParams.get("image")!;
  const res = await fetch(image);
  return new Response(await res.arrayBuffer(), { headers: { "Content-Type": "image/png" } });
}
