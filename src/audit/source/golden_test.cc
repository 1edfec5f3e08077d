// The fixture trees of tests/golden/audit: every fault where it stands, nothing in the mended twin, and the numbers.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "audit/audit.h"
#include "audit/source/pack.h"
#include "base/json.h"

namespace gatehouse::audit::source {
namespace {

namespace fs = std::filesystem;

fs::path trees() { return fs::path(GATEHOUSE_SOURCE_DIR) / "tests/golden/audit"; }

std::vector<std::string> systems() {
  std::vector<std::string> out;
  for (const auto& e : fs::directory_iterator(trees()))
    if (fs::exists(e.path() / "expected.json")) out.push_back(e.path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

// "DJ-012 backend/settings.py:13"
std::set<std::string> found_in(const fs::path& folder) {
  std::set<std::string> out;
  const auto files = open_folder(folder.string());
  EXPECT_TRUE(files) << folder;
  if (!files) return out;
  Pack pack;
  add_source(pack);
  const auto report = audit_source(**files, std::move(pack), {});
  for (const auto& f : report.findings) {
    std::string where;
    if (!f.locations.empty()) where = f.locations.front().path + ":" + std::to_string(f.locations.front().line);
    out.insert(f.id + " " + where);
  }
  return out;
}

std::set<std::string> expected_in(const fs::path& folder) {
  std::ifstream in(folder / "expected.json");
  std::stringstream text;
  text << in.rdbuf();
  std::set<std::string> out;
  const auto value = json::parse(text.str());
  EXPECT_TRUE(value) << folder;
  if (!value || !value->find("findings")) return out;
  for (const auto& f : value->find("findings")->array())
    out.insert(std::string(*f.string_at("id")) + " " + std::string(*f.string_at("path")) + ":" +
               f.find("line")->number_text());
  return out;
}

TEST(Golden, FindsEveryFaultOfEachFaultyTreeAtItsLineAndNothingElse) {
  ASSERT_FALSE(systems().empty());
  std::size_t right = 0, wrong = 0, missed = 0;
  for (const std::string& system : systems()) {
    const auto found = found_in(trees() / system / "faulty"), expected = expected_in(trees() / system);
    std::size_t here = 0;
    for (const auto& f : found) {
      if (expected.contains(f)) {
        ++here;
      } else {
        ++wrong;
        ADD_FAILURE() << system << ": not a fault: " << f;
      }
    }
    for (const auto& e : expected)
      if (!found.contains(e)) {
        ++missed;
        ADD_FAILURE() << system << ": missed: " << e;
      }
    right += here;
    std::cout << system << ": " << here << " of " << expected.size() << " found, " << found.size() - here << " false\n";
  }
  std::cout << "precision " << static_cast<double>(right) / static_cast<double>(std::max<std::size_t>(1, right + wrong))
            << ", recall " << static_cast<double>(right) / static_cast<double>(std::max<std::size_t>(1, right + missed))
            << " over " << right + missed << " faults\n";
}

TEST(Golden, FindsNothingInTheMendedTwins) {
  for (const std::string& system : systems())
    for (const std::string& f : found_in(trees() / system / "fixed")) ADD_FAILURE() << system << ": " << f;
}

}  // namespace
}  // namespace gatehouse::audit::source
