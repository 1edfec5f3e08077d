#include "audit/source/made_admins.h"

#include <map>

#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostNoted = 50;  // of one project

struct MadeAdmins {
  std::map<std::pair<std::string, int>, Spot> made;  // the call that makes them, by its place
};

bool rank_key(std::string_view key) {
  return key == "role" || key == "roles" || key == "isAdmin" || key == "is_admin" || key == "is_superuser" ||
         key == "is_staff" || key == "isSuperuser" || key == "userRole" || key == "user_role" || key == "isSuperAdmin";
}

// "ADMIN", Role.ADMIN, ["admin"], true for isAdmin
bool of_staff(std::string_view key, Node value) {
  value = unwrap(value);
  if (value.is("true")) return key != "role" && key != "roles";
  const auto said = literal(value);
  if (!said && !value.any_of("member_expression", "attribute", "array", "list")) return false;
  return has_word(said ? std::string_view(*said) : value.code(),
                  {"admin", "superadmin", "administrator", "superuser", "super_admin"}) &&
         !has_word(said ? std::string_view(*said) : value.code(), {"not", "no", "non"});
}

bool tells(proof::Finding& f) {
  f.title = "Whoever signs up is made an administrator";
  f.impact = "The door is open to everybody, so everybody reads, changes and removes what those who run the place do.";
  f.fix = "Make new accounts without a rank, and let somebody who has one give it.";
  f.severity = proof::Severity::critical;
  return true;
}

// Only where something is asked that not everybody can answer: a table that is empty, a code, a key.
bool under_a_question(Node at) {
  for (Node n = at.parent(); n && !is_function(n); n = n.parent())
    if (n.any_of("if_statement", "ternary_expression", "conditional_expression", "switch_case")) return true;
  return false;
}

}  // namespace

void read_made_admins(const File& file) {
  const Code code = file.code();
  if (!icontains(code, "admin") || !icontains_any(code, {"role", "isadmin", "superuser"}) || client_file(file) ||
      has_word(file.path, {"seed", "seeds", "seeder", "test", "tests", "scripts", "mock", "fixtures", "setup"}))
    return;
  auto& notes = file.project.notes<MadeAdmins>();
  for (const Touch& t : touches(file, file.tree.root())) {
    if (t.kind != Touch::Kind::create || !people(t.record) || notes.made.size() >= kMostNoted ||
        under_a_question(t.call))
      continue;
    for (const Node p : t.whole.all("pair")) {
      const std::string key = literal(p.child("key")).value_or(std::string(p.child("key").text()));
      if (!rank_key(key) || !of_staff(key, p.child("value"))) continue;
      notes.made[{std::string(file.path), t.call.line()}] = {place(file.path, p.line()), file.shown(p)};
      break;
    }
  }
}

bool judge_made_admins(const Project& project, const Flow& flow, Sink& sink) {
  const auto& notes = project.notes<MadeAdmins>();
  if (notes.made.empty()) return false;
  std::vector<const Step*> done;
  deeds(project.notes<Flows>(), flow, done);
  for (const Step* s : done)
    if (const auto it = notes.made.find({s->at.at.path, s->at.at.line}); it != notes.made.end())
      return tells(sink.find("AZ-008", it->second.at, it->second.shown));
  return false;
}

void read_python_made_admins(File& file) {
  if (!icontains_any(file.code(), {"is_superuser", "is_staff", "is_admin", "admin"}) ||
      icontains_any(file.path, {"seed", "test", "commands/", "migrat", "fixture", "script", "manage"}))
    return;
  for (const Node f : file.tree.all("function_definition")) {
    if (function_around(f)) continue;
    const Node cls = f.above("class_definition");
    const std::string name = function_name(f);
    const std::string door = name + " " + std::string(cls.child("name").text());
    const bool joins =
        has_word(door, {"register", "registration", "signup"}) || (has_word(door, {"sign"}) && has_word(door, {"up"}));
    if (!joins || has_word(door, {"admin", "staff", "superuser"})) continue;
    std::string before;
    for (const Node n : {f, cls})
      if (n)
        for (const std::string& d : decorators(n)) before += d;
    before += attribute(cls, "permission_classes").child("right").code();
    before += f.child("parameters").code();
    if (icontains_any(before, {"admin", "staff", "login_required", "isauthenticated", "current_user", "permission_req",
                               "role", "secret", "superuser"}) ||
        icontains_any(f.code(), {".count()", ".exists()", "invite", "environ", "settings.", "getenv"}))
      continue;
    bool told = false;
    const auto tell = [&](Node at) {
      if (!under_a_question(at) && !std::exchange(told, true)) tells(file.hit("AZ-008", at));
    };
    for (const Call* c : file.calls_in(body(f))) {
      if (!has_word(c->name, {"user", "users", "account", "member", "profile", "insert", "create"})) continue;
      if (last(c->name) == "create_superuser") tell(c->node);
      for (const auto& [key, value] : c->keywords)
        if (rank_key(key) && (unwrap(value).is("true") || of_staff(key, value))) tell(c->node);
    }
    for (const Node a : body(f).all("assignment"))
      if (const Node left = a.child("left");
          left.is("attribute") && rank_key(left.child("attribute").text()) &&
          has_word(dotted(left.child("object")), {"user", "account", "member", "profile"}) &&
          (unwrap(a.child("right")).is("true") || of_staff(left.child("attribute").text(), a.child("right"))))
        tell(a);
  }
}

}  // namespace gatehouse::audit::source
