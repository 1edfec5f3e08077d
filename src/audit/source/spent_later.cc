#include "audit/source/spent_later.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/money_words.h"
#include "audit/source/payment_openers.h"
#include "audit/source/races.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 200;
constexpr std::size_t kMostSql = 40;

bool stock(std::string_view key) {
  return has_word(key, {"stock", "inventory", "seats", "tickets", "available", "bestand", "lagerbestand", "estoque",
                        "existencias", "instock", "qoh", "spots", "slots", "units"});
}

bool matters(std::string_view key) { return purse(key) || (spendable(key) && stock(key)); }

// decrement: n, $inc: { credits: -1 }, F("stock") - n
bool lowers(Node pair) {
  const Node value = unwrap(pair.child("value"));
  if (member(value, "decrement")) return true;
  // FieldValue.increment(-1) of Firestore
  if (const auto c = as_call(value); c && last(c->name) == "increment")
    return unwrap(c->arg(0)).is("unary_expression") && unwrap(c->arg(0)).has_token("-");
  const Node above = pair.above("pair");
  const bool inc = above && literal(above.child("key")).value_or(std::string(above.child("key").text())) == "$inc";
  return inc && (value.is("unary_expression") || value.is("unary_operator")) && value.has_token("-");
}

// update wallets set balance = balance - $1 where id = $2: the lowered column, where no condition speaks of it.
std::string lowered_by(std::string_view statement) {
  const std::string sql = text::to_lower(statement);
  const std::size_t update = sql.find("update "), set = sql.find("set ", update);
  if (update == std::string::npos || set == std::string::npos || set - update > 120) return {};
  const std::size_t where = std::min(sql.find("where", set), sql.size());
  const std::string_view changed = std::string_view(sql).substr(set + 4, where - set - 4);
  const std::size_t equals = changed.find('=');
  if (equals == std::string_view::npos) return {};
  std::string column(text::trim(changed.substr(0, equals)));
  if (const std::size_t dot = column.rfind('.'); dot != std::string::npos) column = column.substr(dot + 1);
  column.erase(std::remove(column.begin(), column.end(), '"'), column.end());
  std::string_view value = text::trim(changed.substr(equals + 1));
  value = value.substr(0, std::min(value.find(','), value.size()));
  if (!matters(column) || !contains(value, column) || !contains(value, "-") || contains(value, "greatest")) return {};
  const std::string_view rest = std::string_view(sql).substr(where);
  return contains(rest.substr(0, 300), column) || contains(rest.substr(0, 300), "returning") ? std::string() : column;
}

void note_asked(const File& file, SpentLater& notes) {
  for (const char* type : {"binary_expression", "comparison_operator", "unary_expression", "not_operator"})
    for (const Node b : file.tree.all(type)) {
      const bool compares = b.has_token("<") || b.has_token("<=") || b.has_token(">") || b.has_token(">=") ||
                            b.has_token("!") || b.is("not_operator");
      if (!compares || notes.asked.size() >= kMost) continue;
      if (!icontains_any(
              b.code(), {"credit", "balance",   "stock",   "inventor", "seats",   "wallet", "coin",     "points",
                         "tokens", "available", "tickets", "bestand",  "estoque", "saldo",  "guthaben", "funds",
                         "slots",  "units",     "spots",   "gems",     "punkte",  "puntos", "solde",    "existencias"}))
        continue;
      for (const char* kind : {"member_expression", "attribute", "identifier", "subscript", "subscript_expression"})
        for (const Node n : b.all(kind)) {
          const std::string name = n.is("identifier") ? std::string(n.text()) : field_of(n);
          if (matters(name)) notes.asked.insert(folded(name));
        }
    }
}

class Takings {
 public:
  Takings(File& file, SpentLater& notes) : file_(file), notes_(notes) {}

  void read() {
    for (const Node p : file_.tree.all("pair")) {
      const std::string key = literal(p.child("key")).value_or(std::string(p.child("key").text()));
      if (!matters(key) || !lowers(p)) continue;
      Node call;
      for (Node n = p.parent(); n && !is_function(n) && !call; n = n.parent())
        if (n.any_of("call_expression", "call")) call = n;
      const auto c = call ? as_call(call) : std::nullopt;
      if (!c || !writing_call(last(c->name))) continue;
      // where: { id, credits: { gte: cost } }, findOneAndUpdate({ _id, credits: { $gte: 1 } }, …)
      if (conditioned(*c, p, key)) continue;
      note(p, key);
    }
    if (file_.tree.python())
      for (const char* type : {"keyword_argument", "assignment"})
        for (const Node k : file_.tree.all(type)) {
          const Node left = k.is("assignment") ? k.child("left") : k.child("name");
          const Node value = unwrap(k.is("assignment") ? k.child("right") : k.child("value"));
          const std::string key = left.is("attribute") ? field_of(left) : std::string(left.text());
          if (!matters(key) || !value.is("binary_operator") || !value.has_token("-")) continue;
          const auto f = as_call(unwrap(value.child("left")));
          const Code column = value.child("left").code();
          const bool expression =
              (f && f->name == "F") || (k.is("keyword_argument") && !column.empty() &&
                                        std::isupper(static_cast<unsigned char>(column[0])) && contains(column, "."));
          if (!expression) continue;
          Node whole = k;
          while (whole.parent() && !whole.parent().any_of("block", "module")) whole = whole.parent();
          if (icontains_any(whole.code(), {key + "__gte", key + "__gt", key + " >=", key + " >"})) continue;
          note(k, key);
        }
    for (const Call& c : file_.calls) {
      const std::string_view f = last(c.name);
      if (f != "query" && f != "execute" && f != "run" && f != "raw" && f != "$executeRaw" && f != "$queryRaw" &&
          f != "fetchrow" && f != "exec" && f != "text" && f != "prepare")
        continue;
      const std::string said = literal(c.arg(0)).value_or(spoken(c.arg(0)));
      if (said.size() > 2'000 || !icontains(said, "update ")) continue;
      if (const std::string key = lowered_by(said); !key.empty()) note(c.node, key);
    }
    for (const Call& c : file_.calls) called(c);
    given_back();
    after_work();
  }

 private:
  // product.decrement("stock", { by: n }), knex("seats").where({ id }).decrement("left", 1), repo.decrement({ id }, …)
  void called(const Call& c) {
    if (last(c.name) != "decrement" || c.args.empty()) return;
    std::string key;
    for (const Node a : c.args)
      if (const auto said = literal(a); said && matters(*said)) key = *said;
    if (key.empty()) return;
    const std::string_view asked = c.node.child("function").code();
    if (contains(asked, key) || (!literal(c.arg(0)) && contains(c.arg(0).code(), key)) ||
        (c.args.size() > 1 && contains(c.args.back().code(), key) && !literal(c.args.back())))
      return;
    note(c.node, key);
  }

  bool conditioned(const Call& c, Node pair, const std::string& key) const {
    for (const Node a : c.args) {
      const Node where = member(unwrap(a), "where");
      if (where && contains(where.code(), key)) return true;
      if (!pair.inside(a) && contains(a.code(), key)) return true;
    }
    // .eq("id", id).gte("credits", 1), chained behind
    Node whole = c.node;
    while (whole.parent().any_of("member_expression", "call_expression", "await_expression", "attribute", "call"))
      whole = whole.parent();
    return contains(whole.code().substr(0, std::min<std::size_t>(c.node.begin() - whole.begin(), whole.code().size())),
                    key) ||
           icontains_any(whole.code(), {".gte(", "$gte", "gte:"});
  }

  void note(Node at, const std::string& key) {
    const Node f = outermost_function(at);
    if (!f || held_here(f) || notes_.taken.size() >= kMost) return;
    if (at.above("catch_clause", "except_clause") ||
        has_word(function_name(f), {"rollback", "revert", "undo", "admin", "seed", "reset", "refund"}))
      return;
    notes_.taken.push_back(
        {folded(key), {place(file_.path, at.line()), file_.shown(at)}, f.line(), f.end_line(), stock(key)});
  }

  static bool held_here(Node f) {
    return icontains_any(
        f.code(), {"for update", "for_update", "runtransaction", "lock:", ".lock(", "serializable", "redlock", "mutex",
                   "isolation_level", "advisory", "p2025", "affectedrows", "rowcount", "modifiedcount", "matchedcount",
                   ".count === 0", ".count == 0", "count < 1", "check_violation"});
  }

  // catch { credits: { increment: 1 } }, where the try takes one only behind the work that may fail
  // Stops: a credit for each broken file that is sent in.
  void given_back() {
    for (const Node attempt : file_.tree.all("try_statement")) {
      const auto parts = attempt.children();
      if (parts.size() < 2) continue;
      Node raised;
      std::string key;
      for (const Node part : parts) {
        if (!part.any_of("catch_clause", "except_clause")) continue;
        for (const Node p : part.all("pair")) {
          const std::string name(p.child("key").text());
          if (purse(name) && member(unwrap(p.child("value")), "increment")) {
            raised = p;
            key = name;
          }
        }
      }
      if (!raised) continue;
      Node taken;
      const Node function = outermost_function(attempt);
      for (const Node p : function.all("pair"))
        if (p.begin() < parts.front().end() && p.child("key").text() == key && lowers(p)) taken = p;
      if (taken && !taken.inside(parts.front())) continue;  // before the work began
      std::size_t work = 0;
      for (const Node w : parts.front().all("await_expression")) work += !taken || w.end() < taken.begin() ? 1 : 0;
      if (taken ? work < 2 : takes_elsewhere(key)) continue;
      auto& found = file_.hit("PAY-004", raised);
      found.title = "A step that fails gives back what was never taken";
      found.severity = proof::Severity::high;
      found.impact = "Who makes the step fail, with a broken file or by asking again, gains with each try.";
      found.fix = "Take first, and give back only what this very run has taken.";
    }
  }

  // A function with the name of a taking is called in this file.
  bool takes_elsewhere(std::string_view key) const {
    return icontains_any(file_.code(), {"deduct", "decrement", "spend", "consume", "charge", "reserve", "hold"}) ||
           contains(file_.code(), std::string(key) + " - ");
  }

  // if (row.credits <= 0) return …; await model(…); await supabase.rpc("decrement_credits")
  void after_work() {
    for (const Call& c : file_.calls) {
      if (last(c.name) != "rpc") continue;
      const std::string named = literal(c.arg(0)).value_or("");
      if (!purse(named) ||
          !has_word(named, {"decrement", "deduct", "use", "consume", "spend", "take", "subtract", "reduce"}))
        continue;
      const Node f = outermost_function(c.node);
      if (!f) continue;
      // Whether it could be taken is asked of what the function gives.
      Node up = c.node;
      while (up.parent().any_of("await_expression", "member_expression", "call_expression", "parenthesized_expression"))
        up = up.parent();
      if (up.parent().is("variable_declarator") && contains(up.parent().child("name").code(), "data")) continue;
      for (const Node b : f.all("if_statement")) {
        if (b.begin() > c.node.begin()) continue;
        bool asks = false;
        for (const char* kind : {"member_expression", "identifier", "property_identifier"})
          for (const Node n : b.child("condition").all(kind))
            asks = asks || purse(n.is("member_expression") ? field_of(n) : std::string(n.text()));
        if (!asks || !icontains_any(b.child("consequence").code(), {"return", "throw"})) continue;
        auto& found = file_.hit("PAY-004", c.node);
        found.title = "The balance is looked at before the work and lowered behind it";
        also(found, file_, b);
        return;
      }
    }
  }

  File& file_;
  SpentLater& notes_;
};

bool told(const Sink& sink, const std::string& path, int line, int end_line) {
  return std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
    return f.id == "PAY-004" && !f.title.starts_with("A step that fails") && !f.locations.empty() &&
           f.locations.front().path == path && f.locations.front().line >= line && f.locations.front().line <= end_line;
  });
}

// select balance into v …; if v < amount …; update … set balance = balance - amount where id = …
void judge_functions(const std::string& path, std::string_view sql, Sink& sink) {
  const std::string low = text::to_lower(sql);
  std::size_t at = 0;
  for (std::size_t begin = low.find("function"); begin != std::string::npos; begin = low.find("function", at)) {
    const std::size_t open = low.find("$$", begin);
    if (open == std::string::npos) return;
    const std::size_t close = std::min(low.find("$$", open + 2), low.size());
    at = std::max(close, begin + 8);
    const std::string_view body = std::string_view(low).substr(open, close - open);
    const std::size_t into = body.find(" into ");
    if (into == std::string_view::npos || contains(body, "for update") || contains(body, "advisory")) continue;
    const std::size_t select = body.rfind("select", into);
    if (select == std::string_view::npos) continue;
    const std::string column(text::trim(body.substr(select + 6, into - select - 6)));
    if (column.size() > 60 || !matters(column)) continue;
    for (std::size_t u = body.find("update ", into); u != std::string_view::npos; u = body.find("update ", u + 7)) {
      const std::size_t end = std::min(body.find(';', u), body.size());
      if (lowered_by(body.substr(u, end - u)) != column) continue;
      const int line =
          1 + static_cast<int>(std::count(low.begin(), low.begin() + static_cast<std::ptrdiff_t>(open + select), '\n'));
      std::string_view shown = sql.substr(open + select);
      shown = shown.substr(0, std::min(shown.find('\n'), shown.size()));
      auto& f = sink.find("PAY-004", place(path, line, line + 8), std::string(text::trim(shown)));
      f.confidence = proof::Confidence::medium;
      return;
    }
  }
}

}  // namespace

void read_spent_later(File& file) {
  auto& notes = file.project.notes<SpentLater>();
  if (!file.tree.python() && client_file(file)) return;
  if (!icontains_any(file.code(), {"credit",   "balance", "stock",     "inventor", "seats",   "wallet",  "coins",
                                   "points",   "tokens",  "available", "tickets",  "bestand", "estoque", "saldo",
                                   "guthaben", "quota",   "funds",     "slots",    "units",   "spots"}))
    return;
  note_asked(file, notes);
  if (file.tree.python()) {
    // stock = models.PositiveIntegerField(), CheckConstraint(check=Q(stock__gte=0))
    for (const Call& c : file.calls) {
      const std::string_view f = last(c.name);
      if (notes.checks.size() > 20'000) break;
      if (f == "CheckConstraint")
        (notes.checks += folded(c.node.code())) += '\n';
      else if (f.starts_with("Positive") && f.ends_with("Field"))
        (notes.checks += folded(c.node.parent().child("left").text())) += '\n';
    }
  }
  if (!rehearsed(file)) Takings(file, notes).read();
}

void judge_spent_later(const Project& project, Sink& sink) {
  const auto& notes = project.notes<SpentLater>();
  std::string checks = notes.checks;  // check (credits >= 0)
  std::size_t files = 0;
  for (const Entry& e : project.entries()) {
    if (e.kind != Kind::sql || ++files > kMostSql) continue;
    const auto source = project.open(e.path);
    if (!source) continue;
    const std::string low = text::to_lower(source->text().substr(0, 200'000));
    for (std::size_t c = low.find("check"); c != std::string::npos; c = low.find("check", c + 5))
      if (const std::string_view said = std::string_view(low).substr(c, 80);
          contains(said, ">= 0") || contains(said, ">=0"))
        (checks += folded(said)) += '\n';
    if (contains(low, "update ") && contains(low, "into "))
      judge_functions(e.path, source->text().substr(0, 200'000), sink);
  }
  std::set<std::string> files_told;
  for (const SpentLater::Taken& t : notes.taken) {
    if (told(sink, t.at.at.path, t.line, t.end_line) || contains(checks, t.key)) continue;
    const bool asked = notes.asked.contains(t.key);
    if (!asked && !t.stock) continue;
    // Stops: ten jobs for one credit, and the last piece sold ten times.
    auto& f = sink.find("PAY-004", t.at.at, t.at.shown);
    f.confidence = proof::Confidence::medium;
    f.title = asked ? "What is left is looked at in one place and lowered in another, without a condition"
                    : "Stock is lowered whatever is left of it";
  }
}

}  // namespace gatehouse::audit::source
