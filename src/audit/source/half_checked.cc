#include "audit/source/half_checked.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// What a name was given: the client's word for where to go on.
bool sent(Node function, std::string_view name) {
  if (!has_word(name, {"next", "redirect", "return", "callback", "target", "to", "from", "url", "path", "destination",
                       "continue", "back", "dest", "goto"}))
    return false;
  for (const char* type : {"variable_declarator", "assignment"})
    for (const Node a : function.all(type)) {
      const Node left = a.is("assignment") ? a.child("left") : a.child("name");
      const Node right = a.is("assignment") ? a.child("right") : a.child("value");
      if (left.text() == name &&
          icontains_any(right.code(), {"formdata.get(", "form.get(", "searchparams", "req.query", "req.body",
                                       "query.get(", "params.get(", "request.args", "request.get", "request.post",
                                       "request.values", "request.form", "query_params", "get(\"next", "get('next"}))
        return true;
      if (left.any_of("object_pattern") && has_token(left.code(), name) &&
          icontains_any(right.code(), {"req.query", "req.body", "searchparams"}))
        return true;
    }
  return false;
}

// path.startsWith("/") ? path : "/home"; "path" of it, when that is all that is asked.
std::string subject_of(Node function, Node target) {
  target = unwrap(target);
  // new URL(path, request.url): an absolute address wins over its base
  if (const auto made = as_call(target); made && made->name == "new URL") target = unwrap(made->arg(0));
  std::string name;
  if (target.is("identifier")) {
    name = std::string(target.text());
    for (const char* type : {"variable_declarator", "assignment"})
      for (const Node a : function.all(type)) {
        const Node left = a.is("assignment") ? a.child("left") : a.child("name");
        const Node right = unwrap(a.is("assignment") ? a.child("right") : a.child("value"));
        if (left.text() == name && right.any_of("ternary_expression", "conditional_expression")) target = right;
      }
  }
  if (target.any_of("ternary_expression", "conditional_expression"))
    for (const Node part : target.children())
      if (unwrap(part).is("identifier") && sent(function, unwrap(part).text())) name = std::string(unwrap(part).text());
  const Code code = function.code();
  for (const std::string_view call :
       {".startsWith(\"/\")", ".startsWith('/')", ".startswith(\"/\")", ".startswith('/')"})
    if (!name.empty() && contains(code, name + std::string(call)) && sent(function, name)) return name;
  return {};
}

}  // namespace

// Stops: a link to the real sign-in page that ends on the page of a thief.
void read_half_checked(File& file) {
  if (!icontains_any(file.code(), {"startswith(\"/\")", "startswith('/')"})) return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "redirect" && f != "HttpResponseRedirect" && f != "RedirectResponse") continue;
    const Node function = function_around(c.node);
    if (!function) continue;
    const Code code = function.code();
    if (icontains_any(code, {"\"//", "'//", "\\\\", "origin", "hostname", "netloc", "urlparse", "allowed", "issafe",
                             "is_safe", "^\\/"}))
      continue;
    const Node target = c.args.size() > 1 && c.arg(0).is("number") ? c.arg(1) : c.arg(0);
    if (subject_of(function, target).empty()) continue;
    file.hit("EX-012", c.node).title = "An address that begins with two slashes passes for one of the own site";
  }
}

}  // namespace gatehouse::audit::source
