#include "audit/source/unread_marks.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Marks {
  struct Set {
    std::string name;
    Spot at;
  };
  struct Setter {  // of a password, for whom the session names
    std::set<std::string, std::less<>> asked;
    Spot at;
  };
  std::vector<Set> set;
  std::vector<Setter> setters;
  std::set<std::string, std::less<>> asked;
};

constexpr std::size_t kMostMarks = 200;  // of one project

bool mark_name(std::string_view name) {
  return has_word(name, {"verified", "confirmed", "validated", "passed", "checked", "verificado", "bestaetigt"}) &&
         !has_word(name, {"email", "is"});
}

bool of_session(std::string_view object) {
  return object == "session" || object.ends_with(".session") || object == "flask.session";
}

// session.pop("otp_verified", None), del session["otp_verified"]: taken away, and nobody looks at what it said.
bool only_removed(Node use) {
  Node n = use;
  while (n.parent() && !n.any_of("expression_statement", "delete_statement")) n = n.parent();
  if (n.is("delete_statement")) return true;
  const auto call = as_call(unwrap(n.first()));
  return n.is("expression_statement") && call && (last(call->name) == "pop" || call->name == "delete");
}

bool sets_mark(Node subscript) {
  const Node a = subscript.parent();
  return subscript.is("subscript") && a.is("assignment") && a.child("left") == subscript &&
         of_session(dotted(subscript.child("value")));
}

// def reset(request): … user.set_password(new) … for the address that the session keeps
void read_python_setters(File& file, Marks& marks) {
  for (const Call& c : file.calls) {
    if (last(c.name) != "set_password" || marks.setters.size() >= kMostMarks) continue;
    const Node f = function_around(c.node);
    if (!f || !icontains_any(f.code(), {"session.get(", "session["}) || contains(f.code(), "is_authenticated"))
      continue;
    Marks::Setter setter{{}, {place(file.path, c.line()), file.shown(c.node)}};
    bool by_session = false;
    for (const Node s : body(f).all("string")) {
      const auto name = literal(s);
      if (!name) continue;
      const Node p = s.parent();
      const bool ahead = s.begin() < c.node.begin();  // what the page shows afterwards asks nothing
      if (ahead && mark_name(*name) && !sets_mark(p) && !only_removed(s)) setter.asked.insert(*name);
      const auto call = as_call(p.parent());
      const bool read =
          (call && last(call->name) == "get" && of_session(dotted(call->node.child("function").child("object")))) ||
          (p.is("subscript") && of_session(dotted(p.child("value"))) && !sets_mark(p));
      by_session = by_session || (read && has_word(*name, {"email", "user", "phone", "id", "username", "mail"}));
    }
    if (by_session) marks.setters.push_back(std::move(setter));
  }
}

void read_python_marks(File& file, Marks& marks) {
  read_python_setters(file, marks);
  for (const Node s : file.tree.all("string")) {
    const auto name = literal(s);
    if (!name || !mark_name(*name)) continue;
    const Node p = s.parent();
    const Node a = p.parent();
    if (sets_mark(p)) {
      if (unwrap(a.child("right")).is("true") && marks.set.size() < kMostMarks)
        marks.set.push_back({*name, {place(file.path, a.line()), file.shown(a)}});
    } else if (!only_removed(s)) {
      marks.asked.insert(*name);
    }
  }
}

void read_script_marks(File& file, Marks& marks) {
  for (const Node m : file.tree.all("member_expression")) {
    const std::string_view name = m.child("property").text();
    if (!mark_name(name)) continue;
    const Node a = m.parent();
    const bool ours = of_session(dotted(m.child("object")));
    if (a.is("assignment_expression") && a.child("left") == m) {
      if (ours && unwrap(a.child("right")).is("true") && marks.set.size() < kMostMarks)
        marks.set.push_back({std::string(name), {place(file.path, a.line()), file.shown(a)}});
    } else if (!(a.is("unary_expression") && a.has_token("delete"))) {
      marks.asked.emplace(name);
    }
  }
  // const { codeConfirmed } = req.session
  for (const Node p : file.tree.all("shorthand_property_identifier_pattern"))
    if (mark_name(p.text())) marks.asked.emplace(p.text());
}

}  // namespace

void read_unread_marks(File& file) {
  const Code code = file.code();
  if (!contains(code, "session") ||
      !icontains_any(code, {"verifi", "confirm", "validat", "passed", "checked", "bestaet"}))
    return;
  auto& marks = file.project.notes<Marks>();
  if (file.tree.python())
    read_python_marks(file, marks);
  else if (!client_file(file))
    read_script_marks(file, marks);
}

// Stops: going straight to the step that sets the password, past the one that asks for the code.
void judge_unread_marks(const Project& project, Sink& sink) {
  const auto& marks = project.notes<Marks>();
  const auto names = [&](const Marks::Setter& s) {
    return std::any_of(marks.set.begin(), marks.set.end(),
                       [&](const Marks::Set& m) { return s.asked.contains(m.name); });
  };
  for (const Marks::Setter& s : marks.setters) {
    if (marks.set.empty() || names(s)) continue;
    auto& f = sink.find("AU-006", s.at.at, s.at.shown);
    f.title = "A password is set without asking whether the step before found the code right (" +
              text::printable(marks.set.front().name, 60) + ")";
    f.confidence = proof::Confidence::medium;
    return;
  }
  std::set<std::string_view> told;
  for (const Marks::Set& m : marks.set) {
    if (marks.asked.contains(m.name) || !told.insert(m.name).second) continue;
    auto& f = sink.find("AU-006", m.at.at, m.at.shown);
    f.title =
        "A step marks that a code was right, and no later step asks for the mark (" + text::printable(m.name, 60) + ")";
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source
