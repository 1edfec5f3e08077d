// The e-mail address of an account, which opens it again when the password is lost: who changes it, and on what proof.
#include "audit/source/python_contact.h"

#include <algorithm>

#include "audit/source/django_scope.h"
#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_client.h"
#include "audit/source/python_names.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct ContactNotes {
  std::vector<Spot> changes;
  std::map<std::string, Spot> filled;  // form, serializer or body that is written into the caller's own account
  std::set<std::string> with_email;    // those that have the address among their fields
  bool confirms = false;               // somewhere in the project a new address waits for its proof
};

bool proves(const Code& code) {
  return icontains_any(code, {"check_password",
                              "verify_password",
                              "authenticate(",
                              "password_hash(",
                              "confirm_email",
                              "confirmation",
                              "email_confirm",
                              "verify",
                              "verification",
                              "verified = false",
                              "verified=false",
                              "verified_at = none",
                              "confirmed = false",
                              "pending",
                              "new_email",
                              "make_token",
                              "generate_token",
                              "token=",
                              "_token(",
                              "otp",
                              "send_",
                              "current_password",
                              "old_password"});
}

// request.user, or a name that was given it; the caller of a route.
std::set<std::string> callers(const File& file, Node f) {
  std::set<std::string> out = {"request.user", "self.request.user", "current_user"};
  for (const Node a : f.all("assignment")) {
    const Code right = a.child("right").code();
    if (a.child("left").is("identifier") &&
        (right == "request.user" || right == "self.request.user" || right == "g.user" ||
         (contains(right, "session") &&
          icontains_any(right, {"user.query.get(", "user.objects.get(", "session.get(user"}))))
      out.emplace(a.child("left").text());
  }
  if (route_function(f))
    for (const Node p : f.child("parameters").children())
      if (depends_on_guard(file, p, nullptr) ||
          has_word(p.child("type").text(), {"currentuser", "current", "activeuser"}))
        out.insert(parameter_name(p));
  return out;
}

bool people_words(std::string_view name) {
  return has_word(name, {"user", "users", "account", "accounts", "profile", "profiles", "me", "member", "customer"});
}

bool sent(Node f, Node value) {
  value = unwrap(value);
  if (literal(value)) return false;
  if (taint(value) == Taint::yes || client_words(value.code())) return true;
  if (value.is("identifier"))
    for (const Node a : f.all("assignment"))
      if (a.child("left").text() == value.text() && client_words(a.child("right").code())) return true;
  return false;
}

void read_function(const File& file, Node f, ContactNotes& notes) {
  const std::string name = function_name(f) + " " + std::string(f.above("class_definition").child("name").text());
  const Code code = f.code();
  if (proves(code) || has_word(name, {"register", "signup", "registration", "admin", "checkout", "order"})) return;
  const auto mine = callers(file, f);
  // if current_user.id != user_id and not current_user.is_superuser: everybody changes his own.
  const bool own_id = std::any_of(mine.begin(), mine.end(), [&](const std::string& m) {
    return contains(code, m + ".id != ") || contains(code, m + ".id == ") || contains(code, "!= " + m + ".id");
  });
  if (!own_id && admin_in_body(f)) return;
  for (const Node a : body(f).all("assignment")) {
    const Node left = a.child("left");
    if (left.is("attribute") && left.child("attribute").text() == "email" &&
        mine.contains(dotted(left.child("object"))) && sent(f, a.child("right"))) {
      notes.changes.push_back({place(file.path, a.line()), file.shown(a)});
      return;
    }
  }
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view made = last(c->name);
    const Node instance = c->keyword("instance") ? c->keyword("instance") : c->arg(0);
    const bool form = made.ends_with("Form") && c->keyword("instance");
    const bool serializer = made.ends_with("Serializer") && c->keyword("data");
    if ((form || serializer) && mine.contains(dotted(instance)))
      notes.filled.emplace(made, Spot{place(file.path, c->line()), file.shown(c->node)});
    // crud.update_user(db, current_user, body): the caller and what was sent go to one function.
    if (has_word(made, {"update", "edit", "patch", "change", "save", "modify", "replace"}) && route_function(f)) {
      const Code handed = c->node.code();
      if ((own_id ||
           std::any_of(mine.begin(), mine.end(), [&](const std::string& m) { return has_token(handed, m); })) &&
          (people_words(c->name) || people_words(function_name(f))))
        for (const Node p : f.child("parameters").children())
          if (p.child("type") && !mine.contains(parameter_name(p)) && has_token(handed, parameter_name(p)) &&
              !contains(p.code(), "Depends"))
            notes.filled.emplace(std::string(last(p.child("type").text())),
                                 Spot{place(file.path, c->line()), file.shown(c->node)});
    }
    // for field, value in body.model_dump().items(): setattr(user, field, value)
    if (c->name == "setattr" && mine.contains(dotted(c->arg(0))) && !literal(c->arg(1))) {
      const Code loop = c->node.above("for_statement").child("right").code();
      for (const Node p : f.child("parameters").children())
        if (p.child("type") && contains(f.code(), parameter_name(p) + ".") &&
            (contains(loop, parameter_name(p)) || contains(loop, ".items()")) && !mine.contains(parameter_name(p)) &&
            !contains(p.code(), "Depends"))
          notes.filled.emplace(std::string(last(p.child("type").text())),
                               Spot{place(file.path, c->line()), file.shown(c->node)});
    }
  }
}

void read_class(const File& file, Node cls, ContactNotes& notes) {
  const std::string name(cls.child("name").text());
  const auto bases = bases_of(cls);
  const Node meta = inner_class(cls, "Meta");
  const std::string model(last(dotted(attribute(meta, "model").child("right"))));
  if (any_base(bases, {"Form", "Serializer"}) && !proves(cls.code())) {
    const auto fields = names_in(attribute(meta, "fields").child("right"));
    const auto read_only = names_in(attribute(meta, "read_only_fields").child("right"));
    const bool has = std::find(fields.begin(), fields.end(), "email") != fields.end() &&
                     std::find(read_only.begin(), read_only.end(), "email") == read_only.end();
    const Node own = attribute(cls, "email");
    if (has && has_word(model, {"user", "account"}) && !contains(own.code(), "read_only") &&
        !icontains(attribute(meta, "extra_kwargs").code(), "\"email\": {\"read_only"))
      notes.with_email.insert(name);
  }
  if (any_base(bases, {"BaseModel", "SQLModel", "Base"}) || name.ends_with("Update"))
    for (const Node s : body(cls).children())
      if (const Node a = s.is("expression_statement") ? s.first() : Node();
          a.is("assignment") && a.child("left").text() == "email" && a.child("type"))
        notes.with_email.insert(name);
  // A view that always works on the caller: get_object returns request.user.
  const Node object = method(cls, "get_object");
  const Node serializer =
      attribute(cls, "serializer_class") ? attribute(cls, "serializer_class") : attribute(cls, "form_class");
  if (!object || !serializer || !any_base(bases, {"UpdateAPIView", "ModelViewSet", "UpdateView", "UpdateModelMixin"}) ||
      proves(cls.code()))
    return;
  for (const Node r : object.all("return_statement"))
    if (r.first().code() == "self.request.user")
      notes.filled.emplace(std::string(last(dotted(serializer.child("right")))),
                           Spot{place(file.path, cls.line()), file.shown(cls)});
}

}  // namespace

void read_python_contact(File& file) {
  auto& notes = file.project.notes<ContactNotes>();
  if (icontains_any(file.code(), {"pending_email", "new_email", "add_email_address", "email_change", "emailchange",
                                  "change_email", "changeemail"}))
    notes.confirms = true;
  for (const Node cls : file.tree.all("class_definition")) read_class(file, cls, notes);
  for (const Node f : file.tree.all("function_definition"))
    if (!function_around(f)) read_function(file, f, notes);
}

void judge_python_contact(const Project& project, Sink& sink) {
  const auto& notes = project.notes<ContactNotes>();
  if (notes.confirms) return;
  std::vector<Spot> all = notes.changes;
  for (const auto& [name, spot] : notes.filled)
    if (notes.with_email.contains(name)) all.push_back(spot);
  if (all.empty()) return;
  // Stops: an open session that becomes the account for good, by way of "forgot my password".
  auto& f = sink.find("AU-008", all.front().at, all.front().shown);
  f.title = "The e-mail address of an account is changed without its password or a proof of the new one";
  for (std::size_t i = 1; i < all.size() && i < 8; ++i) {
    f.locations.push_back(all[i].at);
    f.evidence.push_back(all[i].shown);
  }
}

}  // namespace gatehouse::audit::source
