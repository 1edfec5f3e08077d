#include "controls/rate_limit/control.h"

#include <algorithm>

#include "base/entropy.h"
#include "base/text.h"
#include "controls/rate_limit/card.h"
#include "controls/rate_limit/filter.h"
#include "controls/weakness.h"

namespace gatehouse::controls::rate_limit {
namespace {

constexpr int kCwe[] = {770, 307, 799};
constexpr std::string_view kAsvs[] = {"v5.0.0-2.4.1", "v5.0.0-6.3.1"};
constexpr std::string_view kRequirements[] = {"LIM-1", "LIM-2", "LIM-3", "LIM-6"};
constexpr gate::Code kCodes[] = {gate::Code::rate_limited};
constexpr std::string_view kPresets[] = {"sign_in", "trial_chat", "checkout", "confirmation", "download"};

}  // namespace

constexpr proof::Card kCard{
    .id = "rate_limit",
    .title = "Requests are not limited",
    .attack =
        "Someone tries passwords by the thousand, copies the whole catalogue, or calls the endpoint that costs money "
        "on "
        "every request until the bill or the server gives in.",
    .severity = proof::Severity::medium,
    .cwe = kCwe,
    .owasp_2021 = "A04",
    .owasp_2025 = "A06",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Guessed passwords, scraped data, bills and outages that one machine can cause.",
    .fix =
        "Count by client address and by signed-in user on every route, strictly on sign-in and on what costs money; "
        "answer 429 with Retry-After.",
    .mitigation = "[route.rate_limit] preset = [\"sign_in\"]",
    .false_positive =
        "A CDN in front counts already, per client and per route, and nothing reaches the origin around it.",
};

std::vector<Rule> preset(std::string_view name) {
  using std::chrono::minutes;
  const std::vector<std::string> writes{"POST", "PUT", "PATCH", "DELETE"};
  Rule r;
  r.name = name;
  if (name == "sign_in") {
    r.rate = {5, minutes(1)};
    r.methods = writes;
  } else if (name == "trial_chat") {
    r.rate = {20, minutes(1)};
  } else if (name == "checkout") {
    r.rate = {10, minutes(1)};
    r.key = Key::user;
    r.methods = writes;
  } else if (name == "confirmation") {
    r.rate = {10, minutes(1)};
  } else if (name == "download") {
    r.rate = {30, minutes(1)};
    r.key = Key::user;
  } else {
    return {};
  }
  return {r};
}

namespace {

constexpr std::int64_t kMostBurst = 1'000'000;

void describe_rule(conf::Form& f, Rule& r, std::size_t index) {
  f.field({"name", "Shown to clients in RateLimit; a route's rules have different names"}, r.name);
  f.rate({"rate", "How many in how long, evenly: 20/min"}, r.rate);
  f.field({"burst", "How many may come at once; as many as the rate counts when absent"}, r.burst, 0, kMostBurst);
  f.rate({"quota", "How many in a whole window of minutes, hours or days, whenever they come: 5/day"}, r.quota);
  f.choice({"key", "What is counted"}, r.key,
           {{"address", static_cast<int>(Key::address)},
            {"user", static_cast<int>(Key::user)},
            {"route", static_cast<int>(Key::route)},
            {"header", static_cast<int>(Key::header)},
            {"cookie", static_cast<int>(Key::cookie)}});
  f.field({"key_name", "Name of the header or cookie; requests without it are counted by address"}, r.key_name);
  f.choice({"who", "Whom the rule is for"}, r.who,
           {{"all", static_cast<int>(Who::all)},
            {"anonymous", static_cast<int>(Who::anonymous)},
            {"signed_in", static_cast<int>(Who::signed_in)}});
  f.field({"methods", "Methods that count; all when empty"}, r.methods);
  f.field({"shared", "Rules of the same shared name count together across routes"}, r.shared);
  if (!f.reading()) return;
  if (r.name.empty()) r.name = "rule-" + std::to_string(index + 1);
  if (!std::all_of(r.name.begin(), r.name.end(),
                   [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '_'; }))
    f.bad("name", "`" + text::printable(r.name) + "` cannot be shown in a header", "use letters, digits, - and _");
  if (r.rate.count == 0 && r.quota.count == 0)
    f.bad("", "the rule limits nothing", "write a rate (\"20/min\"), a quota (\"5/day\") or both");
  if (r.quota.count > 0 && r.quota.period < std::chrono::seconds(1))
    f.bad("quota", "a quota's window is a second or longer", "use a rate for what is shorter");
  const bool named = r.key == Key::header || r.key == Key::cookie;
  if (named == r.key_name.empty())
    f.bad("key_name", named ? "the key needs the name of its header or cookie" : "key_name is for header and cookie",
          named ? "write key_name = \"…\"" : "leave it out");
  for (std::string& m : r.methods)
    std::transform(m.begin(), m.end(), m.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
}

bool needs_identity(const Rule& r) { return r.key == Key::user || r.key == Key::header || r.who != Who::all; }

class RateLimit final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<RateLimitSettings>(); }

  void describe(conf::Form& f, Settings& settings) const override {
    auto& c = static_cast<RateLimitSettings&>(settings);
    f.rate({"address", "The general limit of one client address (an IPv6 /64)"}, c.address);
    f.field({"burst", "How many of them may come at once"}, c.burst, 1, kMostBurst);
    f.field({"exempt_loopback", "The general limit spares peers on this machine and the trusted proxies themselves"},
            c.exempt_loopback);
    f.networks({"exempt", "Networks that nothing counted by address holds for"}, c.exempt);
    f.choice({"headers",
              "When RateLimit and RateLimit-Policy are sent: on routes with rules of their own, on every "
              "answer, on refusals only, never"},
             c.tell,
             {{"limited", static_cast<int>(Tell::limited)},
              {"always", static_cast<int>(Tell::always)},
              {"refused", static_cast<int>(Tell::refused)},
              {"never", static_cast<int>(Tell::never)}});
    std::vector<std::string> presets;
    f.field({"preset", "Ready rules: sign_in, trial_chat, checkout, confirmation, download"}, presets);
    for (const std::string& name : presets) {
      auto rules = preset(name);
      if (rules.empty()) {
        const auto near = text::nearest(name, kPresets);
        f.bad("preset", "there is no preset `" + text::printable(name) + "`",
              near ? "did you mean `" + std::string(*near) + "`?"
                   : "one of sign_in, trial_chat, checkout, confirmation, download");
      }
      for (Rule& r : rules) c.rules.push_back(std::move(r));
    }
    f.each({"rule", "One more limit"}, [&](conf::Form& g, std::size_t index) {
      Rule r;
      describe_rule(g, r, index);
      if (g.reading()) c.rules.push_back(std::move(r));
    });
    if (!f.reading()) return;
    for (std::size_t i = 0; i < c.rules.size(); ++i)
      for (std::size_t j = i + 1; j < c.rules.size(); ++j)
        if (c.rules[i].name == c.rules[j].name)
          f.bad("rule", "two rules are named `" + c.rules[i].name + "`", "give each its own name");
    for (const conf::Cidr& n : c.exempt)
      if (n.prefix < (n.v6 ? 16 : 8)) f.unsafe("exempt", n.text + " is most of the internet", "name your own networks");
  }

  void build(const Settings& settings, const Site& site, const RouteScope& scope, Builder& builder) const override {
    const auto& c = static_cast<const RateLimitSettings&>(settings);
    // One secret key a process: limits go on through a reload.
    auto key = std::static_pointer_cast<SipKey>(site.keep("rate_limit.key", [&]() -> std::shared_ptr<void> {
      return std::make_shared<SipKey>(site.entropy.bytes<16>());
    }));
    Rule general;
    general.name = "address";
    general.rate = c.address;
    general.burst = c.burst;
    // Routes that share the rate share the count.
    general.shared = "address " + conf::format_rate(c.address) + " " + std::to_string(c.burst);
    std::vector<Counted> early, late;
    early.push_back(counted(general, "", *key));
    early.back().general = true;
    const std::string where = scope.route.host + " " + (scope.route.name.empty() ? scope.route.path : scope.route.name);
    for (const Rule& r : c.rules) (needs_identity(r) ? late : early).push_back(counted(r, where, *key));
    builder.add(gate::Step::limit, std::make_unique<RateLimitFilter>(std::move(early), site.fast, c));
    if (!late.empty())
      builder.add(gate::Step::account, std::make_unique<RateLimitFilter>(std::move(late), site.fast, c));
    if (c.tell != Tell::never) builder.add_seal(gate::Step::limit, std::make_unique<RateLimitFields>());
  }

  void check(const Settings& settings, const gate::GateConfig& config, const gate::RouteConfig& route,
             std::vector<proof::Finding>& out) const override {
    if (report_absence(kCard, "GH-RATE-LIMIT", settings, route, out)) return;
    const auto& c = static_cast<const RateLimitSettings&>(settings);
    auto add = [&](std::string id, proof::Severity severity, std::string evidence, std::string mitigation) {
      auto f = weakness(kCard, std::move(id), settings, route, std::move(evidence));
      f.severity = severity;
      f.mitigation = std::move(mitigation);
      out.push_back(std::move(f));
    };
    if (std::chrono::duration<double>(c.address.period).count() * 100 < c.address.count)
      add("GH-RATE-LIMIT-HIGH", proof::Severity::low,
          "one address may send " + conf::format_rate(c.address) + " on " + describe_route(route) +
              ", more than 100 a second",
          "[rate_limit] address = \"600/min\"");
    // Stops: a proxy on this machine that nobody listed, behind which the whole world looks like loopback.
    const bool local =
        !config.listen.empty() && std::all_of(config.listen.begin(), config.listen.end(), [](const auto& l) {
          return l.scheme == "unix" || l.host == "localhost" || l.host == "::1" || l.host.starts_with("127.");
        });
    if (config.mode == gate::Mode::production && c.exempt_loopback && local && config.ingress.trusted_proxies.empty())
      add("GH-RATE-LIMIT-LOOPBACK", proof::Severity::medium,
          "every listener is on loopback and no proxy is trusted: all clients look like this machine, which is exempt",
          "[ingress] trusted_proxies = [\"127.0.0.1\", \"::1\"], or [rate_limit] exempt_loopback = false");
    for (const Rule& r : c.rules) {
      if (r.key != Key::header && r.key != Key::cookie) continue;
      const bool beside = std::any_of(c.rules.begin(), c.rules.end(), [&](const Rule& o) {
        return o.key == Key::address && (r.quota.count == 0 || o.quota.count > 0);
      });
      if (!beside)
        add("GH-RATE-LIMIT-KEY", proof::Severity::low,
            "rule `" + r.name + "` on " + describe_route(route) + " counts by a value that the client invents",
            "add a rule with key = \"address\" beside it");
    }
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
  std::span<const gate::Code> codes() const override { return kCodes; }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<RateLimit>(); }

}  // namespace gatehouse::controls::rate_limit
