// A free list of coroutine frames, one a thread: an allocator, not state.
// docs/decisions/0009-frames-from-a-free-list.md
#pragma once

#include <array>
#include <cstddef>

namespace gatehouse::net {

class FramePool {
 public:
  static FramePool& local() { return mine_ ? *mine_ : make(); }
  void* take(std::size_t n);
  void give(void* p, std::size_t n) noexcept;
  ~FramePool();
  FramePool() = default;
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;

 private:
  static FramePool& make();
  static constinit inline thread_local FramePool* mine_ = nullptr;
  static constexpr std::size_t kStep = 64, kClasses = 64;  // frames up to 4 KiB are kept
  struct Free {
    Free* next;
  };
  struct List {
    Free* head = nullptr;
    std::size_t count = 0;
  };
  std::array<List, kClasses> lists_{};
};

}  // namespace gatehouse::net
