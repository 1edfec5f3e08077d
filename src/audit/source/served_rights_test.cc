// Handlers with rights their callers have not.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

std::vector<std::string> served(const std::string& deed) {
  return audited({{"supabase/functions/reply/index.ts",
                   "import { createClient } from 'https://esm.sh/@supabase/supabase-js@2.45.0';\n"
                   "Deno.serve(async (req) => {\n"
                   "  const db = createClient(url, Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')!);\n"
                   "  const { data: { user } } = await db.auth.getUser(req.headers.get('Authorization')!.slice(7));\n"
                   "  if (!user) return new Response('no', { status: 401 });\n"
                   "  const { chatId, teamId, text } = await req.json();\n" +
                       deed + "  return new Response('ok');\n});\n"}});
}

TEST(ServedRights, the_service_key_writes_only_where_the_caller_may) {
  const std::string write = "  await db.from('chat_messages').insert({ chat_id: chatId, text });\n";
  EXPECT_TRUE(said(served(write), "AZ-001:7"));
  EXPECT_FALSE(said(served("  const { data: chat } = await db.from('chats').select('id').eq('id', chatId)"
                           ".eq('user_id', user.id).single();\n" +
                           write),
                    "AZ-001"));
  EXPECT_FALSE(
      said(served("  if (!(await mayWrite(user.id, chatId))) return new Response('no', { status: 403 });\n" + write),
           "AZ-001"));
}

TEST(ServedRights, a_team_is_not_believed_because_it_is_named) {
  const std::string write = "  await db.from('usage').insert({ team_id: teamId, user_id: user.id });\n";
  EXPECT_TRUE(said(served(write), "AZ-002:7"));
  EXPECT_FALSE(
      said(served("  const { data: m } = await db.from('members').select('id').eq('team_id', teamId)"
                  ".eq('user_id', user.id).single();\n  if (!m) return new Response('no', { status: 403 });\n" +
                  write),
           "AZ-002"));
}

TEST(ServedRights, another_service_is_not_asked_about_whatever_the_request_names) {
  const std::string ask =
      "  await fetch(`${base}/chat/${chatId}`, { headers: { apikey: Deno.env.get('BASE_KEY')! } });\n";
  EXPECT_TRUE(said(served(ask), "AZ-001:7"));
  EXPECT_FALSE(said(served("  const { data: chat } = await db.from('chats').select('id').eq('id', chatId)"
                           ".eq('user_id', user.id).single();\n" +
                           ask),
                    "AZ-001"));
  EXPECT_FALSE(said(served("  await fetch(`${base}/chat/${chatId}`);\n"), "AZ-001"));
}

TEST(ServedRights, a_page_that_starts_an_automation_is_told) {
  EXPECT_TRUE(said(audited({{"src/hook.ts",
                             "const kBase = 'https://n8n.shop.example';\n"
                             "fetch(`${kBase}/webhook/038b58f0`, { method: 'POST' });\n"}}),
                   "EX-023:2"));
  EXPECT_FALSE(said(audited({{"src/hook.ts", "fetch('https://api.shop.example/webhook/038b58f0');\n"}}), "EX-023"));
}

}  // namespace
}  // namespace gatehouse::audit::source
