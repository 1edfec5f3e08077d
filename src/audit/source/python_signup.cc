// What a sign-up takes from the person who signs up and should not: their rights. And what it tells about others.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool sign_up(std::string_view name) {
  return has_word(name, {"register", "registration", "signup", "enroll"}) ||
         (has_word(name, {"sign"}) && has_word(name, {"up"})) ||
         (has_word(name, {"create"}) && has_word(name, {"account", "user"}));
}

bool rights(std::string_view field) {
  if (field == "userType" || field == "userRole" || field == "isAdmin" || field == "accountType") return true;
  return field == "role" || field == "roles" || field == "user_role" || field == "user_type" || field == "is_admin" ||
         field == "is_staff" || field == "is_superuser" || field == "account_type" || field == "permissions";
}

bool powerful(std::string_view said) {
  return icontains_any(said, {"admin", "staff", "superuser", "manager", "moderator", "owner", "recruiter", "'hr'",
                              "\"hr\"", "doctor", "teacher", "instructor", "seller", "vendor", "employee", "officer"});
}

bool runs_the_place(std::string_view said) {
  return icontains_any(said, {"admin", "staff", "superuser", "manager", "moderator", "owner"});
}

// form.role.data, request.form["role"], data.get("role"), or a name given such a value.
Node from_client(Node function, Node value, int depth = 0) {
  value = unwrap(value);
  if (!value || depth > 4) return {};
  if (value.any_of("comparison_operator", "boolean_operator", "parenthesized_expression", "conditional_expression")) {
    for (const Node c : value.children())
      if (const Node found = from_client(function, c, depth + 1)) return found;
    return {};
  }
  const Code code = value.code();
  if (value.is("attribute") && dotted(value).ends_with(".data") && icontains(dotted(value), "form")) return value;
  if (icontains_any(code,
                    {"request.form", "request.json", "request.post", "request.data", "request.values", "cleaned_data"}))
    return value;
  const auto holder = [&](std::string_view name) {
    for (const Node a : function.all("assignment"))
      if (a.begin() < value.begin() && a.child("left").text() == name &&
          icontains_any(a.child("right").code(), {"request.json", "get_json(", "request.form", "request.post",
                                                  "request.data", "await request.", "cleaned_data"}))
        return true;
    return false;
  };
  if (const auto c = as_call(value); c && last(c->name) == "get" && literal(c->arg(0)))
    return holder(c->node.child("function").child("object").text()) ? value : Node();
  if (value.is("subscript")) return holder(value.child("value").text()) ? value : Node();
  if (value.is("identifier"))
    for (const Node a : function.all("assignment"))
      if (a.begin() < value.begin() && a.child("left").text() == value.text())
        if (const Node found = from_client(function, a.child("right"), depth + 1)) return found;
  return {};
}

// if role not in ("buyer", "guest"): …; a list without anything powerful keeps people what they are.
bool held_to_harmless(Node function, std::string_view field) {
  for (const Node c : function.all("comparison_operator"))
    if (contains(c.code(), field) && contains(c.code(), " in ") && !powerful(c.code()) && contains(c.code(), "\""))
      return true;
  return false;
}

void note_rights(File& file, Node f, PythonNotes& notes) {
  if (!sign_up(function_name(f)) && !sign_up(f.above("class_definition").child("name").text())) return;
  for (const std::string& d : decorators(f))
    if (icontains_any(d, {"admin", "staff", "role", "permission", "manager"})) return;
  if (icontains_any(f.code(), {"current_user.role", "current_user.is_admin", "request.user.is_staff", "is_superuser:"}))
    return;
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view made = last(c->name);
    const bool person = has_word(made, {"user", "account", "profile", "member", "person"}) ||
                        (made == "create" && has_word(c->name, {"user", "profile", "account", "users"}));
    if (!person || made.ends_with("Form") || made.ends_with("Serializer")) continue;
    for (const auto& [key, value] : c->keywords) {
      const Node sent = rights(key) ? from_client(f, value) : Node();
      if (!sent || held_to_harmless(f, key)) continue;
      // form.account_type.data
      std::string source = dotted(sent);
      if (source.ends_with(".data")) source = std::string(last(source.substr(0, source.size() - 5)));
      const bool waits = icontains_any(f.code(), {"approved = false", "approved=false", "is_active = false",
                                                  "verified = false", "\"pending\"", "'pending'"});
      notes.chosen_rights.push_back(
          {"", std::string(key), place(file.path, value.line()), file.shown(value), std::move(source), waits});
      return;
    }
  }
}

// Some rank is asked for, around this route or in it.
bool ranked(const File& file, Node f) {
  if (icontains(file.path, "admin") || icontains_any(file.code(), {"before_request", "before_app_request"}))
    return true;
  for (const Node d : f.parent().children())
    if (d.is("decorator") && icontains_any(d.code(), {"admin", "staff", "role", "permission", "manager", "superuser"}))
      return true;
  if (icontains_any(f.child("parameters").code(), {"admin", "staff", "role", "permission", "require"})) return true;
  for (const Node i : f.all("if_statement"))
    if (icontains_any(i.child("condition").code(),
                      {"admin", "is_staff", "superuser", "permission", "current_user.role", "session", "can_", "has_"}))
      return true;
  for (const Call* c : file.calls_in(body(f)))
    if (has_word(last(c->name), {"require", "check", "authorize", "ensure", "verify"})) return true;
  return false;
}

// member.user_type = request.form.get("user_type")
void note_given(File& file, Node f, PythonNotes& notes) {
  std::string name = function_name(f);
  const bool door = sign_up(name);
  // PUT /users/7 with a role in it, where nobody asks for a rank
  if (!door && (!route_function(f) ||
                !has_word(name, {"update", "edit", "put", "patch", "save", "profile", "modify"}) || ranked(file, f)))
    return;
  for (const Node a : body(f).all("assignment")) {
    const Node left = a.child("left");
    if (!left.is("attribute")) continue;
    const std::string field(left.child("attribute").text());
    if (!rights(field) || dotted(left.child("object")) == "self" || !from_client(f, a.child("right")) ||
        held_to_harmless(f, field))
      continue;
    notes.chosen_rights.push_back({door ? "" : name, field, place(file.path, a.line()), file.shown(a)});
    return;
  }
}

// role = SelectField(choices=[…]), models.TextChoices: what may be chosen.
void note_choices(const File& file, PythonNotes& notes) {
  for (const Node cls : file.tree.all("class_definition"))
    if (sign_up(cls.child("name").text()) ||
        (contains(cls.child("superclasses").text(), "Form") && contains(cls.code(), "PasswordField")))
      for (const Node s : body(cls).children()) {
        const Node a = s.is("expression_statement") ? s.first() : Node();
        if (!a.is("assignment") ||
            !(rights(a.child("left").text()) || has_word(a.child("left").text(), {"type", "kind", "role"})))
          continue;
        const auto c = as_call(unwrap(a.child("right")));
        if (c && c->keyword("choices").is("list"))
          notes.sign_up_choices[std::string(a.child("left").text())] += std::string(c->keyword("choices").code());
      }
}

// get_user_by_email(db, user.email), User.query.filter_by(email=…).first(), db.users.find_one({"email": …})
bool looks_up_person(const Code& code) {
  return icontains_any(code, {"mail", "username", "user_name", "phone", "correo", "usuario", "login", "cpf"}) &&
         icontains_any(code, {"get", "find", "exists", "filter", "query", "select", "fetch", "exec", "scalar", "lookup",
                              "check", "search", "first"}) &&
         contains(code, "(");
}

// The condition holds where somebody was found: `existing`, `existing is not None`, `await find_by_email(email)`.
bool somebody_found(Node f, Node condition) {
  condition = unwrap(condition);
  if (condition.is("not_operator")) return false;
  if (condition.is("comparison_operator")) {
    const Code said = condition.code();
    const bool there = contains(said, "is not None") || contains(said, "!= None") || contains(said, "> 0");
    return there && somebody_found(f, condition.first());
  }
  if (condition.is("named_expression")) return looks_up_person(condition.child("value").code());
  if (condition.is("identifier")) {
    Node value;
    for (const Node a : f.all("assignment"))
      if (a.begin() < condition.begin() && a.child("left").text() == condition.text()) value = a.child("right");
    return value && looks_up_person(value.code());
  }
  return condition.any_of("call", "await") && looks_up_person(condition.code());
}

// What ends the request in a way that tells: an error raised, a status of 400 to 499, a message on the page.
Node refusal_in(Node branch) {
  for (const char* type : {"raise_statement", "return_statement"})
    for (const Node s : branch.all(type)) {
      const Code said = s.code();
      bool refuses = s.is("raise_statement") && s.first();
      for (std::size_t at = said.find('4'); at != std::string_view::npos && !refuses; at = said.find('4', at + 1))
        refuses = at > 0 && !text::is_digit(said[at - 1]) && !text::is_alpha(said[at - 1]) && at + 2 < said.size() &&
                  text::is_digit(said[at + 1]) && text::is_digit(said[at + 2]);
      if (refuses) return s;
    }
  for (const Node c : branch.all("call"))
    if (const auto call = as_call(c); call && (call->name == "flash" || call->name.starts_with("messages.")) &&
                                      !icontains_any(c.code(), {"success", "sent", "messages.info"}))
      return c;
  return {};
}

// Whatever tongue it is said in: the branch behind "somebody has this address" refuses, and the other makes an account.
bool judge_found(File& file, Node f) {
  if (!route_function(f)) return false;
  for (const Node i : body(f).all("if_statement")) {
    if (!somebody_found(f, i.child("condition"))) continue;
    const Node at = refusal_in(i.child("consequence"));
    if (!at) continue;
    auto& found = file.hit("AU-005", at);
    found.title = "The sign-up tells who has an account";
    found.severity = proof::Severity::low;
    return true;
  }
  return false;
}

// Stops: learning who has an account by trying to make one.
void judge_taken(File& file, Node f) {
  const std::string name = function_name(f);
  const Node cls = f.above("class_definition");
  const bool door = sign_up(name) || sign_up(cls.child("name").text());
  if (!door) return;
  if (has_word(name, {"page", "template", "notify"})) return;
  for (const Node s : f.all("string")) {
    const auto said = literal(s);
    if (!said || said->size() < 8 || said->size() > 160 || !icontains_any(*said, {"mail", "user", "account", "phone"}))
      continue;
    if (!icontains_any(*said, {"already registered", "already exist", "already taken", "already in use", "is taken",
                               "is in use", "already used", "has an account", "been registered", "already been"}) ||
        icontains_any(*said, {"token", "if an account", "organization", "team"}))
      continue;
    Node answer = s.parent();
    while (answer && !answer.any_of("return_statement", "raise_statement", "call", "function_definition"))
      answer = answer.parent();
    const auto call = as_call(answer);
    if (!answer.any_of("return_statement", "raise_statement") &&
        !(call &&
          icontains_any(last(call->name), {"response", "exception", "jsonify", "error", "flash", "render", "append"})))
      continue;
    auto& found = file.hit("AU-005", s);
    found.title = "The sign-up tells who has an account";
    found.severity = proof::Severity::low;
    return;
  }
  if (judge_found(file, f)) return;
  // raise UserAlreadyExistsException; what a service raises, its route may answer otherwise.
  if (!route_function(f)) return;
  for (const Node r : f.all("raise_statement")) {
    const Node what = unwrap(r.first());
    const auto made = as_call(what);
    const std::string raised = made ? made->name : dotted(what);
    if (!has_word(raised, {"already", "exists", "exist", "taken", "duplicate", "registered", "used"}) ||
        !has_word(raised, {"user", "email", "mail", "account", "username", "phone", "login", "customer"}) ||
        has_word(raised, {"not"}))
      continue;
    auto& found = file.hit("AU-005", r);
    found.title = "The sign-up tells who has an account";
    found.severity = proof::Severity::low;
    return;
  }
}

}  // namespace

void read_python_signup(File& file, PythonNotes& notes) {
  note_choices(file, notes);
  for (const Node f : file.tree.all("function_definition")) {
    if (f.above("function_definition")) continue;
    note_rights(file, f, notes);
    note_given(file, f, notes);
    judge_taken(file, f);
  }
}

void judge_python_signup(const PythonNotes& notes, Sink& sink) {
  for (const PrivilegedField& r : notes.chosen_rights) {
    auto choices = notes.sign_up_choices.find(r.field);
    if (choices == notes.sign_up_choices.end()) choices = notes.sign_up_choices.find(r.source);
    const bool known = choices != notes.sign_up_choices.end();
    if (known && (r.approved ? !runs_the_place(choices->second) : !powerful(choices->second))) continue;
    // Stops: everybody being made what they ask to be.
    auto& f = sink.find("AZ-007", r.at, r.shown);
    f.title = r.model.empty() ? "Whoever signs up chooses the rights they get (" + r.field + ")"
                              : "The client may write the field " + r.field;
    if (!known) f.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source
