#include "audit/source/firestore_rules.h"

#include <algorithm>
#include <map>
#include <optional>

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using syntax::has_word;

namespace {

constexpr std::size_t kLargest = 200'000, kMostAllows = 400;
constexpr int kDeepest = 4;  // functions within functions
constexpr std::string_view kAllRead =
    "Whoever signs up lists the records of everybody with the key that stands in the page: one query takes them all, "
    "with every field.";

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }
bool name_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Comments become blanks, so that places hold.
std::string without_comments(std::string_view rules) {
  std::string out(rules);
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    if (out[i] == '\'' || out[i] == '"') {
      const std::size_t end = out.find(out[i], i + 1);
      if (end == std::string::npos || out.substr(i, end - i).find('\n') != std::string::npos) continue;
      i = end;
    } else if (out[i] == '/' && (out[i + 1] == '/' || out[i + 1] == '*')) {
      const bool line = out[i + 1] == '/';
      const std::size_t end = std::min(line ? out.find('\n', i) : out.find("*/", i), out.size());
      for (; i < end; ++i)
        if (out[i] != '\n') out[i] = ' ';
      if (!line && i + 1 < out.size()) out[i] = out[i + 1] = ' ';
    }
  }
  return out;
}

// function isOwner(id) { return …; }: name and what it gives back, without the names that it takes.
std::map<std::string, std::string> functions_of(std::string_view rules) {
  std::map<std::string, std::string> out;
  for (std::size_t at = rules.find("function "); at != std::string_view::npos; at = rules.find("function ", at + 1)) {
    const std::size_t open = rules.find('(', at), back = rules.find("return", at), body = rules.find('{', at);
    if (open == std::string_view::npos || back == std::string_view::npos || body == std::string_view::npos) break;
    const std::size_t end = std::min(rules.find_first_of(";}", back), rules.size());
    // What is first put into a name is not followed.
    if (has(rules.substr(body, back - body), "let ")) continue;
    out[std::string(text::trim(rules.substr(at + 9, open - at - 9)))] =
        std::string(text::trim(rules.substr(back + 6, end - back - 6)));
  }
  return out;
}

std::string unfolded(const std::map<std::string, std::string>& functions, std::string condition, int depth = 0) {
  if (depth > kDeepest) return condition;
  for (const auto& [name, gives] : functions)
    for (std::size_t at = condition.find(name + "("); at != std::string::npos;
         at = condition.find(name + "(", at + 1)) {
      if (at > 0 && (name_part(condition[at - 1]) || condition[at - 1] == '.')) continue;
      const std::size_t end = condition.find(')', at);
      if (end == std::string::npos || condition.size() > 4'000) break;
      const std::string inner = "(" + unfolded(functions, gives, depth + 1) + ")";
      condition.replace(at, end + 1 - at, inner);
      at += inner.size();
    }
  return condition;
}

std::string_view without_brackets(std::string_view s) {
  for (s = text::trim(s); s.size() > 1 && s.front() == '(' && s.back() == ')'; s = text::trim(s)) {
    int depth = 0;
    for (std::size_t i = 0; i < s.size(); ++i) {
      depth += s[i] == '(' ? 1 : s[i] == ')' ? -1 : 0;
      if (depth == 0 && i + 1 < s.size()) return s;
    }
    s = s.substr(1, s.size() - 2);
  }
  return s;
}

std::vector<std::string_view> parted(std::string_view s, std::string_view by) {
  std::vector<std::string_view> out;
  s = without_brackets(s);
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    depth += s[i] == '(' || s[i] == '[' ? 1 : s[i] == ')' || s[i] == ']' ? -1 : 0;
    if (depth != 0 || !s.substr(i).starts_with(by)) continue;
    out.push_back(without_brackets(s.substr(begin, i - begin)));
    begin = i + by.size();
  }
  out.push_back(without_brackets(s.substr(begin)));
  return out;
}

// It asks for nothing but an account of whoever comes.
bool any_account(std::string_view condition, int depth = 0) {
  const auto ways = parted(condition, "||");
  if (ways.size() > 1)
    return depth <= kDeepest &&
           std::any_of(ways.begin(), ways.end(), [&](std::string_view w) { return any_account(w, depth + 1); });
  const auto all = parted(condition, "&&");
  if (all.size() > 1)
    return depth <= kDeepest &&
           std::all_of(all.begin(), all.end(), [&](std::string_view w) { return any_account(w, depth + 1); });
  const std::string_view one = without_brackets(condition);
  return one == "request.auth != null" || one == "request.auth.uid != null" || one == "request.auth!=null" ||
         one == "request.auth.uid!=null" || one == "request.auth.token.email_verified == true" ||
         one == "request.auth.token.email_verified";
}

// One way in asks for nothing but whose the record is.
bool any_owner(const FirestoreAllow& a, std::string_view condition, int depth = 0) {
  const auto ways = parted(condition, "||");
  if (ways.size() > 1)
    return depth <= kDeepest &&
           std::any_of(ways.begin(), ways.end(), [&](std::string_view w) { return any_owner(a, w, depth + 1); });
  const auto all = parted(condition, "&&");
  if (all.size() > 1) {
    bool owner = false;
    for (const std::string_view w : all) {
      const bool mine = any_owner(a, w, depth + 1);
      if (depth > kDeepest || (!mine && !any_account(w))) return false;
      owner = owner || mine;
    }
    return owner;
  }
  const std::string_view one = without_brackets(condition);
  if (has(one, "request.resource") && !has(one, "request.auth.uid")) return false;
  return has(one, "request.auth.uid") && has(one, "==") && !has(one, "get(") && !has(one, "role") && !has(one, "(");
}

// Records that say something of one person each.
bool of_people(std::string_view name) {
  return has_word(name, {"user",        "users",         "profile",       "profiles",  "customer",      "customers",
                         "order",       "orders",        "message",       "messages",  "payment",       "payments",
                         "transaction", "transactions",  "invoice",       "invoices",  "booking",       "bookings",
                         "appointment", "appointments",  "reservation",   "patients",  "patient",       "chats",
                         "chat",        "conversations", "wallets",       "wallet",    "subscriptions", "tickets",
                         "withdrawals", "deposits",      "notifications", "addresses", "applications",  "students",
                         "employees",   "leads",         "clients",       "purchases", "tokens",        "apikeys"}) &&
         !has_word(name, {"public", "publicprofiles", "methods", "types", "categories", "settings", "templates"});
}

// Records that decide what somebody has, or has paid.
bool of_money(std::string_view name) {
  return has_word(name, {"transaction", "transactions",  "payment",      "payments",  "wallet",       "wallets",
                         "balance",     "balances",      "credits",      "deposits",  "deposit",      "withdrawals",
                         "payouts",     "subscriptions", "subscription", "purchases", "entitlements", "licenses",
                         "invoices",    "memberships",   "earnings",     "ledger"}) &&
         !has_word(name, {"methods", "method", "settings", "types", "plans", "drafts"});
}

// { "rules": { "users": { ".read": "auth != null" } } }: what the read stands below, where that is a name.
void judge_realtime(const Source& rules, Sink& sink) {
  std::vector<std::string> below;
  std::string key;
  bool value = false;
  int line = 1;
  const std::string_view s = rules.text();
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '\n') ++line;
    if (s[i] == '{') below.push_back(key);
    if (s[i] == '}' && !below.empty()) below.pop_back();
    if (s[i] == ':') value = true;
    if (s[i] == ',' || s[i] == '{') value = false;
    if (s[i] != '"') continue;
    const std::size_t end = s.find('"', i + 1);
    if (end == std::string_view::npos) return;
    const std::string_view said = s.substr(i + 1, end - i - 1);
    i = end;
    if (!value) {
      key = std::string(said);
      continue;
    }
    if (key != ".read" || below.empty() ||
        (said != "auth != null" && said != "auth !== null" && said != "auth.uid != null"))
      continue;
    const bool root = below.back() == "rules";
    if (!root && !of_people(below.back())) continue;
    auto& f =
        sink.find("AZ-006", {std::string(rules.path()), line, line, {}}, std::string(text::trim(rules.line(line))));
    f.title = root ? std::string("Every signed-in user may read the whole database")
                   : "Every signed-in user may read all of " + text::printable(below.back());
    f.impact = std::string(kAllRead);
    f.severity = proof::Severity::high;
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace

std::vector<FirestoreAllow> firestore_allows(std::string_view text_) {
  const std::string rules = without_comments(text_);
  const auto functions = functions_of(rules);
  std::vector<FirestoreAllow> out;
  struct Level {
    std::string collection, variable;
  };
  std::vector<Level> levels;
  std::string_view s = rules;
  int line = 1;
  Level coming;
  bool path = false;  // between match and its brace
  for (std::size_t i = 0; i < s.size() && out.size() < kMostAllows; ++i) {
    if (s[i] == '\n') ++line;
    const bool begins = i == 0 || !name_part(s[i - 1]);
    if (begins && s.substr(i).starts_with("match /")) {
      const std::size_t end = std::min(s.find_first_of(" \t\n", i + 7), s.size());
      coming = levels.empty() ? Level() : levels.back();
      for (const std::string_view part : text::split(s.substr(i + 7, end - i - 7), '/')) {
        if (has(part, "=**")) coming = {"**", std::string()};
        if (part.starts_with("{") && !has(part, "=**"))
          coming.variable = std::string(part.substr(1, part.find('}') - 1));
        else if (!part.starts_with("{") && !part.empty())
          coming.collection = std::string(part);
      }
      if (coming.collection == "documents" || coming.collection == "databases") coming.collection.clear();
      path = true;
      i = end - 1;
    } else if (s[i] == '{') {
      levels.push_back(path ? coming : levels.empty() ? Level() : levels.back());
      path = false;
    } else if (s[i] == '}') {
      if (!levels.empty()) levels.pop_back();
    } else if (begins && s.substr(i).starts_with("allow ") && !levels.empty()) {
      const std::size_t end = std::min(s.find(';', i), s.size()), colon = s.find(':', i);
      FirestoreAllow a{levels.back().collection, levels.back().variable, {}, "true", line};
      a.verbs = std::string(text::trim(s.substr(i + 6, std::min(colon, end) - i - 6)));
      if (colon < end) {
        std::string flat;
        for (const char c : s.substr(colon + 1, end - colon - 1)) {
          const bool blank = c == '\n' || c == ' ' || c == '\t' || c == '\r';
          if (!blank)
            flat += c;
          else if (!flat.empty() && flat.back() != ' ')
            flat += ' ';
        }
        if (flat.starts_with("if")) flat.erase(0, 2);
        a.condition = unfolded(functions, std::move(flat));
      }
      line += static_cast<int>(
          std::count(s.begin() + static_cast<std::ptrdiff_t>(i), s.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
      i = end;
      out.push_back(std::move(a));
    }
  }
  return out;
}

void judge_firestore_rules(const Project& project, Sink& sink) {
  for (const char* name : {"database.rules.json", "firebase-rules.json"})
    for (const Entry* e : project.named(name))
      if (e->role == Role::product && e->size <= kLargest)
        if (const auto rules = project.open(e->path)) judge_realtime(*rules, sink);
  for (const Entry* e : project.named("firestore.rules")) {
    if (e->role != Role::product || e->size > kLargest) continue;
    const auto rules = project.open(e->path);
    if (!rules || !has(rules->text(), "request.auth")) continue;
    for (const FirestoreAllow& a : firestore_allows(rules->text())) {
      const auto shown = [&] { return std::string(text::trim(rules->line(a.line))); };
      const bool reads = has_word(a.verbs, {"read", "list"});
      const bool writes = has_word(a.verbs, {"write", "update"});
      const bool everything = a.collection == "**";
      // Stops: whoever signs up, and takes the addresses, orders and messages of all the others with one query.
      if (reads && (everything || of_people(a.collection)) && any_account(a.condition)) {
        const bool changes = has_word(a.verbs, {"write", "update", "delete"});
        if (changes && shown().find("!= null;") != std::string::npos) continue;  // the rule of that form has told it
        auto& f = sink.find("AZ-006", {std::string(e->path), a.line, a.line, {}}, shown());
        f.title = everything ? std::string("Every signed-in user may read every collection")
                             : "Every signed-in user may read " + std::string(changes ? "and change " : "") +
                                   "the whole collection " + text::printable(a.collection);
        f.impact = std::string(kAllRead);
        f.fix = "Compare request.auth.uid with the record's owner for list as for get; count on the server.";
        f.severity = proof::Severity::high;
        f.confidence = proof::Confidence::medium;
        continue;
      }
      // Stops: a balance that its owner raises, a deposit that its payer marks as paid.
      if (writes && of_money(a.collection) && any_owner(a, a.condition)) {
        auto& f = sink.find("AZ-007", {std::string(e->path), a.line, a.line, {}}, shown());
        f.title = "Whoever owns a record of " + text::printable(a.collection) + " writes what stands in it";
        f.impact =
            "Amounts and states are changed from the browser: what was never paid is marked as paid, and what "
            "others go by is no longer true.";
        f.fix = "Let the server alone write " + text::printable(a.collection) + ": allow write: if false.";
        f.severity = proof::Severity::high;
        f.confidence = proof::Confidence::medium;
      }
    }
  }
}

}  // namespace gatehouse::audit::source
