#include "audit/syntax/parser_memory.h"

#include <tree_sitter/api.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "base/arena.h"

#if defined(__SANITIZE_ADDRESS__)
#define GATEHOUSE_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GATEHOUSE_WATCHED 1
#endif
#endif

namespace gatehouse::audit::syntax {

namespace {

constexpr std::size_t kBlock = std::size_t{2} << 20;  // a file of 50 KB; the thread keeps it
constexpr std::size_t kStep = alignof(std::max_align_t);
constexpr std::size_t kSmall = 64;  // steps; above them sizes double

// A piece that was given back waits in the list of its size.
struct Waiting {
  Waiting* next;
};

// Stands before each piece.
struct alignas(kStep) Head {
  std::size_t kind;
};

std::size_t kind_of(std::size_t bytes) {
  const std::size_t steps = bytes <= kStep ? 1 : (bytes + kStep - 1) / kStep;
  return steps <= kSmall ? steps : kSmall + static_cast<std::size_t>(std::bit_width(steps - 1));
}
std::size_t size_of(std::size_t kind) { return kStep * (kind <= kSmall ? kind : std::size_t{1} << (kind - kSmall)); }

struct Pool {
  Arena arena{kBlock};
  std::array<Waiting*, kSmall + 65> waiting{};
  bool open = false;

  void* take(std::size_t bytes) {
    const std::size_t kind = kind_of(bytes);
    if (Waiting* const first = waiting[kind]) {
      waiting[kind] = first->next;
      return first;
    }
    auto* const head = static_cast<Head*>(arena.allocate(sizeof(Head) + size_of(kind)));
    head->kind = kind;
    return head + 1;
  }
  static std::size_t size(void* piece) { return size_of((static_cast<Head*>(piece) - 1)->kind); }
  void give_back(void* piece) {
    Waiting*& list = waiting[(static_cast<Head*>(piece) - 1)->kind];
    list = new (piece) Waiting{list};
  }
};
thread_local Pool pool;

void* take(std::size_t bytes) { return pool.open ? pool.take(bytes) : std::malloc(bytes); }

void* take_zeroed(std::size_t count, std::size_t each) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, each, &bytes)) std::abort();  // as the library does when there is no memory
  return pool.open ? std::memset(pool.take(bytes), 0, bytes) : std::calloc(count, each);
}

void give_back(void* piece) {
  if (!pool.open)
    std::free(piece);
  else if (piece != nullptr)
    pool.give_back(piece);
}

void* resize(void* piece, std::size_t bytes) {
  if (!pool.open) return std::realloc(piece, bytes);
  if (piece == nullptr) return pool.take(bytes);
  const std::size_t size = Pool::size(piece);
  if (bytes <= size) return piece;
  void* const larger = std::memcpy(pool.take(bytes), piece, size);
  pool.give_back(piece);
  return larger;
}

}  // namespace

#ifdef GATEHOUSE_WATCHED
const bool ParserMemory::kAtOnce = false;
#else
const bool ParserMemory::kAtOnce = true;
#endif

ParserMemory::ParserMemory() {
  if (!kAtOnce) return;
  [[maybe_unused]] static const bool installed = [] {
    ts_set_allocator(take, take_zeroed, resize, give_back);
    return true;
  }();
  pool.open = true;
}

ParserMemory::~ParserMemory() {
  if (!kAtOnce) return;
  pool.open = false;
  pool.waiting.fill(nullptr);
  pool.arena.reset();
}

}  // namespace gatehouse::audit::syntax
