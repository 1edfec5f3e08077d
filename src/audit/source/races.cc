// A number read, compared and written in steps.
#include "audit/source/races.h"

#include <algorithm>
#include <cstdlib>

#include "audit/source/data.h"
#include "audit/source/money_words.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

Node object_of(Node n) {
  n = unwrap(n);
  if (n.is("subscript")) return n.child("value");
  return n.child("object");
}

Node outermost(Node n) {
  Node f = function_around(n);
  for (Node up = f; up; up = function_around(up)) f = up;
  return f;
}

bool is_binary(Node n) { return n.any_of("binary_operator", "binary_expression"); }

Node given_to(Node function, Node name) {
  Node out;
  for (const char* type : {"variable_declarator", "assignment", "assignment_expression"})
    for (const Node a : function.all(type)) {
      const Node left = a.child("name") ? a.child("name") : a.child("left");
      if (left.text() == name.text() && a.begin() < name.begin() && !name.inside(a))
        out = a.child("value") ? a.child("value") : a.child("right");
    }
  return out;
}

// The value is read from the field of a row, here or in the line above.
bool reads(Node function, Node n, const std::string& key, int depth = 0) {
  n = unwrap(n);
  if (!n || depth > 3 || is_function(n)) return false;
  if (n.any_of("attribute", "member_expression", "subscript", "subscript_expression")) {
    // A column of a class is the database's own reckoning: User.credits - 1.
    const std::string object(object_of(n).text());
    const bool column = n.is("attribute") && !object.empty() && object.front() >= 'A' && object.front() <= 'Z';
    return !column && folded(field_of(n)) == key;
  }
  if (n.is("identifier")) {
    if (const Node value = given_to(function, n)) return reads(function, value, key, depth + 1);
    // const { credits } = await load(user)
    if (folded(n.text()) != key) return false;
    for (const Node p : function.all("shorthand_property_identifier_pattern"))
      if (p.text() == n.text() && p.begin() < n.begin()) return !icontains(p.parent().parent().code(), "body");
    return false;
  }
  if (n.any_of("call", "call_expression")) {
    const auto c = as_call(n);
    if (!c) return false;
    const std::string_view f = last(c->name);
    if (f == "get" && !c->args.empty() && folded(literal(c->arg(0)).value_or("")) == key) return true;
    if (f != "Number" && f != "parseInt" && f != "parseFloat" && f != "int" && f != "float" && f != "max" &&
        f != "min" && f != "round" && f != "Decimal" && f != "floor" && f != "String" && f != "Integer" &&
        f != "new Decimal")
      return false;
    return std::any_of(c->args.begin(), c->args.end(), [&](Node a) { return reads(function, a, key, depth + 1); });
  }
  if (is_binary(n) || n.any_of("boolean_operator", "ternary_expression", "conditional_expression")) {
    const auto parts = n.children();
    return std::any_of(parts.begin(), parts.end(), [&](Node p) { return reads(function, p, key, depth + 1); });
  }
  return false;
}

// '-' or '+' where the value is worked out from the field, and 0 otherwise.
char reckoned(Node function, Node n, const std::string& key, int depth = 0) {
  n = unwrap(n);
  if (!n || depth > 4) return 0;
  if (is_binary(n)) {
    const char sign = n.has_token("-") ? '-' : n.has_token("+") ? '+' : '\0';
    if (sign == 0) return 0;
    if (reads(function, n.child("left"), key) || (sign == '+' && reads(function, n.child("right"), key))) return sign;
    return reckoned(function, n.child("left"), key, depth + 1);
  }
  if (n.is("identifier")) {
    const Node value = given_to(function, n);
    return value ? reckoned(function, value, key, depth + 1) : '\0';
  }
  if (n.any_of("call", "call_expression", "ternary_expression", "conditional_expression")) {
    if (const auto c = as_call(n); c && last(c->name) != "max" && last(c->name) != "min" && last(c->name) != "int" &&
                                   last(c->name) != "float" && last(c->name) != "round" && last(c->name) != "Number" &&
                                   last(c->name) != "Decimal" && last(c->name) != "toFixed" &&
                                   last(c->name) != "String")
      return 0;
    const auto c = as_call(n);
    const std::vector<Node> parts = c ? c->args : n.children();
    for (const Node p : parts)
      if (const char sign = reckoned(function, p, key, depth + 1)) return sign;
  }
  return 0;
}

// if row.stock < quantity, if (!user.credits)
bool asked_for(Node function, const std::string& key, std::uint32_t before) {
  const auto speaks = [&](Node condition) {
    for (const char* type : {"attribute", "member_expression", "subscript", "subscript_expression", "identifier"})
      for (const Node n : condition.all(type))
        if ((n.is("identifier") ? folded(n.text()) : folded(field_of(n))) == key) return true;
    return false;
  };
  for (const char* type : {"if_statement", "ternary_expression", "conditional_expression"})
    for (const Node b : function.all(type))
      if (b.begin() < before && speaks(b.is("if_statement") ? b.child("condition") : b)) return true;
  return false;
}

bool saves(const File& file, Node function) {
  for (const Call* c : file.calls_in(body(function))) {
    const std::string_view f = last(c->name);
    for (const std::string_view verb : {"save", "commit", "flush", "update", "persist", "put", "asave", "merge", "set",
                                        "add", "saveAll", "bulk_update", "bulkSave", "updateOne", "replace_one"})
      if (f == verb) return true;
  }
  return false;
}

bool local_state(const File& file, Node object) {  // this.x of a class, self.x that no save() follows
  const std::string root = dotted(unwrap(object));
  if (root == "this" || root.starts_with("this.")) return true;
  if (root == "self" || root.starts_with("self.")) {
    const Node f = outermost(object);
    return !contains(f.code(), "self.save(") && !contains(f.code(), root + ".save(") &&
           !file.path.ends_with("models.py");
  }
  return false;
}

class Reading {
 public:
  explicit Reading(File& file) : file_(file), browser_(!file.tree.python() && client_file(file)) {}

  void changes() {
    for (const char* type : {"augmented_assignment", "augmented_assignment_expression"})
      for (const Node a : file_.tree.all(type)) {
        const char sign = a.has_token("-=") ? '-' : a.has_token("+=") ? '+' : '\0';
        if (sign != 0) field(a, a.child("left"), sign);
      }
    for (const char* type : {"assignment", "assignment_expression"})
      for (const Node a : file_.tree.all(type)) {
        if (!unwrap(a.child("right"))
                 .any_of("binary_operator", "binary_expression", "identifier", "call", "call_expression",
                         "conditional_expression", "ternary_expression"))
          continue;
        const std::string key = folded(field_of(a.child("left")));
        const Node f = key.empty() ? Node() : outermost(a);
        if (!f) continue;
        if (const char sign = reckoned(f, a.child("right"), key)) field(a, a.child("left"), sign);
      }
    for (const char* type : {"pair", "keyword_argument"})
      for (const Node p : file_.tree.all(type)) written(p);
    for (const Call& c : file_.calls) statement(c);
  }

 private:
  // One for each function is enough: they say the same.
  void tell(Node function, Node at) {
    for (const auto& f : file_.sink.findings())
      if (f.id == "PAY-004" && !f.locations.empty() && f.locations.front().path == file_.path &&
          f.locations.front().line >= function.line() && f.locations.front().line <= function.end_line())
        return;
    file_.hit("PAY-004", at);
  }

  // What there is only so much of, or what this very function holds against something before.
  bool matters(Node function, std::string_view name, char sign, Node at) {
    const std::string key = folded(name);
    if (has_word(name, {"page", "index", "offset", "depth", "level", "retries", "position", "step", "version", "order",
                        "views", "view", "likes", "clicks"}))
      return false;
    if (sign == '-') return spendable(name) || asked_for(function, key, at.begin());
    if (purse(name)) return true;
    if (has_word(name, {"paid", "pagado", "bezahlt"}) && has_word(name, {"amount", "total", "sum", "cents", "monto"}))
      return true;
    if (icontains_any(function_name(function), {"ratelimit", "rate_limit", "throttle"}))
      return false;  // in a memory of its own
    const bool limit = icontains_any(function_name(function), {"usage", "quota", "limit", "redeem", "consume"}) ||
                       icontains_any(file_.path, {"usage", "quota", "ratelimit", "rate-limit", "coupon"});
    return (counted_use(name) && (limit || asked_for(function, key, at.begin()))) ||
           (limit && has_word(name, {"count", "used", "uses", "requests", "total"}));
  }

  void field(Node at, Node left, char sign) {
    const std::string name = field_of(left);
    // How many of a thing lie in a cart is its owner's own affair.
    if (quantity(name) &&
        (has_word(object_of(left).code(), {"cart", "carts", "basket", "carrito", "warenkorb", "line"}) ||
         has_word(function_name(outermost(at)), {"cart", "basket", "carrito", "warenkorb"})))
      return;
    const Node f = outermost(at);
    if (name.empty() || !f || browser_ || local_state(file_, object_of(left))) return;
    // flight.seats_available += 1; flight.save(): what comes back is counted in steps as well.
    const bool comes_back = sign == '+' &&
                            has_word(name, {"available", "availability", "stock", "inventory", "instock"}) &&
                            contains(f.code(), std::string(object_of(left).text()) + ".save(");
    if ((!comes_back && !matters(f, name, sign, at)) || !saves(file_, f) || held(f.code())) return;
    // A number that this function made itself: summary["total"] += 1.
    const Node object = unwrap(object_of(left));
    if (object.is("identifier"))
      if (const Node made = unwrap(given_to(f, object));
          made.any_of("dictionary", "object", "dictionary_comprehension", "list"))
        return;
    tell(f, at);
  }

  void written(Node p) {
    const bool pair = p.is("pair");
    const Node name = p.child(pair ? "key" : "name");
    const std::string key = literal(name).value_or(std::string(name.text()));
    const Node value = p.child("value");
    if (key.empty() || value.any_of("string", "integer", "number", "true", "false", "none", "null") || literal(value))
      return;
    Node call;
    for (Node n = p.parent(); n && !is_function(n); n = n.parent())
      if (n.any_of("call", "call_expression")) {
        call = n;
        break;
      }
    const auto c = call ? as_call(call) : std::nullopt;
    if (!c || !writing_call(last(c->name))) return;
    const Node f = outermost(p);
    if (!f) return;
    const char sign = reckoned(f, value, folded(key));
    if (sign == 0 || !matters(f, key, sign, p) || held(f.code())) return;
    if (quantity(key) &&
        has_word(c->name + " " + function_name(f), {"cart", "carts", "cartitem", "basket", "basketitem"}))
      return;
    // What a component of the browser holds is no store.
    if (browser_ && last(c->name) != "updateDoc" && !contains(c->node.code(), ".from(")) return;
    tell(f, p);
  }

  // UPDATE wallets SET balance = $1 WHERE …, [balance - amount, id]
  void statement(const Call& c) {
    if (c.args.size() < 2 || browser_ || !icontains(c.arg(0).code(), "update ")) return;
    const std::string sql = text::to_lower(literal(c.arg(0)).value_or(spoken(c.arg(0))));
    const std::size_t update = sql.find("update "), set = sql.find(" set ");
    if (update == std::string::npos || set == std::string::npos) return;
    const std::size_t end = std::min(sql.find(" where", set), sql.size());
    const std::string_view changed = std::string_view(sql).substr(set + 5, end - set - 5);
    const std::size_t equals = changed.find('=');
    const std::string key(text::trim(changed.substr(0, equals)));
    if (equals == std::string_view::npos || contains(changed, key + " -") || contains(changed, key + " +") ||
        contains(changed, key + "-") || contains(std::string_view(sql).substr(end), key))
      return;
    const Node f = outermost(c.node);
    if (!f || held(f.code())) return;
    for (std::size_t i = 1; i < c.args.size(); ++i) {
      std::vector<Node> values{c.args[i]};
      if (unwrap(c.args[i]).any_of("array", "tuple", "list")) values = unwrap(c.args[i]).children();
      for (const Node v : values)
        if (const char sign = reckoned(f, v, folded(key)); sign != 0 && matters(f, key, sign, c.node))
          return tell(f, c.node);
    }
  }

  File& file_;
  const bool browser_;
};

}  // namespace

std::string field_of(Node n) {
  n = unwrap(n);
  if (n.is("attribute")) return std::string(n.child("attribute").text());
  if (n.is("member_expression")) return std::string(n.child("property").text());
  if (n.any_of("subscript", "subscript_expression"))
    return literal(n.is("subscript") ? n.child("subscript") : n.child("index")).value_or("");
  return {};
}

bool held(const Code& code) {
  return icontains_any(code, {"for update",
                              "for_update",
                              "_lock",
                              "lock(",
                              "locked",
                              "lock:",
                              "serializable",
                              "mutex",
                              "isolation",
                              "advisory",
                              "pessimistic",
                              "runtransaction",
                              "withtransaction",
                              "startsession",
                              "redlock",
                              "semaphore",
                              "optimisticconcurrency",
                              "$gte",
                              "$gt:",
                              ".gte(",
                              "__gte",
                              "__gt=",
                              "gte:",
                              "isolation_level"});
}

bool rehearsed(const File& file) { return icontains_any(file.path, {"seed", "fixtures", "migrations/", "mock"}); }

void read_races(File& file) {
  read_places(file);
  if (!rehearsed(file)) Reading(file).changes();
}

}  // namespace gatehouse::audit::source
