// A bump allocator for what lives exactly as long as one exchange. Reset keeps the first block, so a warm one
// allocates nothing.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse {

// Destroys without freeing: the memory belongs to an arena.
struct ArenaDestroy {
  template <class T>
  void operator()(T* p) const {
    p->~T();
  }
};
template <class T>
using ArenaPtr = std::unique_ptr<T, ArenaDestroy>;

class Arena {
 public:
  explicit Arena(std::size_t first_block = 8 * 1024) : first_size_(first_block) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Uninitialised memory until reset().
  void* allocate(std::size_t n, std::size_t align = alignof(std::max_align_t)) {
    std::size_t at = (used_ + align - 1) & ~(align - 1);
    if (at + n > size_) return grow(n, align);
    used_ = at + n;
    return current_ + at;
  }
  template <class T>
  T* array(std::size_t n) {
    static_assert(std::is_trivially_destructible_v<T>);
    return static_cast<T*>(allocate(n * sizeof(T), alignof(T)));
  }
  template <class T, class... A>
  ArenaPtr<T> make(A&&... args) {
    return ArenaPtr<T>(new (allocate(sizeof(T), alignof(T))) T(std::forward<A>(args)...));
  }
  // Copies text; the view lives until reset().
  std::string_view copy(std::string_view s) {
    char* p = static_cast<char*>(allocate(s.size(), 1));
    if (!s.empty()) std::memcpy(p, s.data(), s.size());
    return {p, s.size()};
  }
  // The pieces joined.
  template <class... S>
  std::string_view join(const S&... parts) {
    std::size_t n = (std::string_view(parts).size() + ... + 0);
    char* p = static_cast<char*>(allocate(n, 1));
    char* at = p;
    ((at = append(at, std::string_view(parts))), ...);
    return {p, n};
  }
  // Forgets everything. Objects made with make() must be gone by now.
  void reset() {
    more_.clear();
    current_ = first_.get();
    size_ = first_ ? first_size_ : 0;
    used_ = 0;
  }

 private:
  static char* append(char* at, std::string_view s) {
    if (!s.empty()) std::memcpy(at, s.data(), s.size());
    return at + s.size();
  }
  void* grow(std::size_t n, std::size_t align);

  std::unique_ptr<char[]> first_;
  std::vector<std::unique_ptr<char[]>> more_;
  char* current_ = nullptr;
  std::size_t first_size_, size_ = 0, used_ = 0;
};

}  // namespace gatehouse
