#include "controls/identity_out/control.h"

#include "base/text.h"
#include "controls/identity_out/card.h"
#include "controls/identity_out/filter.h"
#include "controls/weakness.h"

namespace gatehouse::controls::identity_out {
namespace {

constexpr int kCwe[] = {290, 345, 348};
constexpr std::string_view kAsvs[] = {"v5.0.0-4.1.3"};
constexpr std::string_view kRequirements[] = {"ID-4"};
constexpr gate::Code kCodes[] = {gate::Code::internal};

}  // namespace

constexpr proof::Card kCard{
    .id = "identity_out",
    .title = "The backend believes identity headers that a client can write",
    .attack =
        "Someone sends the header that the gate uses to tell the backend who is signed in, or a spelling of it that "
        "the "
        "backend reads as the same name, and is whoever he writes.",
    .severity = proof::Severity::critical,
    .cwe = kCwe,
    .owasp_2021 = "A07",
    .owasp_2025 = "A07",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Any account can be entered by whoever reaches the gate, or the backend around it.",
    .fix =
        "Believe only the signed assertion: verify X-Gatehouse-Assertion with the key set at "
        "/.well-known/gatehouse/jwks.json, its audience and its expiry, and take the user from it.",
    .mitigation =
        "Leave [identity_out] at its defaults: every spelling of X-Gatehouse-* is dropped on the way in, and verified "
        "values are set with a signed assertion that lives for a minute.",
    .false_positive = "The backend reads no identity from headers.",
};

namespace {

class IdentityOut final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  bool can_disable() const override { return false; }  // the names are dropped always; what is sent can be chosen
  std::unique_ptr<Settings> settings() const override { return std::make_unique<IdentityOutSettings>(); }

  void describe(conf::Form& f, Settings& settings) const override {
    auto& c = static_cast<IdentityOutSettings&>(settings);
    f.field({"headers", "Send X-Gatehouse-User, -Session, -Roles and -Issuer"}, c.headers);
    f.field({"assertion", "Send X-Gatehouse-Assertion, a signed JWT (Ed25519)"}, c.assertion);
    f.field({"audience", "What aud says in the assertion; the upstream's name when absent"}, c.audience);
    f.field({"claims", "Further claims of the token to copy into the assertion, for example email"}, c.claims);
    f.duration({"lifetime", "How long an assertion is good"}, c.lifetime, std::chrono::seconds(10),
               std::chrono::minutes(5));
    f.duration({"rotate", "How often the signing key is turned"}, c.rotate, std::chrono::hours(24 * 2),
               std::chrono::hours(24 * 365));
    if (!f.reading()) return;
    if (c.headers && !c.assertion)
      f.report(conf::Severity::warning, "unsafe", "assertion",
               "the backend cannot tell our headers from those of somebody who reaches it around the gate",
               "leave assertion on and verify it in the backend");
    for (const std::string& name : c.claims)
      for (std::string_view fixed : kGateClaims)
        if (name == fixed) f.bad("claims", "`" + name + "` is set by the gate", "remove it");
  }

  void build(const Settings& settings, const Site& site, const RouteScope& scope, Builder& builder) const override {
    const auto& c = static_cast<const IdentityOutSettings&>(settings);
    const auto keys = assertion_keys(site, c.rotate);
    builder.add(gate::Step::limit, std::make_unique<KeySetFilter>(keys));  // limits come first, sign-in does not
    Rules rules;
    rules.headers = c.headers;
    rules.assertion = c.assertion;
    rules.issuer = site.config.site.hosts.empty() ? "gatehouse" : "https://" + site.config.site.hosts.front();
    rules.audience = !c.audience.empty()             ? c.audience
                     : !scope.route.upstream.empty() ? scope.route.upstream
                                                     : std::string("backend");
    rules.lifetime = std::chrono::duration_cast<std::chrono::seconds>(c.lifetime).count();
    rules.claims = c.claims;
    builder.add(gate::Step::shape,
                std::make_unique<IdentityOutFilter>(std::move(rules), keys, std::make_shared<SentCache>()));
  }

  void check(const Settings& settings, const gate::GateConfig&, const gate::RouteConfig& route,
             std::vector<proof::Finding>& out) const override {
    const auto& c = static_cast<const IdentityOutSettings&>(settings);
    if (c.assertion || !c.headers) return;
    auto f = weakness(kCard, "GH-IDENTITY-OUT", settings, route,
                      "identity is sent in plain headers only, which whoever reaches the backend can write too");
    f.severity = proof::Severity::medium;
    f.mitigation = "remove assertion = false, and verify X-Gatehouse-Assertion in the backend";
    out.push_back(std::move(f));
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
  std::span<const gate::Code> codes() const override { return kCodes; }
};

}  // namespace

std::shared_ptr<AssertionKeys> assertion_keys(const Site& site, Duration rotate) {
  const auto fresh = [&]() -> std::shared_ptr<void> {
    auto keys = std::make_shared<AssertionKeys>(site.config.state_dir + "/assertion-keys", rotate, site.clock);
    // Without a key nothing is asserted and signed-in requests are refused; the refusal says so.
    (void)keys->open();
    return keys;
  };
  if (!site.keep) return std::static_pointer_cast<AssertionKeys>(fresh());
  return std::static_pointer_cast<AssertionKeys>(site.keep("identity_out " + std::to_string(rotate.count()), fresh));
}

std::unique_ptr<const Control> make() { return std::make_unique<IdentityOut>(); }

}  // namespace gatehouse::controls::identity_out
