#include "audit/source/data_builders.h"

#include "audit/source/schema.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

std::optional<Touch> built_query(const Call& c) {
  const std::string_view f = last(c.name);
  Touch t;
  if (f == "updateTable")
    t.kind = Touch::Kind::change;
  else if (f == "insertInto")
    t.kind = Touch::Kind::create;
  else if (f == "deleteFrom")
    t.kind = Touch::Kind::remove;
  else if (f == "selectFrom")
    t.kind = Touch::Kind::list;
  else
    return std::nullopt;
  const auto table = literal(c.arg(0));
  if (!table || c.name.find('.') == std::string::npos) return std::nullopt;
  t.call = t.whole = c.node;
  t.record = record_key(table->substr(0, table->find(' ')));
  bool one = false;
  for (Node p = c.node.parent(); p.any_of("member_expression", "call_expression", "await_expression"); p = p.parent()) {
    if (p.is("call_expression") && !(p.child("function") == t.whole)) break;
    if (p.is("call_expression") && p.child("function").is("member_expression")) {
      const std::string_view m = p.child("function").child("property").text();
      if (m == "where" || m == "whereRef" || m == "innerJoin") (t.condition += ' ') += p.child("arguments").code();
      one = one || m.starts_with("executeTakeFirst");
    }
    t.whole = p;
  }
  if (t.kind == Touch::Kind::list && one) t.kind = Touch::Kind::one;
  return t;
}

void settle_builder(Touch& t) {
  for (Node p = t.call.parent(); p.inside(t.whole) && p; p = p.parent()) {
    if (!p.is("call_expression") || !p.child("function").is("member_expression")) continue;
    const std::string_view f = p.child("function").child("property").text();
    if (f == "where" || f == "andWhere" || f == "orWhere" || f == "whereInIds")
      (t.condition += ' ') += p.child("arguments").code();
    if (f == "getOne" || f == "getOneOrFail" || f == "getRawOne") t.kind = Touch::Kind::one;
    if (f == "update" || f == "set") t.kind = Touch::Kind::change;
    if (f == "insert" || f == "into") t.kind = Touch::Kind::create;
    if (f == "delete" || f == "softDelete") t.kind = Touch::Kind::remove;
  }
}

std::optional<std::string> table_of_knex(const Call& c, bool chained, std::string& conditions) {
  const Node inner = unwrap(c.node.child("function").child("object"));
  auto call = as_call(inner);
  for (int i = 0; i < 8 && call && call->node.child("function").is("member_expression"); ++i)
    call = as_call(unwrap(call->node.child("function").child("object")));
  const auto table = call ? literal(call->arg(0)) : std::nullopt;
  if (!table || !(call->name == "db" || call->name == "knex" || call->name == "trx")) return std::nullopt;
  if (chained)  // knex("t").where("id", id).first()
    for (Node n = inner; n.is("call_expression"); n = unwrap(n.child("function").child("object")))
      if (const std::string_view f = n.child("function").child("property").text();
          f == "where" || f == "andWhere" || f == "whereIn")
        (conditions += ' ') += n.child("arguments").code();
  return table->substr(0, table->find(' '));
}

}  // namespace gatehouse::audit::source
