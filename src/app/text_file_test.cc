#include "app/text_file.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "base/testing/temporary_folder.h"

namespace gatehouse::app {
namespace {

namespace fs = std::filesystem;

class TextFile : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return folder.at(name); }
  const TemporaryFolder folder;
};

TEST_F(TextFile, comes_back_as_it_was_written_and_leaves_nothing_beside_it) {
  EXPECT_EQ(read_text_file(at("a")), std::nullopt);
  const std::string text("one\r\n\0two", 9);
  ASSERT_TRUE(replace_text_file(at("a"), text));
  EXPECT_EQ(read_text_file(at("a")), text);
  EXPECT_FALSE(fs::exists(at("a.part")));
}

TEST_F(TextFile, keeps_the_rights_of_the_file_that_it_replaces) {
  ASSERT_TRUE(replace_text_file(at("a"), "1"));
  ASSERT_EQ(::chmod(at("a").c_str(), 0600), 0);
  ASSERT_TRUE(replace_text_file(at("a"), "2"));
  EXPECT_EQ(fs::status(at("a")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(TextFile, replaces_what_a_link_names_and_not_the_link) {
  ASSERT_TRUE(replace_text_file(at("real"), "1"));
  fs::create_symlink(at("real"), at("link"));
  ASSERT_TRUE(replace_text_file(at("link"), "2"));
  EXPECT_TRUE(fs::is_symlink(at("link")));
  EXPECT_EQ(read_text_file(at("real")), "2");
}

// Such as /dev/null: a report moved over it would break every other program of the machine.
TEST_F(TextFile, never_puts_a_file_in_place_of_what_is_none) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  at("socket").copy(name.sun_path, sizeof name.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  EXPECT_FALSE(replace_text_file(at("socket"), "x"));
  EXPECT_TRUE(fs::is_socket(at("socket")));
  ::close(fd);
}

TEST_F(TextFile, says_when_it_could_not_write) { EXPECT_FALSE(replace_text_file(at("no/such/folder/a"), "x")); }

}  // namespace
}  // namespace gatehouse::app
