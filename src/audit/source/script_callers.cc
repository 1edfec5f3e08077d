// Who may call and who says so: cross-origin rules, addresses and identities that come in headers.
#include <algorithm>

#include "audit/source/origins.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool all_origins_function(Node f) {
  const Code code = f.code();
  const Node only = f.child("parameter") ? f.child("parameter") : f.child("parameters").first();
  const std::string_view name =
      only.any_of("required_parameter", "optional_parameter") ? only.child("pattern").text() : only.text();
  if (!name.empty() && body(f).text() == name) return true;  // (origin) => origin
  if (request_name(name))                                    // ctx => ctx.get("Origin") || "*"
    return icontains_any(code, {"get('origin')", "get(\"origin\")", "headers.origin", "header.origin"}) &&
           !icontains_any(code, {"if ", "if(", "includes", "?", ".test(", "has(", "indexof", "==="});
  const bool yes = contains(code, "null, true") || contains(code, "null, origin");
  return yes && !contains(code, "if ") && !contains(code, "if(") && !contains(code, "includes") &&
         !contains(code, "?") && !contains(code, ".test(") && !contains(code, "has(");
}

bool reads_origin(const Code& code) {
  return icontains_any(code, {"headers.origin", "get(\"origin\")", "get('origin')", "header(\"origin\")",
                              "header('origin')", "headers[\"origin\"]", "headers['origin']"});
}

// Stops: https://evil-example.com, for which /example\.com/ has a match, and what anybody publishes at
// /\.vercel\.app$/.
bool half_a_pattern(Node n) {
  if (!n.is("regex")) return false;
  const std::string_view said = n.child("pattern").text();
  if (icontains_any(said, {"localhost", "127"})) return false;
  if (lets_anybody_publish(said)) return true;
  return !said.starts_with("^") && !said.starts_with("\\.") && contains(said, "\\.");
}

// origin(origin, cb) { if (…) return cb(null, true); console.warn(origin); cb(null, true); }: every way lets in.
bool lets_everybody_in(const File& file, Node f) {
  const auto given = parameters_of(f);
  if (given.size() < 2) return false;
  int yes = 0;
  for (const Call* c : file.calls_in(body(f))) {
    if (c->name != given[1].text()) continue;
    const Node answer = unwrap(c->arg(1));
    if (!(answer.is("true") || (answer && answer.text() == given[0].text()))) return false;
    ++yes;
  }
  return yes > 1;
}

// [ "http://localhost:3000", … ], and nothing else.
bool only_own_machines(Node origin) {
  std::vector<Node> all;
  if (origin.is("array")) {
    all = origin.children();
  } else {
    all = {origin};
  }
  return !all.empty() && std::all_of(all.begin(), all.end(), [](Node n) {
    const auto text = literal(unwrap(n));
    return text && own_machine(*text);
  });
}

// Stops: the origin that somebody registers beside ours, where a pattern of previews is tried by hand.
void judge_patterns(File& file) {
  if (!icontains_any(file.code(), {"cors", "access-control-allow-origin"})) return;
  for (const Node r : file.tree.all("regex")) {
    const std::string_view said = r.child("pattern").text();
    const bool any = lets_anybody_publish(said);
    if (!any && !lets_anybody_take(said)) continue;
    const bool told = std::any_of(file.sink.findings().begin(), file.sink.findings().end(), [&](const auto& f) {
      return f.id == "EX-002" && !f.locations.empty() && f.locations.front().path == file.path;
    });
    if (told) return;
    auto& f = file.hit("EX-002", r);
    f.severity = any ? proof::Severity::medium : proof::Severity::low;
    f.title = any ? "Pages of a host where anybody publishes may call"
                  : "Whoever takes a name of this form at the host of previews may call";
    f.fix = "Name the origins one by one, and let previews call a back end of their own.";
    return;
  }
}

}  // namespace

bool judge_cors_options(File& file, ScriptNotes& notes, Node at, Node options) {
  options = unwrap(value_of(file, unwrap(options)));
  if (options && options.is("false")) return false;
  if (options && !options.is("object") && !options.is("true")) return false;
  const Node origin = unwrap(value_of(file, unwrap(member(options, "origin"))));
  const Node credentials = member(options, "credentials");
  bool any = !options || !origin, half = false;
  if (origin) {
    const auto text = literal(origin);
    any = (text && *text == "*") || origin.is("true") ||
          (is_function(origin) && (all_origins_function(origin) || lets_everybody_in(file, origin)));
    if (origin.is("binary_expression") && (origin.has_token("||") || origin.has_token("??"))) {
      const Node right = unwrap(origin.child("right"));
      const auto fallback = literal(right);
      any = any || (fallback && *fallback == "*") || right.is("true");
    }
    if (origin.is("ternary_expression")) {
      const bool production_open =
          literal(origin.child("alternative")) == "*" || origin.child("alternative").is("true") ||
          literal(origin.child("consequence")) == "*" || origin.child("consequence").is("true");
      any = any || production_open;
    }
    if (origin.is("array"))
      for (const Node x : origin.children()) {
        any = any || literal(x) == "*";
        half = half || half_a_pattern(x);
      }
    if (origin.is("regex") && icontains_any(origin.text(), {"/.*/", "/./", "/^.*$/"})) any = true;
    half = half || half_a_pattern(origin);
  }
  // An origin of undefined is every origin.
  if (!any && origin.is("member_expression") && dotted(origin).starts_with("process.env.")) {
    notes.unsure_origins.push_back({place(file.path, origin.line()), file.shown(origin)});
    return false;
  }
  if (!any && !half && credentials.is("true") && only_own_machines(origin)) {
    auto& f = file.hit("EX-002", origin);
    f.severity = proof::Severity::low;
    f.title = "The list of origins knows developers' machines only, and lets them in wherever it runs";
    f.impact =
        "In production the own pages are refused until somebody widens the list in a hurry, while a page that "
        "runs on a visitor's machine acts with his cookies.";
    f.fix = "Read the origins from the configuration and refuse to start without them.";
    return true;
  }
  if (!any && !half) {
    if (origin)
      file.sink.positive("CORS is limited to configured origins (" + std::string(file.path) + ":" +
                         std::to_string(at.line()) + ").");
    return false;
  }
  auto& f = file.hit("EX-002", origin ? origin : at);
  if (credentials) also(f, file, credentials);
  if (!credentials || !credentials.is("true") || half) f.severity = proof::Severity::medium;
  if (half) f.title = "Foreign origins pass, because only a part of the origin is compared";
  return true;
}

namespace {

void judge_cors(File& file, ScriptNotes& notes) {
  if (client_file(file)) return;
  bool used = false;
  for (const Call& c : file.calls) {
    const bool cors = c.name == "cors" || c.name == "fastifyCors" ||
                      (last(c.name) == "register" && contains(dotted(c.arg(0)), "cors"));
    if (cors && (file.imports_from("cors") || contains(file.code(), "cors"))) {
      // app.get("/feed.json", cors(), feed): one address that is meant for everybody
      const auto route = c.args.empty() ? as_call(c.node.parent().parent()) : std::nullopt;
      if (route && last(route->name) == "get" && literal(route->arg(0))) continue;
      used = true;
      judge_cors_options(file, notes, c.node, last(c.name) == "register" ? c.arg(1) : c.arg(0));
    }
    const std::string_view f = last(c.name);
    if ((f == "setHeader" || f == "header" || f == "set" || f == "append") && literal(c.arg(0)) &&
        text::iequals(*literal(c.arg(0)), "access-control-allow-origin")) {
      const Node value = c.arg(1);
      const bool star = literal(value) == "*";
      const bool reflects = icontains_any(value.code(), {"headers.origin", "get(\"origin\")", "get('origin')",
                                                         "header(\"origin\")", "header('origin')"}) ||
                            value.code() == "origin";
      const Node function = function_around(c.node);
      const bool checked = icontains_any(function.code(), {"includes(", ".has(", "allowed", "indexof("});
      if (star || (reflects && !checked)) {
        auto& found = file.hit("EX-002", c.node);
        if (star) found.severity = proof::Severity::medium;
      }
    }
  }
  // export const corsOptions = { origin: … }, for another file
  if (!used && icontains(file.code(), "cors"))
    for (const Node d : file.tree.all("variable_declarator"))
      if (has_word(d.child("name").text(), {"cors"}) && !function_around(d) &&
          member(unwrap(d.child("value")), "origin"))
        judge_cors_options(file, notes, d, d.child("value"));
  judge_patterns(file);
  // { "Access-Control-Allow-Origin": req.headers.get("origin") }, callback(null, { origin: req.header("Origin") })
  const bool delegates = file.imports_from("cors");
  for (const Node p : file.tree.all("pair")) {
    const auto said = literal(p.child("key"));
    const bool header = said && text::iequals(*said, "access-control-allow-origin");
    if (!header && !(delegates && p.child("key").text() == "origin")) continue;
    const Node value = value_of(file, p.child("value"));
    if (value.is("ternary_expression") || is_function(value) || !reads_origin(value.code()) ||
        icontains_any(function_around(p).code(), {"includes(", ".has(", "allowed", "indexof(", ".test(", "whitelist"}))
      continue;
    file.hit("EX-002", p);
  }
  for (const Node p : file.tree.all("pair")) {
    const auto key = literal(p.child("key"));
    const bool header = key && text::iequals(*key, "access-control-allow-origin") && literal(p.child("value")) == "*";
    const bool listed = p.child("key").text() == "value" && literal(p.child("value")) == "*" &&
                        contains(p.parent().code(), "Access-Control-Allow-Origin");
    if (!header && !listed) continue;
    // Deno.serve(async () => …): nothing of the request is looked at, everybody is answered alike.
    Node outermost;
    for (Node f = function_around(p); f; f = function_around(f)) outermost = f;
    if (outermost && parameters_of(outermost).empty() && as_call(outermost.parent().parent()) &&
        last(as_call(outermost.parent().parent())->name) == "serve")
      continue;
    // Edge functions are asked with a token in a header, which no foreign page has: said once.
    const bool edge = contains(file.path, "supabase/functions/");
    if (edge && std::exchange(notes.edge_origins, true)) continue;
    file.hit("EX-002", p).severity = edge ? proof::Severity::low : proof::Severity::medium;
  }
}

// Stops: a new address for every request by writing it into a header.
void judge_client_address(File& file, ScriptNotes&) {
  if (!icontains(file.code(), "x-forwarded-for") || client_file(file)) return;
  for (const char* type : {"call_expression", "subscript_expression"})
    for (const Node n : file.tree.all(type)) {
      std::optional<std::string> key;
      if (const auto c = as_call(n)) {
        const std::string_view f = last(c->name);
        if (f != "get" && f != "header") continue;
        key = literal(c->arg(0));
      } else {
        key = literal(n.child("index"));
      }
      if (!key) continue;
      const std::string low = text::to_lower(*key);
      if (low != "x-forwarded-for") continue;
      const Node f = function_around(n);
      const std::string_view code = f ? f.code() : file.code();
      if (icontains_any(code,
                        {"trustedprox", "trusted_prox", "trustedhops", ".pop()", ".at(-1)", "length - 1", "length - "}))
        continue;
      file.hit("RL-003", n);
      return;
    }
}

bool about_who(const std::optional<std::string>& key) {
  return key && icontains(*key, "x-") &&
         has_word(*key, {"user", "userid", "role", "roles", "admin", "tenant", "account", "customer", "org"}) &&
         !has_word(*key, {"agent", "forwarded", "hub", "request", "signature"});
}

// Stops: x-user-role: admin, written by whoever calls.
void judge_identity_headers(File& file, ScriptNotes& notes) {
  if (!icontains(file.code(), "x-") || client_file(file)) return;
  for (const char* type : {"call_expression", "subscript_expression"})
    for (const Node n : file.tree.all(type)) {
      if (const auto c = as_call(n)) {
        const std::string_view f = last(c->name);
        const auto key = literal(c->arg(0));
        if (!about_who(key)) continue;
        // The program's own middleware writes it over what came: then it is no word of the client.
        if ((f == "set" || f == "setHeader") && c->args.size() > 1) notes.own_headers.insert(text::to_lower(*key));
        if ((f == "get" || f == "header") && icontains(c->name, "head"))
          notes.identity_headers.push_back({text::to_lower(*key), {place(file.path, n.line()), file.shown(n)}});
        if (f == "header" && icontains_any(c->name, {"req.", "request."}))
          notes.identity_headers.push_back({text::to_lower(*key), {place(file.path, n.line()), file.shown(n)}});
      } else if (const auto key = literal(n.child("index")); about_who(key)) {
        if (n.parent().is("assignment_expression") && n.parent().child("left") == n)
          notes.own_headers.insert(text::to_lower(*key));
        else if (icontains(dotted(n.child("object")), "headers"))
          notes.identity_headers.push_back({text::to_lower(*key), {place(file.path, n.line()), file.shown(n)}});
      }
    }
}

// if (req.query.admin === "true"): whoever asks says what they may.
void judge_claimed_roles(File& file) {
  if (client_file(file)) return;
  for (const Node b : file.tree.all("binary_expression")) {
    if (!b.has_token("===") && !b.has_token("==") && !b.has_token("!==") && !b.has_token("!=")) continue;
    const std::string name = dotted(unwrap(b.child("left")));
    const bool said = name.starts_with("req.query.") || name.starts_with("req.body.") ||
                      name.starts_with("request.query.") || name.starts_with("request.body.");
    if (said && has_word(last(name), {"admin", "role", "superuser"}) && literal(b.child("right")) &&
        !icontains_any(function_around(b).code(), {"req.user", "session.user"}))
      file.hit("AZ-002", b).title = "Who the caller is comes from the request itself (" + std::string(last(name)) + ")";
    else if (said && has_word(last(name), {"admin", "isadmin"}))
      file.hit("AZ-002", b).title = "Who the caller is comes from the request itself (" + std::string(last(name)) + ")";
  }
}

}  // namespace

bool claims_identity(const File& file, Node within) {
  for (const Call* c : file.calls_in(within))
    if ((last(c->name) == "get" || last(c->name) == "header") && about_who(literal(c->arg(0)))) return true;
  for (const Node n : within.all("subscript_expression"))
    if (about_who(literal(n.child("index"))) && icontains(dotted(n.child("object")), "headers")) return true;
  return false;
}

void read_callers(File& file, ScriptNotes& notes) {
  judge_cors(file, notes);
  judge_client_address(file, notes);
  judge_identity_headers(file, notes);
  judge_claimed_roles(file);
}

}  // namespace gatehouse::audit::source
