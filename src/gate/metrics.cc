#include "gate/metrics.h"

#include <cstdio>

namespace gatehouse::gate {

RouteCounters& ThreadMetrics::route(const std::string& name) {
  std::lock_guard lock(mutex_);
  auto& slot = routes_[name];
  if (!slot) slot = std::make_unique<RouteCounters>();
  return *slot;
}

void ThreadMetrics::count(RouteCounters& route, int status, Duration took, std::uint64_t bytes) {
  auto family = static_cast<std::size_t>(status / 100);
  if (family < route.by_class.size()) route.by_class[family].add();
  std::int64_t us = took.count() / 1000;
  std::size_t bucket = 0;
  while (bucket < RouteCounters::kBoundsMs.size() && us > RouteCounters::kBoundsMs[bucket] * 1000) ++bucket;
  route.latency[bucket].add();
  route.latency_us.add(static_cast<std::uint64_t>(us));
  route.bytes_sent.add(bytes);
}

ThreadMetrics& Metrics::thread() {
  std::lock_guard lock(mutex_);
  threads_.push_back(std::make_unique<ThreadMetrics>());
  return *threads_.back();
}

void Metrics::add(std::string name, std::string type, std::string help, std::function<double()> read) {
  std::lock_guard lock(mutex_);
  values_.push_back({std::move(name), std::move(type), std::move(help), std::move(read)});
}

void Metrics::add_lines(std::function<std::string()> lines) {
  std::lock_guard lock(mutex_);
  lines_.push_back(std::move(lines));
}

namespace {

std::string label(std::string_view s) {
  std::string out;
  for (char c : s) {
    if (c == '"' || c == '\\') out += '\\';
    if (c != '\n') out += c;
  }
  return out;
}

std::string number(double d) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.15g", d);
  return buffer;
}

}  // namespace

std::string Metrics::render() const {
  std::lock_guard lock(mutex_);
  struct Sum {
    std::array<std::uint64_t, 6> by_class{};
    std::array<std::uint64_t, RouteCounters::kBoundsMs.size() + 1> latency{};
    std::uint64_t us = 0, bytes = 0;
  };
  std::map<std::string, Sum> routes;
  std::array<std::uint64_t, static_cast<std::size_t>(Code::count_)> codes{};
  std::uint64_t gone = 0, dropped = 0, observed = 0;
  for (const auto& t : threads_) {
    std::lock_guard inner(t->mutex_);
    for (const auto& [name, r] : t->routes_) {
      Sum& s = routes[name];
      for (std::size_t i = 0; i < s.by_class.size(); ++i) s.by_class[i] += r->by_class[i].read();
      for (std::size_t i = 0; i < s.latency.size(); ++i) s.latency[i] += r->latency[i].read();
      s.us += r->latency_us.read();
      s.bytes += r->bytes_sent.read();
    }
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] += t->codes_[i].read();
    gone += t->client_gone.read();
    dropped += t->dropped_names.read();
    observed += t->observed.read();
  }
  std::string out;
  auto head = [&](std::string_view name, std::string_view type, std::string_view help) {
    out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ");
    out.append(type).append("\n");
  };
  head("gatehouse_requests_total", "counter", "Answers by route and status class.");
  for (const auto& [name, s] : routes)
    for (std::size_t i = 1; i < s.by_class.size(); ++i)
      if (s.by_class[i])
        out += "gatehouse_requests_total{route=\"" + label(name) + "\",status=\"" + std::to_string(i) + "xx\"} " +
               std::to_string(s.by_class[i]) + "\n";
  head("gatehouse_refusals_total", "counter", "Requests turned away, by code.");
  for (std::size_t i = 1; i < codes.size(); ++i)
    if (codes[i])
      out += "gatehouse_refusals_total{code=\"" + std::string(info(static_cast<Code>(i)).text) + "\"} " +
             std::to_string(codes[i]) + "\n";
  head("gatehouse_request_seconds", "histogram", "From the request's head to the end of its answer.");
  for (const auto& [name, s] : routes) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < s.latency.size(); ++i) {
      sum += s.latency[i];
      std::string le = i < RouteCounters::kBoundsMs.size()
                           ? number(static_cast<double>(RouteCounters::kBoundsMs[i]) / 1000)
                           : "+Inf";
      out += "gatehouse_request_seconds_bucket{route=\"" + label(name) + "\",le=\"" + le + "\"} " +
             std::to_string(sum) + "\n";
    }
    out += "gatehouse_request_seconds_sum{route=\"" + label(name) + "\"} " + number(static_cast<double>(s.us) / 1e6) +
           "\n";
    out += "gatehouse_request_seconds_count{route=\"" + label(name) + "\"} " + std::to_string(sum) + "\n";
  }
  head("gatehouse_response_bytes_total", "counter", "Bytes sent, heads included.");
  for (const auto& [name, s] : routes)
    out += "gatehouse_response_bytes_total{route=\"" + label(name) + "\"} " + std::to_string(s.bytes) + "\n";
  auto lone = [&](std::string_view name, std::string_view help, std::uint64_t v) {
    head(name, "counter", help);
    out.append(name).append(" ").append(std::to_string(v)).append("\n");
  };
  lone("gatehouse_clients_gone_total", "Exchanges the client left before the answer.", gone);
  lone("gatehouse_header_names_dropped_total", "Header fields dropped for '_' or '.' in their names.", dropped);
  lone("gatehouse_observed_total", "Requests a control in observe mode would have refused.", observed);
  for (const Value& v : values_) {
    // Labels, when there are any, are part of the name: "x{a=\"b\"}".
    std::string base = v.name.substr(0, v.name.find('{'));
    head(base, v.type, v.help);
    out += v.name + " " + number(v.read()) + "\n";
  }
  for (const auto& lines : lines_) out += lines();
  return out;
}

}  // namespace gatehouse::gate
