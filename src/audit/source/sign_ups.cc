#include "audit/source/sign_ups.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/python_class.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 4;  // named in one finding

bool any_word(const std::vector<std::string>& all, std::initializer_list<std::string_view> any) {
  return std::any_of(all.begin(), all.end(),
                     [&](const std::string& w) { return std::find(any.begin(), any.end(), w) != any.end(); });
}

// Made by those who run the place, by a script, or for who comes from a provider of sign-ins or with an invitation.
bool for_others(std::string_view name) {
  return has_word(
      name, {"admin",   "administrator", "superuser", "super",      "root",        "seed",    "seeder",    "employee",
             "staff",   "invite",        "invited",   "invitation", "invitations", "default", "bootstrap", "init",
             "setup",   "demo",          "test",      "tests",      "import",      "google",  "github",    "oauth",
             "oauth2",  "social",        "sso",       "facebook",   "callback",    "guest",   "anonymous", "fake",
             "mock",    "sample",        "bulk",      "webhook",    "apple",       "ldap",    "saml",      "superadmin",
             "install", "device",        "card",      "upgrade",    "change",      "reset",   "forgot",    "patch"});
}

bool aside(std::string_view path) {
  return has_word(path, {"seed", "seeds", "seeder", "seeders", "fixtures", "migrations", "scripts", "mock", "mocks",
                         "test", "tests", "commands", "bin", "tools", "examples"}) ||
         icontains_any(path, {"create_admin", "createadmin"});
}

// create_user, addCustomer, UsersService.create
bool makes_people(std::string_view name, std::string_view path) {
  const std::vector<std::string> w = words(name);
  if (!any_word(w, {"create", "add", "insert", "new", "save", "store", "post", "make", "crear"})) return false;
  return any_word(w, {"user", "users", "account", "accounts", "customer", "member", "student", "usuario"}) ||
         (w.size() == 1 && has_word(path, {"user", "users", "auth", "account", "accounts"}));
}

bool addresses(const Code& code) {
  return icontains_any(code, {"mail", "username", "user_name", "phone", "correo", "login", "usuario"});
}

bool mail(const Code& code) { return icontains_any(code, {"mail", "correo"}); }

// The row says that its address is to be confirmed, or that somebody lets its owner in. Whether anybody asks for that
// is judged with the other marks of accounts.
bool waits(const Code& code) {
  std::string flat;
  for (const char c : code)
    if (c != ' ' && c != '_' && c != '"' && c != '\'') flat += text::lower(c);
  for (const std::string_view mark : {"emailverified", "isverified", "isactive", "active", "isapproved", "approved",
                                      "emailconfirmed", "isconfirmed", "verified", "isemailverified"})
    for (const std::string_view no : {"=false", ":false", ":null", "=none"})
      if (flat.find(std::string(mark) + std::string(no)) != flat.npos) return true;
  return false;
}

// A name of code, or of a path, of which `confirms_address` knows something.
bool tells_of_proofs(const File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"verif", "confirm", "activat", "otp", "magic"})) return false;
  const auto part = [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '-'; };
  for (std::size_t i = 0; i < code.size();) {
    if (!part(code[i])) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (i < code.size() && part(code[i])) ++i;
    if (i - begin >= 3 && i - begin < 60 && confirms_address(code.substr(begin, i - begin))) return true;
  }
  return false;
}

// ---- Scripts.

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

// The calls that make a person; `rows`: they write the row, and do not hand it on to a function that may.
struct Made {
  std::vector<Node> calls;
  bool rows = false;
};

Made made_by_script(const File& file, Node function, bool named) {
  Made out;
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

// ---- Python.

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

Made made_by_python(const File& file, Node function, bool named) {
  Made out;
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
    const bool form =
        named && f == "save" && icontains_any(c->name, {"form.save", "serializer.save"}) && keeps_password(file.code());
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

// Who is signed in stands before it: @login_required, Depends(get_current_user), permission_classes = [IsAdminUser].
bool behind_sign_in(Node function) {
  std::string before(function.child("parameters").code());
  for (const std::string& d : decorators(function)) before += " " + d;
  const Node cls = function.above("class_definition");
  for (const std::string& d : decorators(cls)) before += " " + d;
  if (const Node p = attribute(cls, "permission_classes")) before += " " + std::string(p.code());
  return icontains_any(before, {"login_required", "admin", "isauthenticated", "current_user", "require_",
                                "jwt_required", "permission_required", "superuser", "current_active", "get_user",
                                "token_required", "loginrequired", "is_staff", "roles", "verify_token", "get_current"});
}

void read_python(File& file, SignUps& notes) {
  std::set<std::uint32_t> told;
  for (const Node f : file.tree.all("function_definition")) {
    if (f.above("function_definition")) continue;
    const Node cls = f.above("class_definition");
    const std::string own = function_name(f);
    const std::string class_name(cls.child("name").text());
    std::string door = own + " " + class_name;
    for (const std::string& d : decorators(f))
      if (contains(d, "/")) door += " " + d;
    if (for_others(own) || for_others(class_name) || has_word(class_name, {"manager"})) continue;
    const bool named = sign_up_name(own) || sign_up_name(class_name) || sign_up_name(door);
    if (!named && !makes_people(own, file.path) && !makes_people(class_name, file.path)) continue;
    const Made made = made_by_python(file, f, named);
    if (made.calls.empty()) continue;
    if (behind_sign_in(f)) {
      notes.administered = true;
      continue;
    }
    notes.confirms = notes.confirms || waits(f.code());
    if (cls) told.insert(cls.begin());
    notes.doors.push_back({named,
                           true,
                           made.rows,
                           mail(f.code()),
                           own,
                           {place(file.path, made.calls.front().line()), file.shown(made.calls.front())}});
  }
  // class RegisterView(generics.CreateAPIView): the framework makes the row.
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string name(cls.child("name").text());
    const std::vector<std::string> bases = bases_of(cls);
    if (!sign_up_name(name) || for_others(name) || told.contains(cls.begin()) ||
        !any_base(bases, {"CreateAPIView", "CreateView", "CreateModelMixin", "ListCreateAPIView"}))
      continue;
    if (const Node p = attribute(cls, "permission_classes"); icontains_any(p.code(), {"admin", "isauthenticated"})) {
      notes.administered = true;
      continue;
    }
    notes.doors.push_back(
        {true, true, false, mail(file.code()), name, {place(file.path, cls.line()), file.shown(cls)}});
  }
}

void read_scripts(File& file, SignUps& notes) {
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const std::string name = door_name(file, f);
      if (name.empty() || for_others(name)) continue;
      const bool named = sign_up_name(name);
      if (!named && !makes_people(name, file.path)) continue;
      const Code code = body(f).code();
      if (!keeps_password(code) && !named) continue;
      const Made made = made_by_script(file, f, named);
      if (made.calls.empty()) continue;
      if (!named && asks_identity(code)) {
        notes.administered = true;
        continue;
      }
      notes.confirms = notes.confirms || waits(code);
      notes.doors.push_back({named,
                             false,
                             made.rows,
                             mail(code) || mail(file.code()),
                             name,
                             {place(file.path, made.calls.front().line()), file.shown(made.calls.front())}});
    }
}

class SignUpsCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    SignUps notes = project.notes<SignUps>();
    const auto told = [&](std::string_view id) {
      return std::any_of(sink.findings().begin(), sink.findings().end(),
                         [&](const proof::Finding& f) { return f.id == id; });
    };
    // What is paid for by an address is told with its own weight.
    if (notes.confirms || told("AU-012") || told("PAY-006")) return;
    const bool any = std::any_of(notes.doors.begin(), notes.doors.end(), [](const SignUp& d) { return d.named; });
    if (!any && notes.administered) return;
    // Stops: an account in the name of somebody who never hears of it.
    proof::Finding* f = nullptr;
    for (const bool rows : {true, false})
      for (const SignUp& d : notes.doors) {
        if (d.rows != rows || !d.mail || (any && !d.named)) continue;
        if (f == nullptr) {
          f = &sink.find("AU-012", d.at.at, d.at.shown);
        } else if (f->locations.size() < kMostPlaces) {
          f->locations.push_back(d.at.at);
          f->evidence.push_back(d.at.shown);
        }
      }
  }
};

}  // namespace

const SignUp* sign_up_of(const SignUps& notes, bool python) {
  const SignUp* best = nullptr;
  for (const SignUp& d : notes.doors)
    if (d.python == python && (d.named || !notes.administered) &&
        (best == nullptr || (d.named && !best->named) || (d.named == best->named && d.rows && !best->rows)))
      best = &d;
  return best;
}

bool sign_up_name(std::string_view name) {
  const std::vector<std::string> w = words(name);
  if (any_word(w, {"login", "signin", "logout", "webhook", "webhooks", "card", "device", "push", "event", "events",
                   "payment", "course", "plugin"}))
    return false;
  return any_word(w, {"signup", "register", "registration", "registrar", "registro", "registrieren", "registrierung",
                      "inscription", "cadastro", "cadastrar"}) ||
         (any_word(w, {"sign"}) && any_word(w, {"up"})) || (any_word(w, {"create", "new"}) && any_word(w, {"account"}));
}

bool confirms_address(std::string_view identifier) {
  if (text::iequals(identifier, "ACCOUNT_EMAIL_VERIFICATION")) return false;  // its value says
  const std::vector<std::string> w = words(identifier);
  if (any_word(w, {"otp", "otps"})) return true;
  if (any_word(w, {"magic"})) return any_word(w, {"link", "token", "email"});
  if (any_word(w, {"format", "valid", "mx", "payment", "order", "booking", "webhook", "signature", "password", "delete",
                   "deletion", "appointment", "stripe", "deactivate"}))
    return false;
  const bool proof = any_word(w, {"verify", "verification", "verifying", "confirm", "confirmation", "activation"});
  if (proof && any_word(w, {"email", "mail", "address", "signup", "registration", "phone", "account"})) return true;
  if (any_word(w, {"activate", "activation"}) &&
      any_word(w, {"user", "account", "token", "link", "code", "key", "uid"}))
    return true;
  for (std::size_t i = 0; i + 1 < w.size(); ++i)
    if ((w[i] == "verification" || w[i] == "confirmation") &&
        (w[i + 1] == "token" || w[i + 1] == "code" || w[i + 1] == "link" || w[i + 1] == "url"))
      return true;
  return false;
}

bool keeps_password(const Code& code) {
  return icontains_any(code, {"password", "passwd", "pwd", "hash", "senha", "contrase", "passwort"});
}

std::vector<Node> people_made(const File& file, Node function) {
  return (file.tree.python() ? made_by_python(file, function, false) : made_by_script(file, function, false)).calls;
}

void read_sign_ups(File& file) {
  auto& notes = file.project.notes<SignUps>();
  if (!file.tree.python() && client_file(file)) return;
  notes.confirms = notes.confirms || tells_of_proofs(file);
  if (aside(file.path) || !keeps_password(file.code())) return;
  if (file.tree.python())
    read_python(file, notes);
  else
    read_scripts(file, notes);
}

std::unique_ptr<Check> sign_ups_check() { return std::make_unique<SignUpsCheck>(); }

}  // namespace gatehouse::audit::source
