#include "base/testing/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace gatehouse {
namespace {

namespace fs = std::filesystem;

TEST(TemporaryFolder, is_its_owners_alone_and_no_other_tests) {
  const TemporaryFolder one, another;
  EXPECT_NE(one.path(), another.path());
  EXPECT_TRUE(fs::is_empty(one.path()));
  EXPECT_EQ(fs::status(one.path()).permissions(), fs::perms::owner_all);
}

TEST(TemporaryFolder, is_gone_at_the_end_with_all_that_was_put_into_it_and_nothing_that_a_link_leads_to) {
  const TemporaryFolder kept;
  std::ofstream(kept.at("a")) << "text";
  std::string path;
  {
    const TemporaryFolder folder;
    path = folder.path();
    fs::create_directories(folder.at("some/where"));
    std::ofstream(folder.at("some/where/b")) << "text";
    fs::create_directory_symlink(kept.path(), folder.at("link"));
    EXPECT_TRUE(fs::exists(folder.at("link/a")));
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::exists(kept.at("a")));
}

}  // namespace
}  // namespace gatehouse
