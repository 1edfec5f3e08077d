#include "audit/source/new_passwords.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "audit/source/script_layers.h"
#include "audit/source/script_request.h"
#include "audit/source/sign_ups.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 6;

struct Door {
  std::string function, path;
  std::vector<Callee> handed;
  Spot at;
};

struct NewPasswords {
  std::vector<Door> doors;
};

bool sets_one(std::string_view door) {
  if (has_word(door, {"login", "signin", "authenticate", "verify", "request", "forgot", "delete", "token", "logout"}))
    return false;
  return sign_up_name(door) ||
         (has_word(door, {"password"}) && has_word(door, {"reset", "change", "update", "set", "new"})) ||
         has_word(door, {"resetpassword", "changepassword", "updatepassword", "setpassword"});
}

bool new_password(std::string_view name) {
  return has_word(name, {"password", "passwd", "pwd"}) &&
         !has_word(name, {"old", "current", "confirm", "confirmation", "repeat", "hash", "hashed", "reset", "token"}) &&
         !icontains_any(name, {"confirm"});
}

// Something asks how long, or how strong, it is.
bool asks(const Code& code) {
  return icontains_any(code, {"len(",
                              ".length",
                              "min_length",
                              "minlength",
                              "validat",
                              "strength",
                              "strong",
                              "schema",
                              ".test(",
                              ".match(",
                              "re.match",
                              "regex",
                              "pattern",
                              ".parse(",
                              "is_valid",
                              "isvalid",
                              "zxcvbn",
                              "policy",
                              "check_password_rule",
                              "assert",
                              "createuserwithemail",
                              "auth.sign",
                              "auth.update",
                              "admin.update",
                              "auth.admin"});
}

void look_python(File& file, NewPasswords& notes) {
  for (const Node f : file.tree.all("function_definition")) {
    if (!route_function(f)) continue;
    std::string door = function_name(f);
    for (const std::string& d : decorators(f)) door += " " + d;
    if (!sets_one(door) || asks(f.code())) continue;
    Node at;
    for (const Node p : f.child("parameters").children())
      if (new_password(parameter_name(p)) && has_token(p.child("type").text(), "str") && !contains(p.code(), "Depends"))
        at = p;
    if (!at && icontains_any(f.code(), {"generate_password_hash(", "set_password(", "hashpw(", "hash_password(",
                                        "get_password_hash("}))
      for (const Node a : body(f).all("assignment"))
        if (new_password(a.child("left").text()) &&
            icontains_any(a.child("right").code(), {"request.form", "request.json", ".get(\"", ".get('", "data["}))
          at = a;
    if (at) notes.doors.push_back({function_name(f), door, {}, {place(file.path, at.line()), file.shown(at)}});
  }
}

void look_script(File& file, NewPasswords& notes) {
  if (client_file(file)) return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const std::string door = door_name(file, f);
      if (!sets_one(door) || asks(f.code())) continue;
      Node at;
      for (const Node p : f.child("parameters").children())  // @Body("newPassword") newPassword: string
        for (const Node d : p.children())
          if (d.is("decorator") && icontains_any(d.code(), {"@body(", "@query("}) &&
              new_password(p.child("pattern").text()))
            at = p;
      if (!at)
        for (const auto& [name, where] : client_data(file, f).fields)
          if (new_password(name)) at = where;
      if (!at) continue;
      Door out{function_name(f), door, {}, {place(file.path, at.line()), file.shown(at)}};
      for (const Call* c : file.calls_in(body(f)))
        if (out.handed.size() < 8 && icontains(c->node.child("arguments").code(), "password"))
          out.handed.push_back(callee_of(file, *c, f));
      notes.doors.push_back(std::move(out));
    }
}

}  // namespace

void read_new_passwords(File& file) {
  if (!icontains_any(file.code(), {"password", "passwd"})) return;
  auto& notes = file.project.notes<NewPasswords>();
  if (file.tree.python())
    look_python(file, notes);
  else
    look_script(file, notes);
}

// Stops: an account whose rule for passwords is got round by the door beside it.
void judge_new_passwords(const Project& project, Sink& sink) {
  // Where no door has a rule, that is said as one.
  for (const auto& f : sink.findings())
    if (f.id == "DJ-030") return;
  const auto& routes = project.notes<ScriptNotes>().routes;
  const Flows& flows = project.notes<Flows>();
  Recurring told(kMostPlaces);
  for (const Door& d : project.notes<NewPasswords>().doors) {
    const bool validated = std::any_of(routes.begin(), routes.end(), [&](const ScriptRoute& r) {
      return r.validated && !d.function.empty() && last(r.handler) == d.function;
    });
    const bool deeper = std::any_of(d.handed.begin(), d.handed.end(), [&](const Callee& c) {
      const auto meant = meant_by(flows, c);
      return std::any_of(meant.begin(), meant.end(), [](const Flow* f) { return f->looks; });
    });
    const bool said = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == "VAL-001" && std::any_of(f.locations.begin(), f.locations.end(), [&](const proof::Location& l) {
               return l.path == d.at.at.path && std::abs(l.line - d.at.at.line) < 6;
             });
    });
    if (validated || deeper || said) continue;
    if (auto* f = told.find(sink, "VAL-001", d.at)) {
      f->title = "A new password is taken here whatever it is, one letter or none";
      f->impact = "The rule that other doors hold passwords against is got round through this one.";
      f->fix = "Ask every new password for 8 to 72 bytes, by one function that all doors call.";
      f->severity = proof::Severity::medium;
      f->confidence = proof::Confidence::medium;
    }
  }
}

}  // namespace gatehouse::audit::source
