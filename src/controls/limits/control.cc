#include "controls/limits/control.h"

#include "controls/limits/card.h"
#include "controls/weakness.h"

namespace gatehouse::controls::limits {
namespace {

constexpr int kCwe[] = {770, 400, 409};
constexpr std::string_view kAsvs[] = {"v5.0.0-15.2.2", "v5.0.0-5.2.1"};
constexpr std::string_view kRequirements[] = {"LIM-5"};
constexpr gate::Code kCodes[] = {gate::Code::timeout, gate::Code::too_large, gate::Code::too_many_connections,
                                 gate::Code::overloaded};

constexpr std::uint64_t kMiB = 1u << 20;

}  // namespace

constexpr proof::Card kCard{
    .id = "limits",
    .title = "One client can take what all others need",
    .attack =
        "A handful of machines hold connections open with a byte a minute, send headers or bodies without end, or ask "
        "for "
        "more than the server can do, until nobody else is served.",
    .severity = proof::Severity::medium,
    .cwe = kCwe,
    .owasp_2021 = "A05",
    .owasp_2025 = "A02",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "The site is down, or its memory is full, at next to no cost for the attacker.",
    .fix =
        "Bound header time, header size, body size, body rate, idle time and connections of one address; shed load "
        "with 503 before it queues.",
    .mitigation = "Leave [limits] at its defaults; set body_limit on the route that takes uploads.",
    .false_positive = "A proxy in front holds narrower limits, and the site cannot be reached around it.",
};

namespace {

class Limits final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  bool can_disable() const override { return false; }
  bool per_route() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<Settings>(); }
  void describe(conf::Form&, Settings&) const override {}  // [limits] is the gate's own table

  void check(const Settings& settings, const gate::GateConfig& config, const gate::RouteConfig&,
             std::vector<proof::Finding>& out) const override {
    using namespace std::chrono_literals;
    const gate::LimitsConfig& c = config.limits;
    auto report = [&](const gate::RouteConfig& route, std::string_view id, std::string evidence, std::string fix) {
      auto f = weakness(kCard, std::string(id), settings, route, std::move(evidence));
      f.severity = proof::Severity::low;
      f.mitigation = std::move(fix);
      out.push_back(std::move(f));
    };
    gate::RouteConfig all;
    all.place = c.place;
    if (c.header_time > 30s)
      report(all, "GH-LIMITS-HEADER-TIME", "header_time is " + conf::format_duration(c.header_time),
             "[limits] header_time = \"10s\"");
    if (c.header_bytes > 128 * 1024)
      report(all, "GH-LIMITS-HEADER", "header_bytes is " + conf::format_size(c.header_bytes),
             "[limits] header_bytes = \"32KiB\"");
    if (c.min_body_rate < 100)
      report(all, "GH-LIMITS-BODY-RATE", "a body may come at " + std::to_string(c.min_body_rate) + " bytes a second",
             "[limits] min_body_rate = \"500\"");
    if (c.body > 64 * kMiB)
      report(all, "GH-LIMITS-BODY", "every route takes bodies of " + conf::format_size(c.body),
             "[limits] body = \"1MiB\", and body_limit on the route that takes uploads");
    if (c.connections_per_address * 2 > c.connections)
      report(all, "GH-LIMITS-SHARE",
             "one address may hold " + std::to_string(c.connections_per_address) + " of " +
                 std::to_string(c.connections) + " connections",
             "[limits] connections_per_address = 200");
    for (const gate::RouteConfig& route : config.routes) {
      if (!route.body_limit || *route.body_limit <= 64 * kMiB || route.deny) continue;
      const bool everything = route.path.empty() || route.path == "/";
      if (everything)
        report(route, "GH-LIMITS-ROUTE-BODY",
               describe_route(route) + " takes bodies of " + conf::format_size(*route.body_limit),
               "Give the uploads a route of their own, and body_limit only there.");
    }
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
  std::span<const gate::Code> codes() const override { return kCodes; }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<Limits>(); }

}  // namespace gatehouse::controls::limits
