#include "controls/startup/control.h"

#include "controls/startup/card.h"

namespace gatehouse::controls::startup {
namespace {

constexpr int kCwe[] = {1188, 1392, 521, 798};
constexpr std::string_view kAsvs[] = {"v5.0.0-13.2.3", "v5.0.0-13.3.1", "v5.0.0-11.2.3"};
constexpr std::string_view kRequirements[] = {"CFG-1", "CFG-2", "CFG-3", "PAY-1"};

}  // namespace

constexpr proof::Card kCard{
    .id = "startup",
    .title = "Insecure defaults and weak secrets can start",
    .attack =
        "An attacker signs his own tokens and cookies with a secret that everybody knows: the placeholder from the "
        "example file, a short word, or the default that a missing variable fell back to.",
    .severity = proof::Severity::critical,
    .cwe = kCwe,
    .owasp_2021 = "A05",
    .owasp_2025 = "A02",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Sessions and tokens can be forged; test keys take real orders, or live keys are charged by a test.",
    .fix =
        "Read every secret without a default value, and stop the process when one is missing, short or a placeholder.",
    .mitigation =
        "Nothing to write: `gatehouse serve` judges every reference before it opens a port, and `gatehouse check "
        "--env` "
        "does the same in CI.",
    .false_positive = "None: a secret that is fine passes.",
};

namespace {

class Startup final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  bool can_disable() const override { return false; }
  bool per_route() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<Settings>(); }
  void describe(conf::Form&, Settings&) const override {}
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<Startup>(); }

}  // namespace gatehouse::controls::startup
