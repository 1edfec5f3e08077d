#include "app/finding_ids.h"

#include <algorithm>

#include "audit/catalog.h"
#include "audit/settle.h"
#include "base/text.h"
#include "controls/catalog.h"

namespace gatehouse::app {

std::vector<std::string_view> finding_ids() {
  std::vector<std::string_view> ids;
  for (const audit::Rule& r : audit::rules()) ids.push_back(r.finding.id);
  for (const auto& control : controls::catalog())
    for (const proof::Probe& p : control->probes()) ids.push_back(p.id);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

std::optional<std::string> fault_of_ids(std::string_view only, const std::vector<std::string>& more) {
  std::vector<std::string_view> ids = finding_ids();
  ids.insert(ids.end(), more.begin(), more.end());
  for (std::string_view word : text::split(only, ',')) {
    word = text::trim(word);
    if (word.empty() || std::any_of(ids.begin(), ids.end(), [&](auto id) { return audit::selected(word, id); }))
      continue;
    std::string said = "--only: no finding is called " + text::printable(word);
    if (const auto near = text::nearest(word, ids)) said += "; did you mean " + std::string(*near) + "?";
    return said + (said.ends_with("?") ? "" : ".") +
           " Ids and their beginnings (SEC, DJ-012) stand in docs/rules and docs/controls";
  }
  return std::nullopt;
}

}  // namespace gatehouse::app
