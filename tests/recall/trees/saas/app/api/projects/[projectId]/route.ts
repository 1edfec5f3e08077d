import { NextRequest, NextResponse } from "next/server";
import { supabaseServer } from "@/lib/supabase/server";
import { admin } from "@/lib/supabase/admin";

export async function GET(_req: NextRequest, { params }: { params: { projectId: string } }) {
  const supabase = supabaseServer();
  const { data: { user } } = await supabase.auth.getUser();
  if (!user) return NextResponse.json({ error: "unauthorized" }, { status: 401 });
  const { data } = await admin.from("projects").select("*").eq("id", params.projectId).single();
  return NextResponse.json(data);
}

export async function PATCH(req: NextRequest, { params }: { params: { projectId: string } }) {
  const supabase = supabaseServer();
  const { data: { user } } = await supabase.auth.getUser();
  if (!user) return NextResponse.json({ error: "unauthorized" }, { status: 401 });
  const patch = await req.json();
  const { data, error } = await admin.from("projects").update(patch).eq("id", params.projectId).select().single();
  if (error) return NextResponse.json({ error: error.message, hint: error.hint }, { status: 500 });
  return NextResponse.json(data);
}

export async function DELETE(_req: NextRequest, { params }: { params: { projectId: string } }) {
  await admin.from("projects").delete().eq("id", params.projectId);
  return new NextResponse(null, { status: 204 });
}
