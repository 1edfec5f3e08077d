#include "audit/source/script_written.h"

#include <algorithm>

#include "audit/source/schema.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// The columns of a new record, with what they are given: create({ data: { … } }), insert(t).values({ … }), new Note({ …
// })
std::vector<std::pair<std::string, Node>> columns_of(const Touch& t, const Call& c) {
  const Node first = unwrap(c.arg(0));
  if (const Node data = member(first, "data")) return members(unwrap(data));
  if (first.is("object")) return members(first);
  if (first.is("array") && !first.children().empty()) return members(unwrap(first.children().front()));
  if (const auto outer = as_call(t.whole); outer && last(outer->name) == "values")
    return members(unwrap(outer->arg(0)));
  for (const Node call : t.whole.all("call_expression"))
    if (const auto chained = as_call(call); chained && last(chained->name) == "values")
      return members(unwrap(chained->arg(0)));
  return {};
}

bool owner_key(std::string_view key) {
  static constexpr std::string_view kOwners[] = {
      "userId",    "user_id", "ownerId",    "owner_id",   "authorId",    "author_id", "user",
      "owner",     "author",  "createdBy",  "created_by", "clerkId",     "userEmail", "user_email",
      "usuarioId", "usuario", "benutzerId", "uid",        "createdById", "senderId",  "sender_id"};
  return std::find(std::begin(kOwners), std::end(kOwners), key) != std::end(kOwners);
}

}  // namespace

Labels money_of(const Call& c, const Names& names, bool handler) {
  const Node first = unwrap(c.arg(0));
  const Node data = member(first, "data") ? unwrap(member(first, "data")) : first;
  Labels out = 0;
  for (const auto& [key, value] : members(data)) {
    const Node v = unwrap(value);
    const std::string_view name = v.is("member_expression") ? v.child("property").text() : v.text();
    if (Schema::money(key) && v.any_of("identifier", "member_expression", "shorthand_property_identifier") &&
        Schema::money(name))
      out |= v.is("shorthand_property_identifier") && names.contains(name) ? names.find(name)->second
                                                                           : labels_of(v.code(), names, handler);
  }
  return out;
}

void columns_written(const Touch& t, const Call& c, const Schema& schema, const Names& names, bool handler, Step& s) {
  for (const auto& [key, value] : columns_of(t, c)) {
    const Node v = unwrap(value);
    if (!v.any_of("identifier", "member_expression", "shorthand_property_identifier")) continue;
    const Labels l = v.is("shorthand_property_identifier")
                         ? (names.contains(v.text()) ? names.find(v.text())->second : Labels{0})
                         : labels_of(v.code(), names, handler);
    if (l & kIdentity) s.by_owner = true;
    if (l == 0 || (l & kIdentity)) continue;
    if (owner_key(key)) {
      s.owner |= l;
      continue;
    }
    std::string noun = key;
    for (const std::string_view tail : {"_id", "Id", "ID"})
      if (noun.size() > tail.size() + 2 && noun.ends_with(tail)) noun.resize(noun.size() - tail.size());
    const Record* r = schema.of(noun);
    // A client of somebody's is a person whose row another keeps.
    const bool person = r != nullptr && (r->person || people(record_key(noun)));
    if (r == nullptr || !r->owned || (person && r->owners.empty()) || published(record_key(noun))) continue;
    s.hung |= l;
    s.hung_on = record_key(noun);
  }
}

Labels written_of(const Touch& t, const Call& c, const Names& names, bool handler) {
  Labels out = 0;
  const Node first = unwrap(c.arg(0));
  if (const Node data = member(first, "data")) return whole_of(data, names, handler);
  const std::string_view f = last(c.name);
  const bool second = c.args.size() > 1 && (f.ends_with("Update") || f.starts_with("update") || f == "replaceOne");
  if (second)
    out |= whole_of(c.arg(1), names, handler);
  else if (!first.is("identifier") || t.kind == Touch::Kind::create || !contains(t.whole.code(), ".set("))
    out |= whole_of(first, names, handler);
  for (const char* verb : {"set", "values"})
    for (const Node call : t.whole.all("call_expression"))
      if (const auto chained = as_call(call); chained && last(chained->name) == verb)
        out |= whole_of(chained->arg(0), names, handler);
  if (const auto outer = as_call(t.whole); outer && (last(outer->name) == "set" || last(outer->name) == "values"))
    out |= whole_of(outer->arg(0), names, handler);
  return out;
}

}  // namespace gatehouse::audit::source
