#include "controls/security_txt/control.h"

#include <algorithm>

#include "base/text.h"
#include "controls/security_txt/card.h"
#include "controls/security_txt/filter.h"

namespace gatehouse::controls::security_txt {
namespace {

constexpr int kCwe[] = {1059};
constexpr std::string_view kAsvs[] = {"v5.0.0-15.1.1"};
constexpr std::string_view kRequirements[] = {"OPS-2"};

// One value of one line: a blank or a control byte would end it, or begin another field.
bool one_word(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool begins(std::string_view s, std::initializer_list<std::string_view> schemes) {
  return one_word(s) && std::any_of(schemes.begin(), schemes.end(), [s](std::string_view scheme) {
           return s.starts_with(scheme) && s.size() > scheme.size();
         });
}

bool language(std::string_view s) {
  return !s.empty() &&
         std::all_of(s.begin(), s.end(), [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '-'; });
}

}  // namespace

constexpr proof::Card kCard{
    .id = "security_txt",
    .title = "No security contact",
    .attack =
        "Somebody finds a fault, finds nobody to tell, and publishes or sells it: the attacker reads of it before the "
        "owner does.",
    .severity = proof::Severity::low,
    .cwe = kCwe,
    .owasp_2021 = "A09",
    .owasp_2025 = "A09",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Who finds a fault does not know whom to tell.",
    .fix = "Publish /.well-known/security.txt with a contact that somebody reads (RFC 9116).",
    .mitigation = "[security_txt] contact = [\"mailto:security@example.com\"]",
    .false_positive = "A site that only its own programs use has nobody to address.",
};

namespace {

class SecurityTxt final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool per_route() const override { return false; }
  bool can_observe() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<SecurityTxtSettings>(); }

  void describe(conf::Form& f, Settings& settings) const override {
    auto& c = static_cast<SecurityTxtSettings&>(settings);
    f.field({"contact",
             "Whom to tell, best first: mailto:, https:// or tel:. With one, gatehouse answers "
             "/.well-known/security.txt itself"},
            c.contact);
    f.field({"policy", "Where your disclosure policy stands"}, c.policy);
    f.field({"encryption", "Where your key stands: https://, dns: or openpgp4fpr:"}, c.encryption);
    f.field({"acknowledgments", "Where you thank those who reported"}, c.acknowledgments);
    f.field({"languages", "Languages that you read, such as en or de"}, c.languages);
    f.duration({"valid_for", "How far ahead Expires lies; it moves on for as long as this is served"}, c.valid_for,
               std::chrono::hours(24), std::chrono::hours(24 * 365));
    if (!f.reading()) return;
    for (const std::string& one : c.contact)
      if (!begins(one, {"mailto:", "https://", "tel:"}))
        f.bad("contact", "'" + one + "' is no contact", "write mailto:security@example.com, https://… or tel:+1-…");
    for (const auto& [key, value] : {std::pair{"policy", &c.policy}, {"acknowledgments", &c.acknowledgments}})
      if (!value->empty() && !begins(*value, {"https://"}))
        f.bad(key, "'" + *value + "' is no https address", "write https://…");
    if (!c.encryption.empty() && !begins(c.encryption, {"https://", "dns:", "openpgp4fpr:"}))
      f.bad("encryption", "'" + c.encryption + "' does not say where a key is", "write https://… of the public key");
    for (const std::string& one : c.languages)
      if (!language(one)) f.bad("languages", "'" + one + "' is no language", "write tags such as en, de, pt-BR");
    const bool more = !c.policy.empty() || !c.encryption.empty() || !c.acknowledgments.empty() || !c.languages.empty();
    if (c.contact.empty() && more)
      f.bad("contact", "without a contact nothing is published", "add contact = [\"mailto:security@example.com\"]");
  }

  void build(const Settings& settings, const Site& site, const RouteScope&, Builder& builder) const override {
    const auto& c = static_cast<const SecurityTxtSettings&>(settings);
    if (c.contact.empty() || !c.enabled) return;
    // After the limit of an address, before anybody is asked who he is.
    builder.add(gate::Step::limit, std::make_unique<SecurityTxtFilter>(c, site.config.site.hosts, site.clock));
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<SecurityTxt>(); }

}  // namespace gatehouse::controls::security_txt
