#include "controls/cors/control.h"

#include <algorithm>

#include "base/text.h"
#include "controls/cors/card.h"
#include "controls/cors/filter.h"
#include "controls/weakness.h"

namespace gatehouse::controls::cors {
namespace {

constexpr int kCwe[] = {942, 346};
constexpr std::string_view kAsvs[] = {"v5.0.0-3.4.2", "v5.0.0-3.5.2"};
constexpr std::string_view kRequirements[] = {"CORS-1", "CORS-2"};
constexpr gate::Code kCodes[] = {gate::Code::cors_origin};

}  // namespace

constexpr proof::Card kCard{
    .id = "cors",
    .title = "Pages of other sites may read or write with a person's credentials",
    .attack =
        "A hostile page makes a visitor's browser call the API with the visitor's cookies and reads the answers, "
        "because the site reflects any Origin, accepts `null`, or compares by prefix or suffix.",
    .severity = proof::Severity::high,
    .cwe = kCwe,
    .owasp_2021 = "A05",
    .owasp_2025 = "A02",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Whatever the victim may see or change, the hostile page may too.",
    .fix = "Compare Origin with a fixed list, byte for byte; never reflect it; never send * with credentials.",
    .mitigation = "[cors] origins = [\"https://app.example.com\"]",
    .false_positive =
        "Public data that needs no sign-in may be readable by every site: any_origin = true, without "
        "credentials.",
};

namespace {

bool token(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '_';
  });
}

bool loopback(const conf::WebOrigin& o) {
  return o.host() == "localhost" || o.host().ends_with(".localhost") || o.host() == "[::1]" || o.host() == "::1" ||
         o.host().starts_with("127.");
}

class Cors final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<CorsSettings>(); }

  void describe(conf::Form& f, Settings& settings) const override {
    auto& c = static_cast<CorsSettings&>(settings);
    f.origins({"origins", "Origins whose pages may call, written exactly; the site's own need not be listed"},
              c.origins);
    f.field({"any_origin", "Every site may read, without credentials: for public data only"}, c.any_origin);
    f.field({"credentials", "Browsers may send cookies and show the answer to the page"}, c.credentials);
    f.field({"methods", "Methods that pages may use; the route's methods when empty"}, c.methods);
    f.field({"headers", "Request headers that pages may set"}, c.headers);
    f.field({"expose", "Response headers that pages may read"}, c.expose);
    f.duration({"max_age", "How long browsers may remember a preflight"}, c.max_age, Duration::zero(),
               std::chrono::hours(24));
    if (!f.reading()) return;
    if (c.any_origin && c.credentials)
      f.unsafe("any_origin", "every site could act with a person's credentials",
               "list the origins that need credentials, or leave credentials out");
    if (c.any_origin && !c.origins.empty())
      f.bad("any_origin", "origins are listed and every origin is allowed", "keep one of the two");
    for (const auto& [key, list] : {std::pair{"methods", &c.methods}, {"headers", &c.headers}, {"expose", &c.expose}})
      for (const std::string& s : *list)
        if (!token(s)) f.bad(key, "'" + s + "' is no name; a star is not accepted here", "write the names out");
  }

  void build(const Settings& settings, const Site&, const RouteScope& scope, Builder& builder) const override {
    builder.add(gate::Step::greet,
                std::make_unique<CorsFilter>(static_cast<const CorsSettings&>(settings), scope.route.methods));
  }

  void check(const Settings& settings, const gate::GateConfig& config, const gate::RouteConfig& route,
             std::vector<proof::Finding>& out) const override {
    if (report_absence(kCard, "GH-CORS", settings, route, out)) return;
    const auto& c = static_cast<const CorsSettings&>(settings);
    auto weak = [&](std::string id, proof::Severity severity, std::string evidence, std::string mitigation) {
      auto f = weakness(kCard, std::move(id), settings, route, std::move(evidence));
      f.severity = severity;
      f.mitigation = std::move(mitigation);
      out.push_back(std::move(f));
    };
    if (c.any_origin)
      weak("GH-CORS-ANY", proof::Severity::low, "every site may read the answers of " + describe_route(route),
           "origins = [\"https://…\"] unless the data is public");
    if (config.mode == gate::Mode::development) return;
    for (const conf::WebOrigin& o : c.origins) {
      if (loopback(o))
        weak("GH-CORS-LOCAL", proof::Severity::medium, o.text() + " is a developer's machine, allowed in production",
             "move " + o.text() + " to the development configuration");
      else if (o.scheme() == "http")
        weak("GH-CORS-PLAIN", proof::Severity::medium,
             o.text() + " is served in the clear: whoever changes that page in transit may call this site",
             "https://" + o.text().substr(7));
    }
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
  std::span<const gate::Code> codes() const override { return kCodes; }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<Cors>(); }

}  // namespace gatehouse::controls::cors
