#include "audit/source/browser_payments.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::pair<std::string, std::string> kPackage{
    "package.json", R"({"dependencies":{"@supabase/supabase-js":"2.45.0","react":"18.3.1"}})"};

Texts shop(const std::string& page, const std::string& sql = {}) {
  return {kPackage, {"supabase/schema.sql", sql}, {"src/pages/Checkout.jsx", "import React from 'react';\n" + page}};
}

constexpr const char* kOrder =
    "export const buy = (cart, total) => supabase.from('orders').insert({ total, items: cart });\n";
constexpr const char* kOpen =
    "create table orders (id int, total numeric);\nalter table orders enable row level security;\n"
    "create policy \"all\" on orders for insert with check (true);\n";

TEST(BrowserPayments, ThePageNamesThePriceOfItsOrder) {
  EXPECT_TRUE(finds(shop(kOrder, kOpen), "PAY-001", "The browser names the price of what goes into orders (total)"));
}

TEST(BrowserPayments, APriceOfTheDatabasesOwnIsNoneOfThePages) {
  const std::string trigger =
      "create function price() returns trigger as $$ begin new.total := 5; return new; end $$ language plpgsql;\n";
  EXPECT_FALSE(finds(shop(kOrder, kOpen + trigger), "PAY-001", "The browser names"));
  // Nobody but the server may add rows.
  EXPECT_FALSE(finds(shop(kOrder, "create table orders (id int);\nalter table orders enable row level security;\n"),
                     "PAY-001", "The browser names"));
  // A fixed number is chosen by nobody.
  EXPECT_FALSE(
      finds(shop("export const buy = (cart) => supabase.from('orders').insert({ total: 5, items: cart });\n", kOpen),
            "PAY-001", "The browser names"));
}

TEST(BrowserPayments, ThreePricesAreToldAndNoMore) {
  Texts files{kPackage, {"supabase/schema.sql", kOpen}};
  for (int i = 0; i < 6; ++i)
    files.emplace_back("src/pages/Checkout" + std::to_string(i) + ".jsx",
                       "import React from 'react';\n" + std::string(kOrder));
  int told = 0;
  for (const auto& f : report_of(files, "PAY-001").findings) told += f.title.starts_with("The browser names") ? 1 : 0;
  EXPECT_EQ(told, 3);
}

TEST(BrowserPayments, ThePageCallsItsDocumentPaid) {
  const Texts files{{"package.json", R"({"dependencies":{"firebase":"10.12.0","react":"18.3.1"}})"},
                    {"src/pages/Success.jsx",
                     "import React from 'react';\nimport { doc, updateDoc } from 'firebase/firestore';\n"
                     "export const done = (id) => updateDoc(doc(db, 'orders', id), { status: 'paid' });\n"}};
  EXPECT_TRUE(finds(files, "PAY-002", "The browser itself writes"));
}

}  // namespace
}  // namespace gatehouse::audit::source
