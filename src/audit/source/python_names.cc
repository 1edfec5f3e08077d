#include "audit/source/python_names.h"

#include <algorithm>

#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool capital(std::string_view s) { return !s.empty() && s.front() >= 'A' && s.front() <= 'Z'; }

std::string_view without_call(std::string_view s) {
  if (s.ends_with("()")) s.remove_suffix(2);
  return s;
}

// Two classes under one name say nothing.
void hold(PythonNotes& notes, std::string key, const std::string& cls) {
  if (cls.empty()) return;
  const auto [it, added] = notes.holders.emplace(std::move(key), cls);
  if (!added && it->second != cls) it->second.clear();
}

// What `Depends(x)` gives: the class itself, or what its maker makes.
std::string depended(const File& file, Node within) {
  for (const Call* c : file.calls_in(within)) {
    if (last(c->name) != "Depends" && last(c->name) != "Security") continue;
    const std::string what = dotted(c->arg(0));
    const std::string_view name = last(without_call(what));
    return capital(name) ? std::string(name) : std::string(name) + "()";
  }
  return {};
}

bool primitive(std::string_view t) {
  return t.empty() || t == "str" || t == "int" || t == "dict" || t == "Any" || t == "UUID" || t == "bool" ||
         t == "float" || t == "list" || t == "Dict" || t == "List" || t == "Session" || t == "AsyncSession" ||
         t == "Request";
}

// Class, or a name that holders resolve, of a parameter.
std::string class_of_parameter(const File& file, Node p) {
  const std::string type = annotated_class(p.child("type").text());
  if (capital(type) && !primitive(type)) return type;
  return depended(file, p);
}

// `x = Repo(session)`, `x = get_service()`, `x = repo or Repo()`
std::string class_of_value(Node value) {
  value = unwrap(value);
  if (value.is("boolean_operator")) return class_of_value(value.child("right"));
  const auto c = as_call(value);
  if (!c) return {};
  const std::string_view made = last(c->name);
  return capital(made) ? std::string(made) : std::string(made) + "()";
}

void read_class(const File& file, Node cls, PythonNotes& notes) {
  const std::string name(cls.child("name").text());
  auto& bases = notes.classes[name];
  for (const std::string& b : bases_of(cls)) bases.emplace_back(last(b));
  for (Node s : body(cls).children()) {
    if (s.is("expression_statement") && s.first().is("assignment")) {
      const Node a = s.first();
      const std::string key = name + "." + std::string(a.child("left").text());
      if (a.child("type"))
        hold(notes, key, annotated_class(a.child("type").text()));
      else if (a.child("right").is("identifier") && capital(a.child("right").text()))
        hold(notes, key, std::string(a.child("right").text()));  // service_class = Orders
      else
        hold(notes, key, class_of_value(a.child("right")));
      continue;
    }
    if (s.is("decorated_definition")) s = s.child("definition");
    if (!s.is("function_definition")) continue;
    const bool init = s.child("name").text() == "__init__";
    for (const Node a : s.all("assignment")) {
      const Node left = a.child("left"), right = unwrap(a.child("right"));
      if (!left.is("attribute") || left.child("object").text() != "self") continue;
      const std::string key = name + "." + std::string(left.child("attribute").text());
      if (right.is("identifier") && init) {
        for (const Node p : s.child("parameters").children())
          if (parameter_name(p) == right.text()) hold(notes, key, class_of_parameter(file, p));
      } else {
        hold(notes, key, class_of_value(right));
      }
    }
  }
}

}  // namespace

std::string parameter_name(Node p) {
  const Node n = p.is("identifier") ? p : p.child("name") ? p.child("name") : p.first();
  return std::string(n.text());
}

std::string annotated_class(std::string_view type) {
  for (;;) {
    type = text::trim(type);
    while (!type.empty() && (type.front() == '"' || type.front() == '\'')) type.remove_prefix(1);
    const std::size_t open = type.find('[');
    if (open == std::string_view::npos) break;
    const std::string_view outer = last(type.substr(0, open));
    if (outer != "Optional" && outer != "Annotated" && outer != "Type" && outer != "type") {
      type = type.substr(0, open);
      break;
    }
    type = type.substr(open + 1);
  }
  std::size_t end = 0;
  while (end < type.size() &&
         (text::is_alpha(type[end]) || text::is_digit(type[end]) || type[end] == '_' || type[end] == '.'))
    ++end;
  return std::string(last(type.substr(0, end)));
}

void read_names(const File& file, PythonNotes& notes) {
  for (const Node cls : file.tree.all("class_definition")) read_class(file, cls, notes);
  for (const Node f : file.tree.all("function_definition")) {
    const std::string key = std::string(f.child("name").text()) + "()";
    if (const Node type = f.child("return_type")) {
      const std::string cls = annotated_class(type.text());
      if (capital(cls) && !primitive(cls)) hold(notes, key, cls);
      continue;
    }
    for (const Node r : f.all("return_statement"))
      if (const std::string cls = class_of_value(r.first()); capital(cls)) hold(notes, key, cls);
  }
  for (const Node a : file.tree.all("assignment"))
    if (a.child("left").is("identifier") && !function_around(a) && !a.above("class_definition"))
      hold(notes, std::string(a.child("left").text()), class_of_value(a.child("right")));
}

FunctionRef ref_of(const File& file, const Call& c) {
  FunctionRef ref;
  ref.name = std::string(last(c.name));
  const std::size_t dot = c.name.rfind('.');
  const std::string object = dot == std::string::npos ? std::string() : c.name.substr(0, dot);
  const Node function = function_around(c.node);
  const Node cls = c.node.above("class_definition");
  const std::string around(cls.child("name").text());
  if (object.empty()) {
    const std::string full = file.full(ref.name);
    if (const std::size_t end = full.rfind('.'); end != std::string::npos) {
      ref.module = full.substr(0, end);
      ref.name = full.substr(end + 1);
    } else {
      ref.module = std::string(file.path.substr(0, file.path.rfind('.')));
    }
  } else if (object == "self" || object == "cls") {
    ref.cls = around;
  } else if (object == "super()") {
    const auto bases = bases_of(cls);
    if (!bases.empty()) ref.cls = std::string(last(bases.front()));
  } else if (object.starts_with("self.")) {
    std::string_view attribute = std::string_view(object).substr(5);
    attribute = without_call(attribute.substr(0, attribute.find('.')));
    ref.via = around + "." + std::string(attribute);
  } else if (object.ends_with("()")) {
    const std::string_view made = last(without_call(object));
    if (capital(made))
      ref.cls = std::string(made);
    else
      ref.via = std::string(made) + "()";
  } else if (object.find('.') == std::string::npos) {
    for (const Node p : function.child("parameters").children())
      if (parameter_name(p) == object) ref.via = class_of_parameter(file, p);
    if (ref.via.empty() && function)
      for (const Node a : function.all("assignment"))
        if (a.begin() < c.node.begin() && a.child("left").text() == object) ref.via = class_of_value(a.child("right"));
    if (capital(ref.via)) std::swap(ref.via, ref.cls);
    if (ref.cls.empty() && ref.via.empty()) {
      const std::string full = file.full(object);
      const std::string_view tail = last(full);
      if (capital(tail)) {
        ref.cls = std::string(tail);
      } else {
        ref.via = std::string(tail);
        if (full.find('.') != std::string::npos) ref.module = full;
      }
    }
  } else {
    const std::string full = file.full(object);
    if (capital(last(full)))
      ref.cls = std::string(last(full));
    else
      ref.module = full;
  }
  return ref;
}

std::vector<std::string> lineage(const PythonNotes& notes, std::string_view cls) {
  std::vector<std::string> out = {std::string(cls)};
  for (std::size_t i = 0; i < out.size() && out.size() < 16; ++i)
    if (const auto it = notes.classes.find(out[i]); it != notes.classes.end())
      for (const std::string& b : it->second)
        if (std::find(out.begin(), out.end(), b) == out.end()) out.push_back(b);
  return out;
}

}  // namespace gatehouse::audit::source
