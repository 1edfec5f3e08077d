// Next.js: route handlers, pages/api, pages, tRPC.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/next_parts.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/served_rights.h"
#include "audit/source/visitor_client.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
}

Node function_called(const File& file, std::string_view name) {
  for (const char* type : {"function_declaration", "arrow_function", "function_expression"})
    for (const Node f : file.tree.all(type))
      if (function_name(f) == name) return f;
  return {};
}

std::vector<Node> called_here(const File& file, Node function) {
  std::vector<Node> out;
  std::set<std::string> names;
  for (const Call* c : file.calls_in(function)) names.insert(c->name);
  for (const char* type : {"function_declaration", "arrow_function"})
    for (const Node f : file.tree.all(type))
      if (!f.inside(function) && !function.inside(f) && names.contains(function_name(f))) out.push_back(f);
  return out;
}

namespace {

// "apps/web/app/(site)/api/users/[id]/route.ts" -> "/api/users/[id]"; nothing for other files.
std::optional<std::string> app_route(std::string_view path) {
  const std::string_view name = name_of(path);
  if (name != "route.ts" && name != "route.js" && name != "route.tsx" && name != "route.mjs") return std::nullopt;
  std::string out;
  bool inside = false;
  for (const auto part : text::split(path.substr(0, path.size() - name.size()), '/')) {
    if (part == "app" && !inside) {
      inside = true;
      continue;
    }
    if (!inside || part.empty() || part.front() == '(' || part.front() == '@') continue;
    (out += '/') += part;
  }
  if (!inside) return std::nullopt;
  return out.empty() ? "/" : out;
}

std::optional<std::string> pages_route(std::string_view path) {
  const std::size_t at = path.find("pages/api/");
  if (at == std::string_view::npos || (at > 0 && path[at - 1] != '/')) return std::nullopt;
  return "/" + module_of(path.substr(at + 6));
}

struct Exported {
  std::string method;
  Node function;  // the code that runs
  Node at;
  std::string wrapper;  // withAuth(…)
};

std::vector<Exported> exported(const File& file) {
  std::vector<Exported> out;
  static constexpr std::string_view kMethods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  const auto is_method = [](std::string_view n) {
    return std::find(std::begin(kMethods), std::end(kMethods), n) != std::end(kMethods);
  };
  for (const Node e : file.tree.all("export_statement")) {
    const Node d = e.child("declaration");
    if (d.is("function_declaration") && is_method(d.child("name").text()))
      out.push_back({text::to_lower(d.child("name").text()), d, d, {}});
    if (d.any_of("lexical_declaration", "variable_declaration"))
      for (const Node v : d.children()) {
        if (!v.is("variable_declarator") || !is_method(v.child("name").text())) continue;
        Node value = unwrap(v.child("value"));
        std::string wrapper;
        for (int i = 0; i < 6; ++i) {
          const auto c = as_call(value);
          if (!c) break;
          wrapper += c->name + " ";
          value = c->args.empty() ? Node() : unwrap(c->args.front());
          for (const Node a : c->args)
            if (is_function(unwrap(a))) value = unwrap(a);
        }
        if (value.is("identifier")) value = function_called(file, value.text());
        out.push_back({text::to_lower(v.child("name").text()), value, v, wrapper});
      }
    for (const Node clause : e.children())
      if (clause.is("export_clause"))
        for (const Node s : clause.children()) {
          const Node alias = s.child("alias") ? s.child("alias") : s.child("name");
          if (is_method(alias.text()))
            if (const Node f = function_called(file, s.child("name").text()))
              out.push_back({text::to_lower(alias.text()), f, f, {}});
        }
  }
  return out;
}

// Stops: a stranger for whom a handler does what no policy of the database would let him do.
bool works_mightily(const File& file, Node function) {
  if (!function) return false;
  for (const Call* c : file.calls_in(function))
    if (contains(c->name, "auth.admin.") && !contains(c->name, "getUserById")) return true;
  for (const Touch& t : touches(file, function)) {
    if (!t.mighty) continue;
    const bool reads = t.kind == Touch::Kind::one || t.kind == Touch::Kind::list;
    const bool left_by_anybody =
        t.kind == Touch::Kind::create &&
        has_word(t.record,
                 {"contact", "newsletter", "waitlist", "lead", "feedback", "subscriber", "message", "inquiry",
                  "contactmessage", "emailsubscriber", "newslettersubscriber", "signup", "pageview", "event"});
    if (reads ? people(t.record) || personal_noun(t.record) : !left_by_anybody) return true;
  }
  return false;
}

// if (!sig || sig !== process.env.CRON_SECRET) return …: a header that only a machine of the project's own knows
bool asks_shared_secret(Node function) {
  if (!function || !contains(function.code(), "headers")) return false;
  for (const Node branch : body(function).all("if_statement")) {
    const Code asked = branch.child("condition").code();
    if (contains(asked, "process.env.") && (contains(asked, "!==") || contains(asked, "!=")) &&
        icontains_any(asked, {"secret", "token", "key", "signature"}) && !contains(asked, "&&") &&
        refuses(branch.child("consequence")))
      return true;
  }
  return false;
}

// Stops: a deployment without the variable, where the question is left out.
void judge_open_secrets(File& file, Node function) {
  for (const Node branch : body(function).all("if_statement")) {
    const Node condition = unwrap(branch.child("condition"));
    const Code code = condition.code();
    if (!contains(code, "&&") || contains(code, "||") || !icontains_any(code, {"!==", "!="})) continue;
    if (!icontains_any(code, {"authorization", "auth", "secret", "token", "key", "bearer"})) continue;
    const Node left = unwrap(condition.child("left"));
    const std::string name = dotted(left);
    const bool variable = name.starts_with("process.env.") && secret_name(name.substr(12));
    bool held = false;
    if (left.is("identifier"))
      for (const Node d : file.tree.all("variable_declarator"))
        held = held || (d.child("name").text() == left.text() && d.child("value").code().starts_with("process.env."));
    if ((variable || (held && secret_name(left.text()))) && refuses(branch.child("consequence"))) {
      auto& f = file.hit("EX-021", branch);
      f.title = "Without the secret in the environment nobody is asked for it";
      f.severity = proof::Severity::high;
    }
  }
}

void judge_supabase_rights(File& file, const std::string& path, Node function) {
  if (webhook_door(path) || takes_signed_events(function))
    judge_visitor_writes(file, function);
  else
    judge_served_rights(file, function);
}

// Something in it, or a helper it names, looks at a signature.
bool looks_at_signatures(const File& file, Node function) {
  if (verifies_signature(file, function) || icontains_any(function.code(), {"createhmac", "signature"})) return true;
  const auto all = file.calls_in(function);
  return std::any_of(all.begin(), all.end(), [](const Call* c) {
    return has_word(last(c->name), {"verify", "verified", "validate", "signature", "construct", "authenticate"});
  });
}

void read_handler(File& file, ScriptNotes& notes, const std::string& path, const Exported& e) {
  ScriptRoute r;
  r.framework = "next";
  r.file = module_of(file.path);
  r.path = path;
  r.method = e.method;
  r.at = place(file.path, e.at.line());
  r.shown = file.shown(e.at);
  std::string code(e.function.code());
  for (const Node f : called_here(file, e.function)) code += std::string(f.code());
  r.guarded = asks_identity(code) ||
              (!e.wrapper.empty() &&
               (guard_middleware(e.wrapper) || icontains_any(e.wrapper, {"auth", "protected", "session", "user"})));
  r.guarded = r.guarded || asks_shared_secret(e.function);
  r.limited = asks_limit(code) || icontains_any(e.wrapper, {"limit"});
  if (e.function) {
    r.guarded = r.guarded || claims_identity(file, e.function);
    const HandlerNames own = handler_names(file, e.function);
    r.flow = flow_of(file, e.function, &own);
  }
  r.costly = costly_route(path, code);
  r.privileged = staff_only(file, e.function) || icontains(e.wrapper, "admin");
  r.mighty = works_mightily(file, e.function);
  if (e.function) judge_open_secrets(file, e.function);
  if (e.function) judge_lost_filters(file, e.function);
  if (e.function) judge_mails(file, e.function);
  // A form with a file in it, taken as it comes.
  if (e.function && contains(code, ".formData()") &&
      icontains_any(code, {"arraybuffer()", "writefile", ".upload(", ".put(", "putobject", ".stream()"}) &&
      !webhook_door(path)) {
    const bool sized = contains(code, ".size"), typed = contains(code, ".type") || icontains(code, "mime");
    if (!sized || !typed) {
      auto& f = file.hit("FA-016", e.at);
      f.title = sized   ? "An upload is taken whatever its type"
                : typed ? "An upload is taken whatever its size"
                        : "An upload is taken whatever its size and type";
      for (const Call* c : file.calls_in(e.function))
        if (last(c->name) == "arrayBuffer" && f.locations.size() < 3) also(f, file, c->node);
    }
  }
  r.refuses = (code.size() < 200 && icontains_any(code, {"404", "405", "410", "notfound()"})) ||
              (e.function && body(e.function).children().empty());
  if (e.function && e.method != "get" && (webhook_door(path) || takes_signed_events(e.function))) {
    judge_webhook(file, e.function, e.at);
    r.hook_judged = true;
    r.verifies = looks_at_signatures(file, e.function);
  } else if (e.function) {
    r.unowned = judge_handler(file, e.function, path);
  }
  notes.routes.push_back(std::move(r));
}

}  // namespace

// Stops: a stranger whose missing session makes the filter undefined, which Prisma takes for no filter at all.
void judge_lost_filters(File& file, Node function) {
  for (const Node d : function.all("variable_declarator")) {
    if (!d.child("name").is("identifier") || !asks_identity(d.child("value").code()) ||
        is_function(unwrap(d.child("value"))))
      continue;
    const std::string name(d.child("name").text());
    bool asked = false;
    for (const char* type : {"if_statement", "ternary_expression"})
      for (const Node branch : function.all(type)) asked = asked || has_token(branch.child("condition").code(), name);
    if (asked) continue;
    for (const Touch& t : touches(file, function)) {
      if (t.by_rules || t.mighty || !contains(t.condition, name + "?.")) continue;
      file.hit("NX-002", t.call).title = "Without a session the condition falls away, and whoever asks is answered";
      return;
    }
  }
}

void read_web_handler(File& file, ScriptNotes& notes, const std::string& path, std::string_view method, Node function,
                      Node at) {
  read_handler(file, notes, path, {std::string(method), function, at, {}});
  ScriptRoute& r = notes.routes.back();
  r.framework = "edge";
  // What only computes an answer from the question may be asked by everybody.
  r.refuses = r.refuses || (!r.costly && touches(file, function).empty() &&
                            !icontains_any(function.code(), {"fetch(", "stripe", ".send(", "invoke("}));
}

void read_next(File& file, ScriptNotes& notes) {
  read_next_config(file, notes);
  read_next_middleware(file, notes);
  if (file.imports_from("trpc") || contains(file.code(), "Procedure")) read_procedures(file, notes);
  const bool next = contains(file.code(), "next/") || app_route(file.path) || pages_route(file.path);
  if (next) notes.next_app = true;
  if (icontains(file.code(), "use server")) read_server_actions(file, notes);
  read_auth_options(file, notes);
  read_next_page(file, notes);
  if (const auto path = app_route(file.path)) {
    for (const Exported& e : exported(file)) {
      read_handler(file, notes, *path, e);
      if (e.function) judge_supabase_rights(file, *path, e.function);
    }
  } else if (const auto api = pages_route(file.path)) {
    for (const Node e : file.tree.all("export_statement")) {
      if (!e.has_token("default")) continue;
      Node f = e.child("declaration") ? e.child("declaration") : unwrap(e.child("value"));
      std::string wrapper;
      if (const auto c = as_call(f)) {
        wrapper = c->name;
        f = c->args.empty() ? Node() : unwrap(c->arg(0));
      }
      const std::string named(f.is("identifier") ? f.text() : std::string_view());
      if (f.is("identifier")) f = function_called(file, f.text());
      if (!f && !named.empty())  // handler.post(async (req, res) => …) of next-connect
        for (const Call& c : file.calls) {
          static constexpr std::string_view kVerbs[] = {"get", "post", "put", "patch", "delete"};
          if (c.name.substr(0, c.name.find('.')) != named || c.args.empty() || !is_function(unwrap(c.args.back())))
            continue;
          if (std::find(std::begin(kVerbs), std::end(kVerbs), last(c.name)) == std::end(kVerbs)) continue;
          read_handler(file, notes, *api,
                       {std::string(last(c.name)), unwrap(c.args.back()), unwrap(c.args.back()), {}});
        }
      if (!f) continue;
      const Code code = f.code();
      // buffer(req) of micro says neither the method nor the body.
      const bool writes = icontains_any(code, {"post", "put", "delete", "patch", "req.body"}) || takes_signed_events(f);
      read_handler(file, notes, *api, {writes ? "post" : "get", f, f, wrapper});
      notes.routes.back().any_method = !contains(code, "method");
      judge_supabase_rights(file, *api, f);
    }
  }
}

}  // namespace gatehouse::audit::source
