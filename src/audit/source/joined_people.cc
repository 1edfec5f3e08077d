#include "audit/source/joined_people.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 6;  // of joins within joins

struct Joins {
  const File& file;
  const Schema& schema;
  std::optional<JoinedPerson> found{};

  bool whole(std::string_view key) const {
    const Record* r = schema.of(key);
    return r != nullptr && r->person && !r->hides && secret_column(*r);
  }

  // The record that a relation leads to; empty for a plain column.
  std::string lead(std::string_view record, std::string_view relation) const {
    if (const Record* r = schema.of(record)) {
      if (const auto it = r->leads.find(std::string(relation)); it != r->leads.end()) return it->second;
      if (r->columns.contains(std::string(relation))) return {};
    }
    const std::string key = record_key(relation);
    return schema.records.contains(key) ? key : std::string();
  }

  void tell(Node at, std::string_view first) {
    if (!found) found = JoinedPerson{at, std::string(first)};
  }

  Node known(Node n) const {
    n = unwrap(n);
    return n.any_of("identifier", "shorthand_property_identifier") ? unwrap(value_of(file, n)) : n;
  }

  // The columns are named, or the one that matters is left out.
  bool narrowed(Node joined) const {
    for (const auto& [key, value] : members(joined))
      if (key == "select" || key == "omit" || key == "columns" || key == "attributes") return true;
    return false;
  }

  // include: { author: true, comments: { include: { user: true } } }, of Prisma; `with` of Drizzle; and relations of
  // TypeORM, where a relation below another makes neither smaller.
  void walk(std::string_view record, Node object, std::string_view first, bool typeorm, int depth) {
    if (depth > kDeepest || found) return;
    for (const auto& [relation, joined_as] : members(known(object))) {
      const Node joined = known(joined_as);
      const std::string key = lead(record, relation);
      if (key.empty()) continue;
      const std::string_view top = first.empty() ? std::string_view(relation) : first;
      if (joined.is("true") || (joined.is("object") && (typeorm || !narrowed(joined)))) {
        if (whole(key)) tell(joined_as, top);
      }
      if (!joined.is("object")) continue;
      if (typeorm) {
        walk(key, joined, top, true, depth + 1);
        continue;
      }
      for (const std::string_view below : {"include", "with", "select"})
        if (const Node inner = member(joined, below)) walk(key, inner, top, false, depth + 1);
    }
  }

  // populate("author"), populate("likes.user"), populate({ path: "post", populate: { path: "author" } })
  void populate(std::string_view record, Node asked, Node columns, std::string_view first, int depth) {
    asked = unwrap(asked);
    if (!asked || depth > kDeepest || found) return;
    if (asked.is("array")) {
      for (const Node each : asked.children()) populate(record, each, Node(), first, depth + 1);
      return;
    }
    const bool object = asked.is("object");
    const auto paths = literal(object ? member(asked, "path") : asked);
    if (object && member(asked, "select")) columns = member(asked, "select");
    if (!paths) return;
    for (const std::string_view path : text::split(*paths, ' ')) {
      if (path.empty()) continue;
      std::string key = lead(record, path);
      if (key.empty()) key = lead(record, last(path));
      const std::string_view top = first.empty() ? path.substr(0, path.find('.')) : first;
      if (!key.empty() && !columns && whole(key)) tell(asked, top);
      if (object && member(asked, "populate")) populate(key, member(asked, "populate"), Node(), top, depth + 1);
    }
  }

  // include: [User, { model: Order, include: [User] }] of Sequelize
  void models(Node asked, std::string_view first, int depth) {
    asked = known(asked);
    if (!asked || depth > kDeepest || found) return;
    if (asked.is("array")) {
      for (const Node each : asked.children()) models(each, first, depth + 1);
      return;
    }
    if (asked.any_of("identifier", "member_expression")) {
      if (whole(last(dotted(asked)))) tell(asked, first);
      return;
    }
    if (!asked.is("object")) return;
    const Node model = unwrap(member(asked, "model"));
    if (!model) return;
    const auto as = literal(member(asked, "as"));
    const std::string name = as ? *as : std::string(last(dotted(model)));
    const std::string_view top = first.empty() ? std::string_view(name) : first;
    if (!narrowed(asked) && whole(last(dotted(model)))) tell(asked, top);
    if (const Node inner = member(asked, "include")) models(inner, top, depth + 1);
  }

  // relations: ["owner", "property.owner"]
  void dotted_relations(std::string_view record, Node list) {
    for (const Node each : list.children()) {
      const auto path = literal(unwrap(each));
      if (!path || found) continue;
      std::string key(record);
      for (const std::string_view step : text::split(*path, '.')) key = key.empty() ? key : lead(key, step);
      if (!key.empty() && whole(key)) tell(each, std::string_view(*path).substr(0, path->find('.')));
    }
  }

  void options(std::string_view record, Node object) {
    object = known(object);
    if (!object.is("object")) return;
    for (const auto& [key, asked] : members(object)) {
      const Node value = known(asked);
      if (key == "include" && !value.is("object"))
        models(asked, {}, 0);
      else if (key == "include" && member(value, "model"))
        models(value, {}, 0);
      else if (key == "include" || key == "with" || key == "select")
        walk(record, value, {}, false, 0);
      else if (key == "relations" && value.is("array"))
        dotted_relations(record, value);
      else if (key == "relations")
        walk(record, value, {}, true, 0);
      else if (key == "populate")
        populate(record, value, Node(), {}, 0);
    }
  }
};

}  // namespace

std::optional<JoinedPerson> joined_person(const File& file, const Schema& schema, const Touch& touch) {
  const Code code = touch.whole.code();
  if (!icontains_any(code, {"include", "populate", "relations", "with", "select", "joinandselect"}))
    return std::nullopt;
  Joins joins{file, schema};
  if (const auto c = as_call(touch.call))
    for (const Node argument : c->args) joins.options(touch.record, argument);
  std::map<std::string, std::string> aliases;  // of a query builder: its names for records
  const auto chain = file.calls_in(touch.whole);
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {  // the first of a chain stands inmost
    const Call* c = *it;
    const std::string_view f = last(c->name);
    if (f == "populate") joins.populate(touch.record, c->arg(0), c->arg(1), {}, 0);
    if (f == "createQueryBuilder")
      if (const auto name = literal(c->arg(0))) aliases.emplace(*name, touch.record);
    if (!f.ends_with("JoinAndSelect")) continue;
    const auto path = literal(c->arg(0)), name = literal(c->arg(1));
    const std::size_t dot = path ? path->find('.') : std::string::npos;
    if (dot == std::string::npos || contains(code, ".select(")) continue;
    const auto from = aliases.find(path->substr(0, dot));
    const std::string key =
        joins.lead(from == aliases.end() ? touch.record : from->second, std::string_view(*path).substr(dot + 1));
    if (name && !key.empty()) aliases.emplace(*name, key);
    if (!key.empty() && joins.whole(key)) joins.tell(c->arg(0), std::string_view(*path).substr(dot + 1));
  }
  return joins.found;
}

}  // namespace gatehouse::audit::source
