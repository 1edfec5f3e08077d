"use server";
import { revalidatePath } from "next/cache";
import { admin } from "@/lib/supabase/admin";
import { supabaseServer } from "@/lib/supabase/server";

export async function renameProject(formData: FormData) {
  const id = formData.get("id") as string;
  await admin.from("projects").update({ name: formData.get("name") }).eq("id", id);
  revalidatePath("/dashboard");
}

export async function createProject(formData: FormData) {
  const { data: { user } } = await supabaseServer().auth.getUser();
  if (!user) throw new Error("unauthorized");
  await admin.from("projects").insert({ name: formData.get("name"), owner_id: user.id });
  revalidatePath("/dashboard");
}
