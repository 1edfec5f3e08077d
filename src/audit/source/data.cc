#include "audit/source/data.h"

#include <algorithm>
#include <array>
#include <optional>

#include "audit/source/data_builders.h"
#include "audit/source/data_firestore.h"
#include "audit/source/data_receivers.h"
#include "audit/source/schema.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

using Kind = Touch::Kind;

std::optional<Kind> kind_of_call(std::string_view f) {
  static constexpr std::pair<std::string_view, Kind> kVerbs[] = {{"findUnique", Kind::one},
                                                                 {"findUniqueOrThrow", Kind::one},
                                                                 {"findFirst", Kind::one},
                                                                 {"findFirstOrThrow", Kind::one},
                                                                 {"findOne", Kind::one},
                                                                 {"findOneBy", Kind::one},
                                                                 {"findOneOrFail", Kind::one},
                                                                 {"findOneByOrFail", Kind::one},
                                                                 {"findById", Kind::one},
                                                                 {"findByPk", Kind::one},
                                                                 {"findMany", Kind::list},
                                                                 {"find", Kind::list},
                                                                 {"findAll", Kind::list},
                                                                 {"findBy", Kind::list},
                                                                 {"findAndCount", Kind::list},
                                                                 {"findAndCountAll", Kind::list},
                                                                 {"select", Kind::list},
                                                                 {"create", Kind::create},
                                                                 {"createMany", Kind::create},
                                                                 {"insert", Kind::create},
                                                                 {"insertOne", Kind::create},
                                                                 {"insertMany", Kind::create},
                                                                 {"bulkCreate", Kind::create},
                                                                 {"upsert", Kind::change},
                                                                 {"update", Kind::change},
                                                                 {"updateMany", Kind::change},
                                                                 {"updateOne", Kind::change},
                                                                 {"findByIdAndUpdate", Kind::change},
                                                                 {"findOneAndUpdate", Kind::change},
                                                                 {"replaceOne", Kind::change},
                                                                 {"findOneAndReplace", Kind::change},
                                                                 {"delete", Kind::remove},
                                                                 {"deleteMany", Kind::remove},
                                                                 {"deleteOne", Kind::remove},
                                                                 {"destroy", Kind::remove},
                                                                 {"remove", Kind::remove},
                                                                 {"softDelete", Kind::remove},
                                                                 {"findByIdAndDelete", Kind::remove},
                                                                 {"findOneAndDelete", Kind::remove},
                                                                 {"findByIdAndRemove", Kind::remove},
                                                                 {"findOneAndRemove", Kind::remove},
                                                                 {"first", Kind::one},
                                                                 {"del", Kind::remove}};
  for (const auto& [name, kind] : kVerbs)
    if (f == name) return kind;
  return std::nullopt;
}

bool no_record(std::string_view name) {  // Object.create, Promise.all …
  static constexpr std::string_view kOthers[] = {"Object", "Array",  "Promise", "Math",    "JSON",   "Date",
                                                 "Map",    "Set",    "Symbol",  "Reflect", "Buffer", "React",
                                                 "axios",  "Stripe", "Number",  "String",  "URL",    "FormData"};
  return std::find(std::begin(kOthers), std::end(kOthers), name) != std::end(kOthers);
}

bool database(std::string_view root) {
  return root == "db" || root == "tx" || root == "trx" || root == "database" || root == "drizzle" || root == "client" ||
         root == "orm" || root == "conn" || root == "pool" || root == "knex" || root == "sql" || root == "drizzle()" ||
         root == "getDb()" || root == "getDB()" || root == "db()" || root == "createDb()" || root == "useDrizzle()";
}

// The whole of a chain: await db.select().from(t).where(…)
Node chain(Node call) {
  Node out = call;
  for (Node p = call.parent(); p.any_of("member_expression", "call_expression", "await_expression",
                                        "non_null_expression", "parenthesized_expression");
       p = p.parent()) {
    if (p.is("call_expression") && !(p.child("function") == out)) break;
    out = p;
  }
  return out;
}

std::string condition_of(const Touch& t, const Call& c) {
  std::string out;
  const Node first = unwrap(c.arg(0));
  if (const Node where = member(first, "where")) {
    out += where.code();
    // const where = { id, userId }; … update({ where, data })
    if (where.any_of("identifier", "shorthand_property_identifier"))
      for (const Node d : function_around(c.node).all("variable_declarator"))
        if (d.child("name").text() == where.text() && d.begin() < c.node.begin())
          (out += ' ') += d.child("value").code();
  } else if (const Node second = member(unwrap(c.arg(1)), "where"); second && t.kind == Kind::change) {
    out += second.code();  // Order.update({ … }, { where: { id } }) of Sequelize
  } else if (t.kind == Kind::change && (t.by_rules || t.mighty)) {
    // supabase.from(…).update({ … }): what is written; .eq(…) says which.
  } else if (first.is("object") && !member(first, "data") && t.kind != Kind::create) {
    const bool page = member(first, "skip") || member(first, "take") || member(first, "orderBy") ||
                      member(first, "limit") || member(first, "offset") || member(first, "include") ||
                      member(first, "select");
    if (!page) out += first.code();
  } else if (first && !first.is("object") && t.kind != Kind::create && last(c.name) != "select") {
    out += first.code();  // what is selected are columns: which rows, they do not say
  }
  // What is chained: .where(…), .eq("user_id", …), .match(…) and their kin; not .set(…), .values(…), .select(…).
  Node n = c.node;
  for (Node p = c.node.parent(); n && !(n == t.whole) && p; p = p.parent()) {
    if (p.is("call_expression") && p.child("function").is("member_expression") && !(p == c.node)) {
      const std::string_view f = p.child("function").child("property").text();
      if (f != "set" && f != "values" && f != "select" && f != "populate" && f != "returning" && f != "json" &&
          f != "insert" && f != "update" && f != "then" && f != "catch")
        (out += ' ') += p.child("arguments").code();
    }
    n = p;
  }
  return out;
}

std::string sql_of(const Call& c, Node function) {
  const Node list = c.node.child("arguments");
  if (list.is("template_string")) return spoken(list);
  const Node a = unwrap(c.arg(0));
  if (const auto text = literal(a)) return *text;
  if (const std::string built = spoken(a); !built.empty()) return built;
  if (const auto tagged = as_call(a); tagged && tagged->node.child("arguments").is("template_string"))
    return spoken(tagged->node.child("arguments"));
  if (a.is("identifier") && function)
    for (const Node d : function.all("variable_declarator"))
      if (d.child("name").text() == a.text()) return literal(d.child("value")).value_or(spoken(d.child("value")));
  return {};
}

// find({ _id: { $in: ids } }), findMany({ where: { id: { in: ids } } }), whereIn("id", ids): each of them is named.
bool by_ids(std::string_view condition) {
  for (const std::string_view key : {"_id: { $in", "_id: {$in", "id: { in:", "id: {in:", "id: In(", "id: { [Op.in]",
                                     ".id, ids", "id: { $in", "\"id\", ids", "'id', ids"})
    for (std::size_t at = condition.find(key); at != std::string_view::npos; at = condition.find(key, at + 1))
      if (at == 0 || (!text::is_alpha(condition[at - 1]) && condition[at - 1] != '_')) return true;
  return false;
}

std::string word_after(std::string_view s, std::string_view mark) {
  const std::size_t at = s.find(mark);
  if (at == std::string_view::npos) return {};
  std::string out;
  for (std::size_t i = at + mark.size(); i < s.size(); ++i) {
    if (s[i] == '"' || s[i] == '`' || s[i] == '?') continue;
    if (!text::is_alpha(s[i]) && !text::is_digit(s[i]) && s[i] != '_' && s[i] != '.') {
      if (out.empty() && (s[i] == ' ' || s[i] == '\n')) continue;
      break;
    }
    out += s[i];
  }
  return out;
}

std::optional<Touch> sql_touch(const Call& c) {
  const std::string sql = text::to_lower(sql_of(c, function_around(c.node)));
  if (sql.size() < 12) return std::nullopt;
  std::string flat;
  for (const char x : sql)
    if (const char y = x == '\n' || x == '\t' ? ' ' : x; y != ' ' || !flat.ends_with(' ')) flat += y;
  Touch t;
  t.call = t.whole = c.node;
  std::string table;
  const std::string_view s = text::trim(flat);
  if (s.starts_with("select ")) {
    table = word_after(s, " from ");
    t.kind = Kind::one;
  } else if (s.starts_with("insert into ")) {
    table = word_after(s, "insert into ");
    t.kind = Kind::create;
  } else if (s.starts_with("update ")) {
    table = word_after(s, "update ");
    t.kind = Kind::change;
  } else if (s.starts_with("delete from ")) {
    table = word_after(s, "delete from ");
    t.kind = Kind::remove;
  }
  t.record = record_key(table);
  if (t.record.empty()) return std::nullopt;
  const std::size_t where = s.find(" where ");
  const std::string_view which = where == std::string_view::npos ? std::string_view() : s.substr(where);
  if (t.kind == Kind::one && !contains(which, " id =") && !contains(which, "_id =") && !contains(which, ".id =") &&
      !contains(which, " id=") && !contains(which, "_id=") && !contains(which, ".id=") &&
      !contains(which, "_number =") && !contains(which, "number ="))
    t.kind = Kind::list;
  if (where != std::string_view::npos) t.condition = s.substr(where);
  // The values beside the text: which of them belong to the condition cannot be told, so all of them do.
  const Node list = c.node.child("arguments");
  if (where != std::string_view::npos)
    for (const Node h : list.is("template_string") ? holes(list) : std::vector<Node>{c.arg(1)})
      (t.condition += ' ') += h.code();
  if (where != std::string_view::npos && !list.is("template_string"))
    for (const Node h : holes(unwrap(c.arg(0)))) (t.condition += ' ') += h.code();
  return t;
}

// Is the client behind `supabase.from(…)` made with the key that no policy holds?
bool with_service_key(const File& file, const Call& c, const std::string& variable) {
  const auto mighty = [](const Code& code) { return icontains_any(code, {"service", "admin", "supabase_secret"}); };
  if (mighty(variable)) return true;
  const std::string origin = file.full(variable);
  if (origin != variable && mighty(origin)) return true;
  Node made;
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").text() == variable && d.begin() < c.node.begin()) made = unwrap(d.child("value"));
  if (!made) return false;
  if (mighty(made.code())) return true;
  if (const auto call = as_call(made))
    for (const Node a : call->args)
      if (a.is("identifier"))
        for (const Node d : file.tree.all("variable_declarator"))
          if (d.child("name").text() == a.text() && mighty(d.child("value").code())) return true;
  return false;
}

// A name of what keeps records: usersRepository, userRepo, orders of getRepository(Order).
bool keeps_others(std::string_view receiver) {
  const std::string low = text::to_lower(receiver);
  return low.ends_with("repository") || low.ends_with("repo") || low.ends_with("em") || low.ends_with("manager") ||
         (low.ends_with("s") && !low.ends_with("ss"));
}

std::optional<Touch> touch_of(const File& file, const Call& c, const Schema& schema) {
  const std::string_view f = last(c.name);
  if (f == "query" || f == "execute" || f == "$queryRaw" || f == "$executeRaw" || f == "$queryRawUnsafe" ||
      f == "$executeRawUnsafe" || f == "sql" || f == "run" || f == "all" || f == "raw" || f == "one" || f == "any" ||
      f == "prepare" || f == "oneOrNone" || f == "manyOrNone")
    if (auto t = sql_touch(c)) return t;
  const auto parts = text::split(c.name, '.');
  Touch t;
  t.call = c.node;
  if (f == "from" && contains(c.name, "select") && c.arg(0).is("identifier")) {  // Drizzle
    t.kind = Kind::list;
    t.record = record_key(c.arg(0).text());
    t.whole = chain(c.node);
    t.condition = condition_of(t, c).substr(std::min<std::size_t>(c.arg(0).code().size(), 400));
    if (contains(t.condition, ".id,")) t.kind = Kind::one;  // eq(orders.id, id)
    return t;
  }
  if (auto built = built_query(c)) return built;
  if (auto document = firestore_touch(file, c)) {
    while (document->whole.parent().any_of("await_expression", "parenthesized_expression", "non_null_expression"))
      document->whole = document->whole.parent();
    return document;
  }
  auto kind = kind_of_call(f);
  // queryRunner.manager.save(Property, row), em.delete(Media, { id }): the class comes first.
  if (parts.size() >= 2 && (parts[parts.size() - 2] == "manager" || parts[parts.size() - 2] == "entityManager") &&
      c.args.size() >= 2 && c.arg(0).is("identifier") && schema.records.contains(record_key(c.arg(0).text()))) {
    const auto done = f == "save" || f == "insert" ? std::optional(Kind::create) : kind_of_call(f);
    if (!done) return std::nullopt;
    t.kind = *done;
    t.record = record_key(c.arg(0).text());
    t.whole = chain(c.node);
    if (t.kind == Kind::create)
      t.written = c.arg(1);
    else
      t.condition = c.arg(1).code();
    if (t.kind == Kind::change) t.written = c.arg(2);
    return t;
  }
  // users.save({ … }) of a repository; user.save() of a row writes what was put into it before.
  if (f == "save" && parts.size() >= 2 && c.arg(0) && keeps_others(parts[parts.size() - 2])) kind = Kind::create;
  if (f == "add" && c.name.ends_with(".collection().add")) kind = Kind::create;           // Firestore
  if (f == "createQueryBuilder") kind = Kind::list;                                       // TypeORM
  if (!kind || parts.size() < 2 || parts[parts.size() - 2].empty()) return std::nullopt;  // half a name: broken code
  t.kind = *kind;
  std::string before;
  const std::string_view receiver = parts[parts.size() - 2];
  const std::string_view root = parts.front() == "this" && parts.size() > 2 ? parts[1] : parts.front();
  if (receiver == "from()" || receiver == "collection()") {  // supabase.from("orders"), db.collection("orders")
    const auto inner = as_call(unwrap(c.node.child("function").child("object")));
    const auto table = inner ? literal(inner->arg(0)) : std::nullopt;
    if (!table || contains(c.name, "storage")) return std::nullopt;
    t.record = record_key(*table);
    t.by_rules =
        receiver == "from()" &&
        !with_service_key(file, c, std::string(parts.front() == "this" && parts.size() > 2 ? parts[1] : parts.front()));
    t.mighty = receiver == "from()" && !t.by_rules;
  } else if (receiver == "db()" || receiver == "knex()" || receiver == "trx()" || receiver == "where()" ||
             receiver == "andWhere()" || receiver == "join()" || receiver == "orderBy()") {
    const auto table = table_of_knex(c, receiver == "where()" || receiver == "andWhere()", before);
    if (!table) return std::nullopt;
    t.record = record_key(*table);
  } else if (database(root) && parts.size() <= 3 && c.arg(0).is("identifier") && (receiver == root) &&
             (f == "insert" || f == "update" || f == "delete")) {  // Drizzle
    t.record = record_key(c.arg(0).text());
  } else if (std::string held = parts.size() == 2 ? held_collection(file, c, receiver) : std::string(); !held.empty()) {
    t.record = std::move(held);
  } else if (std::string typed =
                 parts.size() == 3 && parts.front() == "this" ? typed_record(c, receiver) : std::string();
             !typed.empty()) {
    t.record = std::move(typed);
  } else if (handed_model(c, parts)) {
    t.record = kAnyRecord;
  } else if (receiver.find('(') != std::string_view::npos || receiver.find('[') != std::string_view::npos ||
             no_record(receiver)) {
    return std::nullopt;
  } else {
    const std::string key = record_key(receiver);
    const bool known = !key.empty() && schema.records.contains(key);
    const bool capital = receiver.front() >= 'A' && receiver.front() <= 'Z';
    const std::string low = text::to_lower(receiver);
    // InvoiceService.create(userId, body): what it does stands in its own lines.
    if (capital && !known && parts.size() == 2 &&
        (low.ends_with("service") || low.ends_with("services") || low.ends_with("controller") ||
         low.ends_with("manager") || low.ends_with("usecase") || low.ends_with("helper") || low.ends_with("factory")))
      return std::nullopt;
    const bool named = (low.ends_with("model") || low.ends_with("repository") || low.ends_with("repo") ||
                        low.ends_with("collection") || low.ends_with("entity")) &&
                       key.size() > 2 && key != "model" && key != "repository" && key != "repo";
    const bool prisma = std::any_of(parts.begin(), parts.end() - 2, [](std::string_view p) {
      return icontains(p, "prisma") || p == "db" || p == "tx" || p == "query" || p == "orm";
    });
    // client.user.create({ data: … }): Prisma under another name tells itself by what it is asked.
    const Node asked = unwrap(c.arg(0));
    const bool shaped =
        known && parts.size() >= 3 && asked.is("object") && (member(asked, "data") || member(asked, "where"));
    // client.user.findMany(): only Prisma and Drizzle call it so.
    const bool many = parts.size() == 3 && (f == "findMany" || f == "findUnique" || f == "findFirst") &&
                      (!asked || asked.is("object"));
    if (!((capital && (known || f.starts_with("find") || f.ends_with("One") || f == "destroy" || f == "create" ||
                       f == "bulkCreate" || f.starts_with("insert") || f.ends_with("Many") ||
                       (f == "update" && member(unwrap(c.arg(1)), "where")))) ||
          named || prisma || shaped || many || (known && parts.size() >= 3 && key != "user")))
      return std::nullopt;
    t.record = key;
  }
  if (t.record.empty()) return std::nullopt;
  t.whole = chain(c.node);
  if (f == "createQueryBuilder") {
    settle_builder(t);
    return t;
  }
  t.condition = condition_of(t, c) + before;
  if (t.kind == Kind::list && (t.mighty || t.by_rules) && receiver == "from()" &&
      icontains_any(t.condition, {"\"id\"", "'id'"}))
    t.kind = Kind::one;
  if (t.kind == Kind::list && by_ids(t.condition)) t.kind = Kind::one;
  return t;
}

}  // namespace

std::vector<Touch> touches(const File& file, Node within) {
  std::vector<Touch> out;
  const Schema& schema = file.project.notes<Schema>();
  for (const Call* c : file.calls_in(within)) {
    // new Order(req.body), saved later
    if (c->name.starts_with("new ") && c->arg(0) && schema.records.contains(record_key(c->name.substr(4))) &&
        c->name.find('.') == std::string::npos) {
      out.push_back({c->node, c->node, record_key(c->name.substr(4)), Kind::create, false, false, {}});
      continue;
    }
    if (c->name == "new this.Model" || c->name == "new this.model" || c->name == "new Model") {
      const bool any = c->name != "new Model" || handed_model(*c, {"Model", ""});
      if (any) out.push_back({c->node, c->node, std::string(kAnyRecord), Kind::create, false, false, {}});
      continue;
    }
    auto t = touch_of(file, *c, schema);
    if (!t) continue;
    // const q = supabase.from("x").select(); … q.eq("user_id", id)
    if (const Node d = t->whole.parent(); d.is("variable_declarator") && !d.child("value").is("await_expression")) {
      const std::string variable(d.child("name").text());
      const Node function = function_around(d);
      for (const Call* use : file.calls_in(function))
        if (use->name.starts_with(variable + ".") && use->node.begin() > d.end())
          (t->condition += ' ') += use->node.child("arguments").code();
    }
    out.push_back(std::move(*t));
  }
  return out;
}

}  // namespace gatehouse::audit::source
