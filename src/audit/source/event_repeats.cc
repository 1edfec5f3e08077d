#include "audit/source/event_repeats.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/money_words.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostSpots = 4;  // of one function

// Numbers that may well be raised twice.
bool harmless(std::string_view field) {
  return has_word(field, {"version", "attempt", "attempts", "retry",   "retries",    "view", "views",  "error",
                          "errors",  "failed",  "failures", "index",   "count_only", "page", "offset", "i",
                          "n",       "total",   "sum",      "expires", "timeout",    "delay"});
}

bool ends(std::string_view field) {
  return has_word(field, {"until", "ends", "end", "expires", "expiry", "expiration", "valid", "period", "renews"});
}

// balance.amount += …, user.credits += …: what belongs to a record, not a sum of this function.
bool kept_number(Node left) {
  if (!left.any_of("attribute", "member_expression", "subscript", "subscript_expression")) return false;
  const std::string name(left.code());
  return spendable(last(name)) || purse(last(name)) || spendable(name.substr(0, name.find('.'))) || ends(last(name));
}

// set gems = gems + $1
bool sql_raises(std::string_view sql) {
  const std::string low = text::to_lower(sql);
  if (low.find("update") == std::string::npos || low.find("set") == std::string::npos) return false;
  for (std::size_t at = low.find('='); at != std::string::npos; at = low.find('=', at + 1)) {
    std::size_t end = at;
    while (end > 0 && low[end - 1] == ' ') --end;
    std::size_t begin = end;
    while (begin > 0 && (text::is_alpha(low[begin - 1]) || text::is_digit(low[begin - 1]) || low[begin - 1] == '_'))
      --begin;
    const std::string column = low.substr(begin, end - begin);
    if (column.empty() || harmless(column)) continue;
    std::string_view rest = std::string_view(low).substr(at + 1, 80);
    if (const std::size_t plus = rest.find('+');
        plus != rest.npos && has_token(Code(rest.substr(0, plus)), column) && rest.find(',') > plus)
      return true;
  }
  return false;
}

void note_counts(const File& file, Node f, MoneyFunction& out) {
  const auto tell = [&](Node at) {
    if (out.counts.size() < kMostSpots) out.counts.push_back({place(file.path, at.line()), file.shown(at)});
  };
  const Code code = f.code();
  const bool raises = icontains_any(code, {"increment", "$inc", "incr"});
  for (const Call* c : file.calls_in(f)) {
    const std::string_view m = last(c->name);
    if (const auto procedure = m == "rpc" ? literal(c->arg(0)) : std::nullopt;
        procedure && purse(*procedure) &&
        has_word(*procedure, {"add", "grant", "increment", "topup", "credit", "give"}))
      tell(c->node);
    if (raises && (m == "increment" || m == "increment_by") && !c->args.empty()) {
      const auto column = literal(c->arg(0));
      if (column && !harmless(*column)) tell(c->node);
    }
    if (m == "query" || m == "execute" || m == "run" || m == "raw" || m == "$executeRaw" || m == "fetchrow" ||
        m == "text")
      if (const std::string sql = literal(c->arg(0)).value_or(spoken(c->arg(0))); sql_raises(sql)) tell(c->node);
  }
  if (raises)
    for (const Node p : f.all("pair")) {
      const std::string key(p.child("key").text());
      const Node value = unwrap(p.child("value"));
      if ((value.is("object") && icontains_any(value.code(), {"increment:"}) && value.code().size() < 80 &&
           !harmless(key)) ||
          key == "$inc")
        tell(p);
    }
  if (!contains(code, "+")) return;
  for (const Node p : f.all("pair")) {  // credits: user.credits + n, sql`${users.credits} + ${n}`
    const std::string key(p.child("key").text());
    const Code value = p.child("value").code();
    if (value.size() < 200 && contains(value, "+") && (spendable(key) || purse(key)) && has_token(value, key)) tell(p);
  }
  for (const Node k : f.all("keyword_argument")) {  // values(credits=User.credits + n)
    const Node value = k.child("value");
    const std::string_view key = k.child("name").text();
    if (contains(value.code(), "+") && !harmless(key) && value.code().size() < 200 &&
        has_word(value.code(), {"f", "c"}) == contains(value.code(), "F(") &&
        (contains(value.code(), "F(") || has_token(value.code(), key)))
      tell(k);
  }
  for (const char* type : {"augmented_assignment", "augmented_assignment_expression"})
    for (const Node a : f.all(type))
      if (a.has_token("+=") && kept_number(a.child("left"))) tell(a);
  for (const char* type : {"assignment", "assignment_expression"})
    for (const Node a : f.all(type)) {
      const Node left = a.child("left");
      if (!kept_number(left) || a.child("right").code().size() > 300) continue;
      const Code right = a.child("right").code();
      if (contains(right, "+") && contains(right, left.code())) tell(a);
    }
}

// Where the row comes from that a condition asks for its state: the own database, as far as one sees.
bool own_row(Node f, std::string_view name) {
  if (name == "self" || name == "this") return true;
  if (has_word(name, {"session", "event", "intent", "data", "payload", "object", "obj", "entity", "body", "res",
                      "response", "result", "remote", "attributes", "resource", "evt", "charge"}))
    return false;
  for (const char* type : {"variable_declarator", "assignment"})
    for (const Node a : f.all(type)) {
      const Node left = a.child("name") ? a.child("name") : a.child("left");
      const Node value = a.child("value") ? a.child("value") : a.child("right");
      if (left.code().size() > 200 || !has_token(left.code(), name)) continue;
      if (icontains_any(value.code(), {"stripe", "mollie", "razorpay", "paypal", "paystack", "axios", "fetch(", "httpx",
                                       "requests.", "verify", "retrieve", "find_one(", "yoo", "gateway", "json("}) &&
          !icontains_any(value.code(), {".objects", "prisma", "session.", "select("}))
        return false;
    }
  return true;
}

bool says_state(std::string_view words) {
  return has_word(words, {"status", "state", "paid", "ispaid", "processed", "handled", "credited", "fulfilled",
                          "completed", "confirmed", "pending", "verified", "open", "settled"});
}

// if (order.status === "paid") return
bool asks_own_state(Node f) {
  for (const char* type : {"if_statement", "conditional_expression", "ternary_expression"})
    for (const Node b : f.all(type)) {
      const Node condition = b.child("condition");
      if (condition.code().size() > 300 || !says_state(condition.code())) continue;
      for (const char* kind : {"member_expression", "attribute"})
        for (const Node m : condition.all(kind)) {
          const std::string name = dotted(m);
          if (says_state(last(name)) && own_row(f, std::string_view(name).substr(0, name.find_first_of(".?"))))
            return true;
        }
      if (const Node only = unwrap(condition); only.any_of("member_expression", "attribute")) {
        const std::string name = dotted(only);
        if (own_row(f, std::string_view(name).substr(0, name.find_first_of(".?")))) return true;
      }
    }
  return false;
}

bool used(Node call) {
  Node n = call;
  while (n.parent().any_of("await_expression", "await", "parenthesized_expression", "as_expression",
                           "non_null_expression"))
    n = n.parent();
  return n && !n.parent().is("expression_statement");
}

// updateMany({ where: { id, status: "open" } }), filter(id=…, status="pending").update(…), and somebody looks how many.
bool takes_once(const File& file, Node f) {
  for (const Call* c : file.calls_in(f)) {
    const std::string_view m = last(c->name);
    const bool sql = m == "query" || m == "execute" || m == "run" || m == "fetchrow" || m == "fetchval";
    if (sql) {
      const std::string low = text::to_lower(literal(c->arg(0)).value_or(spoken(c->arg(0))));
      const std::size_t where = low.find(" where ");
      if (low.starts_with("update") && where != std::string::npos && says_state(low.substr(where)) && used(c->node))
        return true;
      // execute(update(Deposit).where(Deposit.status == "open")…)
      const Code built = c->arg(0).code();
      if (low.empty() && built.size() < 1'500 && contains(built, "update(") && contains(built, "where(") &&
          says_state(built.substr(std::min(built.find("where("), built.size()))) && used(c->node))
        return true;
      continue;
    }
    if (m != "update" && m != "updateMany" && m != "findOneAndUpdate" && m != "updateOne" &&
        m != "find_one_and_update" && m != "update_one" && m != "execute" && m != "returning" && m != "select")
      continue;
    if (!used(c->node) || c->node.code().size() > 1'500) continue;
    const Node object = member(unwrap(c->arg(0)), "where");
    const std::string asked = object ? std::string(object.code())
                              : m == "update" || m == "returning" || m == "select" || m == "execute"
                                  ? std::string(c->node.child("function").code())
                                  : std::string(c->arg(0).code());
    if (says_state(asked)) return true;
  }
  return false;
}

bool remembers(const File& file, Node f) {
  const Code code = f.code();
  if (icontains_any(code, {"idempot",     "already",        "dedup",           "duplicate",    "p2002",
                           "23505",       "integrityerror", "setnx",           "webhookevent", "webhook_event",
                           "stripeevent", "processedevent", "processed_event", "on conflict",  "onconflict",
                           "11000",       "nx: true",       "nx=true",         "on duplicate", "insert or ignore",
                           "redeemed",    "claimed_",       "processed_",      "used_sessions"}))
    return true;
  if (icontains_any(code, {"event.id", "event[\"id\"]", "event['id']", "event_id", "eventid", "evt.id", "svix-id",
                           "svix_id", "event.get(\"id\")", "event.get('id')"}) &&
      icontains_any(code,
                    {"exist", "find", ".first", "seen", "insert", "create(", ".add(", "processed", ".get(", ".has("}))
    return true;
  // if (await Payment.findOne({ reference })) return
  for (const Node b : f.all("if_statement")) {
    const Code condition = b.child("condition").code();
    if (condition.size() < 200 && has_word(condition, {"existing", "exists", "seen", "known", "previous", "prior",
                                                       "dup", "before", "created", "recorded", "processed"}))
      return true;
  }
  return asks_own_state(f) || takes_once(file, f);
}

// The columns of rows that are made ahead of what counts.
void note_keys(const File& file, Node f, MoneyFunction& out) {
  for (const Call* c : file.calls_in(f)) {
    const std::string_view m = last(c->name);
    if (m == "query" || m == "execute" || m == "run") {
      const std::string low = text::to_lower(literal(c->arg(0)).value_or(spoken(c->arg(0))));
      if (low.find("insert into") == std::string::npos) continue;
      const std::size_t open = low.find('('), close = low.find(')');
      if (open != std::string::npos && close != std::string::npos && open < close)
        for (const std::string_view part : text::split(std::string_view(low).substr(open + 1, close - open - 1), ','))
          out.keys.insert(folded(text::trim(part)));
      continue;
    }
    if (m != "create" && m != "insert" && m != "insertOne" && m != "insert_one" && m != "values" && m != "add" &&
        m != "save" && m != "acreate")
      continue;
    for (const Node a : c->args)
      for (const Node p : a.all("pair")) out.keys.insert(folded(p.child("key").text()));
    for (const Node a : c->args)
      for (const Node p : a.all("shorthand_property_identifier")) out.keys.insert(folded(p.text()));
    for (const Node k : c->node.all("keyword_argument")) out.keys.insert(folded(k.child("name").text()));
  }
}

// req.body.events[0]: what else was sent with it is never looked at.
void note_first(const File& file, Node f, MoneyFunction& out) {
  for (const char* type : {"subscript", "subscript_expression"})
    for (const Node s : f.all(type)) {
      const Node of = unwrap(s.child("value") ? s.child("value") : s.child("object"));
      const Node index = s.child("index") ? s.child("index") : s.child("subscript");
      if (index.text() != "0") continue;
      std::string name(last(dotted(of)));
      if (of.any_of("subscript", "subscript_expression"))
        name = literal(of.child("index") ? of.child("index") : of.child("subscript")).value_or("");
      if (name != "events" && name != "notifications" && name != "notificationItems") continue;
      out.first_only = Spot{place(file.path, s.line()), file.shown(s)};
      return;
    }
}

}  // namespace

void note_repeats(const File& file, Node f, MoneyFunction& out) {
  const Code code = f.code();
  out.events =
      takes_signed_events(f) ||
      ((!out.head.empty() || icontains(file.path, "hook")) &&
       (webhook_door(out.name) || webhook_door(out.head) ||
        (!out.head.empty() && has_word(file.path, {"hook", "hooks", "webhook", "webhooks", "ipn"}))) &&
       icontains_any(code, {"stripe",  "paddle", "lemon",       "razorpay", "paystack",     "paypal",  "gocardless",
                            "mollie",  "mpesa",  "daimo",       "yookassa", "flutterwave",  "payment", "checkout",
                            "invoice", "charge", "transaction", "order",    "subscription", "billing"}));
  // Most functions have nothing to do with it.
  if (!icontains_any(code, {"increment", "$inc", "+", "rpc(", "incr"}) && !out.events &&
      !icontains_any(code, {"status", "paid", "event", "exist", "already", "create", "insert", "conflict"}))
    return;
  if (out.events) note_first(file, f, out);
  note_counts(file, f, out);
  out.remembers = remembers(file, f);
  note_keys(file, f, out);
}

namespace {

// Columns that the project's schemas say no two rows share: Prisma's @unique, SQL's unique.
std::set<std::string, std::less<>> unique_columns(const Project& project) {
  std::set<std::string, std::less<>> out = project.notes<MoneyMap>().unique;
  std::size_t files = 0;
  for (const Entry& e : project.entries()) {
    if (e.role != Role::product || e.size > 400'000 || (!e.path.ends_with(".prisma") && e.kind != Kind::sql)) continue;
    const auto source = project.open(e.path);
    if (!source || ++files > 200) continue;
    const std::string_view whole = source->text();
    for (std::string_view line : text::split(whole, '\n')) {
      if (line.size() > 300 || !icontains_any(line, {"@unique", " unique", "primary key", "@id", "unique ("})) continue;
      // A key over several columns says nothing of one of them.
      if (const std::size_t open = line.find('(');
          icontains_any(line, {"unique (", "unique(", "@@unique"}) && open != line.npos) {
        const std::string_view inner = line.substr(open + 1, line.find(')', open) - open - 1);
        if (inner.find(',') == inner.npos) out.insert(folded(text::trim(inner)));
        continue;
      }
      line = text::trim(line);
      // create table seen (id text primary key)
      if (const std::size_t open = line.find('('); icontains(line, "create table") && open != line.npos)
        line = text::trim(line.substr(open + 1));
      out.insert(folded(line.substr(0, line.find_first_of(" \t"))));
      // Several columns in one line.
      for (std::string_view part : text::split(line, ','))
        if (part = text::trim(part); icontains(part, " unique") || icontains(part, "primary key"))
          out.insert(folded(part.substr(0, part.find(' '))));
    }
  }
  for (const char* own : {"id", "email", "userid", "username", "name", "slug", "user", "sku"}) out.erase(own);
  return out;
}

// The columns, folded, that say which payment it is.
bool payment_key(std::string_view column) {
  return icontains_any(
      column, {"reference", "session", "event", "payment", "intent", "transaction", "txn", "capture", "charge",
               "invoice", "external", "provider", "receipt", "checkout", "ref", "stripe", "orderid", "mollie", "tx"});
}

bool within(const MoneyFunction& f, const proof::Location& at) {
  return at.path == f.path && at.line >= f.at.at.line && at.line <= f.end_line;
}

}  // namespace

void judge_event_repeats(const Project& project, Sink& sink) {
  const auto& map = project.notes<MoneyMap>();
  if (std::none_of(map.all.begin(), map.all.end(), [](const MoneyFunction& f) { return f.events; })) return;
  const auto unique = unique_columns(project);
  for (const MoneyFunction& door : map.all) {
    if (!door.events) continue;
    if (door.first_only && std::none_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
          return f.id == "WHK-003" && within(door, f.locations.front());
        })) {
      // Stops: cancellations that came second in their batch and are never carried out.
      auto& f = sink.find("WHK-003", door.first_only->at, door.first_only->shown);
      f.title = "Only the first event of a batch is looked at, and the whole batch is answered as handled";
      f.confidence = proof::Confidence::medium;
      f.impact = "The provider sends several events in one request: payments, failures and cancellations are lost.";
      f.fix = "Handle every event of the request, and answer with success only after the last.";
    }
    const auto reached = map.reach(door);
    const auto known = [&](const proof::Finding& f) {
      return f.id == "WHK-002" && std::any_of(f.locations.begin(), f.locations.end(), [&](const proof::Location& at) {
               return std::any_of(reached.begin(), reached.end(),
                                  [&](const MoneyFunction* r) { return within(*r, at); });
             });
    };
    std::vector<Spot> counts;
    bool remembered = false, keyed = false;
    for (const MoneyFunction* f : reached) {
      remembered = remembered || f->remembers;
      keyed = keyed || std::any_of(f->keys.begin(), f->keys.end(), [&](const std::string& k) {
                return k == "eventid" || (payment_key(k) && unique.contains(k));
              });
      counts.insert(counts.end(), f->counts.begin(), f->counts.end());
    }
    if (keyed)
      for (const proof::Finding& f : sink.findings())
        if (known(f) && f.title == "Webhook events may be handled twice") sink.take_back(f);
    if (counts.empty() || remembered || keyed || std::any_of(sink.findings().begin(), sink.findings().end(), known))
      continue;
    // Stops: one payment that is delivered twice and counted twice.
    auto& f = sink.find("WHK-002", counts.front().at, counts.front().shown);
    f.title = "An event that is delivered twice counts twice";
    f.severity = proof::Severity::high;
    f.confidence = proof::Confidence::medium;
    for (std::size_t i = 1; i < counts.size() && i < 5; ++i) {
      f.locations.push_back(counts[i].at);
      f.evidence.push_back(counts[i].shown);
    }
    if (!within(door, counts.front().at)) {
      f.locations.push_back(door.at.at);
      f.evidence.push_back(door.at.shown);
    }
  }
}

}  // namespace gatehouse::audit::source
