#include "app/backstage.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/testing/temporary_folder.h"

namespace gatehouse::app {
namespace {

namespace fs = std::filesystem;

class BackstageTest : public ::testing::Test {
 protected:
  const TemporaryFolder folder;
  SystemClock clock;
};

TEST_F(BackstageTest, opens_one_database_when_the_first_desk_asks_and_nobody_else_may_read_it) {
  Backstage backstage(clock, folder.path());
  EXPECT_FALSE(fs::exists(folder.at("gatehouse.db")));
  EXPECT_EQ(backstage.metric_lines(), "") << "no database, no lines";
  const auto first = backstage.db(), second = backstage.db();
  ASSERT_TRUE(first) << first.error().text();
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  struct stat s{};
  ASSERT_EQ(::stat(folder.at("gatehouse.db").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
  EXPECT_NE(backstage.metric_lines().find("gatehouse_store_commits_total"), std::string::npos);
}

TEST_F(BackstageTest, says_why_there_is_no_database) {
  Backstage backstage(clock, folder.at("nowhere"));
  EXPECT_FALSE(backstage.db());
}

TEST_F(BackstageTest, has_one_thread_and_ends_it_in_order) {
  Backstage backstage(clock, folder.path());
  EXPECT_EQ(&backstage.background(), &backstage.background());
  EXPECT_EQ(backstage.inbox(), nullptr);
  backstage.stop();
  backstage.settle();
}

}  // namespace
}  // namespace gatehouse::app
