// Models of bodies and tables beside Django: the fields that decide rights, the columns that must not leave.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool decides_rights(std::string_view f) {
  static constexpr std::string_view kNames[] = {
      "role",           "roles",      "is_admin", "is_superuser", "is_staff",
      "credits",        "balance",    "plan",     "is_verified",  "permissions",
      "email_verified", "is_premium", "tier",     "quota",        "subscription_status",
      "scopes"};
  return std::find(std::begin(kNames), std::end(kNames), f) != std::end(kNames);
}

}  // namespace

// Database models with a column that must not leave, and the names dependencies give them.
void read_columns(File& file, PythonNotes& notes) {
  for (const Node cls : file.tree.all("class_definition"))
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      // password: str of a document, which is a row and a model of pydantic in one
      const bool document = a.child("type") && has_word(cls.child("superclasses").text(), {"document"});
      if (!a.is("assignment") ||
          (!document && !icontains_any(a.code(), {"column(", "mapped_column", "field(", "mapped[", "charfield"})))
        continue;
      if (has_word(a.child("left").text(), {"password", "hash", "hashed", "passwd"}) &&
          !contains(cls.child("superclasses").text(), "BaseModel"))
        notes.secret_models.insert(std::string(cls.child("name").text()));
    }
  for (const Node a : file.tree.all("assignment")) {
    const Node right = a.child("right");
    if (!right.is("subscript") || last(dotted(right.child("value"))) != "Annotated") continue;
    const Node type = right.child("subscript");
    notes.aliases[std::string(a.child("left").text())] = std::string(last(dotted(type)));
  }
}

void read_models(File& file, PythonNotes& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string_view bases = cls.child("superclasses").text();
    if (bases.empty() || icontains_any(bases, {"settings", "enum"})) continue;
    const std::string name(cls.child("name").text());
    notes.model_bases[name] = std::string(bases);
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (!a.is("assignment") || !a.child("type")) continue;
      const std::string field(a.child("left").text());
      const bool password = field == "password" || field == "hashed_password" || field == "password_hash";
      if (password && !icontains_any(a.code(), {"exclude", "secretstr"})) {
        notes.secret_bodies.insert(name);
        if (field == "password" && a.child("type").text() == "str" && notes.passwords.asked.at.line == 0 &&
            has_word(name, {"create", "register", "signup", "registration", "sign", "auth", "credentials"}) &&
            !icontains_any(a.code(), {"min_length", "constr", "pattern", "regex"}))
          notes.passwords.asked = {place(file.path, a.line()), file.shown(a)};
      }
      if (decides_rights(field)) notes.privileged.push_back({name, field, place(file.path, a.line()), file.shown(a)});
    }
  }
}

}  // namespace gatehouse::audit::source
