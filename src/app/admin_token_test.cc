#include "app/admin_token.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/testing/temporary_folder.h"

namespace gatehouse::app {
namespace {

class AdminToken : public ::testing::Test {
 protected:
  std::string file() const { return folder_.at("admin-token"); }
  std::string token() {
    auto t = admin_token(folder_.path(), entropy_);
    EXPECT_TRUE(t.has_value());
    return t.value_or("");
  }
  const TemporaryFolder folder_;
  CountingEntropy entropy_;
};

TEST_F(AdminToken, IsMadeOnceForItsOwnerAlone) {
  const std::string first = token();
  EXPECT_EQ(first.size(), 43u);
  EXPECT_EQ(token(), first);
  struct stat st{};
  ASSERT_EQ(::stat(file().c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}

TEST_F(AdminToken, IsMadeAnewWhenOthersCouldReadIt) {
  const std::string first = token();
  ASSERT_EQ(::chmod(file().c_str(), 0640), 0);
  const std::string second = token();
  EXPECT_NE(second, first);
  struct stat st{};
  ASSERT_EQ(::stat(file().c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}

TEST_F(AdminToken, IsMadeAnewWhenWhatStandsThereIsNone) {
  for (const std::string& text : {std::string(), std::string("short"), std::string(43, '!')}) {
    std::filesystem::remove(file());
    std::ofstream(file()) << text;
    ASSERT_EQ(::chmod(file().c_str(), 0600), 0);
    EXPECT_NE(token(), text);
  }
}

TEST_F(AdminToken, IsNotWrittenThroughALink) {
  const std::string elsewhere = folder_.at("elsewhere");
  std::ofstream(elsewhere) << "kept";
  std::filesystem::create_symlink(elsewhere, file());
  token();
  std::string word;
  std::ifstream(elsewhere) >> word;
  EXPECT_EQ(word, "kept");
  EXPECT_FALSE(std::filesystem::is_symlink(file()));
}

TEST_F(AdminToken, SaysWhereItCannotBeWritten) {
  auto t = admin_token(folder_.at("absent"), entropy_);
  ASSERT_FALSE(t.has_value());
  EXPECT_EQ(t.error().code, "state_dir");
  EXPECT_NE(t.error().detail.find("absent/admin-token"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::app
