#include "audit/source/missing_members.h"

#include <set>

#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

using Names = std::set<std::string, std::less<>>;

struct Missed {
  std::string name, cls;
  Spot at;
};

struct MemberNotes {
  std::vector<Missed> missed;
  std::set<std::string, std::less<>> extended;  // classes whose heirs may bring the method
};

// What every object has of its own accord.
bool everybodys(std::string_view name) {
  return name == "toString" || name == "hasOwnProperty" || name == "valueOf" || name == "constructor" ||
         name == "isPrototypeOf" || name == "toLocaleString" || name.find_first_of("[](") != name.npos;
}

void tell(File& file, Node at, std::string_view name, std::string_view cls) {
  file.project.notes<MemberNotes>().missed.push_back(
      {std::string(name), std::string(cls), {place(file.path, at.line()), file.shown(at)}});
}

void read_python_class(File& file, Node cls) {
  const auto bases = bases_of(cls);
  if (!bases.empty() && !(bases.size() == 1 && bases.front() == "object")) return;
  if (!cls.child("superclasses").children().empty() && bases.empty()) return;  // metaclass=…
  const Code code = cls.code();
  if (contains(code, "__getattr__") || contains(code, "setattr(") || contains(code, "__dict__") ||
      cls.parent().is("decorated_definition"))
    return;
  Names own;
  for (const char* type : {"function_definition", "class_definition"})
    for (const Node f : cls.all(type)) own.emplace(f.child("name").text());
  for (const Node a : cls.all("assignment")) {
    own.emplace(last(dotted(a.child("left"))));
    for (const Node part : a.child("left").all("attribute")) own.emplace(part.child("attribute").text());
  }
  for (const Node w : cls.all("as_pattern_target")) own.emplace(last(dotted(w.first())));
  for (const Node f : cls.all("for_statement")) own.emplace(last(dotted(f.child("left"))));
  for (const Call* c : file.calls_in(cls)) {
    if (!c->name.starts_with("self.")) continue;
    const std::string name = c->name.substr(5);
    if (name.find('.') != std::string::npos || name.find('(') != std::string::npos || name.starts_with("__") ||
        everybodys(name) || own.contains(name) || !(c->node.above("class_definition") == cls))
      continue;
    // Put there from outside: Service.send = …
    if (contains(file.code(), "." + name + " =")) continue;
    return tell(file, c->node, name, cls.child("name").text());
  }
}

void read_script_class(File& file, Node cls) {
  for (const Node part : cls.children())
    if (part.any_of("class_heritage", "decorator")) return;
  const Code code = cls.code();
  if (contains(code, "Object.assign(this") || contains(code, "this[") || contains(file.code(), ".prototype")) return;
  Names own;
  for (const char* type : {"method_definition", "field_definition", "public_field_definition"})
    for (const Node m : cls.all(type)) own.emplace((m.child("name") ? m.child("name") : m.child("property")).text());
  for (const Node m : cls.all("member_expression"))
    if (m.child("object").is("this") && !m.parent().is("call_expression")) own.emplace(m.child("property").text());
  for (const Call* c : file.calls_in(cls)) {
    if (!c->name.starts_with("this.")) continue;
    const std::string name = c->name.substr(5);
    if (name.find('.') != std::string::npos || name.find('(') != std::string::npos || everybodys(name) ||
        own.contains(name))
      continue;
    // function () { … } has another this.
    bool other = false;
    for (Node f = function_around(c->node); f && f.inside(cls) && !f.is("method_definition"); f = function_around(f))
      other = other || f.any_of("function_expression", "function_declaration") || f.parent().is("pair");
    if (other || !(c->node.above("class_declaration") == cls) || c->node.above("class", "object").inside(cls)) continue;
    return tell(file, c->node, name, cls.child("name").text());
  }
}

}  // namespace

void read_missing_members(File& file) {
  auto& notes = file.project.notes<MemberNotes>();
  if (file.tree.python()) {
    for (const Node cls : file.tree.all("class_definition"))
      for (const std::string& base : bases_of(cls)) notes.extended.emplace(last(base));
    for (const Node cls : file.tree.all("class_definition")) read_python_class(file, cls);
    return;
  }
  for (const Node heritage : file.tree.all("class_heritage"))
    for (const char* type : {"identifier", "property_identifier"})
      for (const Node n : heritage.all(type)) notes.extended.emplace(n.text());
  if (file.path.ends_with(".js") || file.path.ends_with(".mjs") || file.path.ends_with(".cjs")) {
    for (const Node cls : file.tree.all("class_declaration")) read_script_class(file, cls);
  }
}

void judge_missing_members(const Project& project, Sink& sink) {
  const auto& notes = project.notes<MemberNotes>();
  for (const Missed& m : notes.missed)
    if (!notes.extended.contains(m.cls))
      sink.find("RUN-004", m.at.at, m.at.shown).title =
          text::printable(m.name, 60) + "() is called on " + text::printable(m.cls, 60) + ", which has no such method";
}

}  // namespace gatehouse::audit::source
