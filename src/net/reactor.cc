#include "net/reactor.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace gatehouse::net {

struct Reactor::Wakeup final : EventTarget {
  explicit Wakeup(int fd_) : fd(fd_) {}
  void on_events(std::uint32_t) override {
    std::uint64_t n = 0;
    [[maybe_unused]] ssize_t r = ::read(fd, &n, sizeof n);
  }
  int fd;
};

// Owns one spawned task. The coroutine that waits for it tells the reactor when it is over.
struct Reactor::Runner {
  struct Frame {
    struct promise_type {
      static void* operator new(std::size_t n) { return FramePool::local().take(n); }
      static void operator delete(void* p, std::size_t n) noexcept { FramePool::local().give(p, n); }
      Frame get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
      std::suspend_always initial_suspend() noexcept { return {}; }
      std::suspend_always final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() {
        std::fputs("gatehouse: a task of the event loop threw: this is a bug\n", stderr);
        std::abort();
      }
    };
    std::coroutine_handle<promise_type> handle;
  };
  static Frame drive(Reactor& reactor, Runner& self) {
    co_await self.task;
    self.task.take();
    reactor.finished_.push_back(&self);
  }
  void clear() {
    task.drop();
    if (handle) std::exchange(handle, {}).destroy();
  }
  ~Runner() {
    // The driver waits inside the task's continuation; the task goes first so that nothing resumes the driver.
    clear();
  }
  Task<void> task;
  std::coroutine_handle<> handle;
};

Reactor::Reactor(const Clock& clock) : clock_(clock) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (epoll_ < 0 || wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "event loop");
  wakeup_ = std::make_unique<Wakeup>(wake_fd_);
  for (auto& slot : slots_) slot.prev_ = slot.next_ = &slot;
  held_.prev_ = held_.next_ = &held_;
  watch(wake_fd_, *wakeup_);
  tick();
  tick_now_ = now_.time_since_epoch().count() / kTickNs;
}

void Reactor::drop_tasks() {
  finished_.clear();
  free_runners_.clear();
  runners_.clear();
  live_tasks_ = 0;
}

Reactor::~Reactor() {
  drop_tasks();
  for (auto& slot : slots_) {
    while (slot.next_ != &slot) slot.next_->disarm();
    slot.prev_ = slot.next_ = nullptr;
  }
  while (held_.next_ != &held_) held_.next_->withdraw();
  held_.prev_ = held_.next_ = nullptr;
  ::close(wake_fd_);
  ::close(epoll_);
}

void Reactor::tick() {
  now_ = clock_.steady();
  unix_ms_ = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall().time_since_epoch()).count();
}

void Reactor::run() {
  while (!stopping_.load(std::memory_order_acquire)) {
    for (auto& hook : turn_hooks_) hook();
    int n = ::epoll_wait(epoll_, batch_.data(), kBatch, sleep_ms());
    tick();
    batch_size_ = std::max(n, 0);
    for (batch_at_ = 0; batch_at_ < batch_size_; ++batch_at_) {
      auto& e = batch_[static_cast<std::size_t>(batch_at_)];
      if (e.data.ptr) static_cast<EventTarget*>(e.data.ptr)->on_events(e.events);
    }
    batch_size_ = 0;
    end_turn();
    if (has_posted_.load(std::memory_order_acquire)) run_posted();
    if (timers_) expire();
    if (!finished_.empty()) sweep();
  }
}

void Reactor::at_turn_end(TurnEnd& held) {
  held.withdraw();
  held.next_ = &held_;
  held.prev_ = held_.prev_;
  held_.prev_->next_ = &held;
  held_.prev_ = &held;
}

void Reactor::end_turn() {
  while (held_.next_ != &held_) {
    TurnEnd& t = *held_.next_;
    t.withdraw();
    t.turn_ended();
  }
}

void Reactor::stop() {
  stopping_.store(true, std::memory_order_release);
  std::uint64_t one = 1;
  [[maybe_unused]] ssize_t r = ::write(wake_fd_, &one, sizeof one);
}

void Reactor::post(std::function<void()> job) {
  {
    std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(job));
  }
  has_posted_.store(true, std::memory_order_release);
  std::uint64_t one = 1;
  [[maybe_unused]] ssize_t r = ::write(wake_fd_, &one, sizeof one);
}

void Reactor::run_posted() {
  {
    std::lock_guard lock(posted_mutex_);
    running_.swap(posted_);
    has_posted_.store(false, std::memory_order_release);
  }
  for (auto& job : running_) job();
  running_.clear();
}

void Reactor::spawn(Task<void> task) {
  Runner* r = nullptr;
  if (free_runners_.empty()) {
    runners_.push_back(std::make_unique<Runner>());
    r = runners_.back().get();
  } else {
    r = free_runners_.back();
    free_runners_.pop_back();
  }
  r->task = std::move(task);
  r->handle = Runner::drive(*this, *r).handle;
  ++live_tasks_;
  r->handle.resume();
}

void Reactor::sweep() {
  for (Runner* r : finished_) {
    r->clear();
    free_runners_.push_back(r);
    --live_tasks_;
  }
  finished_.clear();
}

bool Reactor::watch(int fd, EventTarget& target) {
  epoll_event e{};
  e.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  e.data.ptr = &target;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e) == 0;
}

void Reactor::forget(int fd, EventTarget& target) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  // Stops: an event of this batch reaching a target that is gone.
  for (int i = batch_at_ + 1; i < batch_size_; ++i) {
    auto& e = batch_[static_cast<std::size_t>(i)];
    if (e.data.ptr == &target) e.data.ptr = nullptr;
  }
}

void Timer::arm(Reactor& reactor, SteadyTime due) {
  disarm();
  reactor_ = &reactor;
  std::int64_t tick = due.time_since_epoch().count() / Reactor::kTickNs + 1;
  tick_ = std::max(tick, reactor.tick_now_ + 1);
  reactor.insert(*this);
}

void Timer::disarm() {
  if (!prev_) return;
  prev_->next_ = next_;
  next_->prev_ = prev_;
  prev_ = next_ = nullptr;
  if (reactor_) --reactor_->timers_;
}

void Reactor::insert(Timer& timer) {
  auto slot = static_cast<std::size_t>(timer.tick_) % kSlots;
  Slot& head = slots_[slot];
  timer.next_ = &head;
  timer.prev_ = head.prev_;
  head.prev_->next_ = &timer;
  head.prev_ = &timer;
  used_[slot / 64] |= 1ull << (slot % 64);
  ++timers_;
}

void Reactor::expire() {
  std::int64_t tick = now_.time_since_epoch().count() / kTickNs;
  if (tick - tick_now_ > static_cast<std::int64_t>(kSlots)) tick_now_ = tick - static_cast<std::int64_t>(kSlots);
  while (tick_now_ < tick) {
    ++tick_now_;
    auto slot = static_cast<std::size_t>(tick_now_) % kSlots;
    Slot& head = slots_[slot];
    if (head.next_ == &head) {
      used_[slot / 64] &= ~(1ull << (slot % 64));
      continue;
    }
    // Take the whole list aside: what fires may arm and disarm others, also in this very slot.
    Slot due;
    due.next_ = head.next_;
    due.prev_ = head.prev_;
    due.next_->prev_ = due.prev_->next_ = &due;
    head.prev_ = head.next_ = &head;
    used_[slot / 64] &= ~(1ull << (slot % 64));
    while (due.next_ != &due) {
      Timer& t = *due.next_;
      t.disarm();
      if (t.tick_ <= tick_now_) {
        t.fire();
      } else {
        insert(t);
      }
    }
    due.prev_ = due.next_ = nullptr;
  }
}

int Reactor::sleep_ms() const {
  if (has_posted_.load(std::memory_order_acquire) || !finished_.empty()) return 0;
  if (!timers_) return 1000;
  // The next slot in use, at most one rotation away.
  std::size_t start = static_cast<std::size_t>(tick_now_ + 1) % kSlots;
  for (std::size_t step = 0; step < kSlots;) {
    std::size_t at = (start + step) % kSlots;
    std::uint64_t word = used_[at / 64] >> (at % 64);
    if (word) {
      step += static_cast<std::size_t>(std::countr_zero(word));
      std::int64_t due = (tick_now_ + 1 + static_cast<std::int64_t>(step)) * kTickNs;
      std::int64_t wait = (due - now_.time_since_epoch().count()) / 1'000'000 + 1;
      return static_cast<int>(std::clamp<std::int64_t>(wait, 0, 1000));
    }
    step += 64 - at % 64;
  }
  return 1000;
}

}  // namespace gatehouse::net
