#include "audit/source/script_written.h"

#include <algorithm>
#include <set>
#include <string>

#include "audit/source/schema.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// The columns of a new record, with what they are given: create({ data: { … } }), insert(t).values({ … }), new Note({ …
// })
std::vector<std::pair<std::string, Node>> columns_of(const Touch& t, const Call& c) {
  if (t.written) return members(unwrap(t.written));
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
      "userId",     "user_id",   "ownerId",     "owner_id", "authorId",  "author_id",  "user",      "owner",
      "author",     "createdBy", "created_by",  "clerkId",  "userEmail", "user_email", "usuarioId", "usuario",
      "benutzerId", "uid",       "createdById", "senderId", "sender_id", "sender"};
  return std::find(std::begin(kOwners), std::end(kOwners), key) != std::end(kOwners);
}

}  // namespace

Labels money_of(const Touch& t, const Call& c, const Names& names, bool handler) {
  const Node first = unwrap(t.written ? t.written : c.arg(0));
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

namespace {

// What is written as a whole beside the named columns: data, { ...data, userId }.
std::vector<Node> poured(const Touch& t, const Call& c) {
  Node whole = unwrap(t.written ? t.written : c.arg(0));
  if (const Node data = member(whole, "data")) whole = unwrap(data);
  if (const auto outer = as_call(t.whole); outer && last(outer->name) == "values") whole = unwrap(outer->arg(0));
  if (whole.any_of("identifier", "shorthand_property_identifier", "member_expression")) return {whole};
  std::vector<Node> out;
  if (whole.is("object"))
    for (const Node part : whole.children())
      if (part.is("spread_element")) out.push_back(unwrap(part.first()));
  return out;
}

// The schema that `value` was held against stands in this file, and knows nothing of the column.
bool shut_out(Node value, std::string_view column) {
  const std::string_view name = value.is("member_expression") ? value.child("object").text() : value.text();
  for (const Node d : function_around(value).all("variable_declarator")) {
    if (d.child("name").text() != name) continue;
    const auto made = as_call(unwrap(d.child("value")));
    if (!made || !icontains(last(made->name), "parse")) return false;
    const std::string schema = made->name.substr(0, made->name.find('.'));
    Node root = d;
    while (root.parent()) root = root.parent();
    for (const Node s : root.all("variable_declarator"))
      if (s.child("name").text() == schema) return !has_token(s.child("value").code(), column);
  }
  return false;
}

}  // namespace

void columns_written(const Touch& t, const Call& c, const Schema& schema, const Names& names, const Names& direct,
                     bool handler, Step& s) {
  std::set<std::string> named;
  for (const auto& [key, value] : columns_of(t, c)) {
    named.insert(key);
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
    std::string on = parent_key(schema, key);
    if (on.empty()) continue;
    s.hung |= l;
    s.hung_on = std::move(on);
  }
  const Record* r = s.hung != 0 ? nullptr : schema.of(t.record);
  if (r == nullptr || r->person) return;
  for (const Node v : poured(t, c)) {
    const Labels l = as_it_came(v, direct, handler);
    if (l == 0 || (l & kIdentity)) continue;
    for (const std::string& column : r->columns) {
      if (named.contains(column) || (!column.ends_with("Id") && !column.ends_with("_id"))) continue;
      std::string on = parent_key(schema, column);
      if (on.empty() || on == t.record || shut_out(v, column)) continue;
      s.hung |= l;
      s.hung_on = std::move(on);
    }
  }
}

namespace {

// const booking = this.bookings.create({ property, renter }); … save(booking): what it was built of.
Node built_of(Node row) {
  if (!row.is("identifier")) return row;
  const Node function = function_around(row);
  for (const Node d : function.all("variable_declarator")) {
    if (d.child("name").text() != row.text() || d.begin() > row.begin()) continue;
    const Node value = unwrap(d.child("value"));
    if (value.is("object")) return value;
    const auto made = as_call(value);
    if (!made || last(made->name) != "create") return row;
    for (const Node a : made->args)
      if (unwrap(a).is("object")) return unwrap(a);
  }
  return row;
}

}  // namespace

std::vector<std::string> fixed_after(const Touch& t, const Call& c) {
  Node whole = built_of(unwrap(t.written ? t.written : c.arg(0)));
  if (const Node data = member(whole, "data")) whole = unwrap(data);
  std::vector<std::string> out;
  for (const Node part : whole.is("object") ? whole.children() : std::vector<Node>()) {
    if (part.is("spread_element")) out.clear();
    if (part.is("pair")) out.emplace_back(part.child("key").text());
    if (part.is("shorthand_property_identifier")) out.emplace_back(part.text());
  }
  return out;
}

Labels written_of(const Touch& t, const Call& c, const Names& names, bool handler) {
  Labels out = 0;
  if (t.written) return whole_of(built_of(unwrap(t.written)), names, handler);
  const Node first = built_of(unwrap(c.arg(0)));
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
