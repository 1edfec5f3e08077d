// Every form in which a project says what it keeps: Prisma, SQL, Mongoose, Sequelize, Drizzle. Long, as each form is
// short and they share how a column is named and whose it is.
#include "audit/source/schema.h"

#include <algorithm>
#include <vector>

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostFiles = 300;
constexpr std::size_t kMostRecords = 2000;
constexpr std::size_t kLongest = 12'000;  // of one declaration; a hostile file must not be read again and again
constexpr int kMostDeclared = 500;        // of one kind in one file
constexpr std::size_t kMostModels = 40;   // of one file

bool word(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; }

std::string_view word_at(std::string_view s, std::size_t at) {
  std::size_t end = at;
  while (end < s.size() && word(s[end])) ++end;
  return s.substr(at, end - at);
}

std::size_t skip(std::string_view s, std::size_t at, std::string_view any) {
  const std::size_t next = s.find_first_not_of(any, at);
  return next == std::string_view::npos ? s.size() : next;
}

// The text between the bracket at `open` and its partner.
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

// The keys of an object at its first level: "name: …, user: { … }" -> name, user.
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
  // A hostile file may declare without end: what is over the bound is one record without a name.
  return schema.records[schema.records.size() < kMostRecords || schema.records.contains(key) ? key : std::string()];
}

void points(Record& r, std::string_view column, std::string_view target) {
  const std::string key = record_key(target);
  if (key.empty()) return;
  r.belongs.insert(key);
  // Settled later, when it is known who is a person: kept as "column>key".
  if (!column.empty()) r.owners.insert(std::string(column) + ">" + key);
}

}  // namespace

std::string record_key(std::string_view name) {
  if (const std::size_t dot = name.rfind('.'); dot != std::string_view::npos) name.remove_prefix(dot + 1);
  std::string out;
  for (const char c : name)
    if (text::is_alpha(c) || text::is_digit(c)) out += text::lower(c);
  for (const std::string_view tail : {"repository", "repo", "model", "entity", "schema", "table", "collection", "dao"})
    if (out.size() > tail.size() && out.ends_with(tail)) out.resize(out.size() - tail.size());
  if (out.size() > 4 && out.ends_with("ies"))
    out.replace(out.size() - 3, 3, "y");
  else if (out.size() > 3 && out.ends_with("s") && !out.ends_with("ss") && !out.ends_with("us"))
    out.pop_back();
  return out;
}

bool people(std::string_view key) {
  static constexpr std::string_view kPeople[] = {"user",    "customer", "member",  "profile", "employee",   "patient",
                                                 "student", "appuser",  "account", "person",  "client",     "teacher",
                                                 "doctor",  "admin",    "seller",  "staff",   "userprofile"};
  return std::find(std::begin(kPeople), std::end(kPeople), key) != std::end(kPeople);
}

bool published(std::string_view key) {
  static constexpr std::string_view kPublished[] = {
      "post",     "product", "comment",    "review",  "article",    "blog",   "category", "tag",      "rating",
      "listing",  "event",   "course",     "movie",   "book",       "recipe", "job",      "question", "answer",
      "tweet",    "video",   "like",       "follow",  "topic",      "thread", "property", "hotel",    "room",
      "menu",     "image",   "song",       "artist",  "album",      "lesson", "chapter",  "price",    "plan",
      "blogpost", "story",   "bid",        "auction", "variant",    "brand",  "store",    "shop",     "city",
      "country",  "package", "link",       "service", "banner",     "school", "faq",      "team",     "tournament",
      "game",     "player",  "restaurant", "place",   "campground", "item"};
  return std::find(std::begin(kPublished), std::end(kPublished), key) != std::end(kPublished);
}

const Record* Schema::of(std::string_view name) const {
  const auto it = records.find(record_key(name));
  return it == records.end() ? nullptr : &it->second;
}

bool Schema::rights(std::string_view column) {
  return has_word(
      column, {"role", "roles", "admin", "permission", "permissions", "plan", "tier", "credits", "balance", "verified",
               "approved", "banned", "superuser", "staff", "subscription", "password", "quota", "points", "wallet"});
}

bool Schema::money(std::string_view column) {
  return has_word(column,
                  {"total", "amount", "price", "paid", "cost", "fee", "discount", "payment", "tax", "shipping"}) &&
         !has_word(column, {"id", "method", "address", "at", "date", "intent", "type"});
}

bool Schema::keeps_people() const {
  return std::any_of(records.begin(), records.end(), [](const auto& r) { return r.second.person; });
}

namespace {

// In lower case, without comments, every blank a space.
std::string plain_sql(std::string_view sql) {
  std::string out;
  out.reserve(sql.size());
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] == '-' && i + 1 < sql.size() && sql[i + 1] == '-')
      while (i < sql.size() && sql[i] != '\n') ++i;
    if (i == sql.size()) break;
    const bool blank = sql[i] == '\n' || sql[i] == '\t' || sql[i] == '\r';
    out += blank ? ' ' : text::lower(sql[i]);
  }
  return out;
}

}  // namespace

void read_prisma(std::string_view s, Schema& schema) {
  int models = 0;
  for (std::size_t at = s.find("model "); at != std::string_view::npos; at = s.find("model ", at + 1)) {
    if (++models > kMostDeclared) break;
    if (at > 0 && s[at - 1] != '\n') continue;
    const std::size_t open = s.find('{', at);
    if (open == std::string_view::npos) return;
    Record& r = record(schema, word_at(s, skip(s, at + 6, " ")));
    bool mail = false, password = false;
    const std::string_view all = block(s, open);
    for (std::string_view line : text::split(all, '\n')) {
      line = text::trim(line);
      if (line.starts_with("//") || line.starts_with("@@")) continue;
      const std::string_view field = word_at(line, 0);
      if (!field.empty() && contains(all, "\n")) r.columns.emplace(field);
      mail |= text::iequals(field, "email");
      password |= icontains(field, "password");
      const std::size_t fields = line.find("fields:");
      if (!contains(line, "@relation") || fields == std::string_view::npos) continue;
      const std::string_view target = word_at(line, skip(line, field.size(), " \t"));
      const std::size_t list = line.find('[', fields);
      if (list == std::string_view::npos) continue;
      for (const std::string_view column : text::split(block(line, list), ',')) points(r, text::trim(column), target);
      points(r, field, target);
    }
    if (mail && password) r.person = true;
  }
}

void read_tables(std::string_view sql, Schema& schema) {
  const std::string s = plain_sql(sql);
  int columns = 0;
  for (std::size_t at = s.find("add column"); at != std::string::npos; at = s.find("add column", at + 1)) {
    if (++columns > kMostDeclared) break;
    const std::size_t from = at - std::min<std::size_t>(at, 2000);
    const std::size_t found = std::string_view(s).substr(from, at - from).rfind("alter table");
    if (found == std::string_view::npos) continue;
    const std::size_t table = from + found;
    std::size_t name = skip(s, table + 11, " \n\t");
    for (const std::string_view word_ : {"if exists", "only"})
      if (std::string_view(s).substr(name).starts_with(word_)) name = skip(s, name + word_.size(), " \n\t");
    std::size_t column = skip(s, at + 10, " \n\t\"");
    if (std::string_view(s).substr(column).starts_with("if not exists")) column = skip(s, column + 13, " \n\t\"");
    std::string target;
    for (std::size_t i = name; i < s.size() && (word(s[i]) || s[i] == '.' || s[i] == '"'); ++i)
      if (s[i] != '"') target += s[i];
    record(schema, target).columns.emplace(word_at(s, column));
  }
  int tables = 0;
  for (std::size_t at = s.find("create table"); at != std::string::npos; at = s.find("create table", at + 1)) {
    if (++tables > kMostDeclared) break;
    std::size_t name = skip(s, at + 12, " \n\t");
    if (std::string_view(s).substr(name).starts_with("if not exists")) name = skip(s, name + 13, " \n\t");
    const std::size_t open = s.find('(', name);
    if (open == std::string::npos) return;
    std::string table;
    for (const char c : std::string_view(s).substr(name, open - name))
      if (word(c) || c == '.') table += c;
    Record& r = record(schema, table);
    const std::string_view body = block(s, open);
    bool mail = false, password = false;
    for (std::string_view column : text::split(body, ',')) {
      column = text::trim(column);
      if (column.starts_with("\"")) column.remove_prefix(1);
      const std::string_view field = word_at(column, 0);
      if (!field.empty() && field != "primary" && field != "foreign" && field != "unique" && field != "constraint")
        r.columns.emplace(field);
      mail |= field == "email";
      password |= contains(field, "password");
      const std::size_t to = column.find("references");
      if (to == std::string_view::npos) continue;
      std::string target;
      for (const char c : column.substr(to + 10)) {
        if (c == '(' || (!target.empty() && c == ' ')) break;
        if (word(c) || c == '.') target += c;
      }
      std::string_view who = field;
      if (field == "foreign" || field == "constraint")
        if (const std::size_t key = column.find("foreign key"); key != std::string_view::npos)
          who = word_at(column, skip(column, key + 11, " (\""));
      points(r, who, target);
    }
    if (mail && password) r.person = true;
  }
}

void read_declared(std::string_view s, Schema& schema) {
  // Mongoose: model("Order", orderSchema) names the schema that was declared with ref: "User".
  std::vector<std::string> models;
  for (std::size_t at = s.find("model"); at != std::string_view::npos; at = s.find("model", at + 1)) {
    if (models.size() >= kMostModels) break;
    std::size_t open = at + 5;
    if (open < s.size() && s[open] == '<') open = s.find('(', open);
    if (open >= s.size() || s[open] != '(') continue;
    const std::size_t quote = skip(s, open + 1, " \n\t");
    if (quote >= s.size() || (s[quote] != '"' && s[quote] != '\'' && s[quote] != '`')) continue;
    models.emplace_back(word_at(s, quote + 1));
  }
  for (const std::string& m : models) {
    Record& r = record(schema, m);
    if (icontains_any(s, {"email:", "email :"}) && icontains(s, "password")) r.person = models.size() == 1;
    if (models.size() == 1) {
      const std::size_t open = s.find("Schema(");
      const std::size_t brace = open == std::string_view::npos ? open : s.find('{', open);
      if (brace != std::string_view::npos) keys_of(block(s, brace), r.columns);
      const std::size_t password = s.find("password");
      r.hides = (password != std::string_view::npos &&
                 contains(block(s, std::min(s.find('{', password), s.size() - 1)), "select: false")) ||
                contains(s, "delete ret.password") || contains(s, "delete obj.password") ||
                contains(s, "delete user.password") || contains(s, "delete userObject.password") ||
                contains(s, "delete returnedObject.password");
    }
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
  // Nest: @Schema() class Post { @Prop({ type: Types.ObjectId, ref: 'User' }) author: User }
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
  // Drizzle: export const orders = pgTable("orders", { userId: text().references(() => users.id) })
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
  // TypeORM and Sequelize classes: @ManyToOne(() => User) user: User
  const std::size_t cls = s.find("class ");
  if (cls != std::string_view::npos && contains(s, "@ManyToOne(")) {
    Record& r = record(schema, word_at(s, cls + 6));
    for (std::size_t at = s.find("@ManyToOne("); at != std::string_view::npos; at = s.find("@ManyToOne(", at + 1)) {
      const std::size_t arrow = s.find("=>", at);
      if (arrow == std::string_view::npos) break;
      const std::string_view target = word_at(s, skip(s, arrow + 2, " ("));
      points(r, std::string(target) + "Id", target);
      points(r, target, target);
    }
  }
  if (cls != std::string_view::npos && contains(s, "@Entity") && contains(s, "email") && contains(s, "password"))
    record(schema, word_at(s, cls + 6)).person = true;
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

void settle_schema(Schema& schema) {
  for (auto& [key, r] : schema.records)
    if (people(key)) r.person = true;
  for (auto& [key, r] : schema.records) {
    std::set<std::string> owners;
    for (const std::string& pair : r.owners) {
      const std::size_t sign = pair.find('>');
      const std::string target = pair.substr(sign + 1);
      const auto it = schema.records.find(target);
      if (!people(target) && (it == schema.records.end() || !it->second.person)) continue;
      owners.insert(pair.substr(0, sign));
      schema.owners.insert(text::to_lower(pair.substr(0, sign)));
    }
    r.owners = std::move(owners);
    r.owned = !r.owners.empty();
  }
  for (int step = 0; step < 4; ++step)
    for (auto& [key, r] : schema.records)
      for (const std::string& up : r.belongs)
        if (const auto it = schema.records.find(up); it != schema.records.end() && it->second.owned) r.owned = true;
}

namespace {

bool declares(std::string_view text) {
  for (const std::string_view mark : {"mongoose.Schema(", "new Schema(", "pgTable(", "mysqlTable(", "sqliteTable(",
                                      "sequelize.define(", "mongoose.model("})
    if (contains(text, mark)) return true;
  return false;
}

}  // namespace

void read_schema(const Project& project, Schema& schema) {
  std::size_t files = 0;
  for (const Entry& e : project.entries()) {
    if (e.role != Role::product || files >= kMostFiles || e.size > 400'000) continue;
    const bool prisma = e.path.ends_with(".prisma"), sql = e.kind == Kind::sql;
    const bool script = (e.kind == Kind::javascript || e.kind == Kind::typescript) &&
                        icontains_any(e.path, {"model", "schema", "entit", "/db", "db/", "database", "table"});
    const bool other = !script && (e.kind == Kind::javascript || e.kind == Kind::typescript);
    if (!prisma && !sql && !script && !other) continue;
    const auto source = project.open(e.path);
    if (!source || source->patterns_only()) continue;
    // A server of one file declares its records where it uses them.
    if (other && !declares(source->text())) continue;
    ++files;
    if (prisma)
      read_prisma(source->text(), schema);
    else if (sql)
      read_tables(source->text(), schema);
    else
      read_declared(source->text(), schema);
  }
  settle_schema(schema);
}

}  // namespace gatehouse::audit::source
