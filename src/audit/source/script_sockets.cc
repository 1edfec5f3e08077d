// Sockets that stay open: who stands at the other end, and whether anybody asked.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Ids of people that come with an event: join(userId), { senderId, text }, handshake.query.userId
bool claims(Node code) {
  if (icontains_any(code.code(), {"handshake.query.userid", "handshake.auth.userid", "handshake.query.user",
                                  "searchparams.get(\"userid\")", "searchparams.get('userid')"}))
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
    const bool keeps = !touches(file, body(function)).empty();
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
