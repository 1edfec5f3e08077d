#include "base/text.h"
#include "controls/security_txt/card.h"
#include "controls/security_txt/filter.h"
#include "proof/observe.h"

namespace gatehouse::controls::security_txt {
namespace {

// A field at the beginning of a line; comments and other words do not count.
bool has_field(std::string_view body, std::string_view name) {
  for (std::string_view line : text::split(body, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !text::iequals(text::trim(line.substr(0, colon)), name)) continue;
    std::string_view value = line.substr(colon + 1);
    if (value.ends_with('\r')) value.remove_suffix(1);
    if (!text::trim(value).empty()) return true;
  }
  return false;
}

proof::Observation contact(proof::Target& site) {
  proof::Sent ask;
  ask.path = std::string(kPath);
  auto seen = site.send(ask);
  if (!seen) return proof::unanswered(seen.error());
  if (seen->status != 200)
    return proof::broken(kCard, "EXP-009", site, kPath, "status " + std::to_string(seen->status));
  // A page for everything answers 200 to any path.
  if (!has_field(seen->body, "Contact") || !has_field(seen->body, "Expires"))
    return proof::broken(kCard, "EXP-009", site, kPath, "the answer has no Contact or no Expires");
  return proof::holds("A security contact is published (security.txt).");
}

constexpr proof::Probe kProbes[] = {{"EXP-009", "security_txt", false, contact}};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::security_txt
