// Supabase asked with the cookies of a visitor.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::string kCookies =
    "import { createServerClient } from '@supabase/ssr';\nimport { cookies } from 'next/headers';\n"
    "export function createClient() {\n  return createServerClient(process.env.NEXT_PUBLIC_SUPABASE_URL!, "
    "process.env.NEXT_PUBLIC_SUPABASE_ANON_KEY!, { cookies: cookies() });\n}\n";

std::vector<std::string> hook(const std::string& client) {
  return audited({{"src/utils/supabase/server.ts", kCookies},
                  {"src/app/api/stripe/route.ts",
                   "import { createClient } from '@/utils/supabase/server';\n"
                   "import { createClient as make } from '@supabase/supabase-js';\n"
                   "export async function POST(req: Request) {\n  const supabase = " +
                       client +
                       ";\n  const event = stripe.webhooks.constructEvent(await req.text(), "
                       "req.headers.get('stripe-signature')!, secret);\n"
                       "  await supabase.from('subscriptions').upsert({ user_id: event.data.object.metadata.user });\n"
                       "  return new Response('ok');\n}\n"}});
}

TEST(VisitorClient, a_webhook_has_no_cookies_to_write_with) {
  EXPECT_TRUE(said(hook("createClient()"), "AZ-006:6"));
  EXPECT_FALSE(said(hook("make(url, process.env.SUPABASE_SERVICE_ROLE_KEY!)"), "AZ-006"));
}

TEST(VisitorClient, may_be_the_instance_of_a_module_that_a_helper_uses) {
  const auto with = [](const std::string& key) {
    return audited({{"lib/db.ts",
                     "import { createClient } from '@supabase/supabase-js';\n"
                     "export const db = createClient(process.env.URL!, process.env." +
                         key + "!);\n"},
                    {"pages/api/webhooks/stripe.ts",
                     "import { db } from '@/lib/db';\nasync function paid(id: string) {\n"
                     "  await db.from('orders').update({ paid: true }).eq('id', id);\n}\n"
                     "export default async function handler(req, res) {\n"
                     "  const event = stripe.webhooks.constructEvent(await buffer(req), "
                     "req.headers['stripe-signature'], secret);\n"
                     "  await paid(event.data.object.id);\n  res.json({});\n}\n"}});
  };
  EXPECT_TRUE(said(with("NEXT_PUBLIC_SUPABASE_ANON_KEY"), "AZ-006:3"));
  EXPECT_FALSE(said(with("SUPABASE_SERVICE_ROLE_KEY"), "AZ-006"));
}

TEST(VisitorClient, a_page_for_strangers_opens_the_table_it_reads) {
  const auto page = [](const std::string& ask, const std::string& column) {
    return audited({{"src/utils/supabase/server.ts", kCookies},
                    {"src/app/book/[slug]/page.tsx",
                     "import { createClient } from '@/utils/supabase/server';\n"
                     "export default async function Page({ params }) {\n  const supabase = createClient();\n" +
                         ask + "  const { data } = await supabase.from('bots').select('*').eq('" + column +
                         "', params.slug).single();\n  return <p>{data.name}</p>;\n}\n"}});
  };
  EXPECT_TRUE(said(page("", "user_id"), "AZ-006:4"));
  EXPECT_FALSE(said(page("", "slug"), "AZ-006"));
  EXPECT_FALSE(said(
      page("  const { data: { user } } = await supabase.auth.getUser();\n  if (!user) redirect('/');\n", "user_id"),
      "AZ-006"));
}

TEST(VisitorClient, cookies_handed_to_the_database_ask_nobody) {
  const auto action = [](const std::string& first) {
    return audited(
        {{"src/actions/book.ts",
          "'use server'\nimport { createServerClient } from '@supabase/ssr';\n"
          "import { cookies } from 'next/headers';\n"
          "interface Details { service: string; customerPhone?: string }\n"
          "export async function book(details: Details, shopId: string) {\n  const db = createServerClient(url, "
          "process.env.SUPABASE_SERVICE_ROLE_KEY!, { cookies: { get: (n) => cookies().get(n)?.value } });\n" +
              first +
              "  const { error } = await db.from('visits').insert({ user_id: shopId, service: details.service });\n"
              "  if (error) console.error('booking', details, error);\n}\n"}});
  };
  EXPECT_TRUE(said(action(""), "NX-003:5"));
  EXPECT_TRUE(said(action(""), "LOG-001:8"));
  EXPECT_FALSE(said(action("  const { data: { user } } = await db.auth.getUser();\n  if (!user) return;\n"), "NX-003"));
}

}  // namespace
}  // namespace gatehouse::audit::source
