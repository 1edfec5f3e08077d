#include "net/http/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing/temporary_folder.h"

namespace gatehouse::http {
namespace {

using ::testing::HasSubstr;

conf::ServerUrl at(const std::string& text) {
  auto url = conf::ServerUrl::parse(text);
  EXPECT_TRUE(url) << text;
  return *url;
}

// A listener of somebody's, closed at the end.
struct Open {
  explicit Open(const conf::ServerUrl& url) {
    auto opened = open_listener(url);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().text());
    fd = opened.value_or(-1);
  }
  ~Open() { ::close(fd); }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  int fd = -1;
};

TEST(Listener, threads_share_an_address_and_other_programs_do_not) {
  for (const char* host : {"127.0.0.1", "[::1]"}) {
    const Open first(at(std::string("http://") + host + ":0"));
    const auto same = at(std::string("http://") + host + ":" + std::to_string(local_port(first.fd)));
    const Open second(same);
    const auto taken = nobody_listens(same);
    ASSERT_FALSE(taken) << host;
    EXPECT_EQ(taken.error().code, "listen");
    EXPECT_THAT(taken.error().text(), HasSubstr("another program listens there"));
  }
}

TEST(Listener, an_address_is_free_again_when_its_listener_is_gone) {
  conf::ServerUrl same;
  {
    const Open first(at("http://127.0.0.1:0"));
    same = at("http://127.0.0.1:" + std::to_string(local_port(first.fd)));
  }
  EXPECT_TRUE(nobody_listens(same));
  EXPECT_TRUE(nobody_listens(at("http://127.0.0.1:0")));
}

TEST(Listener, a_unix_socket_that_answers_is_somebodys_and_a_left_over_file_is_nobodys) {
  const TemporaryFolder folder;
  const auto url = at("unix:" + folder.at("door"));
  {
    const Open first(url);
    const auto taken = nobody_listens(url);
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error().text(), HasSubstr("another program listens there"));
  }
  EXPECT_TRUE(nobody_listens(url));
  const Open again(url);
  struct stat st{};
  ASSERT_EQ(::stat(folder.at("door").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0660u);
}

TEST(Listener, says_which_address_cannot_be_had) {
  const auto nowhere = at("http://203.0.113.7:8080");  // a documentation address (RFC 5737): never this machine's
  EXPECT_THAT(nobody_listens(nowhere).error().text(), HasSubstr("203.0.113.7:8080"));
  EXPECT_THAT(open_listener(nowhere).error().text(), HasSubstr("203.0.113.7:8080"));
}

}  // namespace
}  // namespace gatehouse::http
