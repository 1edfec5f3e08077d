// Sockets that stay open: who stands at the other end, and whether anybody asked.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Ids of people that come with an event: join(userId), { senderId, text }, handshake.query.userId
bool claims(Node code) {
  if (icontains_any(code.code(), {"handshake.query.userid", "handshake.auth.userid", "handshake.query.user",
                                  "searchparams.get(\"userid\")", "searchparams.get('userid')"}))
    return true;
  // const { userId } = socket.handshake.query, socket.handshake.query?.userId
  for (const Node d : code.all("variable_declarator"))
    if (icontains_any(d.child("value").code(), {"handshake.query", "handshake.auth"}) &&
        (has_word(d.child("name").code(), {"user", "userid", "uid"}) ||
         has_word(last(dotted(unwrap(d.child("value")))), {"user", "userid", "uid"})))
      return true;
  for (const char* type : {"arrow_function", "function_expression"})
    for (const Node f : code.all(type)) {
      const auto around = as_call(f.parent().parent());
      if (!around || last(around->name) != "on") continue;
      for (const char* kind : {"identifier", "shorthand_property_identifier_pattern"})
        for (const Node p : f.child("parameters").all(kind))
          if (has_word(p.text(), {"user", "sender", "from", "author", "username"}) && !has_word(p.text(), {"to"}))
            return true;
      const Node only = f.child("parameter");
      if (only && has_word(only.text(), {"userid", "sender"})) return true;
      if (icontains_any(f.code(), {"data.userid", "data.senderid", "data.sender", "msg.sender", "message.sender",
                                   "data.from", "payload.userid"}))
        return true;
    }
  return false;
}

// Names of an event's parameters: all but the last where that answers.
std::set<std::string> sent_names(Node f) {
  std::set<std::string> out;
  for (const Node p : parameters_of(f))
    for (const char* kind : {"identifier", "shorthand_property_identifier_pattern"}) {
      if (p.is(kind)) out.emplace(p.text());
      for (const Node n : p.all(kind)) out.emplace(n.text());
    }
  for (const char* answer : {"callback", "cb", "ack", "done", "fn"}) out.erase(answer);
  return out;
}

// Stops: listening to the conversations of others by the name of their room.
bool joins_unasked(const File& file, Node f, const std::set<std::string>& sent, Node& at) {
  if (!f.all("if_statement").empty() || !f.all("await_expression").empty() || !f.all("ternary_expression").empty())
    return false;
  for (const Call* c : file.calls_in(body(f))) {
    if (last(c->name) != "join" || !c->name.starts_with("socket.")) continue;
    for (const std::string& name : sent)
      if (has_token(c->node.child("arguments").code(), name)) {
        at = c->node;
        return true;
      }
  }
  return false;
}

// socket.on("join", (room) => socket.join(room)), socket.on("staff", () => socket.join("admin_room")): whoever connects
// hears what is said there.
bool opens_rooms(const File& file, Node connected) {
  for (const Call* c : file.calls_in(body(connected))) {
    const Node f = unwrap(c->arg(1));
    if (last(c->name) != "on" || !literal(c->arg(0)) || !is_function(f)) continue;
    if (Node at; joins_unasked(file, f, sent_names(f), at)) return true;
    for (const Call* inner : file.calls_in(body(f)))
      if (last(inner->name) == "join" && inner->args.size() == 1 &&
          has_word(literal(inner->arg(0)).value_or(""), {"admin", "admins", "staff", "managers"}))
        return true;
  }
  return false;
}

// What comes with an event behind a question who is calling: a route like any other.
void read_events(File& file, Node connected, ScriptNotes& notes) {
  std::set<std::string> identity = {"socket"};
  for (const Node p : parameters_of(connected))
    if (p.is("identifier")) identity.emplace(p.text());
  for (const Node d : body(connected).all("variable_declarator"))
    if (function_around(d) == connected && contains(d.child("value").code(), "socket."))
      for (const char* kind : {"identifier", "shorthand_property_identifier_pattern"}) {
        if (d.child("name").is(kind)) identity.emplace(d.child("name").text());
        for (const Node n : d.child("name").all(kind)) identity.emplace(n.text());
      }
  for (const Call* c : file.calls_in(body(connected))) {
    const auto event = literal(c->arg(0));
    const Node f = unwrap(c->arg(1));
    if (last(c->name) != "on" || !event || !is_function(f) || *event == "disconnect" || *event == "error") continue;
    HandlerNames names;
    names.client = sent_names(f);
    names.identity = identity;
    if (Node at; joins_unasked(file, f, names.client, at)) {
      auto& found = file.hit("AZ-001", at);
      found.title = "Whoever names a room joins it, and hears what is said there";
      found.confidence = proof::Confidence::medium;
    }
    if (touches(file, body(f)).empty()) continue;
    ScriptRoute r;
    r.framework = "socket";
    r.file = module_of(file.path);
    r.method = "post";
    r.path = "/" + *event;
    r.guarded = true;
    r.at = place(file.path, c->line());
    r.shown = file.shown(c->node);
    r.flow = flow_of(file, f, &names);
    notes.routes.push_back(std::move(r));
  }
}

}  // namespace

void read_sockets(File& file, ScriptNotes& notes) {
  const bool sockets = file.imports_from("socket.io") || file.imports_from("ws") || icontains(file.path, "socket");
  if (!sockets || client_file(file) || file.imports_from("socket.io-client")) return;
  if (icontains_any(file.code(), {"handshake.auth.token", "handshake.auth?.token", "handshake.headers", "verifyclient",
                                  "socket.request", "socket.user", "socket.data.user", "authenticatesocket",
                                  "socketauth", "jwt.verify", "verifytoken", "getsession", "handshake.query.token",
                                  "parsecookie", "io.use(", "verifyjwt", "authmiddleware", "getuser("}))
    notes.socket_guard = true;
  for (const Call& c : file.calls) {
    if ((c.name == "new Server" || c.name == "socketIo" || c.name == "socketio" || c.name == "new SocketIOServer")) {
      const Node origin = member(member(unwrap(c.args.empty() ? Node() : c.args.back()), "cors"), "origin");
      if (literal(origin) == "*" || origin.is("true")) {
        auto& f = file.hit("EX-002", origin);
        f.title = "Sockets are opened to pages of any site";
        f.severity = proof::Severity::medium;
      }
    }
    const auto event = literal(c.arg(0));
    const Node function = unwrap(c.arg(1));
    if (last(c.name) != "on" || !event || (*event != "connection" && *event != "connect") || !is_function(function))
      continue;
    if (has_word(c.name, {"mongoose", "db", "redis", "client", "connection", "pool"})) continue;
    const bool asked = icontains_any(file.code(), {".use(", "socket.user", "socket.data.user", "jwt.verify"});
    if (asked) read_events(file, function, notes);
    const bool keeps = !touches(file, body(function)).empty() || (!asked && opens_rooms(file, function));
    const bool who = claims(body(function));
    if (keeps || who) notes.sockets.push_back({who, {place(file.path, c.line()), file.shown(c.node)}});
  }
}

void judge_sockets(const ScriptNotes& notes, Sink& sink) {
  // Stops: speaking, and reading what is said, in the name of anybody whose id one knows.
  if (notes.socket_guard) return;
  for (const auto& [claims_who, at] : notes.sockets) {
    auto& f = sink.find(claims_who ? "AZ-002" : "EX-023", at.at, at.shown);
    f.title = claims_who ? "Who speaks on the socket is what the client says"
                         : "A socket takes events without asking who is calling";
  }
}

}  // namespace gatehouse::audit::source
