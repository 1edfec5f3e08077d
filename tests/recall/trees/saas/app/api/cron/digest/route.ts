import { NextRequest, NextResponse } from "next/server";
import { admin } from "@/lib/supabase/admin";

export async function GET(req: NextRequest) {
  if (req.headers.get("authorization") !== `Bearer ${process.env.CRON_SECRET}`) {
    return NextResponse.json({ error: "no" }, { status: 401 });
  }
  const { data } = await admin.from("profiles").select("id,email").eq("digest", true);
  return NextResponse.json({ sent: data?.length ?? 0 });
}
