#include "net/frame_pool.h"

#include <new>

namespace gatehouse::net {

namespace {
constexpr std::size_t kKeep = 4096;  // frames kept per size class; more go back to the heap
}

FramePool& FramePool::make() {
  thread_local FramePool pool;
  mine_ = &pool;
  return pool;
}

FramePool::~FramePool() {
  mine_ = nullptr;
  for (auto& list : lists_) {
    while (list.head) {
      Free* f = list.head;
      list.head = f->next;
      ::operator delete(f);
    }
  }
}

void* FramePool::take(std::size_t n) {
  std::size_t c = (n + kStep - 1) / kStep;
  if (c >= kClasses) return ::operator new(n);
  List& list = lists_[c];
  if (!list.head) return ::operator new(c * kStep);
  Free* f = list.head;
  list.head = f->next;
  --list.count;
  return f;
}

void FramePool::give(void* p, std::size_t n) noexcept {
  std::size_t c = (n + kStep - 1) / kStep;
  if (c >= kClasses || lists_[c].count >= kKeep) {
    ::operator delete(p);
    return;
  }
  auto* f = static_cast<Free*>(p);
  f->next = lists_[c].head;
  lists_[c].head = f;
  ++lists_[c].count;
}

}  // namespace gatehouse::net
