import { NextRequest, NextResponse } from "next/server";
import { supabaseServer } from "@/lib/supabase/server";
import { writeSession } from "@/lib/session";

export async function GET(req: NextRequest) {
  const url = new URL(req.url);
  const code = url.searchParams.get("code");
  const next = url.searchParams.get("next") ?? "/dashboard";
  if (code) {
    const supabase = supabaseServer();
    const { data } = await supabase.auth.exchangeCodeForSession(code);
    if (data.user) writeSession({ id: data.user.id, email: data.user.email!, role: data.user.user_metadata.role ?? "user", plan: "free" });
  }
  return NextResponse.redirect(next);
}
