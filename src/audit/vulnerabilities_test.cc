#include "audit/vulnerabilities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/audit.h"

namespace gatehouse::audit {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(CompareVersions, goes_by_numbers_and_puts_pre_releases_first) {
  const std::vector<std::string_view> ascending = {"0.9",    "1.0.0-alpha", "1.0.0-alpha.2", "1.0.0-beta",
                                                   "1.0rc1", "1.0.0",       "1.0.0.post1",   "1.0.1",
                                                   "1.2",    "1.10",        "2.0a1",         "2"};
  for (std::size_t i = 0; i < ascending.size(); ++i)
    for (std::size_t k = 0; k < ascending.size(); ++k)
      EXPECT_EQ(compare_versions(ascending[i], ascending[k]), i < k   ? -1
                                                              : i > k ? 1
                                                                      : 0)
          << ascending[i] << " and " << ascending[k];
  EXPECT_EQ(compare_versions("1.0", "1.0.0"), 0);
  EXPECT_EQ(compare_versions("v1.0+build", "1.0"), 0);
}

constexpr std::string_view kRecords =
    R"({"id":"X-1","summary":"bypass","database_specific":{"severity":"CRITICAL"},"affected":[{"package":{"ecosystem":"npm","name":"Next"},"ranges":[{"type":"SEMVER","events":[{"introduced":"14.0.0"},{"fixed":"14.2.25"},{"introduced":"15.0.0"},{"fixed":"15.2.3"}]}]}]}
{"id":"X-2","affected":[{"package":{"ecosystem":"PyPI","name":"django"},"versions":["4.2.1"]}]}
{"id":"X-3","withdrawn":"2025-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"next"},"versions":["14.1.0"]}]})";

std::vector<std::string> ids(const Vulnerabilities& v, std::string ecosystem, std::string name, std::string version) {
  Dependency d;
  d.ecosystem = std::move(ecosystem);
  d.name = std::move(name);
  d.version = std::move(version);
  std::vector<std::string> out;
  for (const auto* r : v.affecting(d)) out.push_back(r->id);
  return out;
}

TEST(Vulnerabilities, match_inside_their_ranges_only) {
  auto v = Vulnerabilities::parse(kRecords);
  ASSERT_TRUE(v) << v.error().text();
  for (const char* bad : {"14.0.0", "14.2.24", "15.0.0", "15.2.2"})
    EXPECT_THAT(ids(*v, "npm", "next", bad), ::testing::ElementsAre("X-1")) << bad;
  for (const char* good : {"13.5.9", "14.2.25", "15.2.3", "16.0.0", ""})
    EXPECT_THAT(ids(*v, "npm", "next", good), ::testing::IsEmpty()) << good;
  EXPECT_THAT(ids(*v, "PyPI", "django", "4.2.1"), ::testing::ElementsAre("X-2"));
  EXPECT_THAT(ids(*v, "npm", "django", "4.2.1"), ::testing::IsEmpty());
}

TEST(Vulnerabilities, come_back_as_they_were_written) {
  auto v = Vulnerabilities::parse(kRecords);
  ASSERT_TRUE(v);
  auto again = Vulnerabilities::parse(v->write());
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->write(), v->write());
  EXPECT_EQ(ids(*again, "npm", "next", "15.1.0"), ids(*v, "npm", "next", "15.1.0"));
}

TEST(Vulnerabilities, refuse_what_is_no_database) {
  EXPECT_FALSE(Vulnerabilities::parse("[{]"));
  EXPECT_FALSE(Vulnerabilities::parse("{\"id\":1}\n{nonsense"));
}

TEST(VulnerabilityCheck, tells_the_fixed_version_or_that_nobody_looked) {
  auto tree = memory_files({{"package-lock.json", R"({"packages":{"node_modules/next":{"version":"14.1.0"}}})"}});
  auto v = Vulnerabilities::parse(kRecords);
  ASSERT_TRUE(v);
  Pack pack = source_pack(std::make_shared<const Vulnerabilities>(std::move(*v)));
  const auto report = audit_source(*tree, std::move(pack), {});
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(report.findings[0].id, "DEP-004");
  EXPECT_THAT(report.findings[0].fix, HasSubstr("15.2.3"));
  EXPECT_THAT(audit_source(*tree, source_pack(), {}).not_checked, Contains(HasSubstr("no database")));
}

}  // namespace
}  // namespace gatehouse::audit
