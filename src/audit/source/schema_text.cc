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
  if (!column.empty()) r.owners.insert(std::string(column) + ">" + key);
}

}  // namespace gatehouse::audit::source::schema_text
