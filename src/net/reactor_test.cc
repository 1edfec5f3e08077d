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

struct AtEnd final : TurnEnd {
  explicit AtEnd(std::function<void()> f) : then(std::move(f)) {}
  void turn_ended() override { then(); }
  std::function<void()> then;
};

struct OnEvents final : EventTarget {
  explicit OnEvents(std::function<void()> f) : then(std::move(f)) {}
  void on_events(std::uint32_t) override { then(); }
  std::function<void()> then;
};

TEST(Reactor, what_is_held_runs_once_when_all_events_of_the_turn_were_served) {
  SystemClock clock;
  Reactor loop(clock);
  int first[2], second[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, first), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, second), 0);
  std::vector<std::string> order;
  bool gathered = false;
  auto withdrawn = std::make_unique<AtEnd>([&] { order.emplace_back("withdrawn"); });
  AtEnd later([&] { order.emplace_back("held while ending"); });
  AtEnd held([&] {
    order.emplace_back("held");
    EXPECT_FALSE(loop.gathers());
    loop.at_turn_end(later);
  });
  int served = 0;
  const auto serve = [&] {
    order.emplace_back("event");
    if (++served == 1) {
      gathered = loop.gathers();
      loop.at_turn_end(held);
      loop.at_turn_end(*withdrawn);
    } else {
      withdrawn.reset();
      loop.stop();
    }
  };
  OnEvents a(serve), b(serve);
  ASSERT_TRUE(loop.watch(first[0], a));  // both can be written to at once
  ASSERT_TRUE(loop.watch(second[0], b));
  loop.run();
  EXPECT_TRUE(gathered);
  EXPECT_EQ(order, (std::vector<std::string>{"event", "event", "held", "held while ending"}));
  EXPECT_FALSE(held.held());
  for (int fd : {first[0], first[1], second[0], second[1]}) ::close(fd);
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

Task<void> write_together(Stream& s, std::string_view text, long& result) {
  std::array<iovec, 1> v{iovec{const_cast<char*>(text.data()), text.size()}};
  auto write = s.write(v, s.reactor().now() + std::chrono::seconds(5), Stream::When::together);
  IoResult r = co_await write;
  result = r.n;
}

// Two streams of which one event is served while the other waits: what is written then is held.
struct BusyTurn {
  BusyTurn() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, other), 0);
    stream = std::make_unique<Stream>(loop, pair[0]);
  }
  ~BusyTurn() {
    stream.reset();
    for (int fd : {pair[1], other[0], other[1]}) ::close(fd);
  }
  // Serves the stream's own first event, then `first`, then whatever `second` says on the turn's last event.
  void run(std::function<void()> first, std::function<void()> second) {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, third), 0);
    OnEvents a(std::move(first)), b(std::move(second));
    ASSERT_TRUE(loop.watch(other[0], a));
    ASSERT_TRUE(loop.watch(third[0], b));
    loop.run();
    loop.forget(other[0], a);
    loop.forget(third[0], b);
    for (int fd : third) ::close(fd);
  }
  std::string arrived() const {
    std::array<char, 64> buffer;
    const ssize_t n = ::recv(pair[1], buffer.data(), buffer.size(), MSG_DONTWAIT);
    return std::string(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  }
  SystemClock clock;
  Reactor loop{clock};
  int pair[2], other[2], third[2];
  std::unique_ptr<Stream> stream;
};

TEST(Stream, what_is_written_together_leaves_at_the_end_of_the_turn) {
  BusyTurn turn;
  long result = 0;
  std::string early;
  turn.run([&] { turn.loop.spawn(write_together(*turn.stream, "hello", result)); },
           [&] {
             early = turn.arrived();
             turn.loop.stop();
           });
  EXPECT_EQ(early, "");
  EXPECT_EQ(result, 1);
  EXPECT_EQ(turn.arrived(), "hello");
  turn.loop.drop_tasks();
}

TEST(Stream, a_held_write_whose_task_is_dropped_is_not_sent) {
  BusyTurn turn;
  long result = 0;
  auto task = std::make_unique<Task<void>>(write_together(*turn.stream, "hello", result));
  turn.run([&] { task->start(); },
           [&] {
             task.reset();
             turn.loop.stop();
           });
  EXPECT_EQ(result, 0);
  EXPECT_EQ(turn.arrived(), "");
}

TEST(Stream, a_held_write_that_does_not_fit_goes_on_when_there_is_room) {
  BusyTurn turn;
  const std::string much(1 << 20, 'x');
  long result = 0;
  std::size_t got = 0;
  std::thread reader([&] {
    std::array<char, 65536> buffer;
    for (ssize_t n = 0; got < much.size();) {
      n = ::recv(turn.pair[1], buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (n > 0) got += static_cast<std::size_t>(n);
      if (n < 0) std::this_thread::sleep_for(milliseconds(1));
      if (n == 0) break;
    }
    turn.loop.stop();
  });
  turn.run([&] { turn.loop.spawn(write_together(*turn.stream, much, result)); }, [] {});
  reader.join();
  EXPECT_EQ(got, much.size());
  EXPECT_EQ(result, 1);
  turn.loop.drop_tasks();
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
