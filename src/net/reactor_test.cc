#include "net/reactor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "net/stream.h"
#include "net/worker_pool.h"

namespace gatehouse::net {
namespace {

using std::chrono::milliseconds;

struct Note final : Timer {
  Note(std::vector<int>& o, int i) : out(o), id(i) {}
  void fire() override {
    out.push_back(id);
    if (then) then();
  }
  std::vector<int>& out;
  int id;
  std::function<void()> then;
};

TEST(Reactor, timers_fire_in_order_and_disarmed_ones_do_not) {
  SystemClock clock;
  Reactor loop(clock);
  std::vector<int> fired;
  Note a(fired, 1), b(fired, 2), c(fired, 3), last(fired, 4);
  b.arm(loop, loop.now() + milliseconds(90));
  a.arm(loop, loop.now() + milliseconds(20));
  c.arm(loop, loop.now() + milliseconds(50));
  last.arm(loop, loop.now() + milliseconds(150));
  c.disarm();
  last.then = [&] { loop.stop(); };
  loop.run();
  EXPECT_EQ(fired, (std::vector<int>{1, 2, 4}));
}

TEST(Reactor, a_timer_may_arm_and_destroy_others_while_it_fires) {
  SystemClock clock;
  Reactor loop(clock);
  std::vector<int> fired;
  auto victim = std::make_unique<Note>(fired, 9);
  Note a(fired, 1), b(fired, 2);
  SteadyTime at = loop.now() + milliseconds(30);
  a.arm(loop, at);
  victim->arm(loop, at);
  a.then = [&] {
    victim.reset();
    b.arm(loop, loop.now() + milliseconds(20));
  };
  b.then = [&] { loop.stop(); };
  loop.run();
  EXPECT_EQ(fired, (std::vector<int>{1, 2}));
}

TEST(Reactor, a_timer_farther_than_one_rotation_of_the_wheel_waits_its_turn) {
  ManualClock clock;
  Reactor loop(clock);
  std::vector<int> fired;
  Note far(fired, 1);
  far.arm(loop, clock.steady() + std::chrono::seconds(40));
  std::thread hand([&] {
    for (int i = 0; i < 50; ++i) {
      loop.post([&] { clock.advance(std::chrono::seconds(1)); });
      std::this_thread::sleep_for(milliseconds(2));
      loop.post([&, i] {
        if (i == 37) {
          EXPECT_TRUE(fired.empty());
        }
      });
    }
    loop.stop();
  });
  loop.run();
  hand.join();
  EXPECT_EQ(fired, (std::vector<int>{1}));
}

Task<void> read_with_deadline(Stream& s, long& result) {
  std::array<char, 8> buffer;
  auto read = s.read(buffer.data(), buffer.size(), s.reactor().now() + milliseconds(30));
  IoResult r = co_await read;
  result = r.n;
  s.reactor().stop();
}

TEST(Stream, a_read_that_nothing_answers_ends_at_its_deadline) {
  SystemClock clock;
  Reactor loop(clock);
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
  {
    Stream s(loop, pair[0]);
    long result = 0;
    loop.spawn(read_with_deadline(s, result));
    loop.run();
    EXPECT_EQ(result, IoResult::kTimeout);
    loop.drop_tasks();
  }
  ::close(pair[1]);
}

Task<void> echo_all(Stream& s, std::string& got) {
  for (;;) {
    std::array<char, 4> buffer;
    auto read = s.read(buffer.data(), buffer.size(), SteadyTime::max());
    IoResult r = co_await read;
    if (!r.ok()) break;
    got.append(buffer.data(), static_cast<std::size_t>(r.n));
  }
  s.reactor().stop();
}

TEST(Stream, reads_everything_up_to_the_end_also_after_a_hang_up) {
  SystemClock clock;
  Reactor loop(clock);
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
  std::string text(1000, 'x');
  ASSERT_EQ(::write(pair[1], text.data(), text.size()), 1000);
  ::close(pair[1]);
  Stream s(loop, pair[0]);
  std::string got;
  loop.spawn(echo_all(s, got));
  loop.run();
  EXPECT_EQ(got, text);
  loop.drop_tasks();
}

TEST(Stream, a_task_dropped_in_the_middle_of_a_read_leaves_the_stream_usable) {
  SystemClock clock;
  Reactor loop(clock);
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
  Stream s(loop, pair[0]);
  std::string lost, got;
  {
    auto first = echo_all(s, lost);
    first.start();
  }
  ASSERT_EQ(::write(pair[1], "hello", 5), 5);
  ::close(pair[1]);
  loop.spawn(echo_all(s, got));
  loop.run();
  EXPECT_EQ(lost, "");
  EXPECT_EQ(got, "hello");
  loop.drop_tasks();
}

Task<void> ask_pool(WorkerPool& pool, Reactor& loop, int& out, std::thread::id& where) {
  auto job = [] { return 42; };
  auto running = pool.run(loop, job);
  std::optional<int> n = co_await running;
  out = n.value_or(-1);
  where = std::this_thread::get_id();
  loop.stop();
}

TEST(WorkerPool, a_result_comes_back_on_the_loops_own_thread) {
  SystemClock clock;
  Reactor loop(clock);
  WorkerPool pool(2);
  int out = 0;
  std::thread::id where;
  loop.spawn(ask_pool(pool, loop, out, where));
  loop.run();
  EXPECT_EQ(out, 42);
  EXPECT_EQ(where, std::this_thread::get_id());
  loop.drop_tasks();
}

TEST(WorkerPool, a_full_queue_says_no_instead_of_growing) {
  std::atomic<bool> go{false};
  WorkerPool pool(1, 1);
  ASSERT_TRUE(pool.submit([&] {
    while (!go) std::this_thread::yield();
  }));
  while (!pool.submit([] {})) std::this_thread::yield();  // until the first job has left the queue
  EXPECT_FALSE(pool.submit([] {}));
  go = true;
}

}  // namespace
}  // namespace gatehouse::net
