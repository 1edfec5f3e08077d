import { createClient } from "@supabase/supabase-js";
import { env } from "@commerce/env/server";

export const supabase = createClient(env.SUPABASE_URL, env.SUPABASE_SERVICE_ROLE_KEY);
