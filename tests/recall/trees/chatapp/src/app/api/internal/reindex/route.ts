import { exec } from "child_process";
import { promisify } from "util";

const run = promisify(exec);

export async function POST(req: Request) {
  const { index } = await req.json();
  const { stdout } = await run(`node scripts/reindex.js ${index}`);
  return new Response(stdout);
}
