#include "audit/catalog.h"

#include <algorithm>
#include <functional>
#include <set>
#include <stdexcept>
#include <vector>

#include "audit/catalog_parts.h"
#include "base/text.h"
#include "controls/catalog.h"

namespace gatehouse::audit {
namespace {

std::vector<Rule> collect() {
  std::vector<Rule> all;
  for (std::span<const Rule> part :
       {secret_rules(), supply_rules(), infra_rules(), source_rules(), live_rules(), audit_rules()})
    all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end(), [](const Rule& a, const Rule& b) { return a.id < b.id; });
  for (std::size_t i = 1; i < all.size(); ++i)
    if (all[i].id == all[i - 1].id) throw std::logic_error("two rules named " + std::string(all[i].id));
  return all;
}

// A policy line may be named only for what this program has; services answer under their own names.
bool can_close(std::string_view control) {
  static const std::set<std::string, std::less<>> kControls = [] {
    std::set<std::string, std::less<>> out;
    for (const auto& c : controls::catalog()) out.emplace(c->card().id);
    return out;
  }();
  return kControls.contains(control);
}

std::vector<std::string> words(std::string_view list, std::string_view prefix = {}) {
  std::vector<std::string> out;
  for (std::string_view w : text::split(list, ' '))
    if (!w.empty()) out.push_back(std::string(prefix) + std::string(w));
  return out;
}

}  // namespace

std::span<const Rule> rules() {
  static const std::vector<Rule> all = collect();
  return all;
}

const Rule* rule(std::string_view id) {
  const std::span<const Rule> all = rules();
  auto it = std::lower_bound(all.begin(), all.end(), id, [](const Rule& r, std::string_view i) { return r.id < i; });
  return it != all.end() && it->id == id ? &*it : nullptr;
}

proof::Finding finding_of(std::string_view id) {
  const Rule* r = rule(id);
  if (r == nullptr) throw std::logic_error("no rule named " + std::string(id));
  proof::Finding f;
  f.id = r->id;
  f.title = r->title;
  f.severity = r->severity;
  f.confidence = r->confidence;
  f.impact = r->impact;
  f.fix = r->fix;
  if (r->control.empty() || can_close(r->control)) {
    f.mitigation = r->mitigation;
    f.control = r->control;
  }
  f.false_positive = r->false_positive;
  for (const std::string& n : words(r->cwe)) f.cwe.push_back(std::stoi(n));
  const std::size_t slash = r->owasp.find('/');
  f.owasp_2021 = r->owasp.substr(0, slash);
  if (slash != std::string_view::npos) f.owasp_2025 = r->owasp.substr(slash + 1);
  f.asvs = words(r->asvs, "v5.0.0-");
  f.requirements = words(r->requirements);
  return f;
}

}  // namespace gatehouse::audit
