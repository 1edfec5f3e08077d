// What all forms of a schema come to: whose a record is, and who is a person.
#include "audit/source/schema.h"

#include <algorithm>

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostFiles = 2000;

// A column that says whose a record is though it points nowhere: the people are kept by a provider of sign-ins, or
// nobody wrote the relation down.
bool owner_name(std::string_view column) {
  std::string key;
  for (const char c : column)
    if (c != '_') key += text::lower(c);
  static constexpr std::string_view kOwners[] = {"userid",    "ownerid",     "owner",     "authorid",  "createdby",
                                                 "clerkid",   "clerkuserid", "useremail", "owneruid",  "createdbyid",
                                                 "creatorid", "userref",     "usuarioid", "idusuario", "benutzerid",
                                                 "nutzerid",  "kundeid",     "clienteid", "ownerid",   "useruid"};
  return std::find(std::begin(kOwners), std::end(kOwners), key) != std::end(kOwners);
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
  static constexpr std::string_view kPeople[] = {
      "user",        "customer", "member",    "profile",   "employee",   "patient",   "student",     "appuser",
      "account",     "person",   "client",    "teacher",   "doctor",     "admin",     "seller",      "staff",
      "userprofile", "usuario",  "cliente",   "paciente",  "alumno",     "empleado",  "utilisateur", "benutzer",
      "nutzer",      "kunde",    "kunden",    "mitglied",  "mitglieder", "patienten", "schueler",    "mitarbeiter",
      "subscriber",  "guest",    "applicant", "candidate", "tenantuser", "resident",  "parent",      "lead"};
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

std::string parent_key(const Schema& schema, std::string_view column) {
  std::string noun(column);
  for (const std::string_view tail : {"_id", "Id", "ID"})
    if (noun.size() > tail.size() + 2 && noun.ends_with(tail)) noun.resize(noun.size() - tail.size());
  noun = record_key(noun);
  const Record* r = schema.of(noun);
  // A client of somebody's is a person whose row another keeps.
  const bool person = r != nullptr && (r->person || people(noun));
  return r == nullptr || !r->owned || (person && r->owners.empty()) || published(noun) ? std::string() : noun;
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

void settle_schema(Schema& schema) {
  for (auto& [key, r] : schema.records) {
    if (people(key)) r.person = true;
    // Whatever it is called: an address and what is kept of a password are an account.
    const auto any = [&columns = r.columns](std::initializer_list<std::string_view> names) {
      return std::any_of(columns.begin(), columns.end(), [&](const std::string& c) {
        return std::any_of(names.begin(), names.end(), [&](std::string_view n) { return text::iequals(c, n); });
      });
    };
    if (any({"email", "username", "phone", "mail"}) &&
        any({"password", "passwordhash", "password_hash", "hash", "hashedpassword", "hashed_password", "salt", "pwd"}))
      r.person = true;
  }
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
    if (!r.person)
      for (const std::string& c : r.columns)
        if (owner_name(c)) {
          r.owners.insert(c);
          schema.owners.insert(text::to_lower(c));
        }
    r.owned = !r.owners.empty();
  }
  for (int step = 0; step < 4; ++step)
    for (auto& [key, r] : schema.records)
      for (const std::string& up : r.belongs)
        if (const auto it = schema.records.find(up); it != schema.records.end() && it->second.owned) r.owned = true;
}

namespace {

bool declares(std::string_view text) {
  for (const std::string_view mark :
       {"mongoose.Schema(", "new Schema(", "pgTable(", "mysqlTable(", "sqliteTable(", "sequelize.define(",
        "mongoose.model(", "@Entity(", "createTable(", "EntitySchema(", "CREATE TABLE", ").doc(", ").add({"})
    if (contains(text, mark)) return true;
  return false;
}

}  // namespace

void read_schema(const Project& project, Schema& schema, Sink& sink) {
  std::size_t files = 0;
  for (const Entry& e : project.entries()) {
    if (e.role != Role::product || e.size > 400'000) continue;
    const bool prisma = e.path.ends_with(".prisma"), sql = e.kind == Kind::sql;
    const bool script =
        (e.kind == Kind::javascript || e.kind == Kind::typescript) &&
        icontains_any(e.path, {"model", "schema", "entit", "/db", "db/", "database", "table", "migrat"});
    const bool other = !script && (e.kind == Kind::javascript || e.kind == Kind::typescript);
    if (!prisma && !sql && !script && !other) continue;
    const auto source = project.open(e.path);
    if (!source || source->patterns_only()) continue;
    // A server of one file declares its records where it uses them.
    if (other && !declares(source->text())) continue;
    if (++files > kMostFiles) {
      sink.gave_up({e.path, "more than 2,000 files declare records: whose those of the rest are is not known"});
      break;
    }
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
