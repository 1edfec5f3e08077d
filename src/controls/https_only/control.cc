#include "controls/https_only/control.h"

#include "controls/https_only/card.h"
#include "controls/https_only/filter.h"
#include "controls/weakness.h"

namespace gatehouse::controls::https_only {
namespace {

constexpr int kCwe[] = {319, 311};
constexpr std::string_view kAsvs[] = {"v5.0.0-12.2.1", "v5.0.0-3.4.1"};
constexpr std::string_view kRequirements[] = {"TLS-1"};
constexpr gate::Code kCodes[] = {gate::Code::https_required};

}  // namespace

constexpr proof::Card kCard{
    .id = "https_only",
    .title = "The site can be used over plain HTTP",
    .attack =
        "Someone on the same network reads or changes what travels in the clear: session cookies, tokens, passwords. "
        "Without HSTS he keeps the browser on http before it ever learns of https.",
    .severity = proof::Severity::high,
    .cwe = kCwe,
    .owasp_2021 = "A02",
    .owasp_2025 = "A04",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Accounts can be taken over from any network between a person and the site.",
    .fix = "Serve everything over HTTPS, redirect safe requests, refuse unsafe ones, send Strict-Transport-Security.",
    .mitigation = "Leave [https_only] at its defaults and list the public names under [site] hosts.",
    .false_positive = "The redirect is made by the load balancer or CDN in front, and a probe from outside shows it.",
};

namespace {

class HttpsOnly final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool per_route() const override { return false; }
  bool can_observe() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<HttpsOnlySettings>(); }

  void describe(conf::Form& f, Settings& settings) const override {
    auto& c = static_cast<HttpsOnlySettings&>(settings);
    f.duration({"hsts_max_age", "How long browsers remember to use HTTPS only"}, c.hsts_max_age, Duration::zero(),
               std::chrono::hours(24 * 365 * 10));
    f.field({"include_subdomains", "HSTS covers all subdomains; every one of them must speak HTTPS"},
            c.include_subdomains);
    f.field({"preload", "Asks browser makers to build the name in; hard to take back"}, c.preload);
    f.field({"port", "The port of the public https address"}, c.port, 1, 65535);
    f.field({"exempt", "Paths that stay reachable over http, such as a health check: exact, or a prefix ending in /"},
            c.exempt);
    if (!f.reading()) return;
    if (c.preload && (!c.include_subdomains || c.hsts_max_age < std::chrono::hours(24 * 365)))
      f.bad("preload", "preload needs include_subdomains and a year of hsts_max_age",
            "set include_subdomains = true and hsts_max_age = \"365d\", or leave preload out");
    for (const std::string& path : c.exempt) {
      if (path.empty() || path.front() != '/')
        f.bad("exempt", "'" + path + "' is not a path", "write a path that begins with /");
      else if (path == "/")
        f.unsafe("exempt", "'/' exempts the whole site", "name the paths that need http, such as /healthz");
    }
  }

  void build(const Settings& settings, const Site& site, const RouteScope&, Builder& builder) const override {
    builder.add_seal(gate::Step::shield,
                     std::make_unique<HttpsOnlyFilter>(static_cast<const HttpsOnlySettings&>(settings), site.config));
  }

  void check(const Settings& settings, const gate::GateConfig& config, const gate::RouteConfig& route,
             std::vector<proof::Finding>& out) const override {
    if (config.mode == gate::Mode::development) return;
    if (report_absence(kCard, "GH-HTTPS-ONLY", settings, route, out)) return;
    const auto& c = static_cast<const HttpsOnlySettings&>(settings);
    if (config.site.hosts.empty()) {
      gate::RouteConfig at;
      at.place = config.site.place;
      auto f = weakness(kCard, "GH-HTTPS-ONLY-HOST", settings, at,
                        "[site] hosts is empty: plain requests are refused, not redirected, and HSTS is not sent");
      f.severity = proof::Severity::medium;
      f.mitigation = "[site] hosts = [\"app.example.com\"]";
      out.push_back(std::move(f));
    }
    if (c.hsts_max_age < std::chrono::hours(24 * 180)) {
      auto f = weakness(kCard, "GH-HTTPS-ONLY-HSTS", settings, route,
                        "hsts_max_age is " + conf::format_duration(c.hsts_max_age) + ", less than half a year");
      f.severity = proof::Severity::low;
      f.mitigation = "[https_only] hsts_max_age = \"365d\"";
      out.push_back(std::move(f));
    }
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
  std::span<const gate::Code> codes() const override { return kCodes; }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<HttpsOnly>(); }

}  // namespace gatehouse::controls::https_only
