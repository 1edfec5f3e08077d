// How somebody becomes an administrator without anybody having said so: by coming first, by an address that stands in
// the source, with a password that stands there.
#include "audit/source/python_admins.h"

#include <algorithm>
#include <utility>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool rights(std::string_view field) {
  return field == "is_admin" || field == "is_superuser" || field == "is_staff" || field == "role" || field == "admin";
}

// User.query.count() == 0, not User.objects.exists()
bool asks_whether_first(const Code& code) {
  return icontains_any(code, {"user"}) &&
         (icontains_any(code, {".count() == 0", ".count() == 1", ".count() < 1", ".count() <= 1", "scalar() == 0"}) ||
          (contains(code, "not ") &&
           icontains_any(code, {".objects.exists()", "user.query.first()", "query(user).first()"})));
}

// The value itself, what its name was given, or the question it stands under.
bool decided_by_first(Node f, Node at, Node value) {
  value = unwrap(value);
  std::string said(value.code());
  for (const Node a : f.all("assignment")) {
    if (a.begin() >= at.begin() || !a.child("left").is("identifier") || !has_token(said, a.child("left").text()))
      continue;
    said += " ";
    said += a.child("right").code();
  }
  for (Node n = at.parent(); n && !(n == f); n = n.parent())
    if (n.is("if_statement") && at.inside(n.child("consequence"))) {
      const Code condition = n.child("condition").code();
      said += " ";
      said += condition;
      for (const Node a : f.all("assignment"))  // total = User.query.count()
        if (a.child("left").is("identifier") && has_token(condition, a.child("left").text()) &&
            icontains_any(a.child("right").code(), {"count()", "exists()"}) &&
            icontains(a.child("right").code(), "user") && icontains_any(condition, {"== 0", "== 1", "not "}))
          return true;
    }
  return asks_whether_first(said);
}

bool grants(std::string_view field, Node value) {
  value = unwrap(value);
  if (value.any_of("false", "none")) return false;
  if (field == "role")
    return icontains(value.code(), "admin") || icontains(value.code(), "owner") || value.is("identifier");
  return true;
}

// Stops: whoever is quicker than the operator after a deployment, or finds the table empty, running the place.
void judge_first(File& file, Node f) {
  if (!icontains_any(f.code(), {"count()", "exists()", ".first()", "scalar()"}) ||
      !icontains_any(f.code(), {"request", "body", "payload", "data", "form", "user_in", "credentials"}) ||
      contains(file.path, "commands/") || icontains_any(file.path, {"seed", "script", "migrat"}))
    return;
  for (const Node a : body(f).all("assignment"))
    if (const Node left = a.child("left"); left.is("attribute") && rights(left.child("attribute").text()) &&
                                           grants(left.child("attribute").text(), a.child("right")) &&
                                           decided_by_first(f, a, a.child("right"))) {
      auto& found = file.hit("AZ-007", a);
      found.title = "Whoever signs up first is made an administrator";
      found.severity = proof::Severity::medium;
      return;
    }
  for (const Call* c : file.calls_in(body(f))) {
    if (!has_word(c->name, {"user", "account", "member"})) continue;
    for (const auto& [key, value] : c->keywords)
      if (rights(key) && grants(key, value) && decided_by_first(f, c->node, value)) {
        auto& found = file.hit("AZ-007", value);
        found.title = "Whoever signs up first is made an administrator";
        found.severity = proof::Severity::medium;
        return;
      }
  }
}

// ADMIN_EMAIL = os.getenv("ADMIN_EMAIL", "admin@example.com"), and elsewhere user.email == ADMIN_EMAIL
void judge_named(File& file) {
  for (const Node a : file.tree.all("assignment")) {
    const Node left = a.child("left");
    if (!left.is("identifier") || !has_word(left.text(), {"admin", "admins", "superuser", "superadmin", "owner"}) ||
        !has_word(left.text(), {"email", "emails", "mail", "user", "users", "address", "addresses"}))
      continue;
    Node value = unwrap(a.child("right"));
    if (const auto c = as_call(value); c && last(c->name) == "split")
      value = unwrap(c->node.child("function").child("object"));
    const auto read = env_read(value);
    const auto fallback = read ? literal(read->fallback) : std::nullopt;
    if (!fallback || !contains(*fallback, "@")) continue;
    bool decides = false;
    for (const Node c : file.tree.all("comparison_operator"))
      decides = decides || (has_token(c.code(), left.text()) && icontains(c.code(), "email"));
    if (!decides) continue;
    auto& found = file.hit("SEC-013", a);
    found.title = "Who is an administrator falls back to an address that stands in the source";
    found.confidence = proof::Confidence::medium;
  }
}

bool refuses(Node block) {
  return icontains_any(block.code(), {"abort(", "forbidden", "raise ", "403", "401", "redirect(", "permissiondenied"});
}

// user.display_name.lower(): what its bearer calls himself.
bool shown_name(Node n) {
  for (Node x = unwrap(n); x;) {
    if (const auto c = as_call(x)) {
      x = unwrap(c->node.child("function").child("object"));
    } else if (x.is("attribute")) {
      return has_word(x.child("attribute").text(),
                      {"display", "nickname", "anzeigename", "displayname", "fullname", "nick", "bio"}) ||
             x.child("attribute").text() == "full_name";
    } else {
      break;
    }
  }
  return false;
}

// if request.user.username != "admin": …, user.email.endswith("@firm.com"), session["email"] == ADMIN_EMAIL
bool asks_address(const File& file, Node condition) {
  const auto constant = [&](std::string_view name) {
    for (const Node a : file.tree.all("assignment"))
      if (a.child("left").text() == name && !function_around(a))
        return literal(a.child("right")).has_value() && contains(a.child("right").code(), "@");
    return false;
  };
  std::vector<Node> all = condition.all("comparison_operator");
  if (condition.is("comparison_operator")) all.push_back(condition);
  for (const Node c : all) {
    if (!contains(c.code(), "==") && !contains(c.code(), "!=") && !contains(c.code(), " in ")) continue;
    const auto parts = c.children();
    if (parts.size() < 2) continue;
    if (shown_name(parts.back()) || shown_name(parts.front()))
      for (const Node x : parts)
        if (const auto word = literal(unwrap(x)); word && has_word(*word, {"admin", "root", "superadmin", "owner"}))
          return true;
    const Node name = unwrap(parts.front()), value = unwrap(parts.back());
    const auto said = literal(value);
    const bool address = (said && contains(*said, "@")) || (value.is("identifier") && constant(value.text()));
    const bool user_name = said && (*said == "admin" || *said == "root" || *said == "superadmin");
    if ((address && icontains(name.code(), "email")) || (user_name && icontains(name.code(), "username") &&
                                                         icontains_any(name.code(), {"user.", "session", "current"})))
      return true;
  }
  for (const Call* c : file.calls_in(condition))
    if (last(c->name) == "endswith" && icontains(c->name, "email"))
      if (const auto said = literal(c->arg(0)); said && contains(*said, "@")) return true;
  return false;
}

// request.POST.get("role") != "manager": whoever asks says what they may.
bool claims_rank(const File& file, Node condition) {
  for (const Call* c : file.calls_in(condition))
    if (last(c->name) == "get" && icontains_any(c->name, {"request.post", "request.get", "request.data", "request.form",
                                                          "request.args", "request.json", "request.cookies"}))
      if (const auto key = literal(c->arg(0));
          key && has_word(*key, {"role", "admin", "isadmin", "is_admin", "user_type", "staff"}))
        return true;
  return false;
}

// not data.get("isAdmin"), where data is what the request brought
bool claims_rank_by_name(const File& file, Node condition) {
  const Node f = function_around(condition);
  for (const Call* c : file.calls_in(condition)) {
    const Node object = c->node.child("function").child("object");
    if (last(c->name) != "get" || !f || !object.is("identifier")) continue;
    const auto key = literal(c->arg(0));
    if (!key || !has_word(*key, {"admin", "isadmin", "staff", "superuser"})) continue;
    for (const Node a : f.all("assignment"))
      if (a.begin() < condition.begin() && a.child("left").text() == object.text() &&
          icontains_any(a.child("right").code(), {"request.get_json", "request.json", "request.form", "request.data",
                                                  "request.post", "request.args"}))
        return true;
  }
  return false;
}

// Stops: administrators made by anybody: every user has the attribute, whatever it says of him.
void judge_has_attribute(File& file) {
  for (const Call& c : file.calls) {
    if (c.name != "hasattr" || !icontains(c.arg(0).code(), "user")) continue;
    const auto which = literal(c.arg(1));
    if (!which || !has_word(*which, {"admin", "staff", "superuser", "moderator", "role"})) continue;
    Node asked = c.node;
    while (asked.parent() && !asked.any_of("if_statement", "return_statement", "expression_statement", "assignment"))
      asked = asked.parent();
    const std::string_view whole = asked.is("if_statement") ? asked.child("condition").code() : asked.code();
    // … unless it is only laid down there: if not hasattr(user, "is_owner"): user.is_owner = in_roster(user)
    if (contains(asked.code(), "." + *which) || contains(whole, "getattr")) continue;
    file.hit("AZ-003", c.node).title = "Whether somebody is an administrator is asked of the class, not of the person";
    return;
  }
}

void judge_by_name(File& file) {
  bool told = false;
  const auto by_name = [&](Node at) {
    if (std::exchange(told, true)) return;
    auto& f = file.hit("AZ-003", at);
    f.title = "Who has rights is decided by a name that stands in the source";
    f.impact = "Whoever signs up with such a name or address, or changes theirs to it, has the rights.";
    f.fix = "Keep the rank with the account, where only the server writes it.";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
  };
  for (const Node branch : file.tree.all("if_statement")) {
    const Node condition = branch.child("condition"), done = branch.child("consequence");
    const Code asked = condition.code();
    if (icontains_any(asked, {"email", "name", "nick", "mail"}) && asks_address(file, condition)) {
      const bool shut = (contains(asked, "!=") || contains(asked, "not in")) && refuses(done);
      bool given = false;
      for (const Node a : done.all("assignment"))
        given = given || (a.child("left").is("attribute") && rights(a.child("left").child("attribute").text()));
      if (shut || given) by_name(condition);
    }
    if (((icontains(asked, "request.") && contains(asked, "!=") && claims_rank(file, condition)) ||
         (icontains(asked, "admin") && contains(asked, "not ") && claims_rank_by_name(file, condition))) &&
        refuses(done))
      file.hit("AZ-002", condition).title = "Whether somebody may go on is what the request itself says";
  }
  for (const Node f : file.tree.all("function_definition"))
    if (has_word(function_name(f), {"admin", "staff", "superuser"}))
      for (const Node r : body(f).all("return_statement"))
        if (icontains(r.code(), "email") && asks_address(file, r)) by_name(r);
}

bool asks_for_rank(const Code& code) {
  return icontains_any(code, {"role", "is_admin", "is_superuser", "is_staff", "superuser", "permission", "isadmin",
                              "has_rank", "admin_user", "admin_pass", "settings.", "environ", "getenv"});
}

// Stops: a customer who opens /admin and finds everybody's rows to write.
void judge_admin_sites(File& file) {
  const bool sqladmin = file.imports_from("sqladmin") || file.imports_from("starlette_admin");
  const bool flask = file.imports_from("flask_admin");
  if (!sqladmin && !flask) return;
  // That there is no door at all is told where the site is mounted.
  for (const Node cls : file.tree.all("class_definition")) {
    for (const std::string_view asked : {"authenticate", "is_authenticated", "is_accessible"}) {
      const Node f = method(cls, asked);
      if (!f ||
          (flask ? asked != "is_accessible" : !any_base(bases_of(cls), {"AuthenticationBackend", "AuthProvider"})))
        continue;
      // What the sign-in lets in, and what every request is asked.
      if (asks_for_rank(body(f).code()) || asks_for_rank(body(method(cls, "login")).code()) ||
          icontains_any(body(f).code(), {"return false", "abort("}))
        continue;
      auto& found = file.hit("AZ-008", f);
      found.title = "The administration lets in everybody who has an account";
      found.severity = proof::Severity::critical;
      return;
    }
  }
}

}  // namespace

// Stops: signing in as the account that a route or a start-up makes, with what everybody can read.
void read_made_accounts(File& file) {
  if (icontains_any(file.path, {"test", "example"})) return;
  // There the rules over lines tell what stands in one line.
  const bool lines = icontains_any(
      file.path, {"seed", "init", "main.py", "startup", "setup", "bootstrap", "fixtures", "admin", "demo"});
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool hashes = f == "generate_password_hash" || f == "get_password_hash" || f == "hash_password" ||
                        f == "make_password" || f == "set_password" || c.name == "pwd_context.hash";
    const bool makes = f == "create_user" || f == "create_superuser";
    if ((!hashes && !makes) || (lines && (hashes || c.node.line() == c.node.end_line()))) continue;
    const Node given = makes ? (c.keyword("password") ? c.keyword("password") : c.arg(2)) : c.arg(0);
    const Node f_around = function_around(c.node);
    auto said = literal(given);
    if (makes && !said && f_around && given.is("identifier"))  // PASSWORD = "…" a few lines above
      for (const Node a : f_around.all("assignment"))
        if (a.child("left").text() == given.text()) said = literal(a.child("right"));
    if (!said || said->size() < 3 || said->size() > 64 || !f_around ||
        icontains_any(function_name(f_around),
                      {"test", "dummy", "fake", "timing", "verify", "authenticate", "login"}) ||
        has_word(c.node.above("assignment").child("left").text(), {"dummy", "fake", "timing", "placeholder"}))
      continue;
    auto& found = file.hit("SEC-017", given, redacted(quote(file.tree.line_text(given.line()))));
    found.title = "An account is made with a password that stands in the code";
  }
}

void read_python_admins(File& file) {
  for (const Node f : file.tree.all("function_definition"))
    if (!function_around(f)) judge_first(file, f);
  judge_named(file);
  judge_admin_sites(file);
  if (icontains_any(file.code(), {"email", "username", "role", "admin"})) judge_by_name(file);
  if (contains(file.code(), "hasattr(")) judge_has_attribute(file);
  read_made_accounts(file);
}

}  // namespace gatehouse::audit::source
