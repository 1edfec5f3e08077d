#include "audit/source/money_map.h"

#include <algorithm>

#include "audit/source/confirmed_payments.h"
#include "audit/source/door_heads.h"
#include "audit/source/event_repeats.h"
#include "audit/source/free_work.h"
#include "audit/source/money_words.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 20'000;     // functions that are kept
constexpr std::size_t kMostCalls = 100;   // of one of them
constexpr std::size_t kLongest = 30'000;  // bytes of a function that are looked at
constexpr int kDeepest = 4;
constexpr std::ptrdiff_t kMostNamesakes = 3;

// Names that say nothing of which function is meant.
bool common(std::string_view name) {
  static const std::set<std::string_view> kCommon{
      "get",    "set",    "post",   "put",    "patch",  "delete",    "find",  "create", "update",  "save",   "json",
      "send",   "map",    "filter", "push",   "append", "then",      "catch", "next",   "execute", "commit", "add",
      "status", "log",    "error",  "info",   "print",  "str",       "int",   "float",  "len",     "first",  "all",
      "String", "Number", "Date",   "format", "parse",  "stringify", "join",  "split",  "strip",   "values", "where",
      "select", "from",   "eq",     "single", "insert", "remove",    "run",   "call",   "on",      "use",    "init"};
  return name.size() < 3 || kCommon.contains(name);
}

bool staff(const Code& code) {
  return icontains_any(
      code, {"isadmin", "is_admin", "requireadmin", "require_admin", "adminonly", "superuser", "is_staff",
             "current_admin", "admin_user", "adminuser", "verifyadmin", "adminguard", "cron_secret", "internal_key",
             "staff_member", "role.admin", "requirerole", "authorize("});
}

// What a function calls, hands on (add_task(fulfil)) or is guarded by (Depends(require_plan)).
void note_calls(const File& file, Node f, MoneyFunction& out) {
  const auto note = [&](std::string_view name) {
    if (out.calls.size() < kMostCalls && !common(name)) out.calls.emplace(name);
  };
  for (const Call* c : file.calls_in(f)) {
    note(last(c->name));
    if (c->name.find('.') == std::string::npos) note(last(file.full(c->name)));
    if (const std::size_t dot = c->name.find('.'); dot != std::string::npos) {
      const std::string_view root = std::string_view(c->name).substr(0, dot);  // HANDLERS.get(kind), handlers[kind](…)
      if (has_word(root, {"handlers", "handler", "actions", "dispatch", "events", "map", "registry"})) note(root);
    }
    for (const Node a : c->args)
      if (const Node n = unwrap(a); n.any_of("identifier", "attribute", "member_expression"))
        if (const std::string whole = dotted(n), name(last(whole));
            has_word(name, {"handle", "on", "fulfil", "fulfill", "process", "task", "activate", "grant", "check",
                            "require", "verify", "get", "current", "consume", "limit", "active", "ensure"}))
          note(name);
  }
  for (const char* type : {"subscript", "subscript_expression"})
    for (const Node s : f.all(type)) {
      const Node of = s.child("value") ? s.child("value") : s.child("object");
      if (of.is("identifier")) note(of.text());
    }
}

// { "invoice.paid": on_paid }
void note_tables(const File& file, MoneyMap& map) {
  for (const char* type : {"dictionary", "object"})
    for (const Node d : file.tree.all(type)) {
      const Node up = d.parent();
      const Node name = up.is("assignment")            ? up.child("left")
                        : up.is("variable_declarator") ? up.child("name")
                                                       : Node();
      if (!name.is("identifier") || map.tables.size() >= kMost) continue;
      std::set<std::string> named;
      for (const auto& [key, value] : members(d))
        if (const Node n = unwrap(value);
            n.any_of("identifier", "attribute", "member_expression") && named.size() < kMostCalls)
          named.emplace(last(dotted(n)));
      if (!named.empty()) map.tables.emplace(name.text(), std::move(named));
    }
}

// `unique: true`, unique=True, .unique(): columns that the code itself declares.
void note_unique(const File& file, MoneyMap& map) {
  if (!icontains_any(file.code(), {"unique", "primarykey", "primary_key"})) return;
  const auto says = [](const Code& code) {
    return code.size() < 400 && icontains_any(code, {"unique: true", "unique=true", ".unique(", "primarykey",
                                                     "primary_key=true", "unique:true"});
  };
  for (const Node a : file.tree.all("assignment"))
    if (a.child("left").is("identifier") && says(a.child("right").code()))
      map.unique.insert(folded(a.child("left").text()));
  for (const Node p : file.tree.all("pair"))
    if (says(p.child("value").code())) map.unique.insert(folded(p.child("key").text()));
  for (const Node p : file.tree.all("public_field_definition"))
    if (says(p.code())) map.unique.insert(folded(p.child("name").text()));
}

}  // namespace

std::vector<MoneyMap::Namesakes> MoneyMap::meant_by(const std::set<std::string>& names) const {
  std::vector<Namesakes> out;
  for (const std::string& name : names)
    if (const auto [from, to] = by_name.equal_range(name); from != to)
      out.push_back({from, to, std::distance(from, to) > kMostNamesakes});
  return out;
}

std::vector<MoneyMap::Namesakes> MoneyMap::called_by(const MoneyFunction& f) const {
  std::set<std::string> names = f.calls;
  for (const std::string& call : f.calls)
    for (auto [at, to] = tables.equal_range(call); at != to; ++at) names.insert(at->second.begin(), at->second.end());
  return meant_by(names);
}

std::vector<const MoneyFunction*> MoneyMap::reach(const MoneyFunction& from) const {
  called_.resize(all.size());
  met_.resize(all.size());
  ++questions_;
  std::vector<const MoneyFunction*> out{&from};
  met_[from.number] = questions_;
  std::size_t begin = 0;
  for (int depth = 0; depth < kDeepest && begin < out.size() && out.size() < 200; ++depth) {
    const std::size_t end = out.size();
    for (; begin < end; ++begin) {
      const MoneyFunction& f = *out[begin];
      auto& kept = called_[f.number];
      std::vector<Namesakes> called;
      if (!kept) called = called_by(f);
      if (!kept && called.size() <= room_) {
        room_ -= called.size();
        kept = std::move(called);
      }
      for (const Namesakes& n : kept ? *kept : called)
        for (auto it = n.from; it != n.to; ++it)
          if ((!n.vague || it->second->path == f.path) && met_[it->second->number] != questions_) {
            met_[it->second->number] = questions_;
            out.push_back(it->second);
          }
    }
  }
  return out;
}

void read_money_map(File& file) {
  MoneyMap& map = file.project.notes<MoneyMap>();
  if (!file.tree.python() && client_file(file)) return;
  if (has_word(file.path,
               {"test", "tests", "spec", "seed", "seeds", "seeder", "migrations", "mock", "mocks", "scripts"}))
    return;
  note_tables(file, map);
  note_unique(file, map);
  note_asking_routes(file, map);
  const bool asks = asks_in_file(file);
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      MoneyFunction fact;
      fact.name = handler_name(f);
      fact.head = door_head(file, f);
      if (fact.name.empty() && fact.head.empty()) continue;
      const Code code = f.code();
      if (code.size() > kLongest) continue;
      if (map.all.size() >= kMost) {
        if (map.full_at.empty()) map.full_at = file.path;
        return;
      }
      fact.path = file.path;
      fact.at = {place(file.path, f.line(), std::min(f.end_line(), f.line() + 12)), file.shown(f)};
      fact.end_line = f.end_line();
      note_calls(file, f, fact);
      std::string guards;
      if (f.parent().is("decorated_definition"))
        for (const Node d : f.parent().children())
          if (d.is("decorator")) {
            (guards += d.code()) += '\n';
            for (const char* kind : {"identifier", "attribute"})
              for (const Node n : d.all(kind))
                if (const std::string whole = dotted(n), name(last(whole)); !common(name)) fact.calls.insert(name);
          }
      if (f.is("function_definition"))
        if (const Node cls = f.above("class_definition")) guards += cls.code().substr(0, 600);
      if (f.is("method_definition")) {
        guards += method_decorators(f);
        const Node cls = f.above("class_declaration", "class");
        for (const Node d : cls.children())
          if (d.is("decorator")) guards += d.code();
        for (const Node d : cls.parent().children())
          if (d.is("decorator")) guards += d.code();
      }
      fact.staff = staff(code) || staff(Code(guards));
      note_work(file, f, guards, fact);
      fact.asks = fact.asks || asks;
      note_repeats(file, f, fact);
      note_confirming(file, f, fact);
      fact.number = map.all.size();
      map.all.push_back(std::move(fact));
      const MoneyFunction& kept = map.all.back();
      if (!kept.name.empty()) map.by_name.emplace(kept.name, &kept);
    }
}

}  // namespace gatehouse::audit::source
