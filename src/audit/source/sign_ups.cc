#include "audit/source/sign_ups.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/django_told.h"
#include "audit/source/early_sessions.h"
#include "audit/source/guessed_codes.h"
#include "audit/source/lasting_sessions.h"
#include "audit/source/lasting_tokens.h"
#include "audit/source/new_passwords.h"
#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "audit/source/records_by_mail.h"
#include "audit/source/recurring.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_bounds.h"
#include "audit/source/script_request.h"
#include "audit/source/script_undefined.h"
#include "audit/source/taken_over.h"
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

bool mail(const Code& code) { return icontains_any(code, {"mail", "correo"}); }

// { isApproved: false }: one of these marks is down in the row that is made, and nowhere up.
bool marked(const Code& code, std::initializer_list<std::string_view> marks) {
  std::string flat;
  for (const char c : code)
    if (c != ' ' && c != '_' && c != '"' && c != '\'') flat += text::lower(c);
  return std::any_of(marks.begin(), marks.end(), [&](std::string_view mark) {
    const std::string name(mark);
    const bool down = contains(flat, name + "=false") || contains(flat, name + ":false") ||
                      contains(flat, name + ":null") || contains(flat, name + "=none");
    return down && !contains(flat, name + "=true") && !contains(flat, name + ":true");
  });
}

// The row says that its address is to be confirmed. Whether anybody asks for that is judged with the other marks of
// accounts.
bool unproven(const Code& code) {
  return marked(code, {"emailverified", "isverified", "emailconfirmed", "isconfirmed", "verified", "isemailverified"});
}

// … or that somebody lets its owner in.
bool waits(const Code& code) { return marked(code, {"isactive", "active", "isapproved", "approved"}); }

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

// Who is signed in stands before it: @login_required, Depends(get_current_user), permission_classes = [IsAdminUser].
bool behind_sign_in(Node function) {
  std::string before;
  for (const Node p : function.child("parameters").children()) {
    // role: Literal["user", "admin"] is no guard
    if (p.any_of("typed_default_parameter", "default_parameter") && contains(p.child("value").code(), "("))
      before += " " + std::string(p.code());
    else
      before += " " + parameter_name(p) + (contains(p.code(), "Depends") ? " " + std::string(p.code()) : "");
  }
  for (const std::string& d : decorators(function)) before += " " + d;
  const Node cls = function.above("class_definition");
  for (const std::string& d : decorators(cls)) before += " " + d;
  if (const Node p = attribute(cls, "permission_classes")) before += " " + std::string(p.code());
  // Depends(get_user_service) hands over a service, and asks for nobody.
  for (std::size_t at = before.find("get_user"); at != std::string::npos; at = before.find("get_user", at + 1)) {
    const std::string_view rest = std::string_view(before).substr(at + 8);
    if (!rest.starts_with("_") || rest.starts_with("_from") || rest.starts_with("_id") || rest.starts_with("_or"))
      return true;
  }
  return icontains_any(before, {"login_required", "admin", "isauthenticated", "current_user", "require_",
                                "jwt_required", "permission_required", "superuser", "current_active", "token_required",
                                "loginrequired", "is_staff", "roles", "verify_token", "get_current"});
}

// data = request.get_json(): of whatever kind.
Spot raw_body_python(const File& file, Node function) {
  const Code code = function.code();
  if (!contains(code, "request.") || icontains_any(code, {"isinstance(", "valid", "schema", ".load(", "len(",
                                                          "fullmatch", "re.match", "form.", "serializer", "int("}))
    return {};
  for (const Node a : body(function).all("assignment"))
    if (icontains_any(a.child("right").code(), {"request.get_json", "request.json"}) && keeps_password(code))
      return {place(file.path, a.line()), file.shown(a)};
  return {};
}

// const { email, password } = req.body: kept, or looked for, as it came.
Spot raw_body_script(const File& file, Node function) {
  const Code code = body(function).code();
  if (looks_at_input(code) || icontains_any(code, {"formdata", "isvalid", "regex", "schema"})) return {};
  Node at;
  bool address = false, password = false;
  for (const auto& [name, where] : client_data(file, function).fields) {
    if (has_word(name, {"email", "mail", "username"})) address = true;
    if (keeps_password(name)) password = true;
    if (!at) at = where;
  }
  if (!address || !password) return {};
  return {place(file.path, at.line()), file.shown(at)};
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
    const MadePeople made = people_made(file, f, named);
    if (made.calls.empty()) continue;
    if (behind_sign_in(f)) {
      notes.administered = true;
      continue;
    }
    notes.confirms = notes.confirms || unproven(f.code());
    if (cls) told.insert(cls.begin());
    notes.doors.push_back({named,
                           true,
                           made.rows,
                           mail(f.code()),
                           own,
                           {place(file.path, made.calls.front().line()), file.shown(made.calls.front())},
                           raw_body_python(file, f),
                           waits(f.code())});
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
        {true, true, false, mail(file.code()), name, {place(file.path, cls.line()), file.shown(cls)}, {}});
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
      const MadePeople made = people_made(file, f, named);
      if (made.calls.empty()) continue;
      if (!named && asks_identity(code)) {
        notes.administered = true;
        continue;
      }
      notes.confirms = notes.confirms || unproven(code);
      notes.doors.push_back({named,
                             false,
                             made.rows,
                             mail(code) || mail(file.code()),
                             name,
                             {place(file.path, made.calls.front().line()), file.shown(made.calls.front())},
                             raw_body_script(file, f),
                             waits(code)});
    }
}

// Stops: an account in the name of somebody who never hears of it.
void judge_unconfirmed(const SignUps& notes, bool named, Sink& sink) {
  Recurring told(kMostPlaces);
  for (const bool rows : {true, false})
    for (const SignUp& d : notes.doors) {
      const bool mail = d.mail || (d.python && !d.rows && notes.mail_forms);
      if (d.rows == rows && mail && (!named || d.named) && !d.waits) told.find(sink, "AU-012", d.at);
    }
}

// Stops: an object where a word is meant, an address that is none, the same address twice in two spellings.
void judge_raw(const Project& project, const SignUps& notes, Sink& sink) {
  const auto& routes = project.notes<ScriptNotes>().routes;
  for (const SignUp& d : notes.doors) {
    const bool validated = std::any_of(routes.begin(), routes.end(), [&](const ScriptRoute& r) {
      return r.validated && (last(r.handler) == d.door || (r.at.path == d.at.at.path && r.path == d.door));
    });
    if (d.taken.at.line == 0 || validated) continue;
    auto& f = sink.find("VAL-001", d.taken.at, d.taken.shown);
    f.title = "A sign-up takes whatever is sent: neither kind nor form of address and password is asked for";
    f.impact =
        "What is no text ends in an error or reaches the query as it is, and one address makes several accounts.";
    f.fix =
        "Hold the body against a schema: an address in lower case and of a bounded length, a password of 8 to 72 "
        "bytes.";
    return;
  }
}

class SignUpsCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    const SignUps& notes = project.notes<SignUps>();
    const auto told = [&](std::string_view id) {
      return std::any_of(sink.findings().begin(), sink.findings().end(),
                         [&](const proof::Finding& f) { return f.id == id; });
    };
    const auto some = [&](auto asked) { return std::any_of(notes.doors.begin(), notes.doors.end(), asked); };
    const bool known = some([](const SignUp& d) { return d.named; });
    // signup() hands on to create_user(), which alone names the address
    const bool named =
        some([&](const SignUp& d) { return d.named && (d.mail || (d.python && !d.rows && notes.mail_forms)); });
    judge_raw(project, notes, sink);
    judge_new_passwords(project, sink);
    judge_lasting_tokens(project, sink);
    judge_lasting_sessions(project, sink);
    judge_early_sessions(project, sink);
    judge_guessed_codes(project, sink);
    judge_records_by_mail(project, sink);
    judge_taken_over(project, sink);
    judge_django_told(project, sink);
    judge_undefined_proofs(project, sink);
    // What is paid for by an address is told with its own weight.
    if (!notes.confirms && !asks_for_proof(project) && !told("AU-012") && !told("PAY-006") &&
        (known || !notes.administered))
      judge_unconfirmed(notes, named, sink);
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

void unlimited_sign_up(Sink& sink, const proof::Location& at, const std::string& shown) {
  auto& f = sink.find("RL-002", at, shown);
  f.title = "Accounts are made without a limit";
  f.impact = "A script makes them by the thousand, each with the work of a hash and whatever comes with an account.";
}

void read_sign_ups(File& file) {
  auto& notes = file.project.notes<SignUps>();
  if (!file.tree.python() && client_file(file)) return;
  notes.confirms = notes.confirms || tells_of_proofs(file);
  if (aside(file.path)) return;
  if (file.tree.python() && !notes.mail_forms && keeps_password(file.code()) && mail(file.code()))
    for (const Node cls : file.tree.all("class_definition"))
      for (const std::string& base : bases_of(cls))
        notes.mail_forms = notes.mail_forms ||
                           (has_word(base, {"form", "serializer"}) && mail(cls.code()) && keeps_password(cls.code()));
  if (!keeps_password(file.code()) &&
      !(file.tree.python() && icontains_any(file.code(), {"form.save(", "serializer.save(", "create_user("})))
    return;
  if (file.tree.python())
    read_python(file, notes);
  else
    read_scripts(file, notes);
}

std::unique_ptr<Check> sign_ups_check() { return std::make_unique<SignUpsCheck>(); }

}  // namespace gatehouse::audit::source
