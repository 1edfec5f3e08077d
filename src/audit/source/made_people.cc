#include "audit/source/made_people.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool addresses(const Code& code) {
  return icontains_any(code, {"mail", "username", "user_name", "phone", "correo", "login", "usuario"});
}

bool creates(std::string_view f) {
  return f == "create" || f == "insert" || f == "insertOne" || f == "save" || f == "add" || f == "build" ||
         f == "values" || has_word(f, {"create", "insert", "add", "register"});
}

// User.create(row) where `row` was put together above.
bool hands_password(const File& file, const Call& c) {
  if (keeps_password(c.node.child("arguments").code().substr(0, 2000))) return true;
  for (const Node a : c.args)
    if (unwrap(a).is("identifier"))
      if (const Node value = value_of(file, unwrap(a)); value.any_of("object", "new_expression"))
        if (keeps_password(value.code().substr(0, 2000))) return true;
  return false;
}

MadePeople made_by_script(const File& file, Node function, bool named) {
  MadePeople out;
  const Schema& schema = file.project.notes<Schema>();
  const auto person = [&](std::string_view record) {
    const Record* r = schema.of(record);
    return r != nullptr ? r->person : people(record_key(record));
  };
  for (const Touch& t : touches(file, body(function)))
    if (t.kind == Touch::Kind::create && (person(t.record) || (named && t.record == kAnyRecord))) {
      const auto c = as_call(t.call);
      if (keeps_password(t.whole.code().substr(0, 2000)) || (c && hands_password(file, *c)) ||
          (named && keeps_password(body(function).code())))
        out.calls.push_back(t.call);
    }
  out.rows = !out.calls.empty();
  if (out.rows) return out;
  for (const Call* c : file.calls_in(body(function))) {
    if (c->args.empty()) continue;
    if (c->name.starts_with("new ")) {
      if (person(std::string_view(c->name).substr(4)) && hands_password(file, *c)) out.calls.push_back(c->node);
      continue;
    }
    const std::string_view f = last(c->name);
    // admin.auth().createUser({ email, password }): the server makes the account, and nobody writes to the address
    if (f == "createUser" && file.project.depends_on("firebase-admin") && contains(c->name, "auth") &&
        hands_password(file, *c) && !icontains(file.code(), "emailverificationlink")) {
      out.calls.push_back(c->node);
      out.rows = true;
      continue;
    }
    // this.usersService.create(createUserDto)
    if (named && (f == "create" || f == "createUser") && unwrap(c->arg(0)).is("identifier")) {
      const auto parts = text::split(c->name, '.');
      if (parts.size() > 1 && has_word(parts[parts.size() - 2], {"user", "users", "account", "accounts"}) &&
          has_word(unwrap(c->arg(0)).text(), {"dto", "body", "data", "input", "payload", "user"}) &&
          !icontains_any(c->name, {"supabase", "clerk", "stripe"})) {
        out.calls.push_back(c->node);
        continue;
      }
    }
    if (!creates(f) || !addresses(c->node.child("arguments").code()) || !hands_password(file, *c)) continue;
    const std::size_t dot = c->name.rfind('.');
    const std::string_view object = dot == std::string::npos ? "" : last(std::string_view(c->name).substr(0, dot));
    // auth.createUser(…) of a provider keeps its own rules.
    if (icontains_any(c->name, {"supabase", "firebase", "clerk", "auth0", "cognito", "stripe"}) || object == "auth" ||
        object == "admin")
      continue;
    if (named || person(object) || has_word(object, {"user", "users", "account", "accounts"}))
      out.calls.push_back(c->node);
  }
  return out;
}

bool model_of_people(std::string_view f) {
  if (f.empty() || f.front() < 'A' || f.front() > 'Z') return false;
  for (const std::string_view end : {"Schema", "Serializer", "Form", "Create", "In", "Out", "Request", "Response",
                                     "Login", "DTO", "Dto", "Read", "Public", "Error", "Exception", "Base", "Service"})
    if (f.ends_with(end)) return false;
  return has_word(f, {"user", "users", "account", "member", "customer", "student", "person", "patient", "seller",
                      "author", "usuario"}) ||
         people(record_key(f));
}

bool inserts_person(const Call& c) {
  const auto said = literal(c.arg(0));
  if (!said || !icontains(*said, "insert into")) return false;
  return icontains_any(*said, {"user", "account", "customer", "member", "student"}) && keeps_password(*said);
}

MadePeople made_by_python(const File& file, Node function, bool named) {
  MadePeople out;
  const Code code = body(function).code();
  const bool sets = icontains_any(code, {".set_password(", ".hash_password(", ".password_hash =", ".password =",
                                         "generate_password_hash(", "hash_password(", "make_password(", "hashpw("});
  for (const Call* c : file.calls_in(body(function))) {
    const std::string_view f = last(c->name);
    bool password = false, address = false;
    for (const auto& [key, value] : c->keywords) {
      password = password || keeps_password(key);
      address = address || addresses(key);
    }
    const bool manager = (f == "create_user" || f == "create") && contains(c->name, ".objects");
    const bool model = model_of_people(f) && !icontains(c->name, "schemas.");
    const bool document = (f == "insert_one" || f == "insert" || f == "add" || f == "set") &&
                          keeps_password(c->node.child("arguments").code().substr(0, 2000)) && named;
    const bool form = named && f == "save" && icontains_any(c->name, {"form.save", "serializer.save"});
    const bool crud =
        (named && password && address) || (named && f == "create_user") || c->name.ends_with(".create_user");
    const bool row = inserts_person(*c) || document || (manager && (password || f == "create_user")) ||
                     (model && (password || (sets && !(c->args.empty() && c->keywords.empty()))));
    if (row && !out.rows) out.calls.clear();
    if (row || (!out.rows && (form || crud))) out.calls.push_back(c->node);
    out.rows = out.rows || row;
  }
  return out;
}

}  // namespace

bool keeps_password(const Code& code) {
  return icontains_any(code, {"password", "passwd", "pwd", "hash", "senha", "contrase", "passwort"});
}

MadePeople people_made(const File& file, Node function, bool named) {
  return file.tree.python() ? made_by_python(file, function, named) : made_by_script(file, function, named);
}

}  // namespace gatehouse::audit::source
