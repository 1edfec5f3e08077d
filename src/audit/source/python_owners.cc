#include "audit/source/python_owners.h"

#include <algorithm>

#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool person(std::string_view name) {
  return has_word(
      name, {"user",    "users",         "account",   "accounts",   "member",   "members",  "customer", "customers",
             "profile", "profiles",      "person",    "employee",   "patient",  "student",  "tenant",   "organization",
             "tenants", "organizations", "workspace", "workspaces", "patients", "students", "employees"});
}

bool capital(std::string_view s) { return !s.empty() && s.front() >= 'A' && s.front() <= 'Z'; }

// select(Order), query(Order), get(Order, …) anywhere below.
std::string named_model(Node n) {
  for (const Node c : n.all("call")) {
    const auto call = as_call(c);
    if (!call) continue;
    const std::string_view f = last(call->name);
    if ((f == "select" || f == "query" || f == "delete" || f == "update") && capital(last(dotted(call->arg(0)))))
      return std::string(last(dotted(call->arg(0))));
  }
  return {};
}

}  // namespace

void read_keys(Node cls, Model& m) {
  if (const Node table = attribute(cls, "__tablename__"))
    if (const auto name = literal(table.child("right"))) m.table = *name;
  if (m.table.empty()) m.table = text::to_lower(m.name);
  for (const Node s : body(cls).children()) {
    const Node a = s.is("expression_statement") ? s.first() : Node();
    if (!a.is("assignment")) continue;
    const std::string field(a.child("left").text());
    if (has_word(field, {"username", "email", "customer", "buyer", "owner", "patient"})) m.owned = true;
    // user: PydanticObjectId, user: Link[User]
    if (const std::string_view type = a.child("type").text();
        owner_field(field) && (contains(type, "ObjectId") || contains(type, "Link[")))
      m.owned = true;
    if (field.ends_with("user_id") || field == "owner_id" || field == "account_id" || field == "tenant_id")
      m.keys.emplace(field, "User");
    std::vector<Call> calls;
    if (const auto c = as_call(unwrap(a.child("right")))) calls.push_back(*c);
    for (const Node inner : a.child("right").all("call"))
      if (const auto c = as_call(inner)) calls.push_back(*c);
    for (const Call& c : calls) {
      const std::string_view f = last(c.name);
      std::string target;
      if (f == "ForeignKey" || f == "OneToOneField" || f == "ForeignKeyField" || f == "ReferenceField") {
        const Node to = c.arg(0) ? c.arg(0) : c.keyword("to");
        if (const auto text = literal(to))
          target = contains(*text, ".") && text->front() >= 'a' && a.child("right").is("call") &&
                           last(dotted(a.child("right").child("function"))) != "ForeignKey" && !capital(last(*text))
                       ? text->substr(0, text->find('.'))  // SQLAlchemy's "users.id"
                       : std::string(last(*text));         // Django's "auth.User"
        else
          target = to.is("call") ? "User" : std::string(last(dotted(to)));  // get_user_model()
        if (target == "AUTH_USER_MODEL") target = "User";
        if (target == "id" || target == "uuid")
          if (const auto text = literal(to)) target = text->substr(0, text->find('.'));
      } else if (const auto key = literal(c.keyword("foreign_key"))) {  // SQLModel
        target = key->substr(0, key->find('.'));
      }
      if (!target.empty()) m.keys[field] = target;
    }
  }
}

void read_tables(const File& file, PythonNotes& notes) {
  // Classes that fetch their own records name no columns of SQLAlchemy.
  const bool own = file.imports_from("tortoise") || file.imports_from("beanie") || file.imports_from("peewee") ||
                   file.imports_from("mongoengine") || file.imports_from("odmantic");
  if (!own && !icontains_any(file.code(), {"column(", "mapped_column", "table=true", "mapped[", "relationship("}))
    return;
  for (const Node cls : file.tree.all("class_definition")) {
    const Code code = cls.code();
    const Code bases = cls.child("superclasses").code();
    if (!icontains_any(code, {"column(", "mapped_column", "mapped["}) && !contains(bases, "table=True") &&
        !(own && has_word(bases, {"model", "document"})))
      continue;
    Model m;
    m.name = std::string(cls.child("name").text());
    m.at = place(file.path, cls.line());
    m.opaque_id = icontains(code, "uuid");
    read_keys(cls, m);
    m.owned = m.owned || std::any_of(m.keys.begin(), m.keys.end(), [](const auto& k) { return person(k.second); });
    notes.models.push_back(std::move(m));
  }
}

std::optional<bool> belongs_to_somebody(const PythonNotes& notes, std::string_view name, bool as_part) {
  std::vector<std::string> next = {std::string(last(name))};
  bool known = false;
  for (int depth = 0; depth < 3; ++depth) {
    std::vector<std::string> found;
    for (const std::string& n : next)
      for (const Model& m : notes.models) {
        if (m.name != n && m.table != n) continue;
        if (depth == 0) known = true;
        if (m.owned || (depth == 0 && person(m.name))) return true;
        for (const auto& [field, target] : m.keys) {
          if (person(target)) return true;
          if (found.size() < 32 && target != n) found.push_back(target);
        }
      }
    // What only hangs on something of somebody's is theirs when its name says so, too.
    if (depth == 0 && !as_part && !personal_noun(name) &&
        !has_word(name, {"attachment", "attachments", "entry",    "line",        "receipt",     "scan",     "record",
                         "session",    "log",         "visit",    "measurement", "ingredient",  "position", "step",
                         "reply",      "booking",     "bookings", "reservation", "appointment", "passenger"}))
      break;
    next = std::move(found);
  }
  if (!known) return std::nullopt;
  return false;
}

std::string without_loads(const Code& code) {
  std::string out(code);
  for (const std::string_view call :
       {"select_related(", "prefetch_related(", "joinedload(", "selectinload(", ".order_by(", ".only(", ".defer("})
    for (std::size_t at = out.find(call); at != std::string::npos; at = out.find(call, at)) {
      std::size_t end = at + call.size();
      for (int depth = 1; end < out.size() && depth > 0; ++end) depth += out[end] == '(' ? 1 : out[end] == ')' ? -1 : 0;
      out.erase(at, end - at);
    }
  return out;
}

bool says_owner(const Code& all) {
  const auto says = [](const Code& code) {
    return icontains_any(
        code, {"owner", "user", "tenant", "account_id", "member", "created_by", "author", "buyer", "seller", "customer",
               "organization", "org_id", "team", "workspace", "caller", "principal", "permission", "shared"});
  };
  if (!says(all)) return false;
  const std::string code = without_loads(all);
  return code.size() == all.size() || says(code);
}

std::string without_token(std::string_view code, std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < code.size();) {
    const bool start = i == 0 || !(text::is_alpha(code[i - 1]) || text::is_digit(code[i - 1]) || code[i - 1] == '_');
    if (start && !word.empty() && code.substr(i).starts_with(word)) {
      const std::size_t end = i + word.size();
      if (end >= code.size() || !(text::is_alpha(code[end]) || text::is_digit(code[end]) || code[end] == '_')) {
        i = end;
        continue;
      }
    }
    out += code[i++];
  }
  return out;
}

bool person_id(std::string_view name) {
  return name == "user_id" || name == "account_id" || name == "customer_id" || name == "member_id" || name == "uid" ||
         name == "userid" || name == "user_pk" || name == "profile_id";
}

bool identity_field(std::string_view f) {
  return f == "user_id" || f == "userId" || f == "owner_id" || f == "ownerId" || f == "customer_id" ||
         f == "customerId" || f == "tenant_id" || f == "tenantId" || f == "account_id" || f == "accountId" ||
         f == "org_id" || f == "clerk_user_id" || f == "stripe_customer_id" || f == "stripeCustomerId" ||
         f == "clerkUserId" || f == "uid" || f == "organization_id" || f == "organizationId" || f == "sender_id" ||
         f == "senderId" || f == "author_id" || f == "authorId" || f == "buyer_id";
}

bool privileged_field(std::string_view f) {
  static constexpr std::string_view kNames[] = {"role",
                                                "roles",
                                                "is_staff",
                                                "is_superuser",
                                                "is_admin",
                                                "admin",
                                                "permissions",
                                                "groups",
                                                "is_verified",
                                                "verified",
                                                "email_verified",
                                                "plan",
                                                "credits",
                                                "balance",
                                                "tier",
                                                "is_paid",
                                                "paid",
                                                "user_permissions",
                                                "is_moderator",
                                                "is_approved",
                                                "approved",
                                                "stripe_customer_id",
                                                "subscription_status",
                                                "is_premium",
                                                "premium",
                                                "payment_status",
                                                "commission_rate",
                                                "quota",
                                                "scopes",
                                                "is_seller",
                                                "account_type",
                                                "user_type",
                                                "amount_paid"};
  return std::find(std::begin(kNames), std::end(kNames), f) != std::end(kNames);
}

bool owner_field(std::string_view f) {
  return f == "owner" || f == "user" || f == "owner_id" || f == "user_id" || f == "tenant" || f == "tenant_id" ||
         f == "organization" || f == "created_by" || f == "seller" || f == "account" || f == "customer" ||
         f == "buyer" || f == "author" || f == "workspace" || f == "company" || f == "member" || f == "patient" ||
         f == "student" || f == "creator" || f == "applicant";
}

std::string model_handed(Node n) {
  n = unwrap(n);
  if (n.is("identifier")) return std::string(n.text());
  const std::string whole = n.is("attribute") ? dotted(n) : std::string();
  return capital(last(whole)) ? std::string(last(whole)) : std::string();
}

std::string active_record(const Call& c) {
  std::size_t start = 0, dot = c.name.find('.');
  if (dot == std::string::npos) return {};
  // models.Order.find_one(…)
  if (has_word(std::string_view(c.name).substr(0, dot), {"models", "model", "entities", "tables", "documents"}))
    start = dot + 1, dot = c.name.find('.', start);
  if (dot == std::string::npos || c.name.find('.', dot + 1) != std::string::npos ||
      !capital(std::string_view(c.name).substr(start)))
    return {};
  static constexpr std::string_view kCalls[] = {"get_or_none", "get_by_id",    "filter", "find_one",
                                                "find_all",    "find",         "all",    "select",
                                                "get",         "delete_by_id", "update", "delete"};
  const std::string_view f = last(c.name);
  if (std::find(std::begin(kCalls), std::end(kCalls), f) == std::end(kCalls)) return {};
  std::string model = c.name.substr(start, dot - start);
  for (const std::string_view other : {"Client", "Service", "Repository", "Manager", "Cache", "Schema", "Store", "DAO",
                                       "Crud", "CRUD", "Session", "Path", "Config", "Settings", "Redis", "Enum"})
    if (model.ends_with(other)) return {};
  return model;
}

std::string fetched_model(const Call& c) {
  const std::size_t objects = c.name.find(".objects");
  if (objects != std::string::npos) return std::string(last(c.name.substr(0, objects)));
  // self.s.get(Trip, trip_id)
  if (last(c.name) == "get" && c.args.size() >= 2 && capital(last(dotted(c.arg(0)))))
    return std::string(last(dotted(c.arg(0))));
  if (last(c.name) == "get_object_or_404" || last(c.name) == "get_or_404" || c.name.ends_with("session.get") ||
      c.name == "db.get") {
    const std::string first = dotted(c.arg(0));
    if (capital(last(first))) return std::string(last(first));
  }
  if (const std::size_t query = c.name.find(".query"); query != std::string::npos && query > 0)
    if (const std::string model(last(c.name.substr(0, query))); capital(model)) return model;  // Order.query.get(id)
  if (std::string own = active_record(c); !own.empty()) return own;
  return named_model(c.node);
}

}  // namespace gatehouse::audit::source
