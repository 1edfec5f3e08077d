// Next.js: route handlers, pages/api, middleware, server actions, next.config.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
}

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

Node function_called(const File& file, std::string_view name) {
  for (const char* type : {"function_declaration", "arrow_function", "function_expression"})
    for (const Node f : file.tree.all(type))
      if (function_name(f) == name) return f;
  return {};
}

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

std::vector<Node> called_here(const File& file, Node function) {
  std::vector<Node> out;
  std::set<std::string> names;
  for (const Call* c : file.calls_in(function)) names.insert(c->name);
  for (const char* type : {"function_declaration", "arrow_function"})
    for (const Node f : file.tree.all(type))
      if (!f.inside(function) && !function.inside(f) && names.contains(function_name(f))) out.push_back(f);
  return out;
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
  r.limited = asks_limit(code) || icontains_any(e.wrapper, {"limit"});
  if (e.function) {
    r.guarded = r.guarded || claims_identity(file, e.function);
    const HandlerNames own = handler_names(file, e.function);
    r.flow = flow_of(file, e.function, &own);
  }
  r.costly = costly_route(path, code);
  // A form with a file in it, taken as it comes.
  if (e.function && contains(code, ".formData()") &&
      icontains_any(code, {"arraybuffer()", "writefile", ".upload(", ".put(", "putobject", ".stream()"}) &&
      !webhook_door(path)) {
    const bool sized = contains(code, ".size"), typed = contains(code, ".type") || icontains(code, "mime");
    if (!sized || !typed)
      file.hit("FA-016", e.at).title = sized   ? "An upload is taken whatever its type"
                                       : typed ? "An upload is taken whatever its size"
                                               : "An upload is taken whatever its size and type";
  }
  r.refuses = code.size() < 200 && icontains_any(code, {"404", "405", "410", "notfound()"});
  if (e.function && e.method != "get" && (webhook_door(path) || takes_signed_events(e.function))) {
    judge_webhook(file, e.function, e.at);
  } else if (e.function) {
    r.unowned = judge_handler(file, e.function, path);
  }
  notes.routes.push_back(std::move(r));
}

void read_middleware(File& file, ScriptNotes& notes) {
  const std::string_view name = name_of(file.path);
  if (name != "middleware.ts" && name != "middleware.js" && name != "proxy.ts" && name != "proxy.js") return;
  if (!contains(file.code(), "next/server") && !contains(file.code(), "clerkMiddleware") &&
      !contains(file.code(), "NextResponse") && !contains(file.code(), "withAuth") && !contains(file.code(), "matcher"))
    return;
  const std::string_view code = file.code();
  if (asks_limit(code)) notes.middleware_limits = true;
  if (contains(code, "Content-Security-Policy")) notes.csp = true;
  if (contains(code, "Strict-Transport-Security")) notes.hsts = true;
  if (icontains_any(code, {"x-frame-options", "x-content-type-options"})) notes.helmet = true;
  const bool refuses_strangers =
      icontains_any(code, {".protect(", "redirecttosignin", "unauthorized", "401", "403", "redirect(", "withauth"});
  const bool looks = icontains_any(code, {"clerkmiddleware", "gettoken(", "cookies", "verify", "getsession", "auth(",
                                          "withauth", "updatesession", "authorization"});
  bool covers_api = !contains(code, "matcher");
  for (const Node p : file.tree.all("pair")) {
    if (p.child("key").text() != "matcher") continue;
    const std::string_view list = p.child("value").code();
    if (contains(list, "/api") || contains(list, "(api")) covers_api = true;
    if (contains(list, "(?!") && !contains(list, "(?!api") && !contains(list, "|api")) covers_api = true;
  }
  notes.pages_guarded = notes.pages_guarded || (refuses_strangers && looks);
  if (!refuses_strangers || !looks || !covers_api) return;
  notes.middleware_guard = true;
  bool listed = false;
  for (const Call& c : file.calls) {
    if (last(c.name) != "createRouteMatcher") continue;
    const std::string variable(c.node.parent().child("name").text());
    listed = true;
    notes.middleware_guards_rest = icontains_any(variable, {"public", "open", "unprotected", "ignored"});
    for (const Node s : c.node.all("string"))
      if (const auto t = literal(s)) notes.middleware_paths.push_back(*t);
  }
  if (!listed) notes.middleware_guards_rest = true;
}

// Arguments of a server action are what a client sends, whatever their types say.
void judge_action_values(File& file, Node action) {
  std::vector<std::string> given;
  const auto all = action.child("parameters").all("identifier");
  for (const Node n : all)
    if (n.parent().any_of("required_parameter", "optional_parameter", "formal_parameters"))
      given.emplace_back(n.text());
  const auto takes = [&](std::string_view code) {
    return std::any_of(given.begin(), given.end(), [&](const std::string& g) { return has_token(code, g); });
  };
  for (const Node p : action.all("pair")) {
    const std::string_view key = p.child("key").text();
    if ((key != "unit_amount" && key != "amount") || !takes(p.child("value").code())) continue;
    const std::string_view code = body(action).code();
    if (icontains_any(code, {"stripe", "paymentintents", "checkout.sessions"})) file.hit("PAY-001", p);
  }
  for (const Call* c : file.calls_in(body(action))) {
    const std::string_view f = last(c->name);
    if (f != "update" && f != "insert" && f != "upsert" && f != "create" && f != "set" && f != "values") continue;
    const std::string_view code = c->node.child("arguments").code();
    const std::size_t at = code.find("Object.fromEntries(");
    if (at == std::string_view::npos || icontains_any(code, {"parse(", "pick("}) || !takes(code.substr(at))) continue;
    file.hit("AZ-007", c->node).title = "Every field the client sends is written to the record";
  }
}

// Stops: a plan that is had by opening an address, because a page writes what its address says.
void judge_page(File& file) {
  const std::string_view name = name_of(file.path);
  if (!name.starts_with("page.") || !contains(file.code(), "searchParams") || asks_identity(file.code()) ||
      icontains_any(file.code(), {"use client", "getuser", "currentuser", "sessions.retrieve", "verify"}))
    return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if ((f != "update" && f != "insert" && f != "upsert" && f != "delete" && f != "create") ||
        !c.node.child("function").is("member_expression"))
      continue;
    Node whole = c.node;
    for (Node p = whole.parent(); p && !p.any_of("statement_block", "expression_statement", "variable_declarator");
         p = p.parent())
      whole = p;
    if (!contains(whole.code(), "searchParams")) continue;
    file.hit("NX-003", c.node).title = "A page writes what its address says, for whoever opens it";
    return;
  }
}

// A page of the app folder that reads records is a route like another: whoever knows the address asks for it.
void read_page(File& file, ScriptNotes& notes) {
  const std::string_view name = name_of(file.path);
  const bool layout = name.starts_with("layout.");
  if ((!name.starts_with("page.") && !layout) || !contains("/" + std::string(file.path), "/app/") || client_file(file))
    return;
  const std::string folder(file.path.substr(0, file.path.size() - name.size()));
  if (layout) {
    if (asks_identity(file.code())) notes.guarded_layouts.insert(folder);
    return;
  }
  for (const Node e : file.tree.all("export_statement")) {
    if (!e.has_token("default")) continue;
    Node f = e.child("declaration") ? e.child("declaration") : unwrap(e.child("value"));
    if (f.is("identifier")) f = function_called(file, f.text());
    if (!is_function(f)) continue;
    ScriptRoute r;
    r.framework = "page";
    r.file = module_of(file.path);
    r.path = "/";
    bool inside = false;
    for (const auto part : text::split(folder, '/')) {
      if (inside && !part.empty() && part.front() != '(' && part.front() != '@')
        r.path += (r.path.size() > 1 ? "/" : "") + std::string(part);
      inside = inside || part == "app";
    }
    r.method = "get";
    r.at = place(file.path, f.line());
    r.shown = file.shown(f);
    r.guarded = asks_identity(file.code());
    const HandlerNames own = handler_names(file, f);
    r.flow = flow_of(file, f, &own);
    notes.routes.push_back(std::move(r));
  }
}

void read_actions(File& file, ScriptNotes& notes) {
  const std::string_view head = text::trim(file.code().substr(0, 300));
  const bool whole = head.starts_with("\"use server\"") || head.starts_with("'use server'");
  for (const char* type : {"function_declaration", "arrow_function", "function_expression"})
    for (const Node f : file.tree.all(type)) {
      if (!contains(f.text().substr(0, 10), "async")) continue;
      bool action = false;
      if (whole) {
        const Node p = f.parent();
        action =
            p.is("export_statement") || (p.is("variable_declarator") && p.parent().parent().is("export_statement"));
      } else {
        const std::string_view inner = text::trim(body(f).text().substr(0, 60));
        action = contains(inner, "\"use server\"") || contains(inner, "'use server'");
      }
      if (!action) continue;
      judge_action_values(file, f);
      const std::string name = function_name(f);
      if (sign_in_door(name) && !has_word(name, {"redirect", "logout", "signout"})) {
        ScriptRoute r;
        r.framework = "action";
        r.file = module_of(file.path);
        r.path = "/" + name;
        r.method = "post";
        r.at = place(file.path, f.line());
        r.shown = file.shown(f);
        r.guarded = r.refuses = true;  // meant for everybody; only how often is the question
        r.limited = asks_limit(file.code());
        notes.routes.push_back(std::move(r));
      }
      std::string code(f.code());
      for (const Node g : called_here(file, f)) code += std::string(g.code());
      if (asks_identity(code) || public_door(name) || has_word(name, {"logout", "signout"})) continue;
      if (icontains_any(code, {"auth.", "protect", "cookies()", "safeaction", "authaction", "getuser", "currentuser"}))
        continue;
      const bool acts = icontains_any(code, {"insert", "update", "delete", "create", "save", "writefile", "stripe",
                                             ".set(", "upsert", "select", ".find", "fetch(", "revalidate"});
      if (acts) file.hit("NX-003", f);
      notes.actions.push_back({place(file.path, f.line()), name});
    }
}

// tRPC: what stands behind publicProcedure is open, what stands behind the other kind is open to every user.
void read_procedures(File& file) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "mutation" && f != "query") continue;
    const Node resolver = unwrap(c.arg(0));
    if (!is_function(resolver)) continue;
    const bool open = icontains(c.name, "publicprocedure"),
               closed = icontains_any(c.name, {"protectedprocedure", "authedprocedure", "privateprocedure"});
    const std::string_view code = resolver.code();
    const Node named = c.node.above("pair");
    const std::string name(named.child("key").text());
    if (open && f == "mutation" && !public_door(name) && !asks_identity(code) && !contains(code, "ctx.session") &&
        icontains_any(code, {".delete", ".update", ".insert", ".create", ".upsert", "stripe", "send"})) {
      file.hit("NX-003", named ? named : c.node).title = "A public procedure changes data";
    } else if (closed && !contains(code, "ctx") && icontains_any(code, {"input.id", "id }", "{ id"}) &&
               icontains_any(code, {"eq(", "where", "findunique", "findfirst", "findbyid", "delete"})) {
      file.hit("AZ-001", named ? named : c.node);
    }
  }
}

void read_config(File& file, ScriptNotes& notes) {
  const std::string_view name = name_of(file.path);
  const std::string_view code = file.code();
  if (name.starts_with("next.config.")) {
    notes.next_configs.push_back({place(file.path, 1), std::string(name) + " without headers()"});
    for (const Node p : file.tree.all("pair")) {
      const std::string_view key = p.child("key").text();
      if (key == "headers") notes.next_headers = true;
      if (key == "productionBrowserSourceMaps" && p.child("value").is("true")) file.hit("NX-005", p);
      if (key == "hostname")
        if (const auto h = literal(p.child("value")); h && (*h == "**" || *h == "*")) file.hit("NX-004", p);
      if (key == "ignoreBuildErrors") continue;
      if (key == "env") {
        for (const auto& [k, v] : members(p.child("value")))
          if (secret_name(k))
            file.hit("SEC-004", v).title = "next.config copies a secret into browser code (" + k + ")";
      }
    }
    for (const Node m : file.tree.all("method_definition"))
      if (m.child("name").text() == "headers") {
        notes.next_headers = true;
        notes.next_configs.back() = {place(file.path, m.line()), file.shown(m)};
      }
    for (const Node p : file.tree.all("pair"))
      if (p.child("key").text() == "headers" && is_function(unwrap(p.child("value"))))
        notes.next_configs.back() = {place(file.path, p.line()), file.shown(p)};
  }
  if (contains(code, "Content-Security-Policy") || icontains(code, "contentsecuritypolicy") ||
      icontains(code, "content-security-policy"))
    notes.csp = true;
  if (contains(code, "Strict-Transport-Security") || icontains(code, "strict-transport-security")) notes.hsts = true;
  if (name.starts_with("vite.config.")) {
    for (const Node p : file.tree.all("pair")) {
      const std::string_view key = p.child("key").text();
      if (key == "sourcemap" && p.child("value").is("true")) file.hit("NX-005", p);
      if ((key == "process.env" || literal(p.child("key")) == "process.env") && !p.child("value").is("object"))
        file.hit("NX-007", p);
      if (key == "envPrefix")
        if (const auto t = literal(p.child("value")); t && t->empty()) file.hit("NX-007", p);
      if (const auto k = literal(p.child("key")); k && k->starts_with("process.env.") && secret_name(k->substr(12)))
        file.hit("SEC-004", p);
    }
  }
}

}  // namespace

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
  read_config(file, notes);
  read_middleware(file, notes);
  if (file.imports_from("trpc") || contains(file.code(), "Procedure")) read_procedures(file);
  const bool next = contains(file.code(), "next/") || app_route(file.path) || pages_route(file.path);
  if (next) notes.next_app = true;
  if (icontains(file.code(), "use server")) read_actions(file, notes);
  judge_page(file);
  read_page(file, notes);
  if (const auto path = app_route(file.path)) {
    for (const Exported& e : exported(file)) read_handler(file, notes, *path, e);
  } else if (const auto api = pages_route(file.path)) {
    for (const Node e : file.tree.all("export_statement")) {
      if (!e.has_token("default")) continue;
      Node f = e.child("declaration") ? e.child("declaration") : unwrap(e.child("value"));
      std::string wrapper;
      if (const auto c = as_call(f)) {
        wrapper = c->name;
        f = c->args.empty() ? Node() : unwrap(c->arg(0));
      }
      if (f.is("identifier")) f = function_called(file, f.text());
      if (!f) continue;
      const std::string_view code = f.code();
      const bool writes = icontains_any(code, {"post", "put", "delete", "patch", "req.body"});
      read_handler(file, notes, *api, {writes ? "post" : "get", f, f, wrapper});
    }
  }
}

}  // namespace gatehouse::audit::source
