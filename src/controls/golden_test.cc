// Every bad configuration of tests/golden/conf earns its message. The expected text stands beside each file; after a
// deliberate change run this test with GATEHOUSE_WRITE_GOLDEN=1 and read the difference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "controls/policy.h"

namespace gatehouse::controls {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

std::vector<fs::path> bad_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(GATEHOUSE_SOURCE_DIR) / "tests/golden/conf"))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

TEST(Golden, EveryBadConfigurationEarnsItsMessage) {
  const Catalog all = catalog();
  const ManualClock clock;  // 2023-11-14
  const auto files = bad_files();
  EXPECT_GE(files.size(), 40u);
  for (const fs::path& file : files) {
    conf::Findings findings;
    load(read(file), file.filename().string(), all, clock, findings);
    std::string text = conf::render_text(findings, false);
    EXPECT_FALSE(findings.clean()) << file << " has nothing wrong with it";
    for (const conf::Finding& f : findings.all()) EXPECT_FALSE(f.remedy.empty()) << file << ": " << f.message;
    fs::path expected = file;
    expected.replace_extension(".txt");
    if (std::getenv("GATEHOUSE_WRITE_GOLDEN")) std::ofstream(expected, std::ios::binary) << text;
    EXPECT_EQ(text, read(expected)) << file;
  }
}

// Each bad file again with one line gone or one value replaced: whatever is read, nothing falls over, and a policy
// without errors is whole.
TEST(Golden, OddConfigurationsNeverFallOver) {
  const Catalog all = catalog();
  const ManualClock clock;
  auto whole = [&](const std::string& text) {
    conf::Findings findings;
    Policy policy = load(text, "odd.toml", all, clock, findings);
    for (const conf::Finding& f : findings.all()) EXPECT_FALSE(f.code.empty() || f.message.empty()) << text;
    if (findings.has_errors()) return;
    EXPECT_FALSE(policy.routes.empty()) << text;
    EXPECT_EQ(policy.routes.size(), policy.config.routes.size()) << text;
    for (const RoutePolicy& route : policy.routes) EXPECT_EQ(route.controls.size(), all.size());
  };
  for (const fs::path& file : bad_files()) {
    std::vector<std::string> lines;
    std::istringstream in(read(file));
    for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::string before, after;
      for (std::size_t j = 0; j < i; ++j) before += lines[j];
      for (std::size_t j = i + 1; j < lines.size(); ++j) after += lines[j];
      whole(before + after);
      std::size_t equals = lines[i].find('=');
      if (equals == std::string::npos) continue;
      for (std::string_view odd : {"[]", "{}", "\"\"", "-1", "[[1]]", "2026-01-01", "[{ a = 1 }]", "1e400"})
        whole(before + lines[i].substr(0, equals + 1) + " " + std::string(odd) + "\n" + after);
    }
  }
}

}  // namespace
}  // namespace gatehouse::controls
