// Which readers look: all of them, or the search for secrets alone, which must miss nothing of what it is asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "audit/audit.h"
#include "audit/catalog.h"
#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

using ::testing::Not;
using ::testing::SizeIs;

// Everything a report says of its findings, as text.
std::string words(const proof::Report& report) {
  std::string out;
  for (const proof::Finding& f : report.findings) out += json::write(proof::to_json(f)) + "\n";
  return out;
}

std::unique_ptr<Files> golden(const std::string& name) {
  auto files = open_folder(std::string(GATEHOUSE_SOURCE_DIR) + "/tests/golden/audit/" + name);
  EXPECT_TRUE(files) << name;
  return std::move(*files);
}

AuditOptions only(std::string ids) {
  AuditOptions options;
  options.only = std::move(ids);
  options.now = 1'795'000'000;  // November 2026
  return options;
}

TEST(Packs, the_search_alone_is_taken_for_secrets_and_for_nothing_that_needs_readers) {
  for (std::string_view ids : {"SEC", "SEC-", "SEC-001", "SEC-001,ENV-004", " SEC-007 , SEC-011 "})
    EXPECT_TRUE(only_secrets(ids)) << ids;
  for (std::string_view ids :
       {"", "S", "SEC-004", "SEC-010", "SEC-013", "SEC-017", "ENV", "SEC-001,DJ-012", "SEC,DJ", "DJ", "SEC-0", ","})
    EXPECT_FALSE(only_secrets(ids)) << ids;
}

// Stops: a quick run that is clean, over a tree in which the whole audit finds secrets.
TEST(Packs, the_search_alone_finds_of_each_id_all_that_the_whole_audit_finds) {
  const std::string stripe = std::string("sk_li") + "ve_aB3dE7gH1jK9mN5pQ2sT8vW4xY6z";
  std::set<std::string> found;
  for (const std::string& name :
       std::vector<std::string>{"000/faulty", "001/faulty", "002/faulty", "003/faulty", "004/faulty", "planted"}) {
    const auto files =
        name == "planted"
            ? memory_files({{".env", "STRIPE_KEY=" + stripe + "\nNEXT_PUBLIC_STRIPE_SECRET=" + stripe + "\n"},
                            {".env.example", "STRIPE_KEY=" + stripe + "\n"},
                            {"pay.py", "KEY = '" + stripe + "'\nDSN = 'postgres://shop:Zq8t5rLw2N@db.shop.io/shop'\n"},
                            {"dist/app.js", "const k='" + stripe + "';\n"},
                            {"Dockerfile", "FROM node:24.1\nENV STRIPE_KEY=" + stripe + "\nUSER node\n"}})
            : golden(name);
    for (const Rule& rule : rules()) {
      const std::string& id = rule.finding.id;
      if (rule.live || !only_secrets(id)) continue;
      const proof::Report quick = audit_source(*files, secret_pack(), only(id));
      EXPECT_EQ(words(quick), words(audit_source(*files, source_pack(), only(id)))) << name << " " << id;
      for (const proof::Finding& f : quick.findings) found.insert(f.id);
    }
  }
  EXPECT_GE(found.size(), 3u) << "a comparison of nothing with nothing";
}

TEST(Packs, are_made_anew_so_that_one_tree_leaves_nothing_to_the_next) {
  const auto faulty = golden("001/faulty"), fixed = golden("001/fixed");
  const std::string before = words(audit_source(*fixed, source_pack(), only("")));
  const std::string dirty = words(audit_source(*faulty, source_pack(), only("")));
  EXPECT_EQ(words(audit_source(*fixed, source_pack(), only(""))), before);
  EXPECT_EQ(words(audit_source(*faulty, source_pack(), only(""))), dirty);
  EXPECT_NE(dirty, before);
}

}  // namespace
}  // namespace gatehouse::audit
