#include "audit/source/loose_numbers.h"

#include <map>

#include "audit/source/script.h"
#include "audit/source/script_bounds.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct LooseNumbers {
  std::map<std::pair<std::string, int>, Spot> all;  // by the place of the handler
};

}  // namespace

void note_loose_number(const File& file, Node handler) {
  const Code code = body(handler).code();
  if (icontains_any(code,
                    {".parse(req", "safeparse", "schema.", "validate(", "validationresult", "joi.", "yup.", "zod"}))
    return;
  for (const auto& [name, where] : client_data(file, handler).fields) {
    if (!counted(name) || has_word(name, {"id", "type", "name"})) continue;
    const Node d = where.is("member_expression") ? where : where.above("variable_declarator");
    if (!icontains_any(d.code(), {"body", ".json()", "formdata"}) || contains(d.code(), "params")) continue;
    bool bounded = false, kept = false;
    for (const Node b : body(handler).all("binary_expression")) {
      const bool compares = b.has_token("<") || b.has_token(">") || b.has_token("<=") || b.has_token(">=") ||
                            b.has_token("===") || b.has_token("!==");
      if (compares && has_token(b.code(), name) && !contains(b.child("right").code(), "undefined")) bounded = true;
    }
    for (const Call* c : file.calls_in(body(handler)))
      if (has_token(c->node.child("arguments").code(), name) &&
          (has_word(last(c->name), {"min", "max", "clamp", "includes", "isinteger", "validate", "check", "assert"}) ||
           c->name == "Math.min" || c->name == "Math.max" || c->name == "Number.isInteger"))
        bounded = true;
    for (const char* kind : {"pair", "array"})
      for (const Node p : body(handler).all(kind))
        kept = kept || (p.is("pair") ? has_token(p.child("value").code(), name) : has_token(p.code(), name));
    for (const Node p : body(handler).all("shorthand_property_identifier")) kept = kept || p.text() == name;
    if (!kept || bounded) continue;
    file.project.notes<LooseNumbers>().all.try_emplace({std::string(file.path), handler.line()},
                                                       Spot{place(file.path, where.line()), file.shown(where)});
    return;
  }
}

const Spot* loose_number(const Project& project, const Spot& handler) {
  const auto& all = project.notes<LooseNumbers>().all;
  const auto it = all.find({handler.at.path, handler.at.line});
  return it == all.end() ? nullptr : &it->second;
}

}  // namespace gatehouse::audit::source
