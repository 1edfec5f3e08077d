// How a NestJS application starts: cross-origin rules, headers, limits, signing keys.
#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

void judge_keys(File& file) {
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    const Node value = unwrap(p.child("value"));
    if (key == "secretOrKey" || ((key == "secret" || key == "secretOrPrivateKey") && p.above("call_expression"))) {
      const auto call = as_call(p.above("call_expression"));
      const bool here = key == "secretOrKey" || (call && icontains(call->name, "jwtmodule"));
      if (here && literal(value) && !literal(value)->empty())
        file.hit("EX-005", p, redacted(quote(file.tree.line_text(p.line()))));
    }
    if (key == "signOptions")
      if (const auto expires = literal(member(value, "expiresIn")); expires && days_of(*expires) > 1) {
        auto& f = file.hit("JWT-006", p);
        f.title = "A token lives for " + *expires + " and nothing can revoke it";
        if (days_of(*expires) <= 8) f.severity = proof::Severity::low;
      }
    if (key == "ignoreExpiration" && value.is("true")) file.hit("JWT-006", p).severity = proof::Severity::high;
  }
}

}  // namespace

void read_nest_app(File& file, ScriptNotes& notes) {
  if (file.imports_from("@nestjs/throttler")) {
    notes.any_limit = true;
    if (icontains(file.code(), "app_guard")) notes.global_limit = true;
  }
  if (file.imports_from("@nestjs/jwt") || file.imports_from("@nestjs/passport")) judge_keys(file);
  if (file.imports_from("@nestjs/websockets"))
    for (const Call& c : file.calls) {
      if (c.name != "WebSocketGateway") continue;
      const Node cors = unwrap(member(unwrap(c.args.empty() ? Node() : c.args.back()), "cors"));
      const Node origin = unwrap(member(cors, "origin"));
      const bool list = origin.is("array") && literal(origin.first()) == "*";
      if (!cors.is("true") && !origin.is("true") && literal(origin) != "*" && !list) continue;
      auto& f = file.hit("EX-002", c.node);
      f.title = "Sockets are opened to pages of any site";
      f.severity = proof::Severity::medium;
    }
  if (!file.imports_from("@nestjs/core")) return;
  for (const Call& c : file.calls) {
    if (c.name == "NestFactory.create") {
      notes.apps.push_back({place(file.path, c.line()), file.shown(c.node)});
      if (const Node cors = member(unwrap(c.args.empty() ? Node() : c.args.back()), "cors"))
        judge_cors_options(file, notes, cors, cors);
    } else if (last(c.name) == "enableCors") {
      judge_cors_options(file, notes, c.node, c.arg(0));
    }
    if (icontains_any(c.name, {"helmet"})) notes.helmet = true;
    if (last(c.name) == "useGlobalPipes" && contains(c.node.code(), "ValidationPipe")) notes.nest_validates = true;
    if (last(c.name) == "useGlobalPipes" && contains(c.node.code(), "whitelist: true")) notes.nest_whitelist = true;
  }
}

}  // namespace gatehouse::audit::source
