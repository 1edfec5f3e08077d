#include "audit/source/python_class.h"

#include <algorithm>

namespace gatehouse::audit::source {

using namespace syntax;

std::vector<std::string> decorators(Node definition) {
  std::vector<std::string> out;
  const Node p = definition.parent();
  if (!p.is("decorated_definition")) return out;
  for (const Node d : p.children())
    if (d.is("decorator")) out.emplace_back(d.code());
  return out;
}

std::vector<std::string> bases_of(Node cls) {
  std::vector<std::string> out;
  for (const Node b : cls.child("superclasses").children())
    if (!b.is("keyword_argument")) out.push_back(dotted(b.is("subscript") ? b.child("value") : b));
  return out;
}

bool any_base(const std::vector<std::string>& bases, std::initializer_list<std::string_view> endings) {
  return std::any_of(bases.begin(), bases.end(), [&](const std::string& b) {
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view e) { return last(b).ends_with(e); });
  });
}

Node attribute(Node cls, std::string_view name) {
  for (const Node s : body(cls).children()) {
    const Node a = s.is("expression_statement") ? s.first() : Node();
    if (a.is("assignment") && a.child("left").text() == name) return a;
  }
  return {};
}

Node method(Node cls, std::string_view name) {
  for (Node s : body(cls).children()) {
    if (s.is("decorated_definition")) s = s.child("definition");
    if (s.is("function_definition") && s.child("name").text() == name) return s;
  }
  return {};
}

Node inner_class(Node cls, std::string_view name) {
  for (const Node s : body(cls).children())
    if (s.is("class_definition") && s.child("name").text() == name) return s;
  return {};
}

std::vector<std::string> names_in(Node list) {
  std::vector<std::string> out;
  for (const Node c : list.children()) {
    if (const auto text = literal(c))
      out.push_back(*text);
    else
      out.push_back(c.is("call")                                    ? dotted(c.child("function"))
                    : c.any_of("binary_operator", "unary_operator") ? std::string(c.text())
                                                                    : dotted(c));
  }
  return out;
}

}  // namespace gatehouse::audit::source
