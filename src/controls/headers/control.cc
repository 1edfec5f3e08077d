#include "controls/headers/control.h"

#include <algorithm>

#include "controls/headers/card.h"
#include "controls/headers/filter.h"
#include "controls/weakness.h"

namespace gatehouse::controls::headers {
namespace {

constexpr int kCwe[] = {693, 1021, 497};
constexpr std::string_view kAsvs[] = {"v5.0.0-3.4.4", "v5.0.0-3.4.5", "v5.0.0-3.4.6", "v5.0.0-3.4.8", "v5.0.0-13.4.6"};
constexpr std::string_view kRequirements[] = {"HDR-1"};

}  // namespace

constexpr proof::Card kCard{
    .id = "headers",
    .title = "Answers lack security headers",
    .attack =
        "An attacker frames the site and steals clicks, has an upload read as a script, learns secret paths from "
        "Referer, or picks an exploit by the version that the server announces.",
    .severity = proof::Severity::medium,
    .cwe = kCwe,
    .owasp_2021 = "A05",
    .owasp_2025 = "A02",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Clickjacking, sniffed content and leaked addresses become possible; attacks can be aimed.",
    .fix =
        "Send X-Content-Type-Options, X-Frame-Options, Referrer-Policy, Permissions-Policy, "
        "Cross-Origin-Opener-Policy and Cross-Origin-Resource-Policy on every answer; send no Server or "
        "X-Powered-By.",
    .mitigation = "Leave [headers] at its defaults; loosen one field on one route where it must be.",
    .false_positive = "An answer that no browser shows (a pure API for machines) loses little without them.",
};

namespace {

bool field_value(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool field_name(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
    return text::is_alpha(c) || text::is_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

class Headers final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<HeadersSettings>(); }

  void describe(conf::Form& f, Settings& settings) const override {
    auto& c = static_cast<HeadersSettings&>(settings);
    f.choice({"frame", "Who may show pages in a frame (X-Frame-Options)"}, c.frame,
             {{"deny", static_cast<int>(Frame::deny)},
              {"same-origin", static_cast<int>(Frame::same_origin)},
              {"any", static_cast<int>(Frame::any)}});
    f.choice({"xss_protection", "X-XSS-Protection: \"0\", or \"block\" where a rule book asks for 1; mode=block"},
             c.xss_protection,
             {{"0", static_cast<int>(XssProtection::off)}, {"block", static_cast<int>(XssProtection::block)}});
    f.choice({"referrer_policy", "How much of an address other sites learn"}, c.referrer_policy,
             {{"no-referrer", static_cast<int>(Referrer::no_referrer)},
              {"same-origin", static_cast<int>(Referrer::same_origin)},
              {"strict-origin", static_cast<int>(Referrer::strict_origin)},
              {"strict-origin-when-cross-origin", static_cast<int>(Referrer::strict_origin_when_cross_origin)}});
    f.field({"permissions_policy", "Browser features that pages may use; merged with the backend's, the closed wins"},
            c.permissions_policy);
    f.choice({"opener_policy", "Cross-Origin-Opener-Policy; same-origin-allow-popups where sign-in opens a window"},
             c.opener_policy,
             {{"same-origin", static_cast<int>(Opener::same_origin)},
              {"same-origin-allow-popups", static_cast<int>(Opener::same_origin_allow_popups)},
              {"none", static_cast<int>(Opener::none)}});
    f.choice({"resource_policy", "Cross-Origin-Resource-Policy: which sites may embed images, scripts and files"},
             c.resource_policy,
             {{"same-origin", static_cast<int>(Resource::same_origin)},
              {"same-site", static_cast<int>(Resource::same_site)},
              {"cross-origin", static_cast<int>(Resource::cross_origin)}});
    f.field({"content_security_policy", "A fixed policy for answers that carry none of the backend"},
            c.content_security_policy);
    f.field({"content_security_policy_report_only",
             "The same to try it out: browsers say in their console what it would block, and block nothing"},
            c.content_security_policy_report_only);
    f.field({"remove", "Further response headers to remove"}, c.remove);
    if (!f.reading()) return;
    if (!field_value(c.permissions_policy))
      f.bad("permissions_policy", "a header value may hold visible ASCII only", "remove control characters");
    else if (!is_permissions_policy(c.permissions_policy))
      f.bad("permissions_policy", "browsers would ignore it: it is not a list of feature=(origins)",
            "write it like camera=(), geolocation=(self \"https://maps.example.com\")");
    for (const auto& [key, policy] : {std::pair{"content_security_policy", &c.content_security_policy},
                                      {"content_security_policy_report_only", &c.content_security_policy_report_only}})
      if (!field_value(*policy)) f.bad(key, "a header value may hold visible ASCII only", "write it on one line");
    for (const std::string& name : c.remove)
      if (!field_name(name)) f.bad("remove", "'" + name + "' is not a header name", "write a name such as X-Backend");
  }

  void build(const Settings& settings, const Site&, const RouteScope&, Builder& builder) const override {
    builder.add_seal(gate::Step::shield,
                     std::make_unique<HeadersFilter>(static_cast<const HeadersSettings&>(settings)));
  }

  void check(const Settings& settings, const gate::GateConfig&, const gate::RouteConfig& route,
             std::vector<proof::Finding>& out) const override {
    if (report_absence(kCard, "GH-HEADERS", settings, route, out)) return;
    const auto& c = static_cast<const HeadersSettings&>(settings);
    auto weak = [&](std::string id, std::string evidence, std::string mitigation) {
      auto f = weakness(kCard, std::move(id), settings, route, std::move(evidence));
      f.severity = proof::Severity::low;
      f.mitigation = std::move(mitigation);
      out.push_back(std::move(f));
    };
    bool framing_policy = c.content_security_policy.find("frame-ancestors") != std::string::npos;
    if (c.frame == Frame::any && !framing_policy)
      weak("GH-HEADERS-FRAME", "any site may show " + describe_route(route) + " in a frame",
           "frame = \"same-origin\", or a content_security_policy with frame-ancestors");
    if (c.permissions_policy.empty())
      weak("GH-HEADERS-PERMISSIONS", "permissions_policy is empty for " + describe_route(route),
           "leave permissions_policy at its default");
    if (c.opener_policy == Opener::none)
      weak("GH-HEADERS-OPENER", "opener_policy is none for " + describe_route(route),
           "opener_policy = \"same-origin-allow-popups\"");
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<Headers>(); }

}  // namespace gatehouse::controls::headers
