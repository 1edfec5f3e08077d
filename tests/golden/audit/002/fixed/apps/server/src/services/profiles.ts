import { supabase } from "../lib/supabase";

export async function isAdmin(userId: string) {
  const { data } = await supabase.from("profiles").select("role").eq("user_id", userId).single();
  return data?.role === "admin";
}

export async function customerOf(userId: string): Promise<string> {
  const { data } = await supabase.from("profiles").select("stripe_customer_id").eq("user_id", userId).single();
  return data!.stripe_customer_id;
}
