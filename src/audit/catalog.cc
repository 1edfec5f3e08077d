#include "audit/catalog.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <stdexcept>

#include "audit/rules/read.h"
#include "controls/catalog.h"

namespace gatehouse::audit {
namespace {

// Services that close findings. They have no card and no page.
constexpr std::array<std::string_view, 2> kServices{"billing", "webhooks"};

std::vector<Rule> collect() {
  conf::Findings findings;
  std::vector<Rule> all = own_rules(findings);
  if (!findings.empty()) throw std::logic_error(conf::render_text(findings, false));
  // A policy line may be named only for what this program has; services answer under their own names.
  std::set<std::string, std::less<>> controls;
  for (const auto& c : controls::catalog()) controls.emplace(c->card().id);
  for (std::size_t i = 0; i < all.size(); ++i) {
    proof::Finding& f = all[i].finding;
    if (i > 0 && f.id == all[i - 1].finding.id) throw std::logic_error("two rules named " + f.id);
    if (f.control.empty() || controls.contains(f.control)) continue;
    if (std::find(kServices.begin(), kServices.end(), f.control) == kServices.end()) f.mitigation.clear();
    f.control.clear();  // its page would be a control's
  }
  return all;
}

}  // namespace

std::span<const Rule> rules() {
  static const std::vector<Rule> all = collect();
  return all;
}

const Rule* rule(std::string_view id) {
  const std::span<const Rule> all = rules();
  auto it =
      std::lower_bound(all.begin(), all.end(), id, [](const Rule& r, std::string_view i) { return r.finding.id < i; });
  return it != all.end() && it->finding.id == id ? &*it : nullptr;
}

proof::Finding finding_of(std::string_view id) {
  const Rule* r = rule(id);
  if (r == nullptr) throw std::logic_error("no rule named " + std::string(id));
  return r->finding;
}

}  // namespace gatehouse::audit
