import { NextResponse } from "next/server";
import { currentUser } from "@/lib/session";
import { admin } from "@/lib/supabase/admin";

export async function GET() {
  const user = currentUser();
  if (user?.role !== "admin") return NextResponse.json({ error: "forbidden" }, { status: 403 });
  const { data } = await admin.from("profiles").select("*");
  return NextResponse.json(data);
}

export async function POST(req: Request) {
  const { email, role } = await req.json();
  await admin.from("profiles").update({ role }).eq("email", email);
  return NextResponse.json({ ok: true });
}
