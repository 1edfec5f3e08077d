#include "controls/canonical/control.h"

#include "controls/canonical/card.h"
#include "controls/weakness.h"

namespace gatehouse::controls::canonical {
namespace {

constexpr int kCwe[] = {444, 436, 22, 644};
constexpr std::string_view kAsvs[] = {"v5.0.0-4.2.1", "v5.0.0-4.1.3", "v5.0.0-5.3.2"};
constexpr std::string_view kRequirements[] = {"ID-4", "ERR-3"};
constexpr gate::Code kCodes[] = {gate::Code::bad_request, gate::Code::bad_path, gate::Code::bad_host,
                                 gate::Code::bad_header, gate::Code::bad_query};

}  // namespace

constexpr proof::Card kCard{
    .id = "canonical",
    .title = "Requests are read differently by the servers in the chain",
    .attack =
        "A request with two lengths, a bent line end or an encoded path means one thing to the guard and another to "
        "the "
        "backend. What the guard never saw slips through: a second request, another path, another host.",
    .severity = proof::Severity::high,
    .cwe = kCwe,
    .owasp_2021 = "A01",
    .owasp_2025 = "A01",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Rules on paths and hosts are passed by; requests of other people are read or prefixed.",
    .fix =
        "Parse once, strictly, and forward only what was parsed. Refuse ambiguous framing, folded fields, dot segments "
        "and encoded separators; close the connection after a refusal.",
    .mitigation = "Nothing to set: gatehouse in front does this, and it cannot be switched off.",
    .false_positive =
        "The answer came from a cache or CDN in front that refuses the same shapes before they reach you.",
};

namespace {

class Canonical final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  bool can_disable() const override { return false; }
  bool per_route() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<Settings>(); }
  void describe(conf::Form&, Settings&) const override {}

  void check(const Settings& settings, const gate::GateConfig& config, const gate::RouteConfig&,
             std::vector<proof::Finding>& out) const override {
    for (const gate::RouteConfig& route : config.routes) {
      if (!route.encoded_slash_keep || route.deny) continue;
      const bool everything = route.path.empty() || route.path == "/";
      auto f = weakness(kCard, "GH-CANONICAL-OPAQUE", settings, route,
                        describe_route(route) + " keeps %2F, ';' and double encodings, which servers read differently");
      f.title = "A route forwards encoded slashes";
      f.severity = everything ? proof::Severity::medium : proof::Severity::low;
      f.mitigation = everything ? "Set encoded_slash = \"keep\" only on the route whose identifiers contain a slash."
                                : "Remove encoded_slash = \"keep\" if no identifier there contains a slash.";
      f.false_positive = "The backend takes the encoded part as one opaque identifier.";
      out.push_back(std::move(f));
    }
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
  std::span<const gate::Code> codes() const override { return kCodes; }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<Canonical>(); }

}  // namespace gatehouse::controls::canonical
