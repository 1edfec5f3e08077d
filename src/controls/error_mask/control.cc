#include "controls/error_mask/control.h"

#include <utility>

#include "base/text.h"
#include "controls/error_mask/card.h"
#include "controls/error_mask/filter.h"
#include "controls/error_mask/store.h"
#include "controls/weakness.h"

namespace gatehouse::controls::error_mask {
namespace {

constexpr int kCwe[] = {209, 497};
constexpr std::string_view kAsvs[] = {"v5.0.0-16.5.1"};
constexpr std::string_view kRequirements[] = {"ERR-1", "ERR-2", "ERR-3"};
constexpr gate::Code kCodes[] = {gate::Code::upstream_error, gate::Code::upstream_timeout,
                                 gate::Code::upstream_unreachable};

}  // namespace

constexpr proof::Card kCard{
    .id = "error_mask",
    .title = "Errors tell how the application works inside",
    .attack =
        "An attacker provokes errors and reads what comes back: file paths, queries, library versions, settings, "
        "sometimes secrets.",
    .severity = proof::Severity::high,
    .cwe = kCwe,
    .owasp_2021 = "A05",
    .owasp_2025 = "A10",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Internals become visible, and the next attack is aimed.",
    .fix = "Switch debug modes off, catch errors in one place, answer with one generic body and log the rest.",
    .mitigation =
        "Leave [error_mask] at its defaults: failed answers become one envelope, the record keeps class, place "
        "and digest.",
    .false_positive = "An answer that is meant to teach (a playground, a tutorial) may show a trace on purpose.",
};

namespace {

bool media_type(std::string_view s) {
  auto slash = s.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < s.size() &&
         s.find_first_of(" ;,*") == std::string_view::npos;
}

class ErrorMask final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<ErrorMaskSettings>(); }

  void describe(conf::Form& f, Settings& settings) const override {
    auto& c = static_cast<ErrorMaskSettings&>(settings);
    f.field({"pass_errors",
             "Media types of failed answers that pass as they are, such as application/problem+json; "
             "never with a trace in them"},
            c.pass_errors);
    f.field({"show_in_development", "Development shows failed answers as the backend wrote them"},
            c.show_in_development);
    f.field({"keep_bodies", "Masked bodies are kept as files in state_dir/errors, readable by the owner only"},
            c.keep_bodies);
    f.duration({"keep_for", "How long masked bodies are kept"}, c.keep_for, std::chrono::minutes(1),
               std::chrono::hours(24 * 90));
    if (!f.reading()) return;
    for (const std::string& type : c.pass_errors)
      if (!media_type(type))
        f.bad("pass_errors", "'" + type + "' is no media type", "write it out, such as application/problem+json");
  }

  void build(const Settings& settings, const Site& site, const RouteScope&, Builder& builder) const override {
    const auto& c = static_cast<const ErrorMaskSettings&>(settings);
    std::shared_ptr<BodyStore> store;
    if (c.keep_bodies && !site.config.state_dir.empty()) {
      std::string folder = site.config.state_dir + "/errors";
      Clock& clock = site.clock;
      store = std::static_pointer_cast<BodyStore>(site.keep("error_mask.bodies", [&] {
        return std::static_pointer_cast<void>(std::make_shared<BodyStore>(folder, c.keep_for, clock));
      }));
      store->keep_for(c.keep_for);
    }
    builder.add_seal(gate::Step::shield, std::make_unique<ErrorMaskFilter>(c, std::move(store)));
  }

  void check(const Settings& settings, const gate::GateConfig& config, const gate::RouteConfig& route,
             std::vector<proof::Finding>& out) const override {
    if (report_absence(kCard, "GH-ERROR-MASK", settings, route, out)) return;
    const auto& c = static_cast<const ErrorMaskSettings&>(settings);
    auto weak = [&](std::string id, proof::Severity severity, std::string evidence, std::string mitigation) {
      auto f = weakness(kCard, std::move(id), settings, route, std::move(evidence));
      f.severity = severity;
      f.mitigation = std::move(mitigation);
      out.push_back(std::move(f));
    };
    for (const std::string& type : c.pass_errors)
      if (text::iequals(type, "text/html") || text::iequals(type, "text/plain") ||
          text::iequals(type, "application/json"))
        weak("GH-ERROR-MASK-PASS", proof::Severity::medium,
             type + " passes on " + describe_route(route) + ": it is what debug pages and raw messages are made of",
             "pass_errors = [\"application/problem+json\"]");
    if (c.keep_bodies && config.mode == gate::Mode::production)
      weak("GH-ERROR-MASK-KEEP", proof::Severity::low,
           "masked bodies are kept for " + conf::format_duration(c.keep_for) + "; they may hold personal data",
           "keep_bodies = false once the fault is found");
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
  std::span<const gate::Code> codes() const override { return kCodes; }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<ErrorMask>(); }

}  // namespace gatehouse::controls::error_mask
