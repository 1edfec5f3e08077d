// A few threads for what blocks: disk, password hashing, name resolution. Never the event loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "net/reactor.h"
#include "net/task.h"

namespace gatehouse::net {

class WorkerPool {
 public:
  explicit WorkerPool(std::size_t threads, std::size_t queue_limit = 10000);
  ~WorkerPool();  // finishes the running jobs, drops the waiting ones
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs a job on some thread. False: the queue is full or the pool is stopping.
  bool submit(std::function<void()> job);

  // Runs `job` on a worker and resumes here, on the reactor's thread. Nothing: the queue was full.
  // The job must own what it touches: if the awaiting task is dropped, it still runs to its end.
  template <class F>
  Task<std::optional<std::invoke_result_t<F>>> run(Reactor& reactor, F job);

 private:
  void work();
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
  std::size_t limit_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

namespace detail {
// Shared by the worker and the waiting coroutine; whoever is last frees it.
template <class T>
struct Parcel {
  std::optional<T> value;
  std::coroutine_handle<> waiter;  // touched on the reactor's thread only
  bool arrived = false;
};
template <class T>
struct ParcelAwaiter {
  std::shared_ptr<Parcel<T>> parcel;
  bool await_ready() const { return parcel->arrived; }
  void await_suspend(std::coroutine_handle<> h) { parcel->waiter = h; }
  std::optional<T> await_resume() { return std::move(parcel->value); }
  ~ParcelAwaiter() {
    if (parcel) parcel->waiter = {};  // dropped while waiting: nobody to resume
  }
};
}  // namespace detail

template <class F>
Task<std::optional<std::invoke_result_t<F>>> WorkerPool::run(Reactor& reactor, F job) {
  using T = std::invoke_result_t<F>;
  auto parcel = std::make_shared<detail::Parcel<T>>();
  auto shared_job = std::make_shared<F>(std::move(job));
  bool queued = submit([parcel, shared_job, &reactor] {
    auto value = std::make_shared<T>((*shared_job)());
    reactor.post([parcel, value] {
      parcel->value.emplace(std::move(*value));
      parcel->arrived = true;
      if (parcel->waiter) std::exchange(parcel->waiter, {}).resume();
    });
  });
  if (!queued) co_return std::nullopt;
  detail::ParcelAwaiter<T> awaiter{parcel};
  std::optional<T> result = co_await awaiter;
  co_return result;
}

}  // namespace gatehouse::net
