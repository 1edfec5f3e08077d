#include "audit/source/door_heads.h"

#include "audit/source/money_words.h"
#include "audit/source/python.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool takes_request(Node f) {
  for (Node p : f.child("parameters").children()) {
    if (p.any_of("required_parameter", "optional_parameter")) p = p.child("pattern");
    if (p.is("identifier")) return request_name(p.text()) || p.text() == "_req";
    break;
  }
  const Node only = f.child("parameter");
  return only && request_name(only.text());
}

std::string python_head(Node f) {
  const std::string_view around = f.parent().is("decorated_definition") ? f.parent().code().substr(0, 400) : "";
  const Node cls = f.above("class_definition");
  const std::string name = function_name(f);
  bool door = route_function(f) || icontains_any(around, {"@api_view", "@action("});
  if (!door && cls) {
    const bool verb = name == "post" || name == "put" || name == "patch" || name == "get" || name == "perform_create";
    door = verb && icontains_any(cls.child("superclasses").code(), {"view", "resource", "apimixin"});
  }
  if (!door && !cls && !f.above("function_definition")) {
    const auto parameters = f.child("parameters").children();
    door = !parameters.empty() && parameters.front().code().substr(0, 7) == "request";
  }
  if (!door) return {};
  std::string head = name;
  if (cls) head += " " + std::string(cls.child("name").text());
  if (f.parent().is("decorated_definition"))
    for (const Node d : f.parent().children())
      if (d.is("decorator") && !d.all("string").empty()) head += " " + std::string(d.code().substr(0, 200));
  return head;
}

std::string folder_of(std::string_view path) {
  std::string out(module_of(path));
  for (const std::string_view end : {"/route", "/page", "/index"})
    if (out.ends_with(end)) out.resize(out.size() - end.size());
  // The last two parts say it: "payment/success"
  const std::size_t slash = out.rfind('/');
  const std::size_t before = slash == std::string::npos || slash == 0 ? slash : out.rfind('/', slash - 1);
  return before == std::string::npos ? out : out.substr(before + 1);
}

}  // namespace

std::string method_decorators(Node method) {
  std::string out;
  for (Node d = method.previous(); d.is("decorator"); d = d.previous()) out += std::string(d.code()) + " ";
  for (const Node d : method.children())
    if (d.is("decorator")) out += std::string(d.code()) + " ";
  return out;
}

// const pay = wrap(async (req, res) => …)
std::string handler_name(Node f) {
  std::string name = function_name(f);
  Node p = f.parent();
  for (int i = 0; i < 6 && name.empty() && p.any_of("arguments", "call_expression", "await_expression"); ++i)
    p = p.parent();
  if (name.empty() && p.is("variable_declarator")) name = std::string(p.child("name").text());
  if (name.empty() && p.is("assignment_expression")) name = std::string(last(p.child("left").code()));
  return name;
}

// A route's handler, and what its address and name say; empty for other functions.
std::string door_head(const File& file, Node f) {
  if (f.is("function_definition")) return python_head(f);
  const std::string name = handler_name(f);
  if (contains(file.path, "/route.") && (name == "POST" || name == "PUT" || name == "PATCH" || name == "GET"))
    return name == "GET" && !after_paying(folder_of(file.path)) ? std::string() : folder_of(file.path);
  if (contains(file.path, "/page.") || contains(file.path, "/layout.")) {
    const bool page = f.parent().is("export_statement") && f.parent().has_token("default");
    const std::string folder = page ? folder_of(file.path) : std::string();
    return after_paying(folder) && !client_file(file) ? folder : std::string();
  }
  if (f.is("method_definition")) {
    const std::string said = method_decorators(f);
    if (icontains_any(said, {"@post(", "@put(", "@patch(", "@get("})) {
      const Node cls = f.above("class_declaration", "class");
      return name + " " + said + " " + std::string(cls.child("name").text());
    }
  }
  if (begins_with_directive(file, "use server") || contains(body(f).code().substr(0, 40), "use server")) {
    const bool open = f.parent().is("export_statement") || f.above("export_statement") ||
                      contains(body(f).code().substr(0, 40), "use server");
    return open && !function_around(f) ? name : std::string();
  }
  if (!takes_request(f)) return {};
  const std::string door = door_name(file, f);
  if (name.empty() && (door.empty() || door == "default") && contains(file.path, "functions/"))
    return folder_of(file.path);
  if (contains(file.path, "pages/api/")) return folder_of(file.path);
  return name.empty() ? door : door == name ? name : name + " " + door;
}

}  // namespace gatehouse::audit::source
