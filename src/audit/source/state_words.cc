#include "audit/source/state_words.h"

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool over_word(std::string_view said) {
  return has_word(said, {"cancelled", "canceled", "refunded", "cancel", "storniert", "cancelado", "cancelada",
                         "gekuendigt", "reembolsado", "reembolsada", "erstattet", "inactive"});
}

bool given_back_word(std::string_view said) {
  return has_word(said, {"refunded", "reembolsado", "reembolsada", "erstattet", "refund"});
}

std::string sale_noun(std::string_view name) {
  for (std::string_view noun : {"booking", "reservation", "appointment", "order", "ticket", "enrollment", "enrolment",
                                "registration", "rental", "purchase", "reserva", "buchung", "bestellung", "pedido"}) {
    const std::string many = std::string(noun) + (noun == "buchung" || noun == "bestellung" ? "en" : "s");
    if (has_word(name, {noun, many})) return std::string(noun);
  }
  return {};
}

std::vector<StateWord> state_words(const File& file, Node f) {
  std::vector<StateWord> out;
  const auto said = [](Node v) {
    v = unwrap(v);
    if (const auto text = literal(v)) return text->size() < 40 ? *text : std::string();
    return v.any_of("attribute", "member_expression") ? dotted(v) : std::string();
  };
  for (const char* type : {"assignment", "assignment_expression"})
    for (const Node a : f.all(type)) {
      const Node left = unwrap(a.child("left"));
      if (!left.any_of("attribute", "member_expression")) continue;
      if (std::string w = said(a.child("right")); !w.empty()) out.push_back({dotted(left), std::move(w), a});
    }
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m != "update" && m != "updateMany" && m != "updateOne" && m != "update_one" && m != "findOneAndUpdate" &&
        m != "findByIdAndUpdate" && m != "set" && m != "updateDoc" && m != "upsert" && m != "query" && m != "execute")
      continue;
    std::string carrier = c->name;
    for (Node o = c->node.child("function").child("object"); o;) {
      const auto inner = as_call(unwrap(o));
      if (!inner) break;
      carrier += " " + inner->name + " " + literal(inner->arg(0)).value_or(dotted(inner->arg(0)));
      o = inner->node.child("function").child("object");
    }
    for (const auto& [key, value] : c->keywords)
      if (std::string w = said(value); !w.empty() && key != "where")
        out.push_back({carrier + " " + std::string(key), w, c->node});
    for (const Node a : c->args)
      for (const Node p : a.all("pair")) {
        // refunded: true; active: false, of a membership
        const std::string key = literal(p.child("key")).value_or(std::string(p.child("key").text()));
        const Node plain = unwrap(p.child("value"));
        const bool yes = plain.is("true") || plain.text() == "True", no = plain.is("false") || plain.text() == "False";
        if ((yes && given_back_word(key)) ||
            (no && has_word(key, {"active", "aktiv", "activo", "enabled", "premium", "pro"})))
          out.push_back({carrier + " " + key, yes ? "refunded" : "cancelled", p});
        bool condition = false;
        for (Node up = p.parent(); up && !(up == c->node); up = up.parent())
          condition = condition || (up.is("pair") && up.child("key").text() == "where");
        if (std::string w = said(p.child("value")); !condition && !w.empty())
          out.push_back({carrier + " " + std::string(p.child("key").text()), w, p});
      }
    if (const std::string sql = text::to_lower(literal(c->arg(0)).value_or(""));
        contains(sql, "update ") && icontains_any(sql, {"'cancelled'", "'canceled'", "'refunded'"}))
      out.push_back({sql.substr(0, sql.find(" where")), contains(sql, "refunded") ? "refunded" : "cancelled", c->node});
  }
  return out;
}

}  // namespace gatehouse::audit::source
