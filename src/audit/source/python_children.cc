#include "audit/source/python_children.h"

#include <algorithm>
#include <set>
#include <vector>

#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// What the address names: at least two, a record and one below it.
std::vector<std::string> ids_of(Node f) {
  std::vector<std::string> out;
  for (const Node p : f.child("parameters").children()) {
    const std::string name = parameter_name(p);
    if ((name == "id" || name == "pk" || name.ends_with("_id") || name.ends_with("_pk")) && !person_id(name) &&
        !identity_field(name) && !contains(p.code(), "Depends"))
      out.push_back(name);
  }
  return out;
}

bool any_token(const Code& code, const std::set<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return has_token(code, n); });
}

bool fetches(const Code& code) {
  return icontains_any(
      code, {".get(", "get_or_404(", "get_object_or_404(", ".filter(", ".filter_by(", ".where(", "find_one("});
}

void look(File& file, Node f) {
  const auto ids = ids_of(f);
  if (ids.size() < 2) return;
  std::set<std::string> who;  // names that hold the caller, and what is the caller's
  for (const Node p : f.child("parameters").children())
    if (depends_on_guard(file, p, nullptr)) who.insert(parameter_name(p));
  const auto mine = [&](const Code& code) {
    return any_token(code, who) || icontains_any(code, {"current_user", "request.user", "get_jwt_identity", "g.user",
                                                        "session[", "session.get("});
  };
  std::set<std::string> asked;  // ids of what was taken by whose it is
  Node taken;
  std::string child;
  for (const Node a : body(f).all("assignment")) {
    const Node left = a.child("left");
    const Code right = a.child("right").code();
    if (!left.is("identifier") || !a.child("right")) continue;
    if (mine(right)) {
      who.emplace(left.text());
      if (fetches(right))
        for (const std::string& id : ids)
          if (has_token(right, id)) asked.insert(id);
      continue;
    }
    if (taken || !fetches(right)) continue;
    std::vector<std::string> by;
    for (const std::string& id : ids)
      if (has_token(right, id)) by.push_back(id);
    if (by.size() != 1) continue;
    taken = a;
    child = by.front();
  }
  if (!taken || asked.empty() || asked.contains(child)) return;
  const std::string held(taken.child("left").text());
  std::set<std::string> around = who;
  around.insert(asked.begin(), asked.end());
  // line.invoice_id != invoice.id, invoice.lines.remove(line), belongs(line, invoice)
  for (const Node c : f.all("comparison_operator"))
    if ((has_token(c.code(), held) || has_token(c.code(), child)) && any_token(c.code(), around)) return;
  for (const Call* c : file.calls_in(body(f)))
    if ((has_token(c->node.child("arguments").code(), held) || c->name.starts_with(held + ".")) &&
        any_token(c->node.code(), around))
      return;
  auto& found = file.hit("AZ-001", taken);
  found.title = "A record is taken by its own id below another one, and nobody asks whether it belongs there";
  found.confidence = proof::Confidence::medium;
}

}  // namespace

void read_python_children(File& file) {
  for (const Node f : file.tree.all("function_definition")) {
    if (function_around(f)) continue;
    const bool django = has_token(f.child("parameters").code(), "request");
    if (!route_function(f) && !django) continue;
    bool staff = false;
    for (const std::string& d : decorators(f))
      staff = staff || icontains_any(d, {"admin", "staff", "permission", "role"});
    if (!staff) look(file, f);
  }
}

}  // namespace gatehouse::audit::source
