// Task<T>: a lazy coroutine with one owner. Awaiting starts it; dropping it cancels it, wherever it waits.
//
// Frames come from a per-thread free list (net/frame_pool.h), so a warm request allocates nothing. A task is started,
// resumed and dropped on one thread. Rules: what outlives the coroutine is taken by reference, all else by value;
// a capturing lambda is never a coroutine; temporaries in a co_await expression are bound to locals first (g++ 12).
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

#include "net/frame_pool.h"

namespace gatehouse {

template <class T>
class Task;

namespace detail {

struct TaskPromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();
  std::exception_ptr exception;

  static void* operator new(std::size_t n) { return net::FramePool::local().take(n); }
  static void operator delete(void* p, std::size_t n) noexcept { net::FramePool::local().give(p, n); }

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct Final {
    bool await_ready() noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
      return h.promise().continuation;
    }
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }
  void unhandled_exception() { exception = std::current_exception(); }
};

template <class T>
struct TaskPromise : TaskPromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& v) {
    value.emplace(std::forward<U>(v));
  }
  T take() {
    if (exception) std::rethrow_exception(exception);
    return std::move(*value);
  }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object();
  void return_void() {}
  void take() {
    if (exception) std::rethrow_exception(exception);
  }
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle h) : handle_(h) {}
  Task(Task&& o) noexcept : handle_(std::exchange(o.handle_, {})) {}
  Task& operator=(Task&& o) noexcept {
    if (this != &o) {
      drop();
      handle_ = std::exchange(o.handle_, {});
    }
    return *this;
  }
  ~Task() { drop(); }

  explicit operator bool() const { return static_cast<bool>(handle_); }
  bool done() const { return handle_ && handle_.done(); }
  // Cancels: destroys the frame where it stands.
  void drop() {
    if (handle_) std::exchange(handle_, {}).destroy();
  }
  // Starts (or goes on) outside a coroutine; `then` is resumed when it ends.
  void start(std::coroutine_handle<> then = std::noop_coroutine()) {
    handle_.promise().continuation = then;
    handle_.resume();
  }
  // The result of a finished task; rethrows what it threw.
  T take() { return handle_.promise().take(); }

  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return handle.done(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
      handle.promise().continuation = h;
      return handle;
    }
    T await_resume() { return handle.promise().take(); }
  };
  Awaiter operator co_await() & noexcept { return {handle_}; }
  Awaiter operator co_await() && noexcept { return {handle_}; }

 private:
  Handle handle_;
};

namespace detail {
template <class T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}
}  // namespace detail

// A value that is there already, or a task that brings it. What has nothing to wait for costs no frame.
//   Soon<Verdict> s = filter.request(x);
//   Verdict v = s.ready() ? s.take() : co_await s.task();
template <class T>
class [[nodiscard]] Soon {
 public:
  template <class U>
    requires(!std::is_same_v<std::decay_t<U>, Soon> && std::is_constructible_v<T, U &&>)
  Soon(U&& value) : v_(std::in_place_index<0>, std::forward<U>(value)) {}  // NOLINT: implicit by design
  Soon(Task<T> task) : v_(std::in_place_index<1>, std::move(task)) {}      // NOLINT: implicit by design
  bool ready() const { return v_.index() == 0; }
  // The value without taking it; null while it is a task.
  const T* peek() const { return std::get_if<0>(&v_); }
  T take() { return std::move(std::get<0>(v_)); }
  Task<T>& task() { return std::get<1>(v_); }

 private:
  std::variant<T, Task<T>> v_;
};

}  // namespace gatehouse
