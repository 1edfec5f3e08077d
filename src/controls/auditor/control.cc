#include "controls/auditor/control.h"

#include "controls/auditor/filter.h"
#include "kit/auditor_pass.h"

namespace gatehouse::controls::auditor {
namespace {

constexpr int kCwe[] = {290, 294};
constexpr std::string_view kAsvs[] = {"v5.0.0-6.3.1"};
constexpr std::string_view kRequirements[] = {"LIM-4", "RPT-2"};

constexpr proof::Card kCard{
    .id = "auditor",
    .title = "An audit of one's own site cannot be told from an attack",
    .attack =
        "An exception for the auditor that rests on an address or a fixed header is an exception for whoever learns "
        "it: the attacker scans under it, and no limit and no ban ever meets him.",
    .severity = proof::Severity::info,
    .cwe = kCwe,
    .owasp_2021 = "A07",
    .owasp_2025 = "A07",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact =
        "The owner's audit gets its own address limited or banned, so the site is audited seldom or from outside "
        "the rules.",
    .fix = "Let audits prove who they are on each request, for a short time, and grant them no access for it.",
    .mitigation = "[auditor] key = { env = \"GATEHOUSE_AUDITOR_KEY\" }",
    .false_positive = "A site that nobody probes needs no pass.",
};

class Auditor final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  bool per_route() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<AuditorSettings>(); }

  void describe(conf::Form& f, Settings& settings) const override {
    auto& c = static_cast<AuditorSettings&>(settings);
    f.secret({"key",
              "Shared with `gatehouse audit`, at least 32 bytes: its signed requests are spared the general limit and "
              "bans, and nothing else"},
             c.key);
  }

  void build(const Settings& settings, const Site& site, const RouteScope&, Builder& builder) const override {
    const auto& c = static_cast<const AuditorSettings&>(settings);
    if (!c.key.set() || !c.enabled) return;
    auto key = site.secret ? site.secret(c.key) : fail(Source::us, "no_secret");
    // Stops: a key that cannot be read, or is short enough to be guessed, making passes good. No pass is then.
    auto secret = std::make_shared<const Secret>(key && key->size() >= kit::kAuditorKeyBytes ? *key : std::string());
    builder.add(gate::Step::trace, std::make_unique<AuditorFilter>(std::move(secret), site.fast));
  }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<Auditor>(); }

}  // namespace gatehouse::controls::auditor
