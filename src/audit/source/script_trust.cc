// Who is an administrator by a name, by coming first, or because the request says so.
#include "audit/source/script_trust.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool rank_name(std::string_view name) {
  return icontains_any(name, {"admin", "rol", "staff", "super", "owner", "moder"}) &&
         has_word(name, {"admin", "admins", "isadmin", "role", "roles", "staff", "isstaff", "superuser", "superadmin",
                         "owner", "isowner", "moderator", "rol", "rolle", "userrole"}) &&
         !has_word(name, {"email", "emails", "mail", "id", "name", "password", "url", "path", "route"});
}

bool powerful(std::string_view said) {
  return icontains_any(said, {"admin", "owner", "superuser", "staff", "moderator", "manager", "root"});
}

bool of_mail(const Code& code) { return icontains_any(code, {"email", ".mail", "correo"}); }

// user.email === "boss@firm.com", email.endsWith("@firm.com"), ADMINS.includes(user.email): the address as code says
// it.
bool asks_address(const File& file, Node n) {
  for (const Node b : n.is("binary_expression") ? [&] {
         auto all = n.all("binary_expression");
         all.push_back(n);
         return all;
       }()
                                                : n.all("binary_expression")) {
    if (!b.has_token("===") && !b.has_token("==")) continue;
    const Node l = unwrap(b.child("left")), r = unwrap(b.child("right"));
    for (const auto& [name, value] : {std::pair{l, r}, std::pair{r, l}}) {
      const auto said = literal(value_of(file, value));
      if (said && said->find('@') != std::string::npos && of_mail(name.code())) return true;
    }
  }
  for (const Call* c : file.calls_in(n)) {
    const std::string_view f = last(c->name);
    if (f == "endsWith" || f == "includes") {
      const auto said = literal(c->arg(0));
      if (said && said->find('@') != std::string::npos && of_mail(c->name)) return true;  // email.endsWith("@x.com")
    }
    if (f == "includes" && of_mail(c->arg(0).code())) {
      const Node list = value_of(file, c->node.child("function").child("object"));
      if (list.is("array") && !list.children().empty() && literal(list.children().front()) &&
          contains(list.code(), "@"))
        return true;
    }
  }
  return false;
}

// User.countDocuments() === 0, users.length === 0: nobody is there yet.
bool asks_first(Node function, const Code& code) {
  const auto empty = [](std::string_view c) {
    return icontains_any(c, {"=== 0", "== 0", "< 1", "=== 1", "!count", "!exists", "isfirst", "firstuser"});
  };
  if (!empty(code)) return false;
  if (icontains_any(code, {"isfirst", "firstuser"})) return true;
  if (icontains_any(code, {"countdocuments", "count(", "count()", "users.length"}) && icontains(code, "user"))
    return true;
  for (const Node d : function.all("variable_declarator"))
    if (d.child("name").is("identifier") && has_token(code, d.child("name").text()) &&
        icontains_any(d.child("value").code(),
                      {"countdocuments", "count(", "estimateddocumentcount", "select count"}) &&
        icontains_any(d.child("value").code(), {"user", "account", "usuario", "admin", "member"}))
      return true;
  return false;
}

proof::Finding& by_name(File& file, Node at) {
  auto& f = file.hit("AZ-003", at);
  f.title = "Who has rights is decided by an address that stands in the source";
  f.impact =
      "Whoever signs up with such an address, or changes theirs to it, has the rights; nobody can take them back.";
  f.fix = "Keep the rank with the account, where only the server writes it.";
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
  return f;
}

// role: count === 0 ? "admin" : "user", isAdmin: email.endsWith("@firm.com")
void judge_given(File& file) {
  bool told_first = false, told_name = false;
  const auto look = [&](std::string_view key, Node value) {
    value = unwrap(value);
    if (!rank_name(key) || value.any_of("true", "false") || literal(value)) return;
    Node held = value_of(file, value);
    if (!is_function(held)) value = held;
    if (is_function(value)) return;
    const Node f = function_around(value);
    const Code code = value.code();
    if (!told_first && f && asks_first(f, value.is("ternary_expression") ? value.child("condition").code() : code) &&
        (powerful(code) || has_word(key, {"admin", "isadmin"}))) {
      auto& found = file.hit("AZ-003", value);
      found.title = "Whoever signs up first is made an administrator";
      found.impact = "After a deployment, or when the table is empty, a stranger who is quick runs the place.";
      found.fix = "Make the first administrator with a command on the server.";
      found.severity = proof::Severity::medium;
      told_first = true;
    } else if (!told_name && asks_address(file, value)) {
      by_name(file, value);
      told_name = true;
    }
  };
  for (const Node p : file.tree.all("pair")) look(p.child("key").text(), p.child("value"));
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").is("identifier")) look(d.child("name").text(), d.child("value"));
  for (const Node a : file.tree.all("assignment_expression")) look(last(dotted(a.child("left"))), a.child("right"));
  for (const Call& c : file.calls)  // setIsAdmin(user.email.endsWith("@firm.com"))
    if (c.name.starts_with("set") && c.args.size() == 1) look(std::string_view(c.name).substr(3), c.arg(0));
}

bool goes_on(const Code& code) { return contains(code, "next()") || contains(code, "return true"); }

// function admin(req, res, next), canActivate(context): it stands before others.
bool stands_before(Node f) {
  const auto p = parameters_of(f);
  return (p.size() == 3 && has_word(p[2].text(), {"next", "siguiente"})) || (p.size() == 2 && p[1].text() == "next") ||
         function_name(f) == "canActivate";
}

// What an expression takes from the request as the client wrote it, by its own text or by the name it was given.
bool clients_word(const File& file, Node n) {
  n = unwrap(n);
  if (literal(n) || is_function(n)) return false;
  if (n.is("identifier")) return from_client(file, n);
  const Code code = n.code();
  return icontains_any(code, {"req.body", "req.query", "request.body", "request.query", "req.params",
                              "ctx.request.body", "ctx.query", "req.cookies", "searchparams.get("}) ||
         (icontains(code, "headers") && icontains_any(code, {"x-", "role", "admin", "user"}));
}

// Stops: { "role": "admin" } beside the question.
void judge_gates(File& file, Node f) {
  const Node code = body(f);
  const auto hit = [&](Node at, std::string_view what) {
    file.hit("AZ-002", at).title =
        "Whether somebody may go on is what the request itself says (" + std::string(what) + ")";
  };
  for (const Node branch : code.all("if_statement")) {
    const Node condition = unwrap(branch.child("condition"));
    const bool shut = refuses(branch.child("consequence"));
    const bool on = goes_on(branch.child("consequence").code());
    for (const Node b : [&] {
           auto all = condition.all("binary_expression");
           if (condition.is("binary_expression")) all.push_back(condition);
           return all;
         }()) {
      const bool same = b.has_token("===") || b.has_token("=="), other = b.has_token("!==") || b.has_token("!=");
      if ((same && !on) || (other && !shut) || (!same && !other)) continue;
      const Node l = unwrap(b.child("left"));
      const auto said = literal(b.child("right"));
      const std::string name(last(dotted(l)));
      if (!said || !(rank_name(name) || powerful(*said)) || dotted(l).starts_with("req.body.") ||
          dotted(l).starts_with("req.query.") || !clients_word(file, l))
        continue;  // req.body.role is told by another reader
      hit(b, name.empty() ? "role" : name);
      return;
    }
    for (const Call* c : file.calls_in(condition)) {
      if (last(c->name) != "includes" && last(c->name) != "has" && last(c->name) != "some") continue;
      const std::string name(last(dotted(unwrap(c->arg(0)))));
      if (!rank_name(name) || !(shut || on) || !clients_word(file, unwrap(c->arg(0)))) continue;
      hit(c->node, name);
      return;
    }
  }
  // return roles.includes(request.headers["x-role"])
  for (const Node r : code.all("return_statement"))
    for (const Call* c : file.calls_in(r)) {
      if (last(c->name) != "includes") continue;
      const Node asked = value_of(file, c->arg(0));
      if (asked.code().find("eaders") == std::string_view::npos || !clients_word(file, asked)) continue;
      hit(c->node, "header");
      return;
    }
  // const admin = await User.findById(req.body.adminId): the client says who he is, and that account is asked for its
  // rank.
  const Code text = code.code();
  if (asks_identity(text) || icontains_any(text, {"session", "verify(", "decode(", "token"}) || !goes_on(text)) return;
  for (const Touch& t : touches(file, code)) {
    const Schema& schema = file.project.notes<Schema>();
    const Record* r = schema.of(t.record);
    if (t.kind != Touch::Kind::one || !(r != nullptr ? r->person : people(t.record)) ||
        icontains_any(t.condition, {"token", "apikey", "email", "secret"}) || !icontains_any(text, {"role", "admin"}))
      continue;
    const auto c = as_call(t.call);
    const bool named = c && std::any_of(c->args.begin(), c->args.end(), [&](Node a) {
                         return icontains_any(a.code(), {"req.body", "req.query", "req.headers", "request.body"}) ||
                                clients_word(file, a);
                       });
    if (!named) continue;
    file.hit("AZ-002", t.call).title = "Who the caller is comes from the request itself, and their rank is believed";
    return;
  }
}

// user.displayName.toLowerCase() !== "admin": what its bearer calls himself.
bool asks_shown_name(Node condition) {
  std::vector<Node> all = condition.all("binary_expression");
  if (condition.is("binary_expression")) all.push_back(condition);
  for (const Node b : all) {
    const auto said = literal(b.child("right"));
    if (!said || !powerful(*said)) continue;
    for (const Node m : b.all("member_expression"))
      if (const std::string name = text::to_lower(m.child("property").text());
          name == "displayname" || name == "nickname" || name == "fullname" || name == "display_name")
        return true;
  }
  return false;
}

// if (req.user.email === "boss@firm.com") return next();
void judge_named_gate(File& file, Node f) {
  for (const Node branch : body(f).all("if_statement"))
    if (asks_shown_name(branch.child("condition"))) {
      by_name(file, branch.child("condition")).title =
          "Who has rights is decided by a name that everybody gives himself";
      return;
    }
  for (const Node branch : body(f).all("if_statement"))
    if (asks_address(file, branch.child("condition")) || [&] {
          const Code c = branch.child("condition").code();
          if (!of_mail(c) || !contains(c, "!==") || !refuses(branch.child("consequence"))) return false;
          for (const Node b : branch.child("condition").all("binary_expression"))
            if (const auto said = literal(value_of(file, b.child("right"))); said && contains(*said, "@")) return true;
          return false;
        }()) {
      by_name(file, branch.child("condition"));
      return;
    }
}

}  // namespace

void read_trust(File& file) {
  const Code code = file.code();
  const bool ranks = icontains_any(code, {"admin", "role", "staff", "owner", ".rol"});
  if (!ranks) return;
  judge_given(file);
  if (client_file(file)) return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (!stands_before(f)) continue;
      judge_gates(file, f);
      judge_named_gate(file, f);
    }
}

}  // namespace gatehouse::audit::source
