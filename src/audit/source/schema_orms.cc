// Schemas that scripts declare through object mappers: TypeORM's and MikroORM's classes, Sequelize's models, tables
// of Knex, EntitySchema. Each form is one function.
#include <algorithm>
#include <array>

#include "audit/source/schema_text.h"

namespace gatehouse::audit::source {

using namespace schema_text;
using syntax::contains;
using syntax::icontains;

namespace {

constexpr std::string_view kBlank = " \n\t\r";

template <std::size_t kSize>
bool one_of(std::string_view word, const std::array<std::string_view, kSize>& all) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

// "User" of `() => User, (user) => user.posts`, of `{ entity: () => User }`; nothing for names in quotes.
std::string_view target_of(std::string_view options) {
  const std::size_t arrow = options.find("=>");
  return arrow == options.npos ? std::string_view() : word_at(options, skip(options, arrow + 2, " ("));
}

// The members of one class: decorators, then a name.
void read_members(std::string_view inner, Record& r) {
  static constexpr std::array<std::string_view, 13> kColumns = {"Column",
                                                                "PrimaryColumn",
                                                                "PrimaryGeneratedColumn",
                                                                "CreateDateColumn",
                                                                "UpdateDateColumn",
                                                                "PrimaryKey",
                                                                "Property",
                                                                "Enum",
                                                                "ManyToOne",
                                                                "JoinColumn",
                                                                "ForeignKey",
                                                                "AllowNull",
                                                                "Unique"};
  for (std::size_t at = inner.find('@'); at < inner.size(); at = inner.find('@', at)) {
    bool column = false, joined = false, hidden = false;
    std::string_view target, other;
    while (at < inner.size() && inner[at] == '@') {
      const std::string_view kind = word_at(inner, at + 1);
      at += 1 + kind.size();
      std::string_view options;
      if (at < inner.size() && inner[at] == '(') {
        options = block(inner, at);
        at += options.size() + 2;
      }
      column = column || one_of(kind, kColumns);
      joined = joined || kind == "JoinColumn" || kind == "ManyToOne" || kind == "ForeignKey";
      hidden = hidden || kind == "Exclude" || contains(options, "select: false") || contains(options, "hidden: true");
      if (kind == "ManyToOne" || kind == "OneToOne" || kind == "ForeignKey")
        if (const std::string_view to = target_of(options); !to.empty()) target = to;
      if (kind == "OneToMany" || kind == "ManyToMany" || kind == "ManyToOne" || kind == "OneToOne")
        if (const std::string_view to = target_of(options); !to.empty()) other = to;
      at = skip(inner, std::min(at, inner.size()), kBlank);
    }
    std::string_view name = word_at(inner, at);
    while (name == "public" || name == "private" || name == "readonly" || name == "declare" || name == "protected") {
      at = skip(inner, at + name.size(), kBlank);
      name = word_at(inner, at);
    }
    at += name.size();
    leads(r, name, other);
    if (!column || name.empty()) continue;
    r.columns.emplace(name);
    if (hidden && name.find("assword") != name.npos) r.hides = true;
    if (!joined || target.empty()) continue;
    points(r, name, target);
    if (!name.ends_with("Id")) points(r, std::string(name) + "Id", target);
  }
}

// @Entity() class Order { @ManyToOne(() => User) user: User }, @Table class Order extends Model { … }
void read_classes(std::string_view s, Schema& schema) {
  int classes = 0;
  for (const std::string_view mark : {"@Entity", "@Table"})
    for (std::size_t at = s.find(mark); at != s.npos; at = s.find(mark, at + 1)) {
      if (at + mark.size() < s.size() && word(s[at + mark.size()])) continue;  // @EntityRepository
      if (++classes > kMostDeclared) return;
      const std::size_t name = s.find("class ", at);
      if (name == s.npos || name > at + 600) continue;
      const std::size_t open = s.find('{', name);
      if (open == s.npos) return;
      Record& r = record(schema, word_at(s, name + 6));
      const std::string_view before = s.substr(at, name - at);
      if (contains(before, "@Unique(") || contains(before, "unique: true")) r.unique = true;
      read_members(block(s, open), r);
    }
}

// user_id: { type: INTEGER, references: { model: "users", key: "id" } }
void read_references(std::string_view fields, Record& r) {
  for (std::size_t at = fields.find("references"); at != fields.npos; at = fields.find("references", at + 1)) {
    const std::size_t model = fields.find("model", at);
    if (model == fields.npos || model > at + 40) continue;
    std::size_t from = skip(fields, model + 5, " :\"'`{\n");
    if (word_at(fields, from) == "tableName") from = skip(fields, from + 9, " :\"'`");
    const std::size_t open = fields.rfind('{', at);
    if (open == fields.npos) continue;
    std::size_t end = open;
    while (end > 0 && (fields[end - 1] == ' ' || fields[end - 1] == ':')) --end;
    std::size_t begin = end;
    while (begin > 0 && word(fields[begin - 1])) --begin;
    points(r, fields.substr(begin, end - begin), word_at(fields, from));
  }
}

// The object that stands at `at`, or that the name there was given: define("Order", attributes)
std::string_view object_at(std::string_view s, std::size_t at) {
  if (at >= s.size()) return {};
  if (s[at] == '{') return block(s, at);
  const std::string_view name = word_at(s, at);
  if (name.empty()) return {};
  for (std::size_t use = s.find(name); use != s.npos; use = s.find(name, use + 1)) {
    if (use > 0 && word(s[use - 1])) continue;
    const std::size_t equals = skip(s, use + name.size(), " ");
    if (equals >= s.size() || s[equals] != '=') continue;
    const std::size_t brace = skip(s, equals + 1, kBlank);
    return brace < s.size() && s[brace] == '{' ? block(s, brace) : std::string_view();
  }
  return {};
}

// defaultScope: { attributes: { exclude: ["password"] } }, toJSON() { …, password: undefined }
bool hides_password(std::string_view whole) {
  return (contains(whole, "defaultScope") && contains(whole, "exclude") && icontains(whole, "password")) ||
         (contains(whole, "toJSON") &&
          (contains(whole, "delete values.password") || contains(whole, "password: undefined")));
}

// sequelize.define("Order", { … }), Order.init({ … }, { sequelize })
void read_models(std::string_view s, Schema& schema) {
  int models = 0;
  for (std::size_t at = s.find(".define("); at != s.npos; at = s.find(".define(", at + 1)) {
    const std::size_t quote = skip(s, at + 8, kBlank);
    if (++models > kMostDeclared) return;
    if (quote >= s.size() || (s[quote] != '"' && s[quote] != '\'' && s[quote] != '`')) continue;
    const std::string_view name = word_at(s, quote + 1);
    const std::string_view fields = object_at(s, skip(s, std::min(s.size(), quote + 2 + name.size()), " ,\n\t\r"));
    if (name.empty() || fields.empty()) continue;
    Record& r = record(schema, name);
    keys_of(fields, r.columns);
    if (hides_password(s)) r.hides = true;
    read_references(fields, r);
  }
  if (!contains(s, "DataTypes") && !contains(s, "sequelize")) return;
  for (std::size_t at = s.find(".init("); at != s.npos; at = s.find(".init(", at + 1)) {
    if (++models > kMostDeclared) return;
    std::size_t begin = at;
    while (begin > 0 && word(s[begin - 1])) --begin;
    std::string_view name = s.substr(begin, at - begin);
    if (name == "super" || name == "this") {  // static init(sequelize) { return super.init({ … }) }
      const std::size_t cls = s.rfind("class ", at);
      name = cls == s.npos ? std::string_view() : word_at(s, cls + 6);
    }
    const std::string_view fields = object_at(s, skip(s, at + 6, kBlank));
    if (name.empty() || fields.empty()) continue;
    Record& r = record(schema, name);
    keys_of(fields, r.columns);
    if (hides_password(s)) r.hides = true;
    read_references(fields, r);
  }
}

// createTable("orders", (t) => { t.integer("user_id").references("users.id") }), createTable("Orders", { … })
void read_made_tables(std::string_view s, Schema& schema) {
  static constexpr std::array<std::string_view, 18> kTypes = {
      "increments", "bigIncrements", "integer", "bigInteger", "string", "text",  "uuid", "boolean", "decimal",
      "float",      "timestamp",     "date",    "datetime",   "json",   "jsonb", "enu",  "enum",    "foreign"};
  int tables = 0;
  for (const std::string_view mark : {"createTable(", "alterTable(", "createTableIfNotExists("})
    for (std::size_t at = s.find(mark); at != s.npos; at = s.find(mark, at + 1)) {
      if (++tables > kMostDeclared) return;
      const std::size_t quote = skip(s, at + mark.size(), kBlank);
      if (quote >= s.size() || (s[quote] != '"' && s[quote] != '\'' && s[quote] != '`')) continue;
      const std::string_view name = word_at(s, quote + 1);
      const std::size_t next = skip(s, std::min(s.size(), quote + 2 + name.size()), " ,\n\t\r");
      if (name.empty() || next >= s.size()) continue;
      if (s[next] == '{') {
        Record& r = record(schema, name);
        const std::string_view fields = block(s, next);
        keys_of(fields, r.columns);
        read_references(fields, r);
        continue;
      }
      const std::size_t open = s.find('{', next);
      if (open == s.npos || open > next + 60) continue;
      const std::string_view inner = block(s, open);
      Record& r = record(schema, name);
      std::string_view column;
      for (std::size_t dot = inner.find('.'); dot != inner.npos; dot = inner.find('.', dot + 1)) {
        const std::string_view f = word_at(inner, dot + 1);
        std::size_t given = dot + 1 + f.size();
        if (given + 1 >= inner.size() || inner[given] != '(' || (inner[given + 1] != '\'' && inner[given + 1] != '"'))
          continue;
        given += 2;
        const std::string_view first = word_at(inner, given);
        if (one_of(f, kTypes)) {
          column = first;
          if (f != "foreign") r.columns.emplace(first);
        } else if (f == "inTable" ||
                   (f == "references" && given + first.size() < inner.size() && inner[given + first.size()] == '.')) {
          points(r, column, first);
        }
      }
    }
}

// new EntitySchema({ name: "Order", columns: { … }, relations: { buyer: { target: "User" } } })
void read_entity_schemas(std::string_view s, Schema& schema) {
  int found = 0;
  for (std::size_t at = s.find("EntitySchema("); at != s.npos; at = s.find("EntitySchema(", at + 1)) {
    if (++found > kMostDeclared) return;
    const std::string_view all = block(s, at + 12);
    const std::size_t name = all.find("name:"), columns = all.find("columns:"), relations = all.find("relations:");
    if (name == all.npos || columns == all.npos) continue;
    Record& r = record(schema, word_at(all, skip(all, name + 5, " '\"`")));
    if (const std::size_t open = all.find('{', columns); open != all.npos) keys_of(block(all, open), r.columns);
    const std::size_t open = relations == all.npos ? relations : all.find('{', relations);
    if (open == all.npos) continue;
    const std::string_view inner = block(all, open);
    int targets = 0;
    for (std::size_t to = inner.find("target:"); to != inner.npos && ++targets < 50;
         to = inner.find("target:", to + 1)) {
      const std::size_t brace = inner.rfind('{', to);
      if (brace == inner.npos) continue;
      std::size_t end = brace;
      while (end > 0 && (inner[end - 1] == ' ' || inner[end - 1] == ':')) --end;
      std::size_t begin = end;
      while (begin > 0 && word(inner[begin - 1])) --begin;
      const std::string_view column = inner.substr(begin, end - begin);
      const std::string_view target = word_at(inner, skip(inner, to + 7, " '\"`"));
      points(r, column, target);
      points(r, std::string(column) + "Id", target);
    }
  }
}

}  // namespace

void schema_text::read_orms(std::string_view script, Schema& schema) {
  read_classes(script, schema);
  read_models(script, schema);
  read_made_tables(script, schema);
  read_entity_schemas(script, schema);
  // A database of one file makes its tables where it is opened: db.exec(`CREATE TABLE …`).
  if (contains(script, "CREATE TABLE") || contains(script, "create table")) read_tables(script, schema);
}

}  // namespace gatehouse::audit::source
