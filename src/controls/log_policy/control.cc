#include "controls/log_policy/control.h"

#include <algorithm>
#include <array>
#include <string>

#include "controls/weakness.h"

namespace gatehouse::controls::log_policy {
namespace {

constexpr int kCwe[] = {532, 359};
constexpr std::string_view kAsvs[] = {"v5.0.0-16.2.5", "v5.0.0-14.2.1"};
constexpr std::string_view kRequirements[] = {"LOG-1", "LOG-2", "LOG-3", "LOG-4"};

// Query parameters that carry credentials; each must be covered by a word of [log] redact_query.
constexpr std::array<std::string_view, 7> kCredentials = {"token",    "code",      "key",  "secret",
                                                          "password", "signature", "state"};

}  // namespace

constexpr proof::Card kCard{
    .id = "log_policy",
    .title = "Logs hold secrets or personal data",
    .attack =
        "Whoever can read the logs (a leaked backup, a log service, a curious colleague) finds tokens that still "
        "work, and who did what from where.",
    .severity = proof::Severity::medium,
    .cwe = kCwe,
    .owasp_2021 = "A09",
    .owasp_2025 = "A09",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "A copy of the log becomes a way in, and a privacy breach.",
    .fix = "Log typed facts instead of messages: no bodies, no cookies, no tokens; users as short keyed hashes.",
    .mitigation = "Leave [log] at its defaults: hash_user = true, the built-in redact_query, level 1.",
    .false_positive = "Names in the log are needed by law or by contract, and access to it is bounded accordingly.",
};

namespace {

class LogPolicy final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  bool can_disable() const override { return false; }
  bool per_route() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<Settings>(); }
  void describe(conf::Form&, Settings&) const override {}

  void check(const Settings& settings, const gate::GateConfig& config, const gate::RouteConfig&,
             std::vector<proof::Finding>& out) const override {
    if (config.mode == gate::Mode::development) return;
    gate::RouteConfig at;
    at.place = config.log.place;
    auto weak = [&](std::string id, std::string evidence, std::string mitigation) {
      auto f = weakness(kCard, std::move(id), settings, at, std::move(evidence));
      f.severity = proof::Severity::low;
      f.mitigation = std::move(mitigation);
      out.push_back(std::move(f));
    };
    if (!config.log.hash_user) weak("GH-LOG-USER", "users stand in the record by name", "[log] hash_user = true");
    if (config.log.level == 0)
      weak("GH-LOG-DEBUG", "the record is at debug level in production", "[log] level = \"info\"");
    for (std::string_view name : kCredentials) {
      const auto& words = config.log.redact_query;
      bool covered = std::any_of(words.begin(), words.end(), [name](const std::string& word) {
        return !word.empty() && name.find(text::to_lower(word)) != std::string_view::npos;
      });
      if (!covered)
        weak("GH-LOG-QUERY", "the value of a query parameter named `" + std::string(name) + "` would be written",
             "add \"" + std::string(name) + "\" to [log] redact_query");
    }
  }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<LogPolicy>(); }

}  // namespace gatehouse::controls::log_policy
