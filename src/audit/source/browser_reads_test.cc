#include "audit/source/browser_reads.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

constexpr const char* kTable =
    "create table appointments (id bigserial primary key, patient_phone text not null, starts_at timestamptz);\n"
    "alter table appointments enable row level security;\n";
constexpr const char* kForAll = "create policy \"r\" on appointments for select to anon using (true);\n";
constexpr const char* kForOwner = "create policy \"r\" on appointments for select using (auth.uid() = patient_id);\n";

Texts practice(const std::string& page, const std::string& policy) {
  return {{"package.json", R"({"dependencies":{"@supabase/supabase-js":"2.45.0","react":"18.3.1","next":"14.2.35"}})"},
          {"supabase/schema.sql", kTable + policy},
          {"app/seen/page.jsx", "'use client';\nimport { useParams } from 'next/navigation';\n" + page}};
}

constexpr const char* kByNumber =
    "export default function Page() {\n  const { code } = useParams();\n"
    "  supabase.from('appointments').select('*').eq('id', code).single().then(show);\n}\n";
constexpr const char* kWholeDay =
    "export default function Calendar({ day }) {\n"
    "  supabase.from('appointments').select('*').gte('starts_at', day).then(show);\n}\n";

TEST(BrowserReads, AnotherNumberShowsAnothersRow) {
  EXPECT_TRUE(finds(practice(kByNumber, kForAll), "AZ-001", "Whoever opens the address with another number"));
  EXPECT_FALSE(finds(practice(kByNumber, kForOwner), "AZ-001", "Whoever opens"));
}

TEST(BrowserReads, EverybodysRowsGoToThePage) {
  EXPECT_TRUE(finds(practice(kWholeDay, kForAll), "DATA-001", "Every column of everybody's rows"));
  EXPECT_FALSE(finds(practice(kWholeDay, kForOwner), "DATA-001", "Every column"));
  // The columns that the page needs, and no others.
  EXPECT_FALSE(
      finds(practice("export default function Calendar({ day }) {\n"
                     "  supabase.from('appointments').select('starts_at').gte('starts_at', day).then(show);\n}\n",
                     kForAll),
            "DATA-001", "Every column"));
}

TEST(BrowserReads, ThreePagesAreToldAndNoMore) {
  Texts files = practice(kByNumber, kForAll);
  for (int i = 0; i < 5; ++i) files.emplace_back("app/seen" + std::to_string(i) + "/page.jsx", files[2].second);
  int told = 0;
  for (const auto& f : report_of(files, "AZ-001").findings) told += f.title.starts_with("Whoever opens") ? 1 : 0;
  EXPECT_EQ(told, 3);
}

}  // namespace
}  // namespace gatehouse::audit::source
