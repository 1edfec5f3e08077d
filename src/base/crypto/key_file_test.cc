#include "base/crypto/key_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/testing/temporary_folder.h"

namespace gatehouse::crypto {
namespace {

using testing::HasSubstr;

class KeyFile : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string path_ = folder_.at("state/key.pem");
};

TEST_F(KeyFile, IsMadeOnceAndReadAgainByItsOwnerOnly) {
  const auto first = read_or_make_key_file(path_, KeyKind::ed25519);
  ASSERT_TRUE(first) << first.error().text();
  const auto second = read_or_make_key_file(path_, KeyKind::ed25519);
  ASSERT_TRUE(second);
  EXPECT_EQ(first->public_key().thumbprint(), second->public_key().thumbprint());
  struct stat info{};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(folder_.at("state").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.at("state")), {}), 1) << "no draft is left";
}

TEST_F(KeyFile, ThatOthersCanReadIsRefusedWithTheRemedy) {
  ASSERT_TRUE(read_or_make_key_file(path_, KeyKind::ed25519));
  for (mode_t mode : {0640u, 0604u, 0660u}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    const auto key = read_or_make_key_file(path_, KeyKind::ed25519);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, "bad_key_file");
    EXPECT_THAT(key.error().detail, HasSubstr("chmod 600"));
  }
}

TEST_F(KeyFile, BehindALinkOrDamagedIsRefusedAndKept) {
  ASSERT_TRUE(read_or_make_key_file(path_, KeyKind::ed25519));
  const std::string other = folder_.at("state/other.pem");
  std::filesystem::create_symlink(path_, other);
  EXPECT_EQ(read_or_make_key_file(other, KeyKind::ed25519).error().code, "bad_key_file");
  std::ofstream(path_, std::ios::trunc) << "damaged";
  EXPECT_EQ(read_or_make_key_file(path_, KeyKind::ed25519).error().code, "bad_key_file");
  std::string kept;
  std::ifstream(path_) >> kept;
  EXPECT_EQ(kept, "damaged");
}

TEST_F(KeyFile, NeverReplacesAnExistingOne) {
  const auto first = read_or_make_key_file(path_, KeyKind::p256);
  ASSERT_TRUE(first);
  const auto written = write_key_file(path_, SigningKey::generate(KeyKind::p256).value());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, "exists");
  EXPECT_EQ(read_key_file(path_)->public_key().thumbprint(), first->public_key().thumbprint());
}

}  // namespace
}  // namespace gatehouse::crypto
