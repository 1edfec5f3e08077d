import { supabase } from "./supabase";
export class StudentsService {
  async get(id: number) { return (await supabase.from("students").select("*").eq("id", id).single()).data; }
  async update(id: number, patch: Record<string, unknown>) { await supabase.from("students").update(patch).eq("id", id); }
  async create(clerkUserId: string, role: string, email: string) {
    console.log("creating student", email, clerkUserId);
    return (await supabase.from("students").insert({ clerk_user_id: clerkUserId, role, email }).select().single()).data;
  }
  async remove(id: number) { await supabase.from("students").delete().eq("id", id); }
}
