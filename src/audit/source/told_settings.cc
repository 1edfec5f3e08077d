#include "audit/source/told_settings.h"

#include <algorithm>
#include <set>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_value.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Told {
  std::set<std::string> names;
  bool part = false;  // the beginning or the length of a secret
};

// What pages are given anyway.
bool for_pages(std::string_view name) {
  return has_word(name,
                  {"public", "publishable", "vite", "react", "anon", "client", "measurement", "expo", "version"}) ||
         name.ends_with("KEY_ID");
}

bool cut_out(Node n) {
  const Node up = n.parent();
  if (up.is("member_expression") && up.child("object") == n) {
    const std::string_view part = up.child("property").text();
    return part == "length" || part == "substring" || part == "slice" || part == "substr";
  }
  return false;
}

void gather(const File& file, Node function, Node said, Told& out, int depth = 0) {
  if (depth > 2 || !said || is_function(said)) return;
  std::vector<Node> nodes;
  for (const char* kind : {"member_expression", "subscript_expression"})
    for (const Node n : said.all(kind)) nodes.push_back(n);
  nodes.push_back(said);
  for (const Node n : nodes)
    if (const auto name = env_name(n); name && !for_pages(*name)) {
      out.names.insert(*name);
      out.part = out.part || (secret_name(*name) && cut_out(n));
    }
  for (const Call* c : file.calls_in(said)) {  // pickEnv(["APP_URL", "CONTEXT"])
    if (c->name.find('.') != std::string::npos || c->args.empty()) continue;
    for (const Node f : file.tree.all("function_declaration"))
      if (function_name(f) == c->name && contains(f.code(), "process.env["))
        for (const Node s : c->node.child("arguments").all("string"))
          if (const auto text = literal(s); text && !for_pages(*text) && !text->empty()) out.names.insert(*text);
  }
  for (const char* kind : {"identifier", "shorthand_property_identifier"}) {
    std::vector<Node> ids = said.all(kind);
    if (said.is(kind)) ids.push_back(said);
    for (const Node id : ids)
      for (const Node d : function.all("variable_declarator"))
        if (d.child("name").text() == id.text() && d.begin() < id.begin() && !(d.child("value") == said))
          gather(file, function, d.child("value"), out, depth + 1);
  }
}

void tell(File& file, Node at, const Told& told) {
  auto& f = file.hit("EXP-004", at);
  f.title = told.part ? "An answer tells strangers the beginning or the length of a secret, and what else is set"
                      : "An answer tells strangers which settings and secrets the server has";
  f.impact =
      "Whoever looks for a way in reads which services stand behind it, which stage runs, and what is left unset.";
  f.fix = "Take the page away, or let it stand for those who run the place.";
  f.severity = told.part ? proof::Severity::medium : proof::Severity::low;
}

void look_script(File& file) {
  if (client_file(file) || !contains(file.code(), "process.env")) return;
  if (has_word(file.path, {"admin", "test", "tests", "scripts"})) return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const Code code = f.code();
      if (asks_identity(code) || icontains_any(code, {"authorization", "timingsafeequal", "isadmin", "requireadmin"}))
        continue;
      // Shut in production.
      bool shut = false;
      for (const Node b : f.all("if_statement"))
        shut = shut || (icontains_any(b.child("condition").code(), {"node_env", "production", "secret", "token"}) &&
                        icontains_any(b.child("consequence").code(), {"404", "403", "401", "notfound"}));
      if (shut) continue;
      const Node args = f.parent();
      if (const auto around = args.is("arguments") ? as_call(args.parent()) : std::nullopt; around) {
        const bool guarded = std::any_of(around->args.begin(), around->args.end(), [](Node a) {
          const auto made = as_call(unwrap(a));
          return !is_function(unwrap(a)) && guard_middleware(made ? made->name : dotted(unwrap(a)));
        });
        if (guarded) continue;
      }
      for (const auto& [at, args_] : answers_in(file, body(f))) {
        if (!(function_around(at) == f)) continue;
        Told told;
        const auto children = args_.children();
        if (!children.empty() && args_.is("arguments"))
          gather(file, f, unwrap(children.front()), told);
        else
          gather(file, f, args_, told);
        const bool secrets = std::count_if(told.names.begin(), told.names.end(),
                                           [](const std::string& n) { return secret_name(n); }) > 1;
        const bool page =
            has_word(std::string(file.path) + " " + function_name(f),
                     {"env", "debug", "diagnostic", "diagnostics", "diag", "check", "config", "health", "status"});
        if (!told.part && !secrets && !(page && told.names.size() > 2)) continue;
        tell(file, at, told);
        return;
      }
    }
}

// "openai": bool(os.getenv("OPENAI_API_KEY")), "stripe_configured": bool(settings.STRIPE_SECRET_KEY)
void gather_python(Node function, Node said, Told& out, int depth = 0) {
  if (depth > 1 || !said) return;
  std::vector<Node> calls = said.all("call");
  calls.push_back(said);
  for (const Node c : calls) {
    if (const auto read = env_read(c); read && !for_pages(read->name)) {
      out.names.insert(read->name);
      const Node up = c.parent();
      out.part = out.part || (secret_name(read->name) && up.is("subscript") && up.child("value") == c);
    }
    const auto asked = as_call(c);
    if (asked && (asked->name == "bool" || asked->name == "len") && asked->arg(0).is("attribute")) {
      const std::string name(last(dotted(asked->arg(0))));
      if (secret_name(name)) out.names.insert(name);
      out.part = out.part || (asked->name == "len" && secret_name(name));
    }
  }
  for (const Node s : said.all("subscript"))  // settings.SECRET_KEY[:6]
    if (s.child("value").is("attribute") && secret_name(last(dotted(s.child("value")))) &&
        s.child("subscript").is("slice"))
      out.part = out.names.emplace(last(dotted(s.child("value")))).second || out.part;
  for (const Node id : said.all("identifier"))
    for (const Node a : body(function).all("assignment"))
      if (a.child("left").text() == id.text() && a.begin() < id.begin())
        gather_python(function, a.child("right"), out, depth + 1);
}

void look_python(File& file) {
  if (!icontains_any(file.code(), {"environ", "getenv", "settings."})) return;
  for (const Node f : file.tree.all("function_definition")) {
    const Code given = f.child("parameters").code();
    if (!route_function(f) && !given.starts_with("(request")) continue;
    std::string before(given);
    for (const std::string& d : decorators(f)) before += d;
    if (icontains_any(before,
                      {"current_user", "admin", "login_required", "require", "permission", "get_user", "auth"}) ||
        icontains_any(f.code(), {"is_staff", "is_superuser", "current_user", "authorization"}))
      continue;
    for (const Node r : body(f).all("return_statement")) {
      if (!(function_around(r) == f)) continue;
      Told told;
      gather_python(f, r.first(), told);
      const bool secrets =
          std::count_if(told.names.begin(), told.names.end(), [](const std::string& n) { return secret_name(n); }) > 1;
      if (!told.part && !secrets) continue;
      tell(file, r, told);
      return;
    }
  }
}

}  // namespace

// Stops: a map of the inside for whoever asks for it.
void read_told_settings(File& file) {
  if (file.tree.python())
    look_python(file);
  else
    look_script(file);
}

}  // namespace gatehouse::audit::source
