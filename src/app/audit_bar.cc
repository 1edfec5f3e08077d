#include "app/audit_bar.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::app {
namespace {

std::optional<proof::Severity> severity_of(std::string_view word) {
  for (auto s : {proof::Severity::info, proof::Severity::low, proof::Severity::medium, proof::Severity::high,
                 proof::Severity::critical})
    if (proof::text(s) == word) return s;
  return std::nullopt;
}

}  // namespace

std::optional<Bar> parse_bar(std::string_view words) {
  Bar bar;
  for (std::string_view w : text::split(words, ',')) {
    w = text::trim(w);
    if (w == "new") {
      bar.only_new = true;
    } else if (w == "never") {
      bar.never = true;
    } else if (auto s = severity_of(w)) {
      bar.severity = *s;
    } else {
      return std::nullopt;
    }
  }
  return bar;
}

bool over(const Bar& bar, const audit::Baseline& known, const proof::Report& report) {
  if (bar.never) return false;
  const auto charged = audit::new_findings(report, bar.only_new ? known : audit::Baseline{});
  return std::any_of(charged.begin(), charged.end(),
                     [&](const proof::Finding* f) { return f->severity >= bar.severity; });
}

}  // namespace gatehouse::app
