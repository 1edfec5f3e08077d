// Policies of Supabase: who may do what to which row.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using source::audited;
using source::said;

std::vector<std::string> with(const std::string& sql) {
  return audited({{"supabase/migrations/1.sql",
                   "create table public.profiles (\n  id uuid primary key references auth.users(id),\n  email text,\n"
                   "  role text default 'user' -- set by staff, not by people\n);\n"
                   "create table public.orders (\n  id uuid primary key,\n  user_id uuid references auth.users(id),\n"
                   "  total numeric(10,2)\n);\n"
                   "create table public.products (id uuid primary key, name text, price numeric);\n"
                   "alter table public.profiles enable row level security;\n"
                   "alter table public.orders enable row level security;\n"
                   "alter table public.products enable row level security;\n" +
                       sql}});
}

TEST(RowSecurity, ColumnsAreReadFromTablesOfManyLines) {
  EXPECT_TRUE(said(with("create policy p on public.profiles for update using (auth.uid() = id);"), "AZ-007:15"));
  EXPECT_FALSE(said(with("create policy p on public.profiles for update using (auth.uid() = id) "
                         "with check (auth.uid() = id and role = 'user');"),
                    "AZ-007"));
}

TEST(RowSecurity, AllRightsOnAllTablesAreNotForStrangers) {
  EXPECT_TRUE(said(with("GRANT ALL ON ALL TABLES IN SCHEMA public TO anon, authenticated;"), "AZ-006:15"));
  EXPECT_TRUE(said(with("alter default privileges in schema public grant all on tables to anon;"), "AZ-006:15"));
  for (const char* sound : {"grant all on all tables in schema public to service_role;",
                            "grant select on all tables in schema public to anon;",
                            "grant all on all tables in schema public to anon;\n"
                            "revoke all on all tables in schema public from anon;",
                            "alter default privileges for role postgres in schema public grant all on tables to anon;"})
    EXPECT_FALSE(said(with(sound), "AZ-006")) << sound;
}

TEST(RowSecurity, WhatSomebodyHasUsedHeDoesNotWriteHimself) {
  const std::string table = "create table public.usage_logs (id uuid primary key, user_id uuid, pages_used int);\n";
  EXPECT_TRUE(
      said(with(table + "create policy p on public.usage_logs for delete using (auth.uid() = user_id);"), "AZ-007:16"));
  EXPECT_FALSE(said(with(table + "create policy p on public.usage_logs for insert with check (auth.uid() = user_id);"),
                    "AZ-007"));
  EXPECT_FALSE(
      said(with(table + "create policy p on public.usage_logs for select using (auth.uid() = user_id);"), "AZ-007"));
}

TEST(RowSecurity, TokensOfOtherServicesStayOnTheServer) {
  const std::string table = "create table public.shop_connections (user_id uuid primary key, access_token text);\n";
  EXPECT_TRUE(said(with(table + "create policy p on public.shop_connections for select using (auth.uid() = user_id);"),
                   "DATA-001:16"));
  EXPECT_TRUE(said(with(table), "AU-014:15"));
  EXPECT_FALSE(said(with(table), "DATA-001"));
}

TEST(RowSecurity, OnesOwnProfileIsNotAddedWithARankInIt) {
  const char* policy = "create policy p on public.profiles for insert with check (auth.uid() = id);";
  EXPECT_TRUE(said(with(policy), "AZ-007:15"));
  EXPECT_FALSE(
      said(with("create function made() returns trigger language plpgsql security definer set search_path = '' "
                "as $$ begin insert into public.profiles (id) values (new.id); return new; end $$;\n" +
                std::string(policy)),
           "AZ-007"));
}

TEST(RowSecurity, SwitchedOffCountsWhereItStaysOff) {
  EXPECT_TRUE(said(with("alter table public.orders disable row level security;"), "AZ-005:15"));
  EXPECT_FALSE(said(with("alter table public.orders disable row level security;\n"
                         "alter table public.orders enable row level security;"),
                    "AZ-005"));
}

TEST(RowSecurity, AnAccountAloneIsNoReasonToChangeEverybodysRows) {
  for (const char* condition :
       {"auth.role() = 'authenticated'", "auth.uid() is not null", "(select auth.uid()) is not null", "true"})
    EXPECT_TRUE(said(with("create policy p on orders for update using (" + std::string(condition) + ");"), "AZ-006:15"))
        << condition;
  EXPECT_FALSE(said(with("create policy p on orders for update using (auth.uid() = user_id);"), "AZ-006"));
  EXPECT_FALSE(said(with("create policy p on orders for all to service_role using (true);"), "AZ-006"));
  EXPECT_FALSE(
      said(with("create policy p on orders for all using (auth.role() = 'service_role') with check (auth.role() "
                "= 'service_role');"),
           "AZ-006"));
  EXPECT_FALSE(
      said(with("create policy p on orders for all using ((auth.jwt() ->> 'role') = 'service_role');"), "AZ-00"));
}

TEST(RowSecurity, WhatIsSoldMayBeReadByAllAndWhoBoughtItMayNot) {
  EXPECT_FALSE(said(with("create policy p on products for select using (true);"), "AZ-006"));
  EXPECT_TRUE(said(with("create policy p on orders for select using (true);"), "AZ-006:15"));
  EXPECT_TRUE(said(with("create policy p on profiles for select using (true);"), "AZ-006:15"));
  EXPECT_FALSE(said(with("create policy p on orders for select using (true);\ndrop policy p on orders;"), "AZ-006"));
}

TEST(RowSecurity, FilesOfOthersAreNotReplacedByWhoeverHasAnAccount) {
  EXPECT_TRUE(said(with("create policy p on storage.objects for delete using (bucket_id = 'docs' and auth.role() = "
                        "'authenticated');"),
                   "AZ-006:15"));
  EXPECT_FALSE(
      said(with("create policy p on storage.objects for delete using (bucket_id = 'docs' and auth.uid()::text = "
                "(storage.foldername(name))[1]);"),
           "AZ-006"));
  EXPECT_FALSE(said(with("create policy p on storage.objects for select using (bucket_id = 'avatars');"), "AZ-006"));
  EXPECT_TRUE(
      said(with("insert into storage.buckets (id, name, public) values ('invoices', 'invoices', true);"), "AZ-006:15"));
  EXPECT_FALSE(said(with("insert into storage.buckets (id, name, public) values ('invoices', 'invoices', false), "
                         "('avatars', 'avatars', true);"),
                    "AZ-006"));
}

TEST(RowSecurity, AFunctionWithItsOwnersRightsDoesNotTakeTheCallersWord) {
  const std::string head =
      "create function f(p_user_id uuid) returns setof orders language sql security definer set "
      "search_path = public as $$ select * from orders where user_id = p_user_id";
  EXPECT_TRUE(said(with(head + " $$;"), "AZ-009:15"));
  EXPECT_FALSE(said(with(head + " and p_user_id = auth.uid() $$;"), "AZ-009"));
  EXPECT_FALSE(
      said(with("create function has_role(p_user_id uuid) returns boolean language sql security definer set "
                "search_path = public as $$ select exists (select 1 from user_roles where user_id = p_user_id) "
                "$$;"),
           "AZ-009"));
  const std::string born =
      "create function born() returns trigger language plpgsql security definer set search_path = "
      "public as $$ begin insert into profiles (id, role) values (new.id, ";
  EXPECT_TRUE(said(with(born + "new.raw_user_meta_data->>'role'); return new; end $$;"), "AZ-003:15"));
  EXPECT_FALSE(said(with(born + "'user'); return new; end $$;"), "AZ-003"));
}

TEST(RowSecurity, a_view_of_whole_rows_passes_the_policies_unless_it_runs_as_its_reader) {
  const std::string secured = "alter table orders enable row level security;\n";
  EXPECT_TRUE(
      said(with(secured + "create or replace view mine as select o.*, true as seen from orders o;"), "AZ-009:16"));
  EXPECT_FALSE(
      said(with(secured + "create view mine with (security_invoker = true) as select * from orders;"), "AZ-009"));
  EXPECT_FALSE(said(with(secured + "create view mine as select * from orders;\n"
                                   "alter view mine set (security_invoker = on);"),
                    "AZ-009"));
  EXPECT_FALSE(said(with(secured + "create view totals as select count(id) from orders;"), "AZ-009"));
}

// A house of several customers: people with a rank in one of them, and what belongs to a house.
std::vector<std::string> house(const std::string& sql) {
  return audited(
      {{"supabase/migrations/1.sql",
        "create table profiles (id uuid primary key references auth.users(id), email text, rank text,\n"
        "  workspace_id uuid, role text);\n"
        "create table chats (id uuid primary key, workspace_id uuid, customer_id uuid references profiles(id),\n"
        "  customer_email text, status text, assigned_to uuid, internal_notes text);\n"
        "create table chat_messages (id uuid primary key, chat_id uuid references chats(id), role text,\n"
        "  sender_id uuid references profiles(id), content text);\n"
        "alter table profiles enable row level security;\n"
        "alter table chats enable row level security;\n"
        "alter table chat_messages enable row level security;\n"},
       {"supabase/migrations/2.sql", sql}});
}
const std::string kStaff =
    "exists (select 1 from profiles where profiles.id = auth.uid() and role in ('admin', 'agent')";

TEST(RowSecurity, a_rank_in_one_house_opens_no_other) {
  EXPECT_TRUE(said(house("create policy p on chats for select using (" + kStaff + "));"), "AZ-001:1"));
  EXPECT_FALSE(said(house("create policy p on chats for select using (" + kStaff +
                          " and profiles.workspace_id = chats.workspace_id));"),
                    "AZ-001"));
  EXPECT_FALSE(said(house("create policy p on chats for select using (exists (select 1 from profiles where id = "
                          "auth.uid() and role = 'super_admin'));"),
                    "AZ-001"));
}

TEST(RowSecurity, a_message_is_from_whoever_adds_it) {
  const std::string mine = "exists (select 1 from chats c where c.id = chat_id and c.customer_id = auth.uid())";
  EXPECT_TRUE(said(house("create policy p on chat_messages for insert with check (" + mine + ");"), "AZ-002:1"));
  EXPECT_FALSE(
      said(house("create policy p on chat_messages for insert with check (sender_id = auth.uid() and " + mine + ");"),
           "AZ-002"));
  EXPECT_TRUE(said(house("create policy p on chat_messages for insert with check (true);"), "AZ-006:1"));
}

TEST(RowSecurity, what_staff_decides_is_not_chosen_by_who_asks_for_it) {
  const std::string staff =
      "create policy s on chats for update using (" + kStaff + " and profiles.workspace_id = chats.workspace_id));\n";
  const std::string own = "create policy p on chats for insert with check (customer_id = auth.uid()";
  EXPECT_TRUE(said(house(staff + own + ");"), "AZ-007:2"));
  EXPECT_FALSE(said(house(own + ");"), "AZ-007"));  // nobody else decides it
  EXPECT_FALSE(said(house(staff + own + " and assigned_to is null);"), "AZ-007"));
  const std::string orders =
      "create table orders (id uuid, user_id uuid references profiles(id), total numeric, status text);\n"
      "alter table orders enable row level security;\n"
      "create policy p on orders for insert with check (user_id = auth.uid()";
  EXPECT_TRUE(said(house(orders + ");"), "AZ-007:3"));
  EXPECT_FALSE(said(house(orders + " and total = price_of(id));"), "AZ-007"));
}

TEST(RowSecurity, notes_about_somebody_are_not_in_the_row_he_reads) {
  EXPECT_TRUE(said(house("create policy p on chats for select using (customer_id = auth.uid());"), "DATA-001:1"));
  EXPECT_FALSE(said(house("create policy p on chats for select using (" + kStaff +
                          " and profiles.workspace_id = chats.workspace_id));"),
                    "DATA-001"));
}

TEST(RowSecurity, an_address_that_anybody_may_write_proves_nobody) {
  const std::string open = "create policy u on profiles for update using (auth.uid() = id);\n";
  const std::string by = "create policy p on chats for select using (customer_email = (select email from ";
  EXPECT_TRUE(said(house(open + by + "profiles where id = auth.uid()));"), "AZ-003:2"));
  EXPECT_FALSE(said(house(by + "profiles where id = auth.uid()));"), "AZ-003"));
  EXPECT_FALSE(said(house(open + by + "auth.users where id = auth.uid()));"), "AZ-003"));
}

TEST(RowSecurity, a_row_is_not_given_away_by_its_change) {
  EXPECT_TRUE(
      said(with("create policy p on orders for update using (auth.uid() = user_id) with check (true);"), "AZ-006:15"));
  EXPECT_FALSE(said(with("create policy p on orders for update using (auth.uid() = user_id);"), "AZ-006"));
}

TEST(RowSecurity, what_is_sold_by_the_row_is_not_read_by_all) {
  const std::string made =
      "create table analyses (id uuid primary key, title text, analysis text, is_free boolean);\n"
      "alter table analyses enable row level security;\n"
      "create policy p on analyses for select using (";
  const std::string bought =
      "create table user_purchases (id uuid, user_id uuid references auth.users(id));\n"
      "alter table user_purchases enable row level security;\n";
  EXPECT_TRUE(said(with(bought + made + "true);"), "AZ-006:19"));
  EXPECT_FALSE(said(with(made + "true);"), "AZ-006"));
  EXPECT_FALSE(said(with(bought + made + "is_free);"), "AZ-006"));
}

TEST(RowSecurity, what_a_block_does_is_read_like_what_stands_outside) {
  EXPECT_TRUE(said(with("do $$\nbegin\n  if not exists (select 1 from pg_policies where policyname = 'p') then\n"
                        "    create policy p on orders for select using (true);\n  end if;\nend $$;"),
                   "AZ-006:18"));
}

TEST(RowSecurity, what_is_public_by_default_was_not_meant_to_be) {
  const auto docs = [](const std::string& column) {
    return with(
        "create table docs (id uuid primary key, author_id uuid references auth.users(id), content text, " + column +
        ");\nalter table docs enable row level security;\n"
        "create policy p on docs for select to authenticated using (is_public = true or author_id = auth.uid());");
  };
  EXPECT_TRUE(said(docs("is_public boolean default true"), "AZ-006:17"));
  EXPECT_FALSE(said(docs("is_public boolean default false"), "AZ-006"));
}

TEST(RowSecurity, one_column_that_ties_the_row_to_its_writer_is_enough) {
  EXPECT_FALSE(
      said(with("create table docs (id uuid primary key, user_id uuid, author_id uuid references auth.users(id));\n"
                "alter table docs enable row level security;\n"
                "create policy p on docs for insert with check (auth.uid() = user_id);"),
           "AZ-002"));
}

TEST(RowSecurity, files_of_customers_are_not_read_by_every_account) {
  const std::string read = "create policy p on storage.objects for select to authenticated using (bucket_id = '";
  EXPECT_TRUE(said(with(read + "invoices');"), "AZ-006:15"));
  EXPECT_FALSE(said(with(read + "logos');"), "AZ-006"));
}

TEST(RowSecurity, a_job_of_the_house_is_nobodys_to_start) {
  const std::string job =
      "create function reset_daily_credits() returns void language plpgsql security definer set "
      "search_path = public as $$ begin update user_credits set credits = 5; end; $$;";
  EXPECT_TRUE(said(with(job), "AZ-009"));
  EXPECT_FALSE(
      said(with(job + " revoke execute on function reset_daily_credits() from anon, authenticated;"), "AZ-009"));
}

TEST(RowSecurity, a_public_bucket_says_what_it_takes) {
  EXPECT_TRUE(
      said(with("insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true);"), "FA-016:15"));
  EXPECT_FALSE(
      said(with("insert into storage.buckets (id, name, public, file_size_limit) values ('avatars', 'avatars', "
                "true, 5242880);"),
           "FA-016"));
}

TEST(RowSecurity, AnAddressInAPolicyIsNoRank) {
  EXPECT_TRUE(said(with("create policy p on orders for select using (auth.email() = 'boss@firm.test');"), "AZ-003:15"));
  EXPECT_FALSE(said(with("create policy p on orders for select using (auth.uid() = user_id);"), "AZ-003"));
}

TEST(RowSecurity, AColumnThatIsComparedWithItselfHoldsForEveryRow) {
  EXPECT_TRUE(said(with("create policy p on orders for select using (exists (select 1 from members m where m.org_id = "
                        "m.org_id and m.user_id = auth.uid()));"),
                   "AZ-006:15"));
  EXPECT_FALSE(said(with("create policy p on orders for select using (exists (select 1 from members m where m.org_id = "
                         "orders.org_id and m.user_id = auth.uid()));"),
                    "AZ-006"));
}

TEST(RowSecurity, FunctionsAreReadBetweenMarksOfAnyName) {
  const std::string open =
      "create function public.take(p_user uuid, p_sum int) returns void language plpgsql security definer ";
  EXPECT_TRUE(
      said(with(open + "set search_path = '' as $body$ begin update public.orders set total = p_sum where user_id = "
                       "p_user; end; $body$;"),
           "AZ-009:15"));
  EXPECT_FALSE(
      said(with(open + "set search_path = '' as $body$ begin update public.orders set total = p_sum where user_id = "
                       "auth.uid(); end; $body$;"),
           "AZ-009"));
}

TEST(RowSecurity, who_may_change_his_row_or_is_staff_may_change_his_row) {
  const auto policy = [](const std::string& ways) {
    return "create policy \"edit\" on public.profiles for update using (" + ways + ");\n";
  };
  EXPECT_TRUE(said(with(policy("auth.uid() = id or public.is_admin(auth.uid())")), "AZ-007"));
  EXPECT_FALSE(said(with(policy("public.is_admin(auth.uid())")), "AZ-007"));
  EXPECT_FALSE(
      said(with(policy("exists (select 1 from staff where user_id = auth.uid() or deputy = auth.uid())")), "AZ-007"));
}

TEST(RowSecurity, rows_are_not_moved_below_what_is_anothers) {
  const auto lines = [](const std::string& update) {
    return with(
        "create table lines (id uuid primary key, order_id uuid references orders(id), user_id uuid references "
        "auth.users(id));\nalter table lines enable row level security;\n"
        "create policy a on lines for insert with check (user_id = auth.uid() and order_id in (select id from orders "
        "where user_id = auth.uid()));\ncreate policy u on lines for update using (user_id = auth.uid()) with check ("
        "user_id = auth.uid()" +
        update + ");");
  };
  EXPECT_TRUE(said(lines({}), "AZ-001:18"));
  EXPECT_FALSE(said(lines(" and order_id in (select id from orders where user_id = auth.uid())"), "AZ-001"));
}

TEST(RowSecurity, whoever_pays_is_not_the_rows_owner_to_say) {
  const std::string column = "alter table orders add column stripe_customer_id text;\n";
  EXPECT_TRUE(said(with(column + "create policy p on orders for update using (auth.uid() = user_id);"), "AZ-007:16"));
  EXPECT_FALSE(said(with(column + "create policy p on orders for update using (auth.uid() = user_id) with check "
                                  "(auth.uid() = user_id and stripe_customer_id is null);"),
                    "AZ-007"));
}

}  // namespace
}  // namespace gatehouse::audit
