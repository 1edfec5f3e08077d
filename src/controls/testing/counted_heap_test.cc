#include "controls/testing/counted_heap.h"

#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define GATEHOUSE_HEAP_BY_HOOK
#endif
#endif

namespace {
thread_local std::size_t allocations = 0;
}

#ifdef GATEHOUSE_HEAP_BY_HOOK
// The sanitizers bring an operator new of their own, and a hook beside it.
#include <sanitizer/allocator_interface.h>

namespace gatehouse::controls::testing {

std::size_t heap_allocations() {
  static const int installed = __sanitizer_install_malloc_and_free_hooks(
      [](const volatile void*, std::size_t) { ++allocations; }, [](const volatile void*) {});
  return allocations + (installed > 0 ? 0 : std::size_t{1} << 40);
}

}  // namespace gatehouse::controls::testing
#else

// In a file of their own, so that no compiler sees a pair of new and free.
void* operator new(std::size_t n) {
  ++allocations;
  if (void* p = std::malloc(n)) return p;
  throw std::bad_alloc();
}
void* operator new[](std::size_t n) { return ::operator new(n); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

namespace gatehouse::controls::testing {

std::size_t heap_allocations() { return allocations; }

}  // namespace gatehouse::controls::testing
#endif
