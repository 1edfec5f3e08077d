#include "audit/source/express_handlers.h"

#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 4;

std::string root_of(std::string_view name) { return std::string(name.substr(0, name.find_first_of(".("))); }

Node function_named(const File& file, std::string_view name) {
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type))
      if (function_name(f) == name && !is_function(f.parent())) return f;
  return {};
}

// The type of a class's own member: private users = new UserController(), constructor(private users: UserController)
std::string type_of_member(Node at, std::string_view member) {
  const Node cls = at.above("class_declaration", "class");
  for (const char* type : {"public_field_definition", "field_definition", "required_parameter"})
    for (const Node m : cls.all(type)) {
      const Node name = m.child("name")      ? m.child("name")
                        : m.child("pattern") ? m.child("pattern")
                                             : m.child("property");
      if (name.text() != member) continue;
      if (const auto made = as_call(unwrap(m.child("value"))); made && made->name.starts_with("new "))
        return made->name.substr(4);
      for (const Node t : m.child("type").all("type_identifier")) return std::string(t.text());
    }
  for (const Node a : cls.all("assignment_expression"))
    if (a.child("left").text() == "this." + std::string(member))
      if (const auto made = as_call(unwrap(a.child("right"))); made && made->name.starts_with("new "))
        return made->name.substr(4);
  return {};
}

// The module that a variable's value was made by: walletController(app), new UserController(), require("./x")(app)
std::string module_behind(const File& file, const std::string& root) {
  if (const auto it = file.imports.find(root); it != file.imports.end()) return resolve_module(file.path, it->second);
  for (const Node d : file.tree.all("variable_declarator")) {
    if (d.child("name").text() != root) continue;
    const Node value = unwrap(d.child("value"));
    const auto made = as_call(value);
    if (!made) continue;
    if (const auto inner = as_call(unwrap(value.child("function"))); inner && inner->name == "require")
      return resolve_module(file.path, literal(inner->arg(0)).value_or(""));
    const std::string maker =
        root_of(made->name.starts_with("new ") ? std::string_view(made->name).substr(4) : made->name);
    if (const auto it = file.imports.find(maker); it != file.imports.end())
      return resolve_module(file.path, it->second);
    return module_of(file.path);
  }
  // (controller: UsersController) => Router().get("/", controller.list)
  for (const Node p : file.tree.all("required_parameter"))
    if (p.child("pattern").text() == root)
      for (const Node t : p.child("type").all("type_identifier"))
        if (const auto it = file.imports.find(t.text()); it != file.imports.end())
          return resolve_module(file.path, it->second);
  return {};
}

}  // namespace

HandlerRef handler_ref(const File& file, Node n, int depth) {
  HandlerRef out;
  n = unwrap(n);
  if (depth > kDeepest || !n) return out;
  if (is_function(n)) {
    out.function = n;
    // (req, res, next) => users.list(req, res, next): only the way there.
    const auto own = parameters_of(n);
    Node only = body(n);
    if (only.is("statement_block")) {
      const auto said = only.children();
      only = said.size() == 1 && said[0].any_of("return_statement", "expression_statement") ? said[0].first() : Node();
    }
    const auto c = as_call(unwrap(only));
    if (!c || own.empty() || !request_name(own[0].text()) || c->args.empty() || !(c->arg(0).text() == own[0].text()))
      return out;
    HandlerRef inner = handler_ref(file, unwrap(only).child("function"), depth + 1);
    return inner.function || !inner.module.empty() ? inner : out;
  }
  if (n.is("identifier")) {
    out.name = n.text();
    out.function = function_named(file, out.name);
    if (!out.function) out.module = module_behind(file, out.name);
    return out;
  }
  if (n.is("member_expression")) {
    const std::string name = dotted(n);
    out.name = last(name);
    if (const auto inner = as_call(unwrap(n.child("object"))); inner && inner->name == "require") {
      out.module = resolve_module(file.path, literal(inner->arg(0)).value_or(""));
      return out;
    }
    const auto parts = text::split(name, '.');
    if (parts.front() == "this") {
      if (parts.size() == 2) {
        out.function = function_named(file, out.name);
      } else if (parts.size() == 3) {
        const std::string type = type_of_member(n, parts[1]);
        if (const auto it = file.imports.find(root_of(type)); it != file.imports.end())
          out.module = resolve_module(file.path, it->second);
      }
      return out;
    }
    out.module = module_behind(file, std::string(parts.front()));
    if (out.module == module_of(file.path)) out.function = function_named(file, out.name);
    return out;
  }
  const auto c = as_call(n);
  if (!c) return out;
  if (last(c->name) == "bind") return handler_ref(file, unwrap(n.child("function")).child("object"), depth + 1);
  if (auto made = made_handler(file, n)) {
    out.name = made->maker;
    out.module = made->maker_file;
    out.about = made->about;
    return out;
  }
  out.guard = guard_middleware(c->name);
  for (const Node a : c->args) {  // asyncHandler(async (req, res) => …), asyncHandler(controller.x)
    const Node x = unwrap(a);
    if (!is_function(x) && !x.any_of("identifier", "member_expression", "call_expression")) continue;
    HandlerRef inner = handler_ref(file, x, depth + 1);
    if (!inner.function && inner.name.empty()) continue;
    inner.guard = inner.guard || out.guard;
    return inner;
  }
  return out;
}

std::optional<std::string> route_path(const File& file, Node n) {
  n = unwrap(n);
  if (auto said = literal(n)) return said;
  if (n.any_of("template_string", "binary_expression") && !holes(n).empty()) {
    std::string out = spoken(n);
    for (const Node h : holes(n)) {  // each hole stands as "?"
      std::string put;
      if (const std::string name = dotted(unwrap(h)); name.starts_with("this."))
        for (const char* type : {"public_field_definition", "field_definition"})
          for (const Node m : n.above("class_declaration", "class").all(type))
            if ((m.child("name") ? m.child("name") : m.child("property")).text() == name.substr(5))
              put = literal(m.child("value")).value_or("");
      if (put.empty()) put = literal(value_of(file, h)).value_or("");
      if (const std::size_t at = out.find('?'); at != std::string::npos) out.replace(at, 1, put);
    }
    if (!out.starts_with("/")) out.insert(0, "/");
    return out;
  }
  if (n.is("identifier"))
    if (const auto said = literal(value_of(file, n)); said && said->starts_with("/")) return said;
  if (n.is("member_expression")) {
    const std::string name = dotted(n);
    const char head = name.empty() ? ' ' : name.front();
    if (head < 'A' || head > 'Z') return std::nullopt;  // a constant: ROUTES.SIGN_IN
    std::string out = "/";
    for (const std::string& w : words(last(name))) out += (out.size() > 1 ? "-" : "") + w;
    return out;
  }
  return std::nullopt;
}

}  // namespace gatehouse::audit::source
