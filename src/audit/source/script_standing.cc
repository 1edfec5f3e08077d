// Whether what a token says of its bearer's rights is ever asked again.
#include "audit/source/script_standing.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct TokenRights {
  std::optional<Spot> signed_in;  // a role is put into a token
  double days = 0;                // … that lives so long; nothing when it never ends
  std::optional<Spot> believed;   // what a token holds becomes the caller
  std::optional<Spot> checked;    // and decides what may be done
  bool by_strategy = false;       // the strategy hands the role on
  std::optional<Spot> removed;    // accounts are deleted here
  double lasts = 0;               // the longest of all tokens, in days; nothing when none says so
};

bool right(std::string_view key) {
  return has_word(key, {"role", "roles", "rol", "admin", "isadmin", "permissions", "perms", "rolle"}) &&
         !has_word(key, {"id", "token", "name", "message"});
}

// Some part of what is said has the name of a right.
bool names_right(Node said) {
  for (const char* type : {"property_identifier", "shorthand_property_identifier"})
    for (const Node n : said.all(type))
      if (right(n.text())) return true;
  return false;
}

// Somebody is fetched, or asked for by name, below.
bool looks_up(const File& file, Node f) {
  if (!touches(file, body(f)).empty()) return true;
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (has_word(m, {"find", "load", "fetch", "lookup", "query", "execute", "select"})) return true;
    if (has_word(m, {"get", "by", "ensure", "validate", "check"}) &&
        has_word(m, {"user", "account", "member", "principal", "session", "customer", "id", "blacklisted", "revoked"}))
      return true;
  }
  return false;
}

// signToken({ userId, role: user.role }), generateToken(user.id, user.role): a function of the project's own signs it.
void read_handed(const File& file, const Call& c, TokenRights& notes) {
  const std::string_view f = last(c.name);
  if (notes.signed_in || !has_word(f, {"token", "jwt"}) ||
      !has_word(f, {"sign", "generate", "create", "make", "issue", "gen"}) ||
      has_word(f, {"reset", "refresh", "verify"}))
    return;
  for (const Node a : c.args) {
    const Node given = value_of(file, a);
    const bool named = given.is("member_expression") && right(given.child("property").text());
    const auto keys = members(given);
    if (named || std::any_of(keys.begin(), keys.end(), [](const auto& k) { return right(k.first); })) {
      notes.signed_in = Spot{place(file.path, c.line()), file.shown(c.node)};
      return;
    }
  }
}

void read_signed(const File& file, TokenRights& notes) {
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    const std::string_view f = last(full);
    read_handed(file, c, notes);
    const bool signs =
        ((f == "sign" || f == "signAsync") && icontains_any(full, {"jsonwebtoken", "jwt"})) || c.name == "new SignJWT";
    if (!signs) continue;
    const Node payload = value_of(file, c.arg(0));
    // sign(user, key): the whole row, its role with it
    const auto brought = as_call(unwrap(payload));
    const bool row = brought && unwrap(c.arg(0)).is("identifier") &&
                     has_word(unwrap(c.arg(0)).text(), {"user", "account", "member"}) &&
                     has_word(last(brought->name), {"find", "get", "load"});
    std::vector<std::string> said;
    for (const auto& [key, value] : members(payload)) said.push_back(key);
    if (row) said.emplace_back("role");
    for (const std::string& key : said) {
      if (!right(key)) continue;
      Node options = unwrap(c.args.size() > 1 ? c.args.back() : Node());
      options = value_of(file, options);
      const auto until = literal(member(options, "expiresIn"));
      const double days = until ? days_of(*until) : 0;
      if (!notes.signed_in || days > notes.days) notes.days = days;
      if (!notes.signed_in) notes.signed_in = Spot{place(file.path, c.line()), file.shown(c.node)};
      break;
    }
  }
}

void read_believed(const File& file, TokenRights& notes) {
  if (notes.believed) return;
  // req.user = jwt.verify(token, key), req.user = decoded
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string left = dotted(unwrap(a.child("left")));
    if (left != "req.user" && left != "request.user" && left != "req.auth" && left != "ctx.state.user" &&
        left != "req.admin" && left != "res.locals.user" && left != "ctx.user")
      continue;
    Node top = function_around(a);
    for (Node up = function_around(top); up && !looks_up(file, top); up = function_around(up)) top = up;
    if (!top || !icontains_any(top.code(), {"verify("}) || looks_up(file, top)) continue;
    notes.believed = Spot{place(file.path, a.line()), file.shown(a)};
    return;
  }
  // validate(payload) { return { id: payload.sub, roles: payload.roles }; } of a strategy
  if (!file.imports_from("@nestjs/passport")) return;
  for (const Node m : file.tree.all("method_definition")) {
    if (m.child("name").text() != "validate" || looks_up(file, m)) continue;
    if (!contains(m.above("class_declaration").code(), "PassportStrategy(")) continue;
    for (const Node back : m.all("return_statement"))
      if (names_right(back) || contains(back.code(), "payload")) {
        notes.believed = Spot{place(file.path, back.line()), file.shown(back)};
        notes.by_strategy = names_right(back);
        return;
      }
  }
}

void read_checked(const File& file, TokenRights& notes) {
  if (notes.checked) return;
  for (const Node m : file.tree.all("member_expression")) {
    if (!right(m.child("property").text())) continue;
    const std::string object = dotted(unwrap(m.child("object")));
    if (object != "req.user" && object != "request.user" && object != "req.auth" && object != "ctx.state.user" &&
        object != "req.admin" && object != "user")
      continue;
    Node outer = function_around(m);
    for (Node up = function_around(outer); up && object == "user"; up = function_around(up)) outer = up;
    if (object == "user" && !icontains_any(outer.code(), {"getrequest()", "} = req", "req.user"})) continue;
    const Node p = m.parent();
    const bool asked = p.any_of("binary_expression", "unary_expression", "if_statement", "parenthesized_expression") ||
                       (p.is("arguments") && icontains(as_call(p.parent())->name, "includes")) ||
                       (p.is("member_expression") && p.child("object") == m);
    if (!asked) continue;
    notes.checked = Spot{place(file.path, m.line()), file.shown(m)};
    return;
  }
}

}  // namespace

void read_script_standing(File& file) {
  if (client_file(file)) return;
  auto& notes = file.project.notes<TokenRights>();
  read_signed(file, notes);
  read_believed(file, notes);
  read_checked(file, notes);
  if (has_word(file.path, {"test", "tests", "seed", "scripts"})) return;
  for (const Node p : file.tree.all("pair"))
    if (p.child("key").text() == "expiresIn" && !icontains(function_name(function_around(p)), "refresh"))
      if (const auto until = literal(unwrap(p.child("value")))) notes.lasts = std::max(notes.lasts, days_of(*until));
  if (notes.removed || !icontains_any(file.code(), {"delete", "destroy", "remove"})) return;
  for (const Touch& t : touches(file, file.tree.root()))
    if (t.kind == Touch::Kind::remove && (t.record == "user" || t.record == "account" || t.record == "customer")) {
      notes.removed = Spot{place(file.path, t.call.line()), file.shown(t.call)};
      return;
    }
}

// Stops: somebody who is no longer an administrator and stays one until the token ends.
void judge_script_standing(const Project& project, bool forgets, Sink& sink) {
  const auto& notes = project.notes<TokenRights>();
  if (forgets || !notes.believed) return;
  // Stops: somebody whose account was deleted working on until the token ends.
  if (notes.removed && (!notes.checked || (!notes.signed_in && !notes.by_strategy))) {
    if (notes.lasts > 0 && notes.lasts <= 1.0 / 24) return;
    auto& f = sink.find("JWT-009", notes.believed->at, notes.believed->shown);
    f.title = "A deleted account works on until its token ends: nobody asks whether it is still there";
    f.confidence = proof::Confidence::medium;
    f.locations.push_back(notes.removed->at);
    f.evidence.push_back(notes.removed->shown);
    return;
  }
  if (!notes.checked || (!notes.signed_in && !notes.by_strategy)) return;
  if (notes.days > 0 && notes.days <= 1.0 / 24) return;  // it ends before anybody was shut out
  auto& f = sink.find("JWT-009", notes.believed->at, notes.believed->shown);
  f.title = "Rights are believed from the token until it ends: nobody asks whether they still hold";
  f.confidence = proof::Confidence::medium;
  if (notes.days > 0 && notes.days <= 1) f.severity = proof::Severity::low;
  f.locations.push_back(notes.checked->at);
  f.evidence.push_back(notes.checked->shown);
}

}  // namespace gatehouse::audit::source
