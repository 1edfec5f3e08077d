#include "base/arena.h"

namespace gatehouse {

void* Arena::grow(std::size_t n, std::size_t align) {
  if (!first_ && n + align <= first_size_) {
    first_.reset(new char[first_size_]);
    current_ = first_.get();
    size_ = first_size_;
  } else {
    size_ = std::max<std::size_t>(first_size_, n + align);
    more_.emplace_back(new char[size_]);
    current_ = more_.back().get();
  }
  used_ = 0;
  return allocate(n, align);
}

}  // namespace gatehouse
