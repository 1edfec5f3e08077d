// The event loop: one a thread, edge-triggered epoll, timers, and a door for other threads.
//
// Everything that belongs to a reactor is touched only on its thread; post() and stop() are the exceptions.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "net/task.h"

namespace gatehouse::net {

class Reactor;

// Something epoll reports on. Deleting one during dispatch is allowed: Reactor::forget() clears its pending events.
class EventTarget {
 public:
  virtual ~EventTarget() = default;
  virtual void on_events(std::uint32_t events) = 0;
};

// Fires once, at or up to one tick (16 ms) after its time. Destroying or disarming it is always allowed.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual ~Timer() { disarm(); }
  void arm(Reactor& reactor, SteadyTime due);
  void disarm();
  bool armed() const { return prev_ != nullptr; }

 protected:
  virtual void fire() = 0;

 private:
  friend class Reactor;
  Timer* prev_ = nullptr;  // null: not armed. A slot's list is circular around a head that is a Timer link itself
  Timer* next_ = nullptr;
  Reactor* reactor_ = nullptr;
  std::int64_t tick_ = 0;
};

// Something that waits for the end of the loop turn. Destroying or withdrawing it is always allowed.
class TurnEnd {
 public:
  TurnEnd() = default;
  TurnEnd(const TurnEnd&) = delete;
  TurnEnd& operator=(const TurnEnd&) = delete;
  virtual ~TurnEnd() { withdraw(); }
  bool held() const { return prev_ != nullptr; }
  void withdraw() {
    if (!prev_) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

 protected:
  virtual void turn_ended() {}

 private:
  friend class Reactor;
  TurnEnd* prev_ = nullptr;  // null: not held
  TurnEnd* next_ = nullptr;
};

class Reactor {
 public:
  explicit Reactor(const Clock& clock);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Serves events until stop(). Owned tasks still alive are dropped by the destructor.
  void run();
  // Both from any thread.
  void stop();
  void post(std::function<void()> job);

  // The loop turn's time: read once a turn, so a comparison costs nothing.
  SteadyTime now() const { return now_; }
  std::int64_t unix_ms() const { return unix_ms_; }
  std::int64_t unix_seconds() const { return unix_ms_ / 1000; }
  const Clock& clock() const { return clock_; }

  // Gives a task to the loop, which owns it until it ends or the reactor goes. A throw in it ends the process: the
  // tasks of the house catch what they can answer for.
  void spawn(Task<void> task);
  std::size_t task_count() const { return live_tasks_; }
  // Cancels every task: what they refer to may go afterwards. Not while run() runs.
  void drop_tasks();

  // EPOLLIN | EPOLLOUT | EPOLLRDHUP, edge-triggered. False when the kernel refuses.
  bool watch(int fd, EventTarget& target);
  void forget(int fd, EventTarget& target);

  // True while events of this turn still wait: what is small may be held back until they were served.
  bool gathers() const { return batch_at_ + 1 < batch_size_; }
  // Called at the end of the turn, once, unless withdrawn before.
  void at_turn_end(TurnEnd& held);

  // Called once a loop turn before sleeping (log flush and the like).
  void on_turn(std::function<void()> hook) { turn_hooks_.push_back(std::move(hook)); }

 private:
  friend class Timer;
  static constexpr std::int64_t kTickNs = 16'000'000;
  static constexpr std::size_t kSlots = 1024;
  static constexpr int kBatch = 256;

  struct Slot final : Timer {
    void fire() override {}
  };
  struct Wakeup;
  struct Runner;

  void tick();
  void insert(Timer& timer);
  void expire();
  int sleep_ms() const;
  void run_posted();
  void sweep();
  void end_turn();

  const Clock& clock_;
  int epoll_ = -1;
  int wake_fd_ = -1;
  std::unique_ptr<Wakeup> wakeup_;
  SteadyTime now_{};
  std::int64_t unix_ms_ = 0;
  std::int64_t tick_now_ = 0;
  std::size_t timers_ = 0;
  struct HeldList final : TurnEnd {
  } held_;
  std::array<Slot, kSlots> slots_;
  std::array<std::uint64_t, kSlots / 64> used_{};

  std::array<epoll_event, kBatch> batch_;
  int batch_size_ = 0, batch_at_ = 0;

  std::atomic<bool> stopping_{false};
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_, running_;
  std::atomic<bool> has_posted_{false};

  std::vector<std::unique_ptr<Runner>> runners_;
  std::vector<Runner*> free_runners_, finished_;
  std::size_t live_tasks_ = 0;
  std::vector<std::function<void()>> turn_hooks_;
};

// co_await sleep(reactor, until);
class Sleep final : public Timer {
 public:
  Sleep(Reactor& reactor, SteadyTime until) : loop_(reactor), until_(until) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    handle_ = h;
    arm(loop_, until_);
  }
  void await_resume() const {}

 private:
  void fire() override { handle_.resume(); }
  Reactor& loop_;
  SteadyTime until_;
  std::coroutine_handle<> handle_;
};

}  // namespace gatehouse::net
