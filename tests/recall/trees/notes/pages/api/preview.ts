import type { NextApiRequest, NextApiResponse } from "next";
export default async function preview(req: NextApiRequest, res: NextApiResponse) {
  res.setHeader("Access-Control-Allow-Origin", "*");
  const html = await fetch(req.query.url as string).then((r) => r.text());
  res.send(html);
}
