// Counters: each thread counts for itself, a scrape adds up. Prometheus text format 0.0.4.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "gate/code.h"

namespace gatehouse::gate {

// A number one thread writes and others read.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  std::uint64_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct RouteCounters {
  static constexpr std::array<std::int64_t, 12> kBoundsMs = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000};
  std::array<Counter, 6> by_class;  // index: status / 100
  std::array<Counter, kBoundsMs.size() + 1> latency;
  Counter latency_us, bytes_sent;
};

// What one thread counts. Routes are found by name once, when a policy is taken up.
class ThreadMetrics {
 public:
  RouteCounters& route(const std::string& name);
  void count(RouteCounters& route, int status, Duration took, std::uint64_t bytes);
  void refused(Code code) { codes_[static_cast<std::size_t>(code)].add(); }
  Counter client_gone, dropped_names, observed, tls_failures;

 private:
  friend class Metrics;
  std::mutex mutex_;  // guards the map, not the counters
  std::map<std::string, std::unique_ptr<RouteCounters>> routes_;
  std::array<Counter, static_cast<std::size_t>(Code::count_)> codes_;
};

class Metrics {
 public:
  ThreadMetrics& thread();  // a new one, owned here
  // A value read at scrape time. `type` is "gauge" or "counter".
  void add(std::string name, std::string type, std::string help, std::function<double()> read);
  // Lines made at scrape time, for what comes and goes with the policy.
  void add_lines(std::function<std::string()> lines);
  std::string render() const;

 private:
  struct Value {
    std::string name, type, help;
    std::function<double()> read;
  };
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<ThreadMetrics>> threads_;
  std::vector<Value> values_;
  std::vector<std::function<std::string()>> lines_;
};

}  // namespace gatehouse::gate
