// Schemas that scripts declare: Mongoose, Nest, Drizzle. Each form is one function.
#include <algorithm>
#include <vector>

#include "audit/source/schema_text.h"

namespace gatehouse::audit::source {

using namespace schema_text;
using syntax::contains;
using syntax::icontains;
using syntax::icontains_any;

namespace {

constexpr std::size_t kMostModels = 40;  // of one file

// { type: ObjectId, ref: "User" } in a schema's fields: which column leads to which record.
void read_references(std::string_view s, Record& r) {
  for (std::size_t at = s.find("ref:"); at != std::string_view::npos; at = s.find("ref:", at + 1)) {
    const std::string_view target = word_at(s, skip(s, at + 4, " \"'`"));
    // user: { type: ObjectId, ref: "User" }
    const std::size_t open = s.rfind('{', at);
    if (open == std::string_view::npos) continue;
    std::size_t end = open;
    while (end > 0 && (s[end - 1] == ' ' || s[end - 1] == ':' || s[end - 1] == '[')) --end;
    std::size_t begin = end;
    while (begin > 0 && word(s[begin - 1])) --begin;
    points(r, s.substr(begin, end - begin), target);
  }
}

// The fields of a model whose second argument begins at `at`: new Schema({ … }), or a name that was given one.
std::string_view fields_at(std::string_view s, std::size_t at) {
  std::size_t from = std::string_view::npos;
  if (s.substr(at).starts_with("new ") || s.substr(at).starts_with("Schema(") ||
      s.substr(at).starts_with("mongoose.Schema(")) {
    from = s.find("Schema(", at);
  } else if (const std::string_view name = word_at(s, at); !name.empty()) {
    for (std::size_t use = s.find(name); use != std::string_view::npos; use = s.find(name, use + 1)) {
      if (use > 0 && word(s[use - 1])) continue;
      std::size_t end = use + name.size();
      if (end < s.size() && s[end] == ':') end = std::min(s.find('=', end), s.size());  // : Schema<IUser> =
      end = skip(s, end, " ");
      if (end >= s.size() || s[end] != '=') continue;
      const std::size_t made = s.find("Schema", end);
      if (made == std::string_view::npos || made > end + 40) continue;
      from = s.find('(', made);
      break;
    }
  }
  if (from == std::string_view::npos) return {};
  const std::size_t brace = s.find('{', from);
  return brace == std::string_view::npos || brace > from + 30 ? std::string_view() : block(s, brace);
}

// A code or a token that opens the account leaves with the row though its password is hidden.
bool spills(std::string_view fields, const Record& r) {
  return std::any_of(r.columns.begin(), r.columns.end(), [&](const std::string& column) {
    if (!syntax::has_word(column, {"reset", "otp", "verification", "activation"}) ||
        !syntax::has_word(column, {"token", "otp", "code", "hash"}) ||
        syntax::has_word(column, {"expire", "expires", "expiry", "at", "sent", "count", "attempts"}))
      return false;
    if (contains(fields, "delete ret." + column) || contains(fields, "delete obj." + column) ||
        contains(fields, "delete user." + column))
      return false;
    const std::size_t at = fields.find(column + ":");
    const std::size_t open = at == std::string_view::npos ? at : skip(fields, at + column.size() + 1, " \n\t");
    if (open == std::string_view::npos || open >= fields.size()) return false;
    return fields[open] != '{' || !contains(block(fields, open), "select: false");
  });
}

// Mongoose: model("Order", orderSchema) names the schema that was declared with ref: "User".
void read_mongoose(std::string_view s, Schema& schema) {
  std::vector<std::pair<std::string, std::string_view>> models;  // with their fields, where they are found
  for (std::size_t at = s.find("model"); at != std::string_view::npos; at = s.find("model", at + 1)) {
    if (models.size() >= kMostModels) break;
    std::size_t open = at + 5;
    if (open < s.size() && s[open] == '<') open = s.find('(', open);
    if (open >= s.size() || s[open] != '(') continue;
    const std::size_t quote = skip(s, open + 1, " \n\t");
    if (quote >= s.size() || (s[quote] != '"' && s[quote] != '\'' && s[quote] != '`')) continue;
    const std::string_view name = word_at(s, quote + 1);
    models.emplace_back(name, fields_at(s, skip(s, std::min(s.size(), quote + 2 + name.size()), " ,\n\t")));
  }
  // NestJS names it elsewhere: export const AuthSchema = new mongoose.Schema({ … })
  if (models.empty())
    for (std::size_t at = s.find("Schema("); at != std::string_view::npos; at = s.find("Schema(", at + 1)) {
      if (models.size() >= kMostModels) break;
      const std::size_t line = s.rfind('\n', at) == std::string_view::npos ? 0 : s.rfind('\n', at) + 1;
      const std::string_view before = s.substr(line, at - line);
      const std::size_t equals = before.find('='), made = before.find("new ");
      if (equals == std::string_view::npos || made == std::string_view::npos || made < equals) continue;
      std::string_view name = text::trim(before.substr(0, equals));
      if (const std::size_t colon = name.find(':'); colon != std::string_view::npos)
        name = text::trim(name.substr(0, colon));
      name = name.substr(name.rfind(' ') == std::string_view::npos ? 0 : name.rfind(' ') + 1);
      if (name.empty()) continue;
      models.emplace_back(name, std::string_view());
    }
  const bool one = models.size() == 1;
  for (const auto& [name, fields] : models) {
    Record& r = record(schema, name);
    const std::string_view own = one || fields.empty() ? s : fields;
    if ((one || !fields.empty()) && icontains_any(own, {"email:", "email :"}) && icontains(own, "password"))
      r.person = true;
    if (contains(s, ".index({") && contains(s, "unique: true")) r.unique = true;
    if (one) {
      const std::size_t open = s.find("Schema(");
      const std::size_t brace = open == std::string_view::npos ? open : s.find('{', open);
      if (brace != std::string_view::npos) keys_of(block(s, brace), r.columns);
    } else if (!fields.empty()) {
      keys_of(fields, r.columns);
    }
    const std::size_t password = own.find("password");
    if (one || !fields.empty())
      r.hides = (password != std::string_view::npos &&
                 contains(block(own, std::min(own.find('{', password), own.size() - 1)), "select: false")) ||
                (one && (contains(s, "delete ret.password") || contains(s, "delete obj.password") ||
                         contains(s, "delete user.password") || contains(s, "delete userObject.password") ||
                         contains(s, "delete returnedObject.password")));
    if (r.hides) r.spills = spills(own, r);
    decided_in(own, s, r);
    read_references(own, r);
  }
}

// Nest: @Schema() class Post { @Prop({ type: Types.ObjectId, ref: 'User' }) author: User }
void read_nest_classes(std::string_view s, Schema& schema) {
  int classes = 0;
  for (std::size_t at = s.find("@Schema("); at != std::string_view::npos; at = s.find("@Schema(", at + 1)) {
    if (++classes > kMostDeclared) break;
    const std::size_t name = s.find("class ", at);
    if (name == std::string_view::npos) break;
    const std::size_t open = s.find('{', name);
    if (open == std::string_view::npos) break;
    Record& r = record(schema, word_at(s, name + 6));
    const std::string_view inner = block(s, open);
    for (std::size_t prop = inner.find("@Prop("); prop != std::string_view::npos;
         prop = inner.find("@Prop(", prop + 1)) {
      const std::string_view options = block(inner, prop + 5);
      std::size_t field = prop + 6 + options.size() + 1;
      while (field < inner.size() && !word(inner[field])) ++field;
      std::string_view column = word_at(inner, field);
      if (column == "public" || column == "readonly" || column == "private")
        column = word_at(inner, skip(inner, field + column.size(), " "));
      if (!column.empty()) r.columns.emplace(column);
      if (icontains(column, "password") && contains(options, "select: false")) r.hides = true;
      std::size_t ref = options.find("ref:");
      if (ref != std::string_view::npos) points(r, column, word_at(options, skip(options, ref + 4, " \"'`(=>")));
    }
    if (r.columns.contains("email") && r.columns.contains("password")) r.person = true;
  }
}

// Drizzle: export const orders = pgTable("orders", { userId: text().references(() => users.id) })
void read_drizzle(std::string_view s, Schema& schema) {
  int tables = 0;
  for (const std::string_view kind : {"pgTable(", "mysqlTable(", "sqliteTable(", "Table("})
    for (std::size_t at = s.find(kind); at != std::string_view::npos; at = s.find(kind, at + 1)) {
      if (++tables > kMostDeclared) break;
      std::size_t end = at;
      while (end > 0 && word(s[end - 1])) --end;  // createTable(
      while (end > 0 && (s[end - 1] == ' ' || s[end - 1] == '=' || s[end - 1] == '\n')) --end;
      std::size_t begin = end;
      while (begin > 0 && word(s[begin - 1])) --begin;
      if (begin == end) continue;
      Record& r = record(schema, s.substr(begin, end - begin));
      const std::string_view body = block(s, at + kind.size() - 1);
      if (contains(body, "email") && icontains(body, "password")) r.person = true;
      if (contains(body, "uniqueIndex(") || contains(body, "unique(") || contains(body, "primaryKey({"))
        r.unique = true;
      const std::size_t brace = body.find('{');
      if (brace != std::string_view::npos) keys_of(block(body, brace), r.columns);
      for (std::size_t to = body.find("references("); to != std::string_view::npos;
           to = body.find("references(", to + 1)) {
        const std::size_t arrow = body.find("=>", to);
        if (arrow == std::string_view::npos) break;
        const std::string_view target = word_at(body, skip(body, arrow + 2, " ("));
        const std::size_t line = body.rfind('\n', to) == std::string_view::npos ? 0 : body.rfind('\n', to) + 1;
        std::size_t column = body.rfind(": ", to);
        // A column may run over several lines; its name stands before the nearest "name: type(" above.
        while (column != std::string_view::npos && column > 0 && !word(body[column - 1]))
          column = body.rfind(": ", column - 1);
        if (column == std::string_view::npos) column = line;
        std::size_t from = column;
        while (from > 0 && word(body[from - 1])) --from;
        points(r, body.substr(from, column - from), target);
      }
    }
}

// Drizzle: relations(posts, ({ one }) => ({ author: one(users, { … }) }))
void read_drizzle_relations(std::string_view s, Schema& schema) {
  int found = 0;
  for (std::size_t at = s.find("relations("); at != std::string_view::npos; at = s.find("relations(", at + 1)) {
    if (++found > kMostDeclared) return;
    const std::string_view inner = block(s, at + 9);
    const std::string_view table = word_at(inner, skip(inner, 0, " \n\t"));
    if (table.empty() || !contains(inner, "=>")) continue;
    Record& r = record(schema, table);
    for (const std::string_view kind : {"one(", "many("})
      for (std::size_t to = inner.find(kind); to != std::string_view::npos; to = inner.find(kind, to + 1)) {
        std::size_t end = to;
        while (end > 0 && (inner[end - 1] == ' ' || inner[end - 1] == ':')) --end;
        std::size_t begin = end;
        while (begin > 0 && word(inner[begin - 1])) --begin;
        if (end < to) leads(r, inner.substr(begin, end - begin), word_at(inner, to + kind.size()));
      }
  }
}

// Sequelize: Order.belongsTo(User, { foreignKey: "userId" })
void read_sequelize(std::string_view s, Schema& schema) {
  for (std::size_t at = s.find(".belongsTo("); at != std::string_view::npos; at = s.find(".belongsTo(", at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && word(s[begin - 1])) --begin;
    const std::string_view inner = block(s, at + 10);
    std::string_view target = inner.substr(0, inner.find(','));
    if (const std::size_t dot = target.rfind('.'); dot != std::string_view::npos) target.remove_prefix(dot + 1);
    std::string column;
    if (const std::size_t key = inner.find("foreignKey"); key != std::string_view::npos)
      column = word_at(inner, skip(inner, key + 10, ": \"'`{\n"));
    points(record(schema, s.substr(begin, at - begin)), column, text::trim(target));
  }
}

}  // namespace

void read_declared(std::string_view s, Schema& schema) {
  read_mongoose(s, schema);
  read_nest_classes(s, schema);
  read_drizzle(s, schema);
  if (contains(s, "relations(")) read_drizzle_relations(s, schema);
  read_orms(s, schema);
  read_documents(s, schema);
  read_sequelize(s, schema);
}

}  // namespace gatehouse::audit::source
