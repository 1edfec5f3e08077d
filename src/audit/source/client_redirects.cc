// Where a page sends its visitor because its own address says so: ?next=, ?callbackUrl=, ?redirect=.
#include "audit/source/client_redirects.h"

#include <set>

#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// What the address asks: searchParams.get("from"), router.query.next, and any name that such a bag has been given.
class Asked {
 public:
  explicit Asked(const File& file) {
    for (const Node d : file.tree.all("variable_declarator")) {
      const Code value = d.child("value").code();
      if (is_function(unwrap(d.child("value")))) continue;
      const Node name = d.child("name");
      if (icontains_any(value, {"usesearchparams(", "new urlsearchparams("}) && !contains(value, ".get(")) {
        if (name.is("identifier")) bags_.emplace(name.text());
        // const [params] = useSearchParams()
        if (name.is("array_pattern") && !name.children().empty()) bags_.emplace(name.children().front().text());
      } else if (name.is("identifier") && said_by(value) && holes(unwrap(d.child("value"))).empty()) {
        values_.emplace(name.text());
      }
    }
  }

  bool says(Node to) const {
    to = unwrap(to);
    if (to.is("identifier")) return values_.contains(std::string(to.text()));
    if (to.is("template_string") || literal(to)) return false;  // it begins with an address of one's own
    if (to.is("binary_expression") && to.has_token("+")) return false;
    if (to.is("binary_expression") || to.is("ternary_expression")) {
      for (const Node part : to.children())
        if (part != to.child("condition") && says(part)) return true;
      return false;
    }
    return to.any_of("call_expression", "member_expression") && said_by(to.code());
  }

 private:
  bool said_by(const Code& code) const {
    if (icontains(code, "startswith")) return false;
    if (icontains_any(code, {"searchparams.get(", "params.get(", "query.get(", "router.query."})) return true;
    for (const std::string& bag : bags_)
      if (contains(code, bag + ".get(") || contains(code, bag + "?.get(")) return true;
    return false;
  }

  std::set<std::string> bags_, values_;
};

bool looked_at(Node at) {
  const Node function = function_around(at);
  return function &&
         icontains_any(function.code(), {"startswith", "new url(", "allowed", "issafe", "sanitize", "safe("});
}

}  // namespace

// Stops: a link to the real sign-in page that ends, once the password is typed, on the page of a thief.
void judge_client_redirects(File& file) {
  if (!icontains_any(file.code(), {"location", "router", "redirect"}) ||
      !icontains_any(file.code(), {"params", "query"}))
    return;
  const bool next = (file.imports_from("next/navigation") || file.imports_from("next/router")) &&
                    (client_file(file) || (file.imports_from("react") && !contains(file.path, "/api/")));
  const Asked asked(file);
  Recurring routed;
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string left = dotted(a.child("left"));
    const bool location = left == "window.location" || left == "window.location.href" || left == "location.href" ||
                          left == "document.location";
    if (location && asked.says(a.child("right")) && !looked_at(a)) file.hit("EX-012", a);
  }
  for (const Node a : file.tree.all("jsx_attribute")) {  // <a href={params.get("continue")}>
    const Node name = a.first();
    const Node value = name ? name.next() : Node();
    if (name.text() == "href" && value.is("jsx_expression") && asked.says(value.first()) && !looked_at(a))
      file.hit("EX-012", a);
  }
  for (const Call& c : file.calls) {
    const bool leaves = c.name == "window.location.assign" || c.name == "window.location.replace" ||
                        c.name == "location.assign" || c.name == "location.replace";
    const bool pushed = next && (c.name == "router.push" || c.name == "router.replace" || c.name == "redirect");
    if ((leaves || pushed) && asked.says(c.arg(0)) && !looked_at(c.node)) file.hit("EX-012", c.node);
    // The router keeps to its own pages, but for what begins with two slashes.
    if (c.name == "navigate" && file.imports_from("react-router") && asked.says(c.arg(0)) && !looked_at(c.node)) {
      if (auto* first = routed.hit(file, "EX-012", c.node)) {
        first->severity = proof::Severity::low;
        first->confidence = proof::Confidence::low;
      }
    }
  }
}

}  // namespace gatehouse::audit::source
