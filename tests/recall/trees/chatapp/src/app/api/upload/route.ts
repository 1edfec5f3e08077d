import { writeFile } from "node:fs/promises";
import { auth } from "@clerk/nextjs/server";

export async function POST(req: Request) {
  const { userId } = await auth();
  if (!userId) return new Response("no", { status: 401 });
  const form = await req.formData();
  const file = form.get("file") as File;
  const target = `./public/uploads/${file.name}`;
  await writeFile(target, Buffer.from(await file.arrayBuffer()));
  return Response.json({ url: `/uploads/${file.name}` });
}
