import { NextResponse } from "next/server";
import { supabaseServer } from "@/lib/supabase/server";
import { admin } from "@/lib/supabase/admin";

function newKey() {
  return "nw_" + Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
}

export async function POST() {
  const { data: { user } } = await supabaseServer().auth.getUser();
  if (!user) return NextResponse.json({ error: "unauthorized" }, { status: 401 });
  const apiKey = newKey();
  await admin.from("api_keys").insert({ user_id: user.id, key: apiKey });
  return NextResponse.json({ apiKey });
}
