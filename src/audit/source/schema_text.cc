#include "audit/source/schema_text.h"

#include <algorithm>

namespace gatehouse::audit::source::schema_text {
namespace {

constexpr std::size_t kMostRecords = 2000;
constexpr std::size_t kLongest = 12'000;  // of one declaration

}  // namespace

std::string_view word_at(std::string_view s, std::size_t at) {
  std::size_t end = at;
  while (end < s.size() && word(s[end])) ++end;
  return s.substr(at, end - at);
}

std::size_t skip(std::string_view s, std::size_t at, std::string_view any) {
  const std::size_t next = s.find_first_not_of(any, at);
  return next == std::string_view::npos ? s.size() : next;
}

std::string_view block(std::string_view s, std::size_t open) {
  const char a = s[open], b = a == '{' ? '}' : a == '(' ? ')' : ']';
  int depth = 0;
  const std::size_t end = std::min(s.size(), open + kLongest);
  for (std::size_t i = open; i < end; ++i) {
    if (s[i] == a) ++depth;
    if (s[i] == b && --depth == 0) return s.substr(open + 1, i - open - 1);
  }
  return s.substr(open + 1, end - open - 1);
}

void keys_of(std::string_view object, std::set<std::string>& out) {
  int depth = 0;
  bool key = true;
  for (std::size_t i = 0; i < object.size() && out.size() < 200; ++i) {
    const char c = object[i];
    if (c == '{' || c == '(' || c == '[') ++depth;
    if (c == '}' || c == ')' || c == ']') --depth;
    if (depth == 0 && c == ',') key = true;
    if (depth != 0 || !key || !word(c)) continue;
    const std::string_view name = word_at(object, i);
    i += name.size();
    if (skip(object, i, " \"'") < object.size() && object[skip(object, i, " \"'")] == ':') out.emplace(name);
    --i;
    key = false;
  }
}

Record& record(Schema& schema, std::string_view name) {
  const std::string key = record_key(name);
  return schema.records[schema.records.size() < kMostRecords || schema.records.contains(key) ? key : std::string()];
}

void points(Record& r, std::string_view column, std::string_view target) {
  const std::string key = record_key(target);
  if (key.empty()) return;
  r.belongs.insert(key);
  if (column.empty()) return;
  r.owners.insert(std::string(column) + ">" + key);
  leads(r, column, target);
  for (const std::string_view tail : {"_id", "Id", "ID"})
    if (column.size() > tail.size() && column.ends_with(tail)) {
      column.remove_suffix(tail.size());
      leads(r, column, target);
      break;
    }
}

void leads(Record& r, std::string_view relation, std::string_view target) {
  constexpr std::size_t kMostRelations = 200;
  if (relation.empty() || target.empty() || r.leads.size() >= kMostRelations) return;
  r.leads.emplace(relation, record_key(target));
}

namespace {

// In any letters, with no letter beside it.
bool says_decision(std::string_view text) {
  if (text.size() > 12'000) text = text.substr(0, 12'000);
  const std::string low = text::to_lower(text);
  for (const std::string_view decision :
       {"approved", "paid", "confirmed", "verified", "refunded", "shipped", "delivered", "settled"})
    for (std::size_t at = low.find(decision); at != std::string::npos; at = low.find(decision, at + 1)) {
      const std::size_t end = at + decision.size();
      if ((at == 0 || !word(low[at - 1])) && (end >= low.size() || !word(low[end]))) return true;
    }
  return false;
}

}  // namespace

void decided_in(std::string_view own, std::string_view all, Record& r) {
  for (const std::string_view column : {"status", "state"}) {
    std::size_t at = own.find(column);
    while (at != std::string_view::npos &&
           ((at > 0 && word(own[at - 1])) || (at + column.size() < own.size() && word(own[at + column.size()]))))
      at = own.find(column, at + 1);
    if (at == std::string_view::npos) continue;
    std::string_view declared = own.substr(at);
    declared = declared.substr(0, std::min(declared.find('\n'), declared.size()));
    const std::size_t open = skip(own, at + column.size(), " :\n\t");
    if (open < own.size() && own[open] == '{') declared = block(own, open);
    const bool mongoose = syntax::contains(declared, "enum");
    if (mongoose && says_decision(declared)) {
      r.decided.emplace(column);
      continue;
    }
    // status BookingStatus @default(PENDING), enum: BookingStatus, Object.values(BookingStatus)
    for (std::size_t w = 0; w < declared.size(); ++w) {
      if (declared[w] < 'A' || declared[w] > 'Z' || (w > 0 && word(declared[w - 1]))) continue;
      const std::string_view name = word_at(declared, w);
      const std::size_t made = name.size() < 4 ? std::string_view::npos : all.find("enum " + std::string(name));
      if (made == std::string_view::npos) continue;
      const std::size_t brace = all.find('{', made);
      if (brace != std::string_view::npos && brace < made + 100 && says_decision(block(all, brace)))
        r.decided.emplace(column);
      break;
    }
  }
}

}  // namespace gatehouse::audit::source::schema_text
