#include "audit/source/django_inputs.h"

#include <algorithm>
#include <set>

#include "audit/source/python.h"
#include "audit/source/script_bounds.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct FormInputs {
  std::vector<Spot> all;
};

}  // namespace

const std::vector<Spot>& form_inputs(const Project& project) { return project.notes<FormInputs>().all; }

bool says_bounds(const Code& code) {
  return icontains_any(code, {"gt=",
                              "ge=",
                              "le=",
                              "lt=",
                              "positiveint",
                              "conint",
                              "condecimal",
                              "confloat",
                              "nonnegative",
                              "min_value",
                              "max_length",
                              "constr",
                              "min_length",
                              "pattern=",
                              "regex=",
                              "literal[",
                              "validators",
                              "enum",
                              "stringconstraints",
                              "choices"});
}

// Somewhere in the function this very name is held against a number.
bool held_to_number(Node f, std::string_view name) {
  for (const Node c : f.all("comparison_operator"))
    if (has_token(c.code(), name) &&
        (c.code().find_first_of("<>") != std::string_view::npos || contains(c.code(), " in ")))
      return true;
  for (const char* call : {"min", "max", "abs", "clamp"})
    for (const Node c : f.all("call"))
      if (c.child("function").text() == call && has_token(c.child("arguments").code(), name)) return true;
  return false;
}

// amount = forms.DecimalField(…), price = forms.CharField(…) of a form that checks neither
void read_form_fields(File& file) {
  if (!icontains_any(file.code(), {"forms.", "serializers."})) return;
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string base = std::string(cls.child("superclasses").text());
    if (!icontains_any(base, {"form", "modelserializer"}) || icontains_any(base, {"filter", "search", "report"}))
      continue;
    const Code code = cls.code();
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      const auto made = a.is("assignment") ? as_call(a.child("right")) : std::nullopt;
      if (!made) continue;
      const std::string name(a.child("left").text());
      const std::string_view kind = last(made->name);
      const bool number = kind == "DecimalField" || kind == "IntegerField" || kind == "FloatField";
      // What is reckoned with, and comes as a text of any kind.
      const bool text = kind == "CharField" &&
                        has_word(name, {"price", "amount", "cost", "quantity", "fee", "stock"}) &&
                        !has_word(name, {"type", "name", "label", "note", "currency"});
      if ((!number && !text) || !counted(name) ||
          (number ? says_bounds(made->node.code())
                  : icontains_any(made->node.code(), {"validators", "min_value", "regex", "choices"})) ||
          contains(code, "clean_" + name) || contains(code, "validate_" + name) || contains(code, "def clean(") ||
          contains(code, "def validate(") ||
          icontains_any(made->node.code(), {"readonly", "read_only", "disabled=true", "hiddeninput"}))
        continue;
      file.project.notes<FormInputs>().all.push_back({place(file.path, a.line()), file.shown(a)});
    }
  }
}

// for i in range(len(names)): Fee.objects.create(amount=amounts[i]), with both lists as the form had them
void read_raw_lists(File& file, Node f) {
  if (!contains(f.code(), ".getlist(")) return;
  std::set<std::string> lists;
  for (const Node a : body(f).all("assignment"))
    if (contains(a.child("right").code(), ".getlist(")) lists.emplace(a.child("left").text());
  for (const Node l : body(f).all("for_statement"))
    for (const std::string& list : std::set<std::string>(lists))
      if (has_token(l.child("right").code(), list) && !contains(l.child("right").code(), "range("))
        for (const Node n : l.child("left").all("identifier")) lists.emplace(n.text());
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view made = last(c->name);
    const bool record = made == "create" || (!made.empty() && made.front() >= 'A' && made.front() <= 'Z');
    if (!record) continue;
    for (const auto& [key, value] : c->keywords) {
      if (!counted(key) || held_to_number(f, key)) continue;
      const bool raw =
          std::any_of(lists.begin(), lists.end(), [&](const std::string& n) { return has_token(value.code(), n); });
      if (!raw) continue;
      file.project.notes<FormInputs>().all.push_back({place(file.path, c->line()), file.shown(c->node)});
      break;
    }
  }
}

}  // namespace gatehouse::audit::source
