#include "net/pipe.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace gatehouse::net {
namespace {

struct Pair {
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0); }
  ~Pair() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  int ends[2];
};

TEST(Pipe, bytes_go_from_one_socket_to_another) {
  Pair from, to;
  auto pipe = Pipe::open();
  ASSERT_NE(pipe, nullptr);
  EXPECT_EQ(pipe->fill(from.ends[1], 100), Pipe::kWait);
  ASSERT_EQ(::send(from.ends[0], "hello", 5, 0), 5);
  EXPECT_EQ(pipe->fill(from.ends[1], 3), 3);
  EXPECT_EQ(pipe->held(), 3u);
  EXPECT_EQ(pipe->drain(to.ends[0]), 3);
  EXPECT_EQ(pipe->held(), 0u);
  EXPECT_EQ(pipe->fill(from.ends[1], 100), 2);
  EXPECT_EQ(pipe->drain(to.ends[0]), 2);
  char got[8] = {};
  EXPECT_EQ(::recv(to.ends[1], got, sizeof got, 0), 5);
  EXPECT_STREQ(got, "hello");
  ::shutdown(from.ends[0], SHUT_WR);
  EXPECT_EQ(pipe->fill(from.ends[1], 100), 0);
}

TEST(Pipe, a_full_socket_keeps_the_rest_in_the_pipe_and_a_closed_one_breaks) {
  ::signal(SIGPIPE, SIG_IGN);
  Pair from, to;
  auto pipe = Pipe::open();
  ASSERT_NE(pipe, nullptr);
  std::string block(64 * 1024, 'x');
  long drained = 1;
  for (int i = 0; i < 1000 && drained > 0; ++i) {
    if (pipe->held() == 0) {
      ASSERT_GT(::send(from.ends[0], block.data(), block.size(), MSG_NOSIGNAL), 0);
      ASSERT_GT(pipe->fill(from.ends[1], block.size()), 0);
    }
    drained = pipe->drain(to.ends[0]);
  }
  EXPECT_EQ(drained, Pipe::kWait);
  EXPECT_GT(pipe->held(), 0u);
  ::close(to.ends[1]);
  to.ends[1] = -1;
  EXPECT_EQ(pipe->drain(to.ends[0]), Pipe::kBroken);
}

TEST(PipePool, a_pipe_that_still_holds_bytes_is_never_lent_again) {
  Pair from, to;
  PipePool pool(1, 1);
  ASSERT_EQ(::send(from.ends[0], "secret", 6, 0), 6);
  {
    auto loan = pool.lend();
    ASSERT_TRUE(loan);
    EXPECT_EQ(loan->fill(from.ends[1], 100), 6);
    EXPECT_FALSE(pool.lend());  // all that may live are lent
  }
  auto next = pool.lend();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->held(), 0u);
  ASSERT_EQ(::send(from.ends[0], "mine", 4, 0), 4);
  EXPECT_EQ(next->fill(from.ends[1], 100), 4);
  EXPECT_EQ(next->drain(to.ends[0]), 4);
  char got[8] = {};
  EXPECT_EQ(::recv(to.ends[1], got, sizeof got, 0), 4);
  EXPECT_STREQ(got, "mine");
}

}  // namespace
}  // namespace gatehouse::net
