#include "audit/check.h"

#include <algorithm>
#include <stdexcept>

#include "audit/catalog.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

void add_once(std::vector<std::string>& list, std::string text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
}

}  // namespace

proof::Finding& Sink::find(std::string_view id, proof::Location at, std::string evidence) {
  const Rule* r = rule(id);
  if (r == nullptr) throw std::logic_error("no rule named " + std::string(id));
  return find(*r, std::move(at), std::move(evidence));
}

proof::Finding& Sink::find(const Rule& rule, proof::Location at, std::string evidence) {
  proof::Finding& f = findings_.emplace_back(rule.finding);
  f.locations.push_back(std::move(at));
  if (!evidence.empty()) f.evidence.push_back(std::move(evidence));
  return f;
}

void Sink::positive(std::string text) { add_once(positives_, std::move(text)); }
void Sink::not_checked(std::string text) { add_once(not_checked_, std::move(text)); }

std::string quote(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  return text::printable(text::trim(line), 200);
}

}  // namespace gatehouse::audit
