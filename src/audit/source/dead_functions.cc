#include "audit/source/dead_functions.h"

#include <algorithm>
#include <map>

#include "audit/source/script.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 2000;  // of one project

struct DeadFunctions {
  struct Range {
    std::string path;
    int from = 0, to = 0;
  };
  std::vector<Range> ranges;
};

class DeadFunctionsCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    const auto& ranges = project.notes<DeadFunctions>().ranges;
    if (ranges.empty()) return;
    const auto dead = [&](const proof::Location& at) {
      return std::any_of(ranges.begin(), ranges.end(), [&](const DeadFunctions::Range& r) {
        return r.path == at.path && r.from <= at.line && at.line <= r.to;
      });
    };
    for (proof::Finding& f : sink.findings()) {
      if (f.id.starts_with("SEC-") || f.id.starts_with("GAP-") || f.locations.empty()) continue;
      if (std::all_of(f.locations.begin(), f.locations.end(), dead)) {
        sink.take_back(f);
        continue;
      }
      // The first place that lives is the one to look at.
      const bool paired = f.evidence.size() == f.locations.size();
      while (dead(f.locations.front())) {
        f.locations.erase(f.locations.begin());
        if (paired) f.evidence.erase(f.evidence.begin());
      }
    }
  }
};

}  // namespace

void read_dead_functions(File& file) {
  if (client_file(file)) return;
  auto& notes = file.project.notes<DeadFunctions>();
  if (notes.ranges.size() >= kMost) return;
  // Only a list of names says what is given away: module.exports = { a, b }. Pages and frameworks find others by
  // themselves.
  bool listed = false;
  for (const Node a : file.tree.all("assignment_expression"))
    if (dotted(a.child("left")) == "module.exports" && unwrap(a.child("right")).is("object")) listed = true;
  if (!listed || icontains_any(file.code(), {"eval(", "module.exports[", "exports[", "global."})) return;
  std::map<std::string, int, std::less<>> named;
  for (const char* type : {"identifier", "shorthand_property_identifier", "property_identifier"})
    for (const Node n : file.tree.all(type)) ++named[std::string(n.text())];
  const auto note = [&](Node whole, std::string_view name) {
    if (const auto it = named.find(name); it == named.end() || it->second != 1) return;
    if (notes.ranges.size() < kMost) notes.ranges.push_back({std::string(file.path), whole.line(), whole.end_line()});
  };
  for (const Node f : file.tree.all("function_declaration"))
    if (f.parent().is("program")) note(f, f.child("name").text());
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.parent().parent().is("program") && d.child("name").is("identifier") && is_function(unwrap(d.child("value"))))
      note(d, d.child("name").text());
}

std::unique_ptr<Check> dead_functions_check() { return std::make_unique<DeadFunctionsCheck>(); }

}  // namespace gatehouse::audit::source
