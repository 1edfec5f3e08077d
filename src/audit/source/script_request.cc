#include "audit/source/script_request.h"

#include <algorithm>

#include "audit/source/schema.h"
#include "audit/source/script.h"

namespace gatehouse::audit::source {

using namespace syntax;

std::vector<Node> parameters_of(Node function) {
  std::vector<Node> out;
  if (const Node only = function.child("parameter")) return {only};
  for (Node p : function.child("parameters").children()) {
    if (p.any_of("required_parameter", "optional_parameter")) p = p.child("pattern");
    if (p.is("assignment_pattern")) p = p.child("left");
    if (p && !p.is("comment")) out.push_back(p);
  }
  return out;
}

bool request_name(std::string_view p) {
  static constexpr std::string_view kNames[] = {"req", "request", "_req", "c", "ctx", "context"};
  return std::find(std::begin(kNames), std::end(kNames), p) != std::end(kNames);
}

bool body_object(std::string_view d) {
  return d == "req.body" || d == "request.body" || d == "ctx.request.body" || d == "ctx.req.body" ||
         d == "this.request.body" || d == "context.request.body";
}

bool query_object(std::string_view d) {
  return d == "req.query" || d == "request.query" || d == "ctx.query" || d == "ctx.request.query" ||
         d == "this.query" || d == "ctx.req.query" || d == "context.query";
}

bool takes_from_client(const Code& code) {
  return icontains_any(
      code,
      {"req.body",        "request.body",   "req.json()",       "request.json()", "req.query",       "request.query",
       "req.params",      "request.params", "ctx.query",        "ctx.params",     "ctx.cookies.get", "ctx.get(",
       "ctx.headers",     "c.req.",         "searchparams.get", "req.nexturl",    ".formdata()",     "req.headers",
       "request.headers", "req.valid(",     "req.cookies",      "event.body"});
}

std::string door_name(const File& file, Node function) {
  std::string name = function_name(function);
  if (name.empty()) {  // router.post("/register", guard, wrap(async (req, res) => …))
    Node p = function.parent();
    for (int i = 0; i < 4 && p.any_of("arguments", "call_expression"); ++i, p = p.parent())
      if (const auto around = as_call(p))
        if (const auto path = literal(around->arg(0)); path && path->starts_with("/")) return *path;
  }
  if (name == "POST" || name == "handler" || name == "default") {  // app/api/register/route.ts, pages/api/register.ts
    std::string path(file.path);
    if (const std::size_t route = path.rfind("/route."); route != std::string::npos)
      path.resize(route);
    else
      path.resize(std::min(path.rfind('.'), path.size()));
    return name + " " + path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
  }
  if (name == "execute" || name == "handle" || name == "run" || name == "perform")  // class LoginUseCase
    if (const Node cls = function.above("class_declaration", "class")) return std::string(cls.child("name").text());
  return name;
}

std::optional<ScriptMade> made_handler(const File& file, Node value) {
  const auto call = as_call(unwrap(value));
  if (!call || call->name.starts_with("new ") || call->args.empty() || call->args.size() > 3) return std::nullopt;
  const Node what = unwrap(call->arg(0));
  const std::string record = dotted(what);
  const char head = record.empty() ? ' ' : record[record.rfind('.') + 1];
  if (!what.any_of("identifier", "member_expression") || head < 'A' || head > 'Z' || record.starts_with("process."))
    return std::nullopt;
  const std::string root = call->name.substr(0, call->name.find_first_of(".("));
  ScriptMade out{std::string(last(call->name)), {}, record_key(record)};
  const auto it = file.imports.find(root);
  out.maker_file = it == file.imports.end() ? module_of(file.path) : resolve_module(file.path, it->second);
  if (out.maker_file.empty() || out.maker == "require" || out.maker.starts_with("use")) return std::nullopt;
  return out;
}

std::vector<Node> Said::values() const {
  if (!what.is("arguments")) return {what};
  return what.children();
}

std::vector<Said> answers_in(const File& file, Node within) {
  std::vector<Said> out = assigned_answers(within);
  for (const Call* c : file.calls_in(within))
    if (answers(*c)) out.push_back({c->node, c->node.child("arguments")});
  return out;
}

std::vector<Said> assigned_answers(Node within) {
  std::vector<Said> out;
  for (const Node a : within.all("assignment_expression")) {
    const std::string_view left = a.child("left").text();
    if (left == "ctx.body" || left == "ctx.response.body" || left == "this.body" || left == "context.body")
      out.push_back({a, unwrap(a.child("right"))});
  }
  return out;
}

}  // namespace gatehouse::audit::source
