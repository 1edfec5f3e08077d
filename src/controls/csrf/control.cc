#include "controls/csrf/control.h"

#include "base/text.h"
#include "controls/csrf/card.h"
#include "controls/csrf/filter.h"
#include "controls/weakness.h"

namespace gatehouse::controls::csrf {
namespace {

constexpr int kCwe[] = {352, 1385};
constexpr std::string_view kAsvs[] = {"v5.0.0-3.5.1", "v5.0.0-3.5.3", "v5.0.0-4.4.2"};
constexpr std::string_view kRequirements[] = {"CSRF-1", "CSRF-2"};
constexpr gate::Code kCodes[] = {gate::Code::csrf_site, gate::Code::csrf_origin};

}  // namespace

constexpr proof::Card kCard{
    .id = "csrf",
    .title = "Other sites can write in a person's name",
    .attack =
        "A person who is signed in opens a page of the attacker. That page makes the browser post to this site, and "
        "the "
        "browser adds the session cookie.",
    .severity = proof::Severity::high,
    .cwe = kCwe,
    .owasp_2021 = "A01",
    .owasp_2025 = "A01",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Orders, transfers, changed e-mail addresses and deleted accounts that the person never asked for.",
    .fix =
        "Refuse unsafe requests whose Sec-Fetch-Site or Origin names another site wherever a cookie is the credential, "
        "and "
        "put a token bound to the session into forms.",
    .mitigation =
        "Leave [csrf] on; name the backend's session with backend_cookies = [\"sessionid\"], and other origins of "
        "yours with origins = [\"https://admin.example.com\"].",
    .false_positive = "No cookie and no other credential that browsers send on their own is accepted by the route.",
};

namespace {

class Csrf final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<CsrfSettings>(); }

  void describe(conf::Form& f, Settings& settings) const override {
    auto& c = static_cast<CsrfSettings&>(settings);
    f.origins({"origins", "Other origins whose pages may write here, exactly as a browser writes them"}, c.origins);
    f.field({"backend_cookies", "The backend's own session cookies: where one travels, the origin is always asked"},
            c.backend_cookies);
    f.field({"cookieless", "No cookie is a credential here: none is asked about, and none is sent upstream"},
            c.cookieless);
    if (!f.reading()) return;
    if (c.cookieless && !c.backend_cookies.empty())
      f.bad("cookieless", "the route has a session cookie and takes no cookies", "leave one of the two out");
    for (const std::string& name : c.backend_cookies)
      if (name.empty() || name.find_first_of("=; ,\t\"") != std::string::npos)
        f.bad("backend_cookies", "`" + text::printable(name) + "` is no cookie name", "write the name alone");
  }

  void build(const Settings& settings, const Site& site, const RouteScope&, Builder& builder) const override {
    const auto& c = static_cast<const CsrfSettings&>(settings);
    builder.add(gate::Step::authorize, std::make_unique<CsrfFilter>(c, site.config.site));
    if (c.cookieless) builder.add(gate::Step::shape, std::make_unique<DropCookies>());
  }

  void check(const Settings& settings, const gate::GateConfig& config, const gate::RouteConfig& route,
             std::vector<proof::Finding>& out) const override {
    if (report_absence(kCard, "GH-CSRF", settings, route, out)) return;
    const auto& c = static_cast<const CsrfSettings&>(settings);
    if (config.mode == gate::Mode::development) return;
    for (const conf::WebOrigin& o : c.origins)
      if (o.scheme() == "http") {
        auto f = weakness(kCard, "GH-CSRF-HTTP", settings, route,
                          "pages of " + o.text() + " may write here, and anybody on the way can change them");
        f.severity = proof::Severity::medium;
        f.mitigation = "[csrf] origins = [\"https://" + o.host() + "\"]";
        out.push_back(std::move(f));
      }
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
  std::span<const gate::Code> codes() const override { return kCodes; }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<Csrf>(); }

}  // namespace gatehouse::controls::csrf
