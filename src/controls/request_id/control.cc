#include "controls/request_id/control.h"

#include "controls/request_id/card.h"
#include "controls/request_id/filter.h"
#include "controls/weakness.h"

namespace gatehouse::controls::request_id {
namespace {

constexpr int kCwe[] = {778, 117};
constexpr std::string_view kAsvs[] = {"v5.0.0-16.2.1"};
constexpr std::string_view kRequirements[] = {"LOG-1"};

}  // namespace

constexpr proof::Card kCard{
    .id = "request_id",
    .title = "Requests cannot be followed from answer to log",
    .attack =
        "An attacker profits when his requests cannot be told apart: a failure cannot be traced through the services, "
        "and an id taken from the client unchecked lets him forge log lines or hide behind another person's id.",
    .severity = proof::Severity::low,
    .cwe = kCwe,
    .owasp_2021 = "A09",
    .owasp_2025 = "A09",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Incidents take longer to understand, and log lines may be forged or joined to the wrong request.",
    .fix = "Give each request a random id, log it on every line, return it to the client and pass it to every service.",
    .mitigation =
        "Leave [request_id] at its defaults: 128 random bits, returned as X-Request-Id, sent upstream with "
        "traceparent; ids of clients are believed only from [ingress] trusted_proxies.",
    .false_positive = "None when another header carries an id of the same quality on every answer.",
};

namespace {

class RequestId final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  bool can_disable() const override { return false; }
  bool per_route() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<RequestIdSettings>(); }
  void describe(conf::Form& f, Settings& settings) const override {
    auto& c = static_cast<RequestIdSettings&>(settings);
    f.field({"sampled", "Whether a trace that begins here asks the backend to record it (traceparent's sampled flag)"},
            c.sampled);
  }
  void build(const Settings& settings, const Site&, const RouteScope&, Builder& builder) const override {
    const auto& c = static_cast<const RequestIdSettings&>(settings);
    builder.add_seal(gate::Step::trace, std::make_unique<RequestIdFilter>(c.sampled));
  }
  void check(const Settings& settings, const gate::GateConfig&, const gate::RouteConfig& route,
             std::vector<proof::Finding>& out) const override {
    report_absence(kCard, "GH-REQUEST-ID", settings, route, out);
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<RequestId>(); }

}  // namespace gatehouse::controls::request_id
