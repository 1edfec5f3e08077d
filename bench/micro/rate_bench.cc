// Nanoseconds to count one request and to ask for a revocation. Prints the best of 20 batches.
//   rate_bench
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "base/siphash.h"
#include "gate/revocations.h"
#include "store/memory/rate_table.h"

using namespace gatehouse;

namespace {

constexpr int kRounds = 100000;

template <class F>
double best_of(F&& once) {
  double best = std::numeric_limits<double>::max();
  for (int batch = 0; batch < 20; ++batch) {
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) once(static_cast<std::uint64_t>(i));
    std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / kRounds);
  }
  return best;
}

template <class F>
void measure(const char* what, F&& once) {
  std::printf("%-44s %8.1f ns\n", what, best_of(once));
}

std::uint64_t mix(std::uint64_t n) {
  n *= 0x9e3779b97f4a7c15u;
  return n ^ n >> 29;
}

volatile std::uint64_t sink;

}  // namespace

int main() {
  const SteadyTime now(std::chrono::seconds(1000));
  const RateSpec roomy{Duration(1), 1'000'000'000}, tight{std::chrono::hours(1), 0};

  const SipKey key{1, 2, 3};
  const std::string address(16, 'a'), subject = "user_2abcdefghijklmnopqrstuvwxyz";
  measure("SipHash-2-4-128 of 16 bytes", [&](std::uint64_t) { sink = siphash128(key, address).low; });
  measure("SipHash-2-4-128 of 32 bytes", [&](std::uint64_t) { sink = siphash128(key, subject).low; });

  store::RateTable table(1 << 18);
  measure("take, one key, allowed", [&](std::uint64_t) { sink = table.take({1, 1}, roomy, now).allowed; });
  measure("take, one key, refused", [&](std::uint64_t) { sink = table.take({2, 2}, tight, now).allowed; });
  measure("take, 100000 keys, allowed",
          [&](std::uint64_t i) { sink = table.take({mix(i), mix(i + 7)}, roomy, now).allowed; });
  std::uint64_t fresh = 0;
  measure("take, a key never seen, table full", [&](std::uint64_t) {
    ++fresh;
    sink = table.take({mix(fresh), mix(fresh + 99)}, tight, now).allowed;
  });

  store::RateTable shared(1 << 18);
  std::vector<std::jthread> threads;
  std::vector<double> each(2);
  for (std::size_t t = 0; t < each.size(); ++t)
    threads.emplace_back([&shared, &each, roomy, now, t] {
      each[t] = best_of([&](std::uint64_t i) {
        if (!shared.take({mix(i), mix(i + 7)}, roomy, now).allowed) std::abort();
      });
    });
  threads.clear();
  std::printf("%-44s %8.1f ns\n", "take, 100000 keys, two threads, the slower",
              *std::max_element(each.begin(), each.end()));

  SystemClock clock;
  gate::Revocations list(clock);
  gate::Principal person;
  person.subject = "user_2abc", person.session = "sess_2abc", person.issued_at = 1;
  measure("revoked? with an empty list", [&](std::uint64_t) { sink = list.refuses(person); });
  for (int i = 0; i < 10000; ++i) {
    gate::Revocation r;
    r.value = "sess_" + std::to_string(i);
    if (!list.add(r)) return 1;
  }
  measure("revoked? with 10000 sessions on it", [&](std::uint64_t) { sink = list.refuses(person); });
}
