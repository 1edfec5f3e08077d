#include "audit/source/contact_changes.h"

#include <algorithm>
#include <map>

#include "audit/source/data.h"
#include "audit/source/made_people.h"
#include "audit/source/recurring.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 5;  // named in one finding

struct Change {
  Spot at;
  std::string function;  // who does it: "updateMe"
  std::string record;    // as record_key says it; empty for a row whose record is not known
  std::string type;      // the address is in a whole that is declared so; empty when it is named
  bool own = false;      // it is the caller's own account, as far as the function shows
};

struct Contacts {
  std::vector<Change> changes;
  std::map<std::string, std::string> types;  // with an address in it: itself; or the type it is made of
  std::set<std::string> handed_caller;       // functions of accounts that are handed who is calling
  bool confirms = false;                     // a new address waits for its proof somewhere
  bool passwords = false;                    // the project keeps passwords of its own
};

// Stops: a new address that waits for its proof being told as one that does not.
bool proves(const Code& code) {
  return icontains_any(code, {"pendingemail",
                              "pending_email",
                              "newemail",
                              "new_email",
                              "confirmemail",
                              "confirm_email",
                              "sendverif",
                              "sendconfirm",
                              "emailverified: null",
                              "emailverified: false",
                              "emailverified = ",
                              "isverified: false",
                              "isverified = false",
                              "verified: false",
                              "email_verified = false",
                              "verificationtoken",
                              "verifytoken",
                              "compare(",
                              "comparepassword",
                              "verifypassword",
                              "checkpassword",
                              "currentpassword",
                              "current_password",
                              "oldpassword",
                              "emailtoken",
                              "otp",
                              "sendmagic",
                              "argon2.verify"});
}

bool changes_account(std::string_view name) {
  return has_word(name, {"update", "edit", "change", "modify", "profile", "settings", "me", "save", "account", "patch",
                         "put", "self", "actualizar"}) &&
         !has_word(name,
                   {"register", "signup",   "signin", "login",    "invite",   "contact",  "subscribe", "newsletter",
                    "admin",    "client",   "lead",   "employee", "send",     "create",   "upsert",    "google",
                    "oauth",    "webhook",  "sync",   "clerk",    "passport", "callback", "strategy",  "order",
                    "booking",  "checkout", "guest",  "delete",   "verify",   "confirm"});
}

bool word_of_account(std::string_view name) {
  return has_word(name, {"user", "users", "account", "accounts", "profile", "profiles", "me", "member", "auth",
                         "usuario", "usuarios", "customer", "customers"});
}

// A record that somebody signs in with.
bool account(const Schema& schema, std::string_view record) {
  const Record* r = schema.of(record);
  if (r != nullptr)
    for (const std::string& column : r->columns)
      if (has_word(column, {"password", "pwd", "passwort", "hash", "digest"})) return true;
  return record == "user" || record == "account" || record == "appuser" || record == "usuario" ||
         (r == nullptr && (record == "member" || record == kAnyRecord));
}

std::string type_name(std::string_view declared) {
  while (!declared.empty() && (declared.front() == ':' || declared.front() == ' ')) declared.remove_prefix(1);
  if (declared.starts_with("Partial<")) declared.remove_prefix(8);
  const std::size_t end = declared.find_first_of("<>&|[ {,");
  return std::string(last(declared.substr(0, end)));
}

// Node is what is written, and not what is looked for or shown.
bool is_written(const Touch& t, Node n) {
  if (t.written && !n.inside(t.written)) return false;
  for (Node p = n.parent(); p && p.begin() >= t.whole.begin(); p = p.parent()) {
    if (p.is("pair")) {
      const std::string_view key = p.child("key").text();
      if (key == "where" || key == "select" || key == "include" || key == "create" || key == "$setOnInsert")
        return false;
    }
    if (const auto call = as_call(p); call && n.inside(p.child("arguments"))) {
      const std::string_view verb = last(call->name);
      if (verb == "where" || verb == "eq" || verb == "select" || verb == "returning" || verb == "compare") return false;
      // updateOne({ email }, { … }): which record
      if (verb != "update" && verb != "save" && verb != "set" && call->args.size() > 1 && n.inside(call->arg(0)))
        return false;
    }
  }
  return true;
}

bool plain_value(Node value) {
  value = unwrap(value);
  return literal(value) || value.any_of("true", "false", "null", "undefined", "number") ||
         value.text() == "undefined" ||
         icontains_any(value.code(), {"profile.", "claims", "payload", "event.", "evt.", "data.email_addresses",
                                      "clerk", "google", "session.user.email", "decoded", "primaryemail"});
}

// The address by its own name among what is written.
Node named_address(const Touch& t) {
  for (const Node p : t.whole.all("pair"))
    if (p.child("key").text() == "email" && !plain_value(p.child("value")) && is_written(t, p)) return p;
  for (const Node s : t.whole.all("shorthand_property_identifier"))
    if (s.text() == "email" && is_written(t, s)) return s;
  // UPDATE users SET email = $1
  if (const auto call = as_call(t.call)) {
    const std::string sql =
        text::to_lower(spoken(call->arg(0)).empty() ? literal(call->arg(0)).value_or("") : spoken(call->arg(0)));
    const std::size_t set = sql.find(" set ");
    if (set != std::string::npos && sql.find("update ") != std::string::npos) {
      const std::string written = sql.substr(set, sql.find(" where ", set) - set);
      for (const std::string_view form : {" email = $", " email=$", " email = ?", " email=?", ",email=", " email = :"})
        if (contains(written, form)) return t.call;
    }
  }
  return {};
}

// A parameter, or what a schema gave, that goes into the record as a whole: update({ where, data: dto }).
std::pair<Node, std::string> whole_address(const File& file, Node function, const std::vector<Touch>& all) {
  std::map<std::string, std::string> wholes;  // name -> type
  for (const Node p : parameters_of(function)) {
    const Node declared = p.parent().child("type") ? p.parent().child("type") : p.child("type");
    if (declared && p.any_of("identifier", "required_parameter"))
      wholes[std::string(p.text())] = type_name(declared.text());
  }
  for (const Node d : body(function).all("variable_declarator"))
    if (const auto call = as_call(unwrap(d.child("value"))); call && d.child("name").is("identifier"))
      if (const std::string_view verb = last(call->name); verb == "parse" || verb == "parseAsync" || verb == "validate")
        if (const std::size_t dot = call->name.rfind('.'); dot != std::string::npos)
          wholes[std::string(d.child("name").text())] = std::string(last(std::string_view(call->name).substr(0, dot)));
  if (wholes.empty()) return {};
  const auto whole_in = [&](Node within, auto fits) -> std::pair<Node, std::string> {
    for (const char* type : {"identifier", "shorthand_property_identifier"})
      for (const Node i : within.all(type)) {
        const auto it = wholes.find(std::string(i.text()));
        if (it == wholes.end() || i.parent().is("member_expression") || !fits(i)) continue;
        return {i, it->second};
      }
    return {};
  };
  for (const Touch& t : all)
    if (t.kind == Touch::Kind::change && !t.documents)
      if (auto found = whole_in(t.whole, [&](Node i) { return is_written(t, i); }); found.first) return found;
  if (!contains(function.code(), ".save(") && !contains(function.code(), ".flush(")) return {};
  for (const Call* c : file.calls_in(body(function)))
    if (c->name == "Object.assign" || last(c->name) == "merge" || last(c->name) == "preload" || last(c->name) == "set")
      if (auto found = whole_in(c->node.child("arguments"), [](Node) { return true; }); found.first) return found;
  return {};
}

// user.email = email; …; await user.save()
Node assigned_address(Node function) {
  const Code code = function.code();
  if (!icontains_any(code, {".save(", ".flush(", "save("})) return {};
  for (const Node a : body(function).all("assignment_expression")) {
    const Node left = a.child("left");
    if (!left.is("member_expression") || left.child("property").text() != "email" || plain_value(a.child("right")))
      continue;
    const std::string row = dotted(left.child("object"));
    if (has_word(last(row), {"user", "account", "me", "profile", "member", "existing", "u", "usuario", "found"}) &&
        !row.starts_with("req.body"))
      return a;
  }
  return {};
}

void read_function(File& file, Node f, Contacts& notes) {
  const Code code = f.code();
  if (!icontains(code, "email") && !icontains_any(code, {"dto", "data", "body", "input", "update"})) return;
  std::string name = door_name(file, f), given;   // const updateAccount = withUser(schema, async (data) => …)
  for (Node p = f.parent(); p; p = p.parent()) {  // router.put("/", …) of routes/account.js; export function PATCH
    const auto around = as_call(p);
    if (around && last(around->name).size() < 6 && literal(around->arg(0)).value_or("").starts_with("/")) {
      name += " " + std::string(last(around->name));
      if (*literal(around->arg(0)) == "/") name += " " + std::string(file.path.substr(file.path.rfind('/') + 1));
    }
    if (is_function(p)) return;  // the function around it is judged
    if (p.is("variable_declarator") && function_name(f).empty()) given = std::string(p.child("name").text());
    if (!p.any_of("arguments", "call_expression")) break;
  }
  name += " " + given;
  if (name.starts_with("POST ") || name == "PATCH" || name == "PUT" || name.starts_with("handler "))
    name += " " + std::string(file.path);
  if (!changes_account(name) || proves(code) || icontains_any(code, {"admin", "params.id", "params.userid", "roles."}))
    return;
  const std::vector<Touch> all = touches(file, body(f));
  Change out;
  out.function = given.empty() ? function_name(f) : given;
  Node at;
  for (const Touch& t : all)
    if (t.kind == Touch::Kind::change && !t.documents && !at) {
      at = named_address(t);
      out.record = t.record;
    }
  if (!at) {
    at = assigned_address(f);
    out.record = "user";
  }
  if (!at) {
    std::tie(at, out.type) = whole_address(file, f, all);
    out.record.clear();
    for (const Touch& t : all)
      if (out.record.empty() || t.kind == Touch::Kind::change) out.record = t.record;
  }
  if (!at) return;
  out.own = asks_identity(code) || has_word(out.function, {"me", "profile", "self", "own", "my", "settings"}) ||
            icontains_any(code, {"currentuser.id", " user.id", "ctx.user", "state.user", "(user.id", "session.userid"});
  out.at = {place(file.path, at.line()), file.shown(at)};
  if (notes.changes.size() < 200) notes.changes.push_back(std::move(out));
}

bool has_email(Node fields) {
  for (const char* type : {"pair", "property_signature", "public_field_definition", "field_definition"})
    for (const Node p : fields.all(type)) {
      const Node key = p.is("pair") ? p.child("key") : p.child("name") ? p.child("name") : p.child("property");
      if (key.text() == "email" && !p.has_token("readonly")) return true;
    }
  return false;
}

// class UpdateUserDto { email?: string }, z.object({ email: … }), type T = z.infer<typeof schema>
void read_types(const File& file, Contacts& notes) {
  if (!contains(file.code(), "email") && !icontains_any(file.code(), {"partialtype", "infer<", ".partial("})) return;
  const auto keep = [&](Node name, std::string made_of) {
    if (notes.types.size() < 5000) notes.types.emplace(std::string(name.text()), std::move(made_of));
  };
  for (const char* type : {"class_declaration", "interface_declaration", "type_alias_declaration"})
    for (const Node d : file.tree.all(type)) {
      const Code code = d.code();
      if (has_email(d)) {
        keep(d.child("name"), {});
        continue;
      }
      for (const std::string_view from : {"PartialType(", "typeof "})
        if (const std::size_t at = code.find(from); at != std::string_view::npos && !contains(code, "'email'")) {
          std::string_view rest = code.substr(at + from.size());
          if (rest.starts_with("OmitType(")) rest.remove_prefix(9);
          keep(d.child("name"), std::string(rest.substr(0, rest.find_first_of(" ,)>;"))));
        }
    }
  for (const Node d : file.tree.all("variable_declarator")) {
    const auto call = as_call(unwrap(d.child("value")));
    if (!call || !d.child("name").is("identifier") || function_around(d)) continue;
    if (contains(call->node.code(), "omit({ email")) continue;
    if (has_email(call->node))
      keep(d.child("name"), {});
    else if (const std::size_t at = call->name.rfind(".partial"); at != std::string::npos)
      keep(d.child("name"), call->name.substr(0, at));
  }
}

// users.update(req.user.id, dto): whose account it is, the caller says by what he is.
void read_handing(const File& file, Contacts& notes) {
  for (const Call& c : file.calls) {
    if (!changes_account(last(c.name)) || !word_of_account(c.name)) continue;
    if (icontains_any(c.node.child("arguments").code(),
                      {"req.user", "request.user", "user.id", "user.sub", "userid", "currentuser", "session",
                       "ctx.user", "user._id", "auth.", "res.locals", "c.get(", "user,", "getuser"}) &&
        !contains(c.node.child("arguments").code(), "params."))
      notes.handed_caller.insert(std::string(last(c.name)));
  }
}

bool has_address(const Contacts& notes, std::string type) {
  for (int depth = 0; depth < 4; ++depth) {
    if (type == "UserUpdateInput") return true;
    const auto it = notes.types.find(type);
    if (it == notes.types.end()) return false;
    if (it->second.empty()) return true;
    type = it->second;
  }
  return false;
}

}  // namespace

void read_contact_changes(File& file) {
  if (client_file(file) || has_word(file.path, {"seed", "seeds", "test", "tests", "scripts", "migrations", "admin"}))
    return;
  auto& notes = file.project.notes<Contacts>();
  const Code code = file.code();
  notes.passwords = notes.passwords || keeps_password(code) || icontains_any(code, {"bcrypt", "argon2", "scrypt"});
  read_types(file, notes);
  read_handing(file, notes);
  if (!icontains_any(code, {"update", "save", "put", "patch"})) return;
  if (icontains_any(code, {"pendingemail", "pending_email", "emailchangetoken", "email_change", "requestemailchange",
                           "confirmemailchange", "newemail", "verifynewemail"}))
    notes.confirms = true;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) read_function(file, f, notes);
}

void judge_contact_changes(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Contacts>();
  const Schema& schema = project.notes<Schema>();
  const bool passwords =
      notes.passwords || std::any_of(schema.records.begin(), schema.records.end(), [](const auto& r) {
        return std::any_of(r.second.columns.begin(), r.second.columns.end(), [](std::string_view column) {
          return has_word(column, {"password", "passwordhash", "passwort", "pwd"});
        });
      });
  // Where others keep the sign-in, the address of a profile opens nothing.
  bool elsewhere = false;
  for (const std::string_view p :
       {"@clerk/nextjs", "@clerk/express", "@clerk/clerk-sdk-node", "firebase", "firebase-admin",
        "@supabase/supabase-js", "@auth0/nextjs-auth0", "next-auth", "better-auth"})
    elsewhere = elsewhere || project.depends_on(p);
  if (notes.confirms || (!passwords && elsewhere)) return;
  Recurring told(kMostPlaces);
  for (const Change& c : notes.changes) {
    if (!account(schema, c.record)) continue;
    if (!c.own && !notes.handed_caller.contains(c.function)) continue;
    if (!c.type.empty() && !has_address(notes, c.type)) continue;
    // Stops: a session that was left open becoming the account for good: the address that resets go to is changed.
    if (auto* f = told.find(sink, "AU-008", c.at))
      f->title =
          "The address an account is opened and reset by is changed without its password or a proof of the new one";
  }
}

}  // namespace gatehouse::audit::source
