// Rejections and exceptions that nobody takes: since Node 15 they end the process, and with it every other request.
#include "audit/source/script_crashes.h"

#include <algorithm>
#include <map>

#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 12;  // named in one finding

struct Fall {
  std::string name, file;  // of the handler; no name when it stands in the route's own line
  std::string title;
  bool provoked = false;  // what the client sends decides
  bool any_express = false;
  Spot at;
};

struct Falls {
  std::vector<Fall> all;
  std::set<std::string> mounted, wrapped;  // names of handlers that routes name as they are, and inside a call
  bool taken = false;                      // something takes what nobody else took
};

bool verb(std::string_view f) {
  static constexpr std::string_view kVerbs[] = {"get", "post", "put", "patch", "delete", "all", "use", "param", "del"};
  return std::find(std::begin(kVerbs), std::end(kVerbs), f) != std::end(kVerbs);
}

bool answer_name(std::string_view p) { return p == "res" || p == "response" || p == "_res"; }

// (req, res), (err, req, res, next): a handler of Express's kind
bool takes_request(Node function) {
  const auto parameters = parameters_of(function);
  for (std::size_t i = 0; i + 1 < parameters.size(); ++i)
    if (request_name(parameters[i].text()) || parameters[i].is("object_pattern"))
      if (answer_name(parameters[i + 1].text())) return true;
  return false;
}

// Between `n` and the function that holds it stands a try whose failure is taken, or a .catch(…) behind it.
bool taken_care_of(Node n, Node function) {
  for (Node p = n, above = n.parent(); above && !(p == function); p = above, above = above.parent()) {
    if (above.is("try_statement") && above.child("body") == p && above.child("handler")) return true;
    if (above.is("call_expression"))
      if (const auto around = as_call(above); around && last(around->name) == "catch") return true;
    if (above.is("member_expression") && above.child("property").text() == "catch") return true;
  }
  return false;
}

bool asynchronous(Node function) { return function.has_token("async"); }

// What a client decides about: a bad id, a missing field, a forged token.
bool provoked_by(const File& file, Node n) {
  return from_client(file, n) || icontains_any(n.code(), {"jwt.verify", "req.params", "req.body", "req.query"});
}

// Inside a function of another: users.map((u) => …) is no part of what is read.
bool own(Node n, Node function) { return function_around(n) == function; }

// Where an async handler may fail with nobody to take it: the place, or none.
Node falls_at(const File& file, Node function, bool& provoked) {
  Node found;
  const auto see = [&](Node n, bool by_client) {
    if (!own(n, function) || taken_care_of(n, function)) return;
    if (!found || (by_client && !provoked)) found = n;
    provoked = provoked || by_client;
  };
  const Node code = body(function);
  for (const Node a : code.all("await_expression"))
    if (const auto c = as_call(a.first()); !c || last(c->name) != "catch") see(a, provoked_by(file, a));
  for (const Node t : code.all("throw_statement")) see(t, true);
  for (const Call* c : file.calls_in(code))
    if (c->name == "JSON.parse" || c->name == "jwt.verify") see(c->node, true);
  return found;
}

void keep(File& file, Falls& notes, Fall fall, Node at) {
  fall.file = module_of(file.path);
  fall.at = {place(file.path, at.line()), file.shown(at)};
  notes.all.push_back(std::move(fall));
}

// router.get("/", guard, users.list), router.get("/", wrap(users.list))
void read_mounts(const File& file, Falls& notes) {
  for (const Call& c : file.calls) {
    if (!verb(last(c.name)) || c.name.find('.') == std::string::npos) continue;
    for (const Node a_ : c.args) {
      std::vector<Node> parts{unwrap(a_)};
      if (parts.front().is("array")) parts = parts.front().children();
      for (Node a : parts) {
        a = unwrap(a);
        if (const auto bound = as_call(a); bound && last(bound->name) == "bind")
          a = unwrap(a.child("function").child("object"));
        if (a.any_of("identifier", "member_expression")) {
          notes.mounted.emplace(last(dotted(a)));
        } else if (const auto around = as_call(a)) {
          for (const Node inner : around->args)
            if (unwrap(inner).any_of("identifier", "member_expression"))
              notes.wrapped.emplace(last(dotted(unwrap(inner))));
        } else if (is_function(a)) {  // (req, res) => users.list(req, res)
          for (const Call* inner : file.calls_in(body(a)))
            if (!inner->args.empty() && request_name(inner->arg(0).text())) notes.mounted.emplace(last(inner->name));
        }
      }
    }
  }
}

// exports.list = wrap(async (req, res) => …): what wraps it takes what it throws.
bool wrapped(Node function) {
  const Node list = function.parent();
  if (!list.is("arguments")) return false;
  const auto around = as_call(list.parent());
  return around && !(verb(last(around->name)) && around->name.find('.') != std::string::npos);
}

// db.query(…, (err, rows) => { if (err) throw err; })
void read_callbacks(File& file, Falls& notes) {
  for (const Node t : file.tree.all("throw_statement")) {
    const Node function = function_around(t);
    if (!function || asynchronous(function) || !function.parent().is("arguments") || taken_care_of(t, function))
      continue;
    const auto parameters = parameters_of(function);
    if (parameters.empty() || !has_word(parameters.front().text(), {"err", "error", "e", "fehler", "erro"}) ||
        request_name(parameters.front().text()))
      continue;
    Node outer = function_around(function);
    while (outer && !takes_request(outer)) outer = function_around(outer);
    if (!outer) continue;
    Fall fall;
    fall.title = "An error that a callback throws ends the process";
    fall.any_express = fall.provoked = true;
    keep(file, notes, std::move(fall), t);
    return;
  }
}

// load(req.params.id).then((row) => res.json(row)); and nobody takes what fails
void read_chains(File& file, Falls& notes) {
  for (const Node s : file.tree.all("expression_statement")) {
    const Node value = s.first();
    const auto call = as_call(value);
    if (!value.is("call_expression") || !call || last(call->name) != "then" || call->args.size() != 1) continue;
    const Node function = function_around(s);
    if (!function || !takes_request(function) || icontains_any(call->name, {".catch()", ".error()"})) continue;
    Fall fall;
    fall.title = "A promise that fails is taken by nobody and ends the process";
    fall.any_express = true;
    fall.provoked = icontains_any(value.code(), {"req.params", "req.body", "req.query"});
    keep(file, notes, std::move(fall), s);
    return;
  }
}

// ws.on("message", (raw) => { const m = JSON.parse(raw); … })
void read_events(File& file, Falls& notes) {
  const bool sockets = file.imports_from("socket.io") || file.imports_from("ws") || icontains(file.path, "socket");
  if (!sockets || file.imports_from("socket.io-client")) return;
  for (const Call& c : file.calls) {
    if (last(c.name) != "on" && last(c.name) != "addEventListener") continue;
    const auto event = literal(c.arg(0));
    const Node function = unwrap(c.arg(1));
    if (!event || !is_function(function) || *event == "connection" || *event == "connect" || *event == "disconnect" ||
        *event == "close" || *event == "error" || *event == "open" || *event == "end")
      continue;
    const auto parameters = parameters_of(function);
    if (parameters.empty() || !function_around(function)) continue;
    Node at;
    for (const Call* inner : file.calls_in(body(function)))
      if (inner->name == "JSON.parse" && own(inner->node, function) && !taken_care_of(inner->node, function)) {
        at = inner->node;
        break;
      }
    if (!at && asynchronous(function))
      for (const Node a : body(function).all("await_expression"))
        if (own(a, function) && !taken_care_of(a, function)) {
          at = a;
          break;
        }
    // socket.on("join", ({ room }) => …) of a client that sends nothing along
    const bool taken_apart = parameters.front().is("object_pattern") && !c.arg(1).code().substr(0, 200).empty() &&
                             !contains(function.child("parameters").code(), "} = {");
    if (!at && taken_apart) at = function;
    if (!at) continue;
    Fall fall;
    fall.title = "A message that is not as expected ends the process";
    fall.any_express = fall.provoked = true;
    keep(file, notes, std::move(fall), at);
    return;
  }
}

// new LocalStrategy(async (name, password, done) => { await … }): a strategy takes no rejection.
void read_strategies(File& file, Falls& notes) {
  for (const Call& c : file.calls) {
    if (!c.name.starts_with("new ") || !c.name.ends_with("Strategy") || c.args.empty()) continue;
    const Node function = unwrap(c.args.back());
    if (!is_function(function) || !asynchronous(function)) continue;
    for (const Node a : body(function).all("await_expression")) {
      if (!own(a, function) || taken_care_of(a, function)) continue;
      Fall fall;
      fall.title = "What a strategy throws is taken by nobody and ends the process";
      fall.any_express = true;
      fall.provoked = true;
      keep(file, notes, std::move(fall), function);
      return;
    }
  }
}

// fs.createReadStream(path).pipe(res): a file that is not there is an error that nobody hears.
void read_streams(File& file, Falls& notes) {
  for (const Call& c : file.calls) {
    if (last(c.name) != "pipe" || !contains(c.name, "createReadStream()") || contains(c.name, ".on()")) continue;
    Node outer = function_around(c.node);
    while (outer && !takes_request(outer)) outer = function_around(outer);
    Node whole = c.node;
    for (Node p = c.node.parent(); p.any_of("member_expression", "call_expression"); p = p.parent()) whole = p;
    if (!outer || icontains_any(whole.code(), {".on(", "pipeline("}) ||
        icontains_any(outer.code(), {"existssync", "accesssync", "statsync", "fs.access", "fs.stat"}))
      continue;
    Fall fall;
    fall.title = "A file that is not there ends the process: nobody listens for the stream's error";
    fall.any_express = fall.provoked = true;
    keep(file, notes, std::move(fall), c.node);
    return;
  }
  // fs.readFile(path, (err, text) => { JSON.parse(text) }) of a handler
  for (const Call& c : file.calls) {
    if (c.name != "JSON.parse") continue;
    const Node function = function_around(c.node);
    if (!function || asynchronous(function) || !function.parent().is("arguments") || taken_care_of(c.node, function))
      continue;
    const auto around = as_call(function.parent().parent());
    if (!around || last(around->name) != "readFile") continue;
    Node outer = function_around(function);
    while (outer && !takes_request(outer)) outer = function_around(outer);
    if (!outer) continue;
    Fall fall;
    fall.title = "An error that a callback throws ends the process";
    fall.any_express = true;
    keep(file, notes, std::move(fall), c.node);
    return;
  }
}

// process.exit(1) where a request is answered
void read_exits(File& file, Falls& notes) {
  for (const Call& c : file.calls) {
    if (c.name != "process.exit") continue;
    Node outer = function_around(c.node);
    while (outer && !takes_request(outer)) outer = function_around(outer);
    if (!outer || icontains_any(outer.code(), {"shutdown", "restart"})) continue;
    Fall fall;
    fall.title = "A request that fails ends the process";
    fall.any_express = fall.provoked = true;
    keep(file, notes, std::move(fall), c.node);
    return;
  }
}

// "^4.18.2", "4.x", "~3": before 5 nobody takes what an async handler throws.
bool old_express(const Project& project) {
  for (const Dependency& d : project.dependencies)
    if (d.name == "express" && d.ecosystem == "npm") {
      const std::string_view v = d.wanted.empty() ? d.version : d.wanted;
      const std::size_t digit = v.find_first_of("0123456789");
      if (digit != std::string_view::npos && (v[digit] == '4' || v[digit] == '3')) return true;
    }
  return false;
}

}  // namespace

void read_crashes(File& file) {
  if (client_file(file)) return;
  auto& notes = file.project.notes<Falls>();
  const Code code = file.code();
  if (icontains_any(code, {"unhandledrejection", "uncaughtexception"}) || file.imports_from("express-async-errors") ||
      icontains(code, "express-async-errors"))
    notes.taken = true;
  if (contains(file.path, "pages/api") || file.imports_from("next")) return;
  read_mounts(file, notes);
  read_events(file, notes);
  read_strategies(file, notes);
  if (!contains(code, "res")) return;
  read_callbacks(file, notes);
  read_chains(file, notes);
  read_exits(file, notes);
  read_streams(file, notes);
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (!asynchronous(f) || !takes_request(f) || wrapped(f)) continue;
      Fall fall;
      const Node at = falls_at(file, f, fall.provoked);
      if (!at) continue;
      const Node list = f.parent();
      if (!list.is("arguments")) fall.name = function_name(f);
      if (!list.is("arguments") && fall.name.empty()) continue;
      fall.title = "What an async handler throws is taken by nobody and ends the process";
      keep(file, notes, std::move(fall), f);
    }
}

// Stops: one request with an odd id or a missing field, after which nobody is answered any more.
void judge_crashes(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Falls>();
  if (notes.taken) return;
  const bool serves = old_express(project);
  // All handlers of the project are one finding; a callback or an event is one for its file.
  std::map<std::string, Recurring> told;
  for (const bool provoked : {true, false})
    for (const Fall& f : notes.all) {
      if (f.provoked != provoked || (!f.any_express && !serves)) continue;
      if (!f.name.empty() && (notes.wrapped.contains(f.name) || !notes.mounted.contains(f.name))) continue;
      auto& finding = told.try_emplace(f.any_express ? f.file : std::string(), kMostPlaces).first->second;
      if (auto* first = finding.find(sink, "RUN-001", f.at)) {
        first->title = f.title;
        if (!f.provoked) first->severity = proof::Severity::low;
      }
    }
}

void read_standstills(File& file) {
  if (client_file(file) || has_word(file.path.substr(0, file.path.find('/')), {"client", "frontend", "web"}) ||
      contains(file.path, "/client/") ||
      has_word(file.path,
               {"seed", "seeds", "seeder", "script", "scripts", "cli", "bin", "migrations", "test", "tools"}))
    return;
  Recurring told(6);
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool heavy = f == "pbkdf2Sync" || f == "scryptSync" || f == "execSync" || f == "execFileSync" ||
                       f == "spawnSync" || f == "gunzipSync" || f == "inflateSync" || f == "unzipSync" ||
                       f == "brotliDecompressSync" || f == "generateKeyPairSync" ||
                       ((f == "hashSync" || f == "compareSync") && icontains_any(c.name, {"bcrypt", "argon"}));
    if (!heavy) continue;
    Node outer = function_around(c.node);
    while (outer && !takes_request(outer) && !asynchronous(outer)) outer = function_around(outer);
    const bool service = icontains_any(file.path, {"service", "controller", "route", "auth", "api/", "utils", "lib/",
                                                   "model", "helper", "crypto", "password"});
    if (!outer && !(service && function_around(c.node))) continue;
    auto* first = told.hit(file, "RUN-003", c.node);
    if (first != nullptr && (f == "hashSync" || f == "compareSync")) first->severity = proof::Severity::low;
  }
}

}  // namespace gatehouse::audit::source
