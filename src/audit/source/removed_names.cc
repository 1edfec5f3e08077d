#include "audit/source/removed_names.h"

#include <algorithm>

#include "audit/source/package_versions.h"
#include "audit/source/removed_forms.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Removed {
  std::string_view module;  // full name; with a dot at its end: everything below it
  std::string_view package;
  Version from;
  std::string_view other = {};  // a package that brings this one along, and from when on
  Version other_from = {};
};

// Sources: the release notes of each package.
constexpr Removed kPython[] = {
    {"werkzeug.urls.url_", "werkzeug", {3, 0}, "flask", {3, 0}},
    {"werkzeug.security.safe_str_cmp", "werkzeug", {2, 1}, "flask", {2, 2}},
    {"werkzeug.secure_filename", "werkzeug", {1, 0}, "flask", {2, 0}},
    {"werkzeug.generate_password_hash", "werkzeug", {1, 0}, "flask", {2, 0}},
    {"werkzeug.check_password_hash", "werkzeug", {1, 0}, "flask", {2, 0}},
    {"flask.Markup", "flask", {3, 0}},
    {"flask.escape", "flask", {3, 0}},
    {"flask.json.JSONEncoder", "flask", {2, 3}},
    {"flask._request_ctx_stack", "flask", {2, 3}},
    {"flask._app_ctx_stack", "flask", {2, 3}},
    {"jinja2.Markup", "jinja2", {3, 1}, "flask", {2, 3}},
    {"jinja2.escape", "jinja2", {3, 1}, "flask", {2, 3}},
    {"django.utils.timezone.utc", "django", {5, 0}},
    {"django.utils.datetime_safe", "django", {5, 0}},
    {"django.conf.urls.url", "django", {4, 0}},
    {"django.utils.translation.ugettext", "django", {4, 0}},
    {"django.utils.translation.ungettext", "django", {4, 0}},
    {"django.utils.encoding.force_text", "django", {4, 0}},
    {"django.utils.encoding.smart_text", "django", {4, 0}},
    {"django.utils.http.urlquote", "django", {4, 0}},
    {"django.utils.http.is_safe_url", "django", {4, 0}},
    {"django.contrib.postgres.fields.JSONField", "django", {4, 0}},
    {"django.db.models.NullBooleanField", "django", {4, 0}},
    {"django.utils.six", "django", {3, 0}},
    {"django.contrib.staticfiles.templatetags", "django", {3, 0}},
    {"django.core.urlresolvers", "django", {2, 0}},
    {"pydantic.BaseSettings", "pydantic", {2, 0}},
    {"openai.error", "openai", {1, 0}},
};

constexpr Removed kScript[] = {
    {"@clerk/nextjs.authMiddleware", "@clerk/nextjs", {6, 0}},
    {"@clerk/nextjs.withClerkMiddleware", "@clerk/nextjs", {5, 0}},
    {"@clerk/nextjs.auth", "@clerk/nextjs", {5, 0}},
    {"@clerk/nextjs.currentUser", "@clerk/nextjs", {5, 0}},
    {"@clerk/nextjs.clerkClient", "@clerk/nextjs", {5, 0}},
    {"openai.Configuration", "openai", {4, 0}},
    {"openai.OpenAIApi", "openai", {4, 0}},
    {"next-auth.getServerSession", "next-auth", {5, 0}},
    {"express-validator/check.", "express-validator", {7, 0}},
    {"express-validator/filter.", "express-validator", {7, 0}},
    {"uuid/v4", "uuid", {8, 0}},
};

bool matches(std::string_view full, const Removed& r) {
  if (!full.starts_with(r.module)) return false;
  const bool open = r.module.ends_with('.') || r.module.ends_with('_');
  if (open || full.size() == r.module.size()) return true;
  // ugettext and ugettext_lazy; a module and what lies in it; flask.escape and not flask.escapes
  return full[r.module.size()] == '.' || full[r.module.size()] == '_';
}

template <std::size_t N>
void judge_imports(File& file, const Removed (&gone)[N], const char* statement) {
  for (const auto& [local, full] : file.imports)
    for (const Removed& r : gone) {
      if (!matches(full, r)) continue;
      const bool newer =
          at_least(file, r.package, r.from) || (!r.other.empty() && at_least(file, r.other, r.other_from));
      if (!newer) continue;
      Node at = file.tree.root();
      for (const Node s : file.tree.all(statement))
        if (has_token(s.code(), last(full))) {
          // Somebody thought of it: try: … except ImportError: …
          if (s.above("try_statement")) return;
          at = s;
          break;
        }
      auto& f = file.hit("RUN-004", at);
      f.title = text::printable(last(full), 60) + " does not exist any more in the version of " +
                std::string(r.package) + " that is asked for";
      f.impact =
          "The import fails, and with it everything that loads this file: as it stands the program does not start.";
      f.fix = "Use what the release notes name in its place, and start the program once with the pinned versions.";
      f.confidence = proof::Confidence::high;
      return;
    }
}

// class Note(Base): metadata = Column(Text): the name is the declarative base's own.
void judge_reserved(File& file) {
  if (!icontains_any(file.code(), {"sqlalchemy", "db.model"})) return;
  for (const Node a : file.tree.all("assignment")) {
    if (a.child("left").text() != "metadata" || function_around(a)) continue;
    const auto column = as_call(a.child("right"));
    if (!column || (last(column->name) != "Column" && last(column->name) != "mapped_column" &&
                    last(column->name) != "relationship"))
      continue;
    auto& f =
        tell_removed(file, a, "A column is called metadata, a name that SQLAlchemy keeps for itself: nothing starts");
    f.impact = "Loading the class raises InvalidRequestError, and with it everything that imports the models.";
    f.fix = "Give the attribute another name: extra = Column(\"metadata\", JSON).";
    f.confidence = proof::Confidence::high;
    return;
  }
}

// session.execute("SELECT 1"): since 2.0 only text("SELECT 1") is taken.
void judge_plain_statements(File& file) {
  const bool engine = contains(file.code(), "engine.begin(") || contains(file.code(), "engine.connect(");
  if ((!file.imports_from("sqlalchemy") && !engine) ||
      (!at_least(file, "sqlalchemy", {2, 0}) && !at_least(file, "flask-sqlalchemy", {3, 1})))
    return;
  for (const Call& c : file.calls) {
    if (last(c.name) != "execute" || c.args.empty()) continue;
    if (!has_word(c.name, {"session", "db"}) && !(engine && has_word(c.name, {"conn", "connection"}))) continue;
    const Node statement = unwrap(c.arg(0));
    if (!statement.is("string") && !statement.is("concatenated_string")) continue;
    tell_removed(file, c.node, "Plain text is handed to execute(), which SQLAlchemy 2 refuses: text(\"…\") is wanted");
    return;
  }
}

bool callback(Node n) {
  n = unwrap(n);
  if (!is_function(n)) return false;
  const auto parameters = n.child("parameters").children();
  return !parameters.empty() && has_word(parameters.front().text(), {"err", "error", "e"});
}

bool one_of(std::string_view f, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), f) != names.end();
}

// Stops: a sign-in whose every request ends in an exception since the last upgrade.
void judge_mongoose(File& file) {
  const bool seven = at_least(file, "mongoose", {7, 0}), eight = at_least(file, "mongoose", {8, 0});
  if (!at_least(file, "mongoose", {6, 0})) return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "connect" && contains(c.name, "mongoose") &&
        icontains_any(c.node.code(), {"usecreateindex", "usefindandmodify"})) {
      tell_removed(file, c.node,
                   "The database is opened with options that Mongoose 6 refuses: the connection always fails");
      return;
    }
    if (!seven || c.args.empty() || c.name.find('.') == std::string::npos) continue;
    const bool query = one_of(f, {"find", "findOne", "findById", "findByIdAndUpdate", "findOneAndUpdate", "deleteOne",
                                  "findByIdAndDelete", "findOneAndDelete", "updateOne", "updateMany", "deleteMany",
                                  "countDocuments", "insertMany", "findByIdAndRemove"});
    const bool record = !c.name.empty() && c.name.front() >= 'A' && c.name.front() <= 'Z' && query;
    if ((record || ((f == "save" || f == "exec") && !has_word(c.name, {"fs", "file", "child", "re"}))) &&
        callback(c.args.back()) && (file.imports_from("model") || file.imports_from("mongoose"))) {
      tell_removed(file, c.node, "A query is given a callback, which Mongoose 7 refuses: the route always fails");
      return;
    }
  }
  if (eight)
    for (const Call& c : file.calls)
      if (one_of(last(c.name), {"findByIdAndRemove", "findOneAndRemove"})) {
        tell_removed(file, c.node, std::string(last(c.name)) + " does not exist any more in Mongoose 8");
        return;
      }
}

}  // namespace

void read_removed_python(File& file) {
  judge_imports(file, kPython, "import_from_statement");
  judge_reserved(file);
  judge_plain_statements(file);
  judge_stripe_periods(file);
  // CryptContext(schemes=["bcrypt"]): passlib asks bcrypt for more than 72 bytes once, which version 5 refuses.
  for (const Call& c : file.calls)
    if (file.full(c.name).ends_with("passlib.context.CryptContext") && contains(c.node.code(), "bcrypt") &&
        at_least(file, "bcrypt", {5, 0}) && file.project.depends_on("passlib")) {
      auto& f = tell_removed(file, c.node, "passlib cannot work with bcrypt 5: every sign-up and sign-in fails");
      f.fix = "Keep bcrypt below 5, or call bcrypt itself.";
      break;
    }
  if (contains(file.code(), "timezone.utc") && at_least(file, "django", {5, 0}))
    for (const Node a : file.tree.all("attribute"))
      if (a.text() == "timezone.utc" && file.full("timezone.utc") == "django.utils.timezone.utc") {
        tell_removed(file, a, "timezone.utc does not exist any more in Django 5");
        break;
      }
  for (const Node d : file.tree.all("decorator"))
    if (d.code().ends_with(".before_first_request") && at_least(file, "flask", {2, 3}))
      tell_removed(file, d, "before_first_request does not exist any more in Flask 2.3: nothing starts");
  for (const Call& c : file.calls) {
    if (one_of(c.name, {"openai.ChatCompletion.create", "openai.ChatCompletion.acreate", "openai.Completion.create",
                        "openai.Image.create", "openai.Embedding.create"}) &&
        at_least(file, "openai", {1, 0})) {
      tell_removed(file, c.node, text::printable(c.name, 60) + " does not exist any more in openai 1");
      return;
    }
    if (c.name == "request.is_ajax" && at_least(file, "django", {4, 0})) {
      tell_removed(file, c.node, "request.is_ajax() does not exist any more in Django 4");
      return;
    }
  }
}

void read_removed_script(File& file) {
  judge_imports(file, kScript, "import_statement");
  judge_next_params(file);
  if (client_file(file)) return;
  judge_mongoose(file);
  judge_removed_forms(file);
  judge_stripe_periods(file);
}

}  // namespace gatehouse::audit::source
