#include "net/task.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace gatehouse {
namespace {

// A wait that ends when the test says so.
struct Gate {
  std::coroutine_handle<> waiter;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { waiter = h; }
  void await_resume() const {}
  void open() { std::exchange(waiter, {}).resume(); }
};

struct Trace {
  explicit Trace(std::string& out) : out_(out) {}
  ~Trace() { out_ += "dropped;"; }
  std::string& out_;
};

Task<int> inner(Gate& gate, std::string& log) {
  Trace t(log);
  log += "inner;";
  co_await gate;
  co_return 7;
}

Task<int> outer(Gate& gate, std::string& log) {
  auto task = inner(gate, log);
  int n = co_await task;
  log += "outer;";
  co_return n + 1;
}

TEST(Task, starts_when_it_is_awaited_and_hands_its_value_up) {
  Gate gate;
  std::string log;
  auto task = outer(gate, log);
  EXPECT_EQ(log, "");
  task.start();
  EXPECT_EQ(log, "inner;");
  EXPECT_FALSE(task.done());
  gate.open();
  EXPECT_TRUE(task.done());
  EXPECT_EQ(task.take(), 8);
  EXPECT_EQ(log, "inner;dropped;outer;");
}

TEST(Task, dropping_it_cancels_the_innermost_wait_and_destroys_its_locals) {
  Gate gate;
  std::string log;
  auto task = outer(gate, log);
  task.start();
  task.drop();
  EXPECT_EQ(log, "inner;dropped;");
}

Task<int> thrower() {
  throw std::runtime_error("bug");
  co_return 0;
}
Task<int> passes_on() {
  auto t = thrower();
  int n = co_await t;
  co_return n;
}

TEST(Task, a_throw_reaches_who_takes_the_result) {
  auto task = passes_on();
  task.start();
  EXPECT_THROW(task.take(), std::runtime_error);
}

Task<int> one() { co_return 1; }
Task<int> sum_of(int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i) {
    auto t = one();
    sum += co_await t;
  }
  co_return sum;
}

TEST(Task, a_million_tasks_that_never_wait_do_not_grow_the_stack) {
  auto task = sum_of(1'000'000);
  task.start();
  EXPECT_EQ(task.take(), 1'000'000);
}

TEST(Soon, is_ready_with_a_value_and_waits_with_a_task) {
  Soon<int> now = 3;
  EXPECT_TRUE(now.ready());
  EXPECT_EQ(now.take(), 3);
  Soon<int> later = one();
  ASSERT_FALSE(later.ready());
  later.task().start();
  EXPECT_EQ(later.task().take(), 1);
}

}  // namespace
}  // namespace gatehouse
