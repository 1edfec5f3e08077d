#include "audit/source/removed_names.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Version {
  int major = -1, minor = 0;
  bool operator>=(const Version& o) const { return major != o.major ? major > o.major : minor >= o.minor; }
};

Version version_in(std::string_view s) {
  Version v;
  std::size_t i = s.find_first_of("0123456789");
  if (i == s.npos) return v;
  const auto number = [&] {
    int n = 0;
    for (; i < s.size() && text::is_digit(s[i]); ++i) n = std::min(n * 10 + (s[i] - '0'), 100000);
    return n;
  };
  v.major = number();
  if (i + 1 < s.size() && s[i] == '.' && text::is_digit(s[i + 1])) {
    ++i;
    v.minor = number();
  }
  return v;
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash + 1);
}

// What of the package is installed for this file is at least this version: by the manifest next above it. Without any
// version pip brings the newest.
bool at_least(const File& file, std::string_view package, Version from) {
  const Dependency* nearest = nullptr;
  for (const Dependency& d : file.project.dependencies) {
    if (d.name != package || !file.path.starts_with(folder_of(d.path))) continue;
    const bool nearer = nearest == nullptr || folder_of(d.path).size() > folder_of(nearest->path).size();
    const bool surer = nearest != nullptr && folder_of(d.path).size() == folder_of(nearest->path).size() &&
                       !d.version.empty() && nearest->version.empty();
    if (nearer || surer) nearest = &d;
  }
  if (nearest == nullptr) return false;
  const std::string_view asked = nearest->version.empty() ? nearest->wanted : nearest->version;
  if (asked.empty()) return nearest->ecosystem == "PyPI";
  if (asked.starts_with('<') || asked.starts_with('*') || asked.find("||") != asked.npos) return false;
  return version_in(asked) >= from;
}

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

proof::Finding& tell(File& file, Node at, std::string title) {
  auto& f = file.hit("RUN-004", at);
  f.title = std::move(title);
  f.impact = "With the version that is asked for this form fails, and with it whatever comes this far.";
  f.fix = "Use what the release notes name in its place, and send the route one request in a test.";
  return f;
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
    auto& f = tell(file, a, "A column is called metadata, a name that SQLAlchemy keeps for itself: nothing starts");
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
    tell(file, c.node, "Plain text is handed to execute(), which SQLAlchemy 2 refuses: text(\"…\") is wanted");
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
      tell(file, c.node, "The database is opened with options that Mongoose 6 refuses: the connection always fails");
      return;
    }
    if (!seven || c.args.empty() || c.name.find('.') == std::string::npos) continue;
    const bool query = one_of(f, {"find", "findOne", "findById", "findByIdAndUpdate", "findOneAndUpdate", "deleteOne",
                                  "findByIdAndDelete", "findOneAndDelete", "updateOne", "updateMany", "deleteMany",
                                  "countDocuments", "insertMany", "findByIdAndRemove"});
    const bool record = !c.name.empty() && c.name.front() >= 'A' && c.name.front() <= 'Z' && query;
    if ((record || ((f == "save" || f == "exec") && !has_word(c.name, {"fs", "file", "child", "re"}))) &&
        callback(c.args.back()) && (file.imports_from("model") || file.imports_from("mongoose"))) {
      tell(file, c.node, "A query is given a callback, which Mongoose 7 refuses: the route always fails");
      return;
    }
  }
  if (eight)
    for (const Call& c : file.calls)
      if (one_of(last(c.name), {"findByIdAndRemove", "findOneAndRemove"})) {
        tell(file, c.node, std::string(last(c.name)) + " does not exist any more in Mongoose 8");
        return;
      }
}

// app.get("*"), app.use("/api/*"), router.get("/:id?"): the patterns of Express 4.
void judge_express(File& file) {
  if (!at_least(file, "express", {5, 0}) || !(file.imports_from("express") || contains(file.code(), "app."))) return;
  for (const Call& c : file.calls) {
    if (!one_of(last(c.name), {"get", "post", "put", "patch", "delete", "all", "use", "route", "options"}) ||
        !has_word(c.name, {"app", "router", "server"}))
      continue;
    const auto path = literal(unwrap(c.arg(0)));
    if (!path || (path->front() != '/' && path->front() != '*')) continue;
    const std::size_t star = path->find('*');
    const bool bare = star != path->npos && (star + 1 == path->size() || !text::is_alpha((*path)[star + 1]));
    if (!bare && path->find('?') == path->npos) continue;
    auto& f = tell(file, c.node, "The path " + text::printable(*path, 40) + " is refused by Express 5: nothing starts");
    f.impact = "The pattern throws where the route is written down, so the server ends before it listens.";
    f.fix = "Name the rest: /{*rest}, or /:id and a second route for the optional part.";
    return;
  }
}

// What Next hands to a page, a layout or a route handler is a promise since version 15: params.id of it is nothing.
// Version 15 warns where it is asked at once, and its type check refuses the build.
void judge_next_params(File& file) {
  const std::string_view path = file.path;
  const std::size_t slash = path.rfind('/');
  const std::string_view name = path.substr(slash == path.npos ? 0 : slash + 1);
  const bool handed = (path.starts_with("app/") || contains(path, "/app/")) &&
                      one_of(name.substr(0, name.find('.')), {"page", "layout", "route", "default"});
  if (!handed || !contains(file.code(), "params") || contains(file.code(), "use client")) return;
  const bool sure = at_least(file, "next", {16, 0});
  const bool typed = path.ends_with(".ts") || path.ends_with(".tsx");
  if (!sure && !(typed && at_least(file, "next", {15, 0}))) return;
  const auto is_params = [](Node n) {
    n = unwrap(n);
    if (n.is("identifier")) return n.text() == "params";
    return n.is("member_expression") && n.child("property").text() == "params" &&
           one_of(n.child("object").text(), {"context", "ctx", "props"});
  };
  const auto hasty = [&](Node at) {
    const Node function = function_around(at);
    if (!function) return false;
    const Code parameters = function.child("parameters").code();
    // { params }: { params: { id: string } }; a type of the project's own may say anything.
    if (!contains(parameters, "params") && !contains(parameters, "context") && !contains(parameters, "props"))
      return false;
    if (contains(parameters, "Promise<") ||
        icontains_any(function.code(), {"await params", "await props", "await context", "await ctx", "use(params",
                                        "use(props", "params.then", "params).then"}))
      return false;
    return sure || contains(parameters, "params: {") || contains(parameters, "params:{");
  };
  const auto told = [&](Node at) {
    auto& f = tell(file, at,
                   sure ? "params is a promise in this version of Next and nobody waits for it"
                        : "params is typed as an object, and is a promise since Next 15: the build refuses it");
    f.impact = "The id that is asked for is missing: the page finds nothing, a query without it may find anything.";
    f.fix = "{ params }: { params: Promise<{ id: string }> }, and const { id } = await params.";
  };
  for (const Node m : file.tree.all("member_expression"))
    if (is_params(m.child("object")) && hasty(m)) return told(m);
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").is("object_pattern") && is_params(d.child("value")) && hasty(d)) return told(d);
}

void judge_forms(File& file) {
  const Code code = file.code();
  // error.errors.map(…), where version 4 knows issues alone
  if (icontains(code, "zoderror") || icontains(code, "safeparse"))
    if (at_least(file, "zod", {4, 0}) && !contains(code, "zod/v3"))
      for (const Node m : file.tree.all("member_expression")) {
        if (m.child("property").text() != "errors") continue;
        const Code object = m.child("object").code();
        const std::string whole = dotted(unwrap(m.child("object")));
        const std::string_view name = last(whole);
        if (!(name == "error" || name == "err" || name == "e" || name == "zodError" ||
              (contains(object, "as any") && has_word(object, {"error", "err", "e"}))))
          continue;
        bool zods = contains(object, ".error");
        for (Node p = m; p && !zods; p = p.parent())
          if (p.is("if_statement")) zods = icontains(p.child("condition").code(), "zoderror");
        if (!zods) continue;
        auto& f = tell(file, m, "A refused body has no errors any more in zod 4, only issues");
        f.impact =
            "Reading on from what is not there throws inside of the refusal: instead of 400 each malformed request "
            "ends "
            "in a 500, or ends the process.";
        f.fix = "Read error.issues.";
        return;
      }
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "logout" && c.args.empty() && (c.name == "req.logout" || c.name == "request.logout") &&
        at_least(file, "passport", {0, 6})) {
      tell(file, c.node, "req.logout() wants a callback since Passport 0.6: signing out always fails");
      return;
    }
    if (f == "validate" && file.full(c.name) != "joi" && one_of(c.name, {"Joi.validate", "joi.validate"}) &&
        (at_least(file, "joi", {17, 0}) || at_least(file, "@hapi/joi", {16, 0}))) {
      tell(file, c.node, "Joi.validate does not exist any more: nothing is held against its schema");
      return;
    }
    // this.users.findOne(id): TypeORM 0.3 wants { where: { id } }
    if (f == "findOne" && c.args.size() == 1 && std::count(c.name.begin(), c.name.end(), '.') >= 2 &&
        at_least(file, "typeorm", {0, 3}) && file.imports_from("typeorm") && unwrap(c.arg(0)).is("identifier") &&
        has_word(unwrap(c.arg(0)).text(), {"id", "uuid"})) {
      tell(file, c.node, "findOne(id) is refused by TypeORM 0.3: { where: { id } } is wanted");
      return;
    }
    // const { userId } = auth(): a promise since version 6
    if (c.name == "auth" && file.full("auth") == "@clerk/nextjs/server.auth" && at_least(file, "@clerk/nextjs", {6, 0}))
      if (const Node d = c.node.parent(); d.is("variable_declarator") && d.child("name").is("object_pattern")) {
        auto& told =
            tell(file, c.node, "auth() is a promise since Clerk 6 and nobody waits for it: userId is always missing");
        told.fix = "const { userId } = await auth();";
        return;
      }
    // clerkMiddleware({ publicRoutes }): an option of the middleware before it, which nothing reads any more
    if (c.name == "clerkMiddleware" && member(unwrap(c.arg(0)), "publicRoutes")) {
      auto& told = tell(file, c.node, "clerkMiddleware knows no publicRoutes: the middleware protects nothing");
      told.impact = "Every route is open unless it asks for itself; the list of public ones has no effect.";
      told.fix = "clerkMiddleware(async (auth, req) => { if (!isPublic(req)) await auth.protect(); }).";
      return;
    }
    // const MongoStore = require("connect-mongo")(session)
    if (c.node.child("function").is("call_expression"))
      if (const auto inner = as_call(c.node.child("function")); inner && inner->name == "require")
        if (const auto module = literal(inner->arg(0)))
          if ((*module == "connect-mongo" && at_least(file, "connect-mongo", {4, 0})) ||
              (*module == "connect-redis" && at_least(file, "connect-redis", {7, 0}))) {
            tell(file, c.node, *module + " is no function of the session any more: nothing starts");
            return;
          }
  }
}

}  // namespace

void read_removed_python(File& file) {
  judge_imports(file, kPython, "import_from_statement");
  judge_reserved(file);
  judge_plain_statements(file);
  // CryptContext(schemes=["bcrypt"]): passlib asks bcrypt for more than 72 bytes once, which version 5 refuses.
  for (const Call& c : file.calls)
    if (file.full(c.name).ends_with("passlib.context.CryptContext") && contains(c.node.code(), "bcrypt") &&
        at_least(file, "bcrypt", {5, 0}) && file.project.depends_on("passlib")) {
      auto& f = tell(file, c.node, "passlib cannot work with bcrypt 5: every sign-up and sign-in fails");
      f.fix = "Keep bcrypt below 5, or call bcrypt itself.";
      break;
    }
  if (contains(file.code(), "timezone.utc") && at_least(file, "django", {5, 0}))
    for (const Node a : file.tree.all("attribute"))
      if (a.text() == "timezone.utc" && file.full("timezone.utc") == "django.utils.timezone.utc") {
        tell(file, a, "timezone.utc does not exist any more in Django 5");
        break;
      }
  for (const Node d : file.tree.all("decorator"))
    if (d.code().ends_with(".before_first_request") && at_least(file, "flask", {2, 3}))
      tell(file, d, "before_first_request does not exist any more in Flask 2.3: nothing starts");
  for (const Call& c : file.calls) {
    if (one_of(c.name, {"openai.ChatCompletion.create", "openai.ChatCompletion.acreate", "openai.Completion.create",
                        "openai.Image.create", "openai.Embedding.create"}) &&
        at_least(file, "openai", {1, 0})) {
      tell(file, c.node, text::printable(c.name, 60) + " does not exist any more in openai 1");
      return;
    }
    if (c.name == "request.is_ajax" && at_least(file, "django", {4, 0})) {
      tell(file, c.node, "request.is_ajax() does not exist any more in Django 4");
      return;
    }
  }
}

void read_removed_script(File& file) {
  judge_imports(file, kScript, "import_statement");
  judge_next_params(file);
  if (client_file(file)) return;
  judge_mongoose(file);
  judge_express(file);
  judge_forms(file);
}

}  // namespace gatehouse::audit::source
