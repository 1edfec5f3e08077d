#include "audit/source/taken_over.h"

#include <algorithm>
#include <map>

#include "audit/source/data.h"
#include "audit/source/made_people.h"
#include "audit/source/python_notes.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "audit/source/sign_ups.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct TakenOver {
  std::multimap<std::string, Spot> updates;  // function -> where a new password is written
};

bool proves(const Code& code) {
  return icontains_any(code, {"verif", "otp", "invit", "old_password", "oldpassword", "current_password",
                              "currentpassword", "check_password", "checkpw", "compare(", "comparepassword", "reset",
                              "activation", "confirm", "placeholder", "is_guest", "isguest"});
}

bool password_column(std::string_view name) {
  return has_word(name, {"password", "passwd", "pwd", "hash", "senha"}) &&
         !has_word(name, {"token", "expires", "at", "reset", "confirm"});
}

// user = db.query(User).filter(…).first(), await User.findOne({ email })
bool brought(const File& file, Node value) {
  for (const Call* c : file.calls_in(value)) {
    const std::string_view f = last(c->name);
    if (f == "first" || f == "find_one" || f == "scalar_one_or_none" || f == "scalar" || f == "one_or_none" ||
        f == "findOne" || f == "findUnique" || f == "findFirst" || f == "findOneBy" || f == "get_or_none" ||
        has_word(f, {"get", "find"}))
      return true;
  }
  return false;
}

// What the name was given last before this place.
Node given_before(const File& file, Node function, std::string_view name, Node place) {
  Node out;
  for (const char* type : {"assignment", "assignment_expression", "variable_declarator"})
    for (const Node a : function.all(type)) {
      const Node left = a.is("variable_declarator") ? a.child("name") : a.child("left");
      const Node right = a.is("variable_declarator") ? a.child("value") : a.child("right");
      if (left.text() == name && a.begin() < place.begin() && (!out || a.begin() > out.begin())) out = right;
    }
  return brought(file, out) ? out : Node();
}

bool asks_whether_there(Node at, std::string_view name) {
  for (Node p = at.parent(); p; p = p.parent())
    if (p.is("if_statement")) {
      const Code asked = p.child("condition").code();
      if (has_token(asked, name) && !contains(asked, "not " + std::string(name)) &&
          !contains(asked, "!" + std::string(name)) && at.inside(p.child("consequence")))
        return true;
    }
  return false;
}

// Stops: whoever signs up with the address of another, and has his account.
void judge_sign_up(File& file, Node function) {
  if (proves(function.code())) return;
  for (const char* type : {"assignment", "assignment_expression"})
    for (const Node a : body(function).all(type)) {
      const Node left = a.child("left");
      if (!left.any_of("attribute", "member_expression") || !password_column(last(dotted(left)))) continue;
      const Node object = left.child("object");
      if (!object.is("identifier") || !given_before(file, function, object.text(), a) ||
          !asks_whether_there(a, object.text()))
        continue;
      auto& f = file.hit("AU-006", a);
      f.title = "A sign-up with an address that exists sets that account's password";
      f.severity = proof::Severity::critical;
      f.fix = "Refuse the address, or send its owner a link; change nothing of an account that is there.";
      return;
    }
}

bool edits(std::string_view name) {
  return has_word(name, {"update", "edit", "patch", "modify"}) &&
         !has_word(name, {"reset", "forgot", "admin", "staff", "superuser", "bulk", "seed", "booking", "order"});
}

// if "password" in changes: row["hashed_password"] = hash(changes.pop("password"))
Node new_password(Node function) {
  for (const Node a : body(function).all("assignment")) {
    const Node left = a.child("left");
    std::string column;
    if (left.is("subscript")) column = literal(left.child("subscript")).value_or("");
    if (left.is("attribute")) column = left.child("attribute").text();
    const Code right = a.child("right").code();
    if (!password_column(column) || !icontains_any(right, {"hash", "crypt"}) || !icontains(right, "passw")) continue;
    for (Node p = a.parent(); p && !(p == function); p = p.parent())
      if (p.is("if_statement") && icontains(p.child("condition").code(), "passw")) return a;
  }
  return {};
}

}  // namespace

void read_taken_over(File& file) {
  if (!keeps_password(file.code()) || (!file.tree.python() && client_file(file)) ||
      has_word(file.path, {"seed", "seeds", "scripts", "commands", "migrations", "test", "tests", "admin"}))
    return;
  auto& notes = file.project.notes<TakenOver>();
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const std::string name = file.tree.python() ? function_name(f) : door_name(file, f);
      if (sign_up_name(name)) judge_sign_up(file, f);
      if (!file.tree.python() || !edits(name) || proves(f.code())) continue;
      if (icontains_any(f.code(), {"require_admin", "admin_required", "get_current_admin", "current_superuser"}))
        continue;
      if (!has_word(
              name + " " + std::string(f.above("class_definition").child("name").text()) + " " + std::string(file.path),
              {"user", "users", "account", "accounts", "profile", "member", "customer", "auth"}))
        continue;
      if (const Node at = new_password(f))
        notes.updates.emplace(name, Spot{place(file.path, at.line()), file.shown(at)});
    }
}

// Stops: an open session that becomes the account for good.
void judge_taken_over(const Project& project, Sink& sink) {
  const auto& python = project.notes<PythonNotes>();
  for (const auto& [name, at] : project.notes<TakenOver>().updates) {
    const PythonRoute* door = nullptr;
    for (const PythonRoute& r : python.routes)
      if (!r.admin_guard && (r.function == name || r.calls.contains(name))) door = &r;
    if (door == nullptr) continue;
    auto& f = sink.find("AU-008", at.at, at.shown);
    f.title = "An update takes a new password and does not ask for the old one";
    f.confidence = proof::Confidence::medium;
    f.locations.push_back(door->at);
    f.evidence.push_back(door->shown);
  }
}

}  // namespace gatehouse::audit::source
