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

TEST(RowSecurity, AnAccountAloneIsNoReasonToChangeEverybodysRows) {
  for (const char* condition :
       {"auth.role() = 'authenticated'", "auth.uid() is not null", "(select auth.uid()) is not null", "true"})
    EXPECT_TRUE(said(with("create policy p on orders for update using (" + std::string(condition) + ");"), "AZ-006:15"))
        << condition;
  EXPECT_FALSE(said(with("create policy p on orders for update using (auth.uid() = user_id);"), "AZ-006"));
  EXPECT_FALSE(said(with("create policy p on orders for all to service_role using (true);"), "AZ-006"));
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

}  // namespace
}  // namespace gatehouse::audit
