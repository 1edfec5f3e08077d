// How an application of Flask or FastAPI comes up when nobody says how: in the developers' configuration, with a server
// for development, without the headers that pages need, with a second cookie that keeps people signed in.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/python_value.h"
#include "audit/source/recurring.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool for_developers(std::string_view name) {
  return has_word(name, {"dev", "development", "developmentconfig", "devconfig", "debug", "local"});
}

// class DevelopmentConfig: DEBUG = True
void read_stages(const File& file, PythonNotes::Start& start) {
  for (const Node cls : file.tree.all("class_definition")) {
    if (!for_developers(cls.child("name").text()) || !icontains(cls.child("name").text(), "conf")) continue;
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (a.is("assignment") && a.child("left").text() == "DEBUG" && a.child("right").is("true"))
        start.developers_debug = true;
    }
  }
  // {"production": ProductionConfig, "default": DevelopmentConfig}
  for (const Node p : file.tree.all("pair"))
    if (literal(p.child("key")) == "default" && p.child("value").is("identifier") &&
        for_developers(p.child("value").text()))
      start.default_is_developers = true;
}

// Where the name of the stage goes: create_app(…), config[…], config.get(…), from_object(…).
bool chooses_stage(const File& file, Node read) {
  const auto chooser = [](std::string_view name) {
    const std::string_view f = last(name);
    return f == "create_app" || f == "from_object" || f == "make_app" || f == "import_string" ||
           (f == "get" && has_word(name, {"config", "configs", "config_by_name"}));
  };
  for (Node p = read.parent(); p; p = p.parent()) {
    if (const auto c = as_call(p); c && chooser(c->name)) return true;
    if (p.is("subscript") && icontains(p.child("value").text(), "config")) return true;
    if (p.any_of("function_definition", "module")) break;
  }
  const std::string_view kept = read.above("assignment").child("left").text();
  if (kept.empty()) return false;
  for (const Call& c : file.calls)
    if (chooser(c.name) && has_token(c.node.child("arguments").code(), kept)) return true;
  for (const Node s : file.tree.all("subscript"))
    if (icontains(s.child("value").text(), "config") && has_token(s.child("subscript").code(), kept)) return true;
  return false;
}

void read_choice(const File& file, PythonNotes::Start& start) {
  for (const Call& c : file.calls) {
    const auto read = env_read(c.node);
    if (!read || start.stage.at.line > 0) continue;
    Node fallback = read->fallback;
    if (const Node p = c.node.parent(); !fallback && p.is("boolean_operator") && p.has_token("or"))
      fallback = p.child("right");
    const auto value = literal(fallback);
    if (!value || !has_word(read->name, {"env", "environment", "config", "stage", "settings", "mode"})) continue;
    if (!for_developers(*value) && *value != "default") continue;
    if (!chooses_stage(file, c.node)) continue;
    start.stage = {place(file.path, c.line()), file.shown(c.node)};
    start.stage_variable = read->name;
    start.stage_by_default = *value == "default";
  }
}

void read_servers(File& file, PythonNotes::Start& start) {
  for (const Call& c : file.calls) {
    if (last(c.name) != "run" || !c.keyword("host")) continue;
    const auto host = literal(c.keyword("host"));
    const bool everywhere = host == "0.0.0.0" || host == "::";
    if (everywhere && contains(c.keyword("debug").code(), "config")) start.debugger_follows = true;
    if (everywhere && file.full(c.name) == "uvicorn.run" && c.keyword("reload").is("true"))
      start.reloads.push_back({place(file.path, c.line()), file.shown(c.node)});
  }
}

// login_user(user, remember=True): a cookie of its own, with flags of its own.
void read_remembered(const File& file, PythonNotes::Start& start) {
  if (contains(file.code(), "REMEMBER_COOKIE_SECURE")) start.remembers_safely = true;
  for (const Call& c : file.calls)
    if (file.full(c.name) == "flask_login.login_user") {
      const Node r = c.keyword("remember") ? c.keyword("remember") : c.arg(1);
      if (r && !r.is("false") && start.remembers.at.line == 0)
        start.remembers = {place(file.path, c.line()), file.shown(c.node)};
    }
}

// WEBHOOK_SECRET: str = "": the start misses nothing, and what it guards stands open.
void judge_empty_secrets(File& file) {
  Recurring told;
  for (const Node cls : file.tree.all("class_definition")) {
    if (!contains(cls.child("superclasses").text(), "BaseSettings")) continue;
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (!a.is("assignment") || !secret_name(a.child("left").text()) ||
          !has_word(a.child("left").text(), {"webhook", "jwt", "signing", "session"}))
        continue;
      Node value = unwrap(a.child("right"));
      if (const auto c = as_call(value); c && last(c->name) == "Field")
        value = c->arg(0) ? c->arg(0) : c->keyword("default");
      if (literal(value) != "") continue;
      if (auto* f = told.hit(file, "ENV-006", a)) f->title = "A secret that guards a door may be the empty text";
    }
  }
}

bool names_headers(std::string_view text) {
  return icontains_any(text, {"x-frame-options", "content-security-policy", "frame-ancestors", "talisman",
                              "secureheaders", "securityheaders", "securityheadersmiddleware", "from secure import"});
}

void read_pages(const File& file, PythonNotes::Start& start) {
  const Code code = file.code();
  if (names_headers(code)) start.headers = true;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if ((f == "Flask" || f == "FastAPI") && start.app.at.line == 0)
      start.app = {place(file.path, c.line()), file.shown(c.node)};
    if ((f == "render_template" || f == "TemplateResponse") && !c.args.empty()) start.pages = true;
    if (f == "login_user" || (f == "set_cookie" && icontains_any(c.node.code(), {"token", "session"})))
      start.cookie_callers = true;
  }
  if (icontains_any(code, {"session[\"user", "session['user", "request.cookies.get(\"access_token",
                           "request.cookies.get(\"session"}))
    start.cookie_callers = true;
  // request.cookies.get("sid"), sid: str = Cookie(None)
  for (const Call& c : file.calls) {
    const auto key = c.name.ends_with("cookies.get") ? literal(c.arg(0)) : std::nullopt;
    const bool parameter = last(c.name) == "Cookie" && c.node.parent().is("typed_default_parameter");
    const std::string name = key ? *key : parameter ? parameter_name(c.node.parent()) : std::string();
    if (has_word(name, {"sid", "session", "sessionid", "token", "auth", "access", "jwt", "login"}) &&
        !has_word(name, {"csrf", "csrftoken"}))
      start.cookie_callers = true;
  }
}

bool set_by_the_edge(const Project& project) {
  for (const Entry& e : project.entries()) {
    const std::string_view path = e.path;
    if (!icontains_any(path, {"nginx", "caddyfile", ".conf", "vercel.json", "_headers", "traefik"})) continue;
    if (const auto source = project.open(path); source && names_headers(source->text())) return true;
  }
  return false;
}

// A container or a unit that starts the server itself: the script is then for a developer's desk.
bool started_otherwise(const Project& project) {
  for (const Entry& e : project.entries()) {
    const std::string_view path = e.path;
    if (!icontains_any(path, {"dockerfile", "procfile", ".service", "entrypoint", "render.yaml", "railway", "compose"}))
      continue;
    if (const auto source = project.open(path); source && icontains_any(source->text(), {"uvicorn", "gunicorn"}))
      return true;
  }
  return false;
}

}  // namespace

void read_python_start(File& file, PythonNotes& notes) {
  if (file.imports_from("django")) return;
  judge_empty_secrets(file);
  read_stages(file, notes.start);
  read_choice(file, notes.start);
  read_servers(file, notes.start);
  read_remembered(file, notes.start);
  read_pages(file, notes.start);
}

void judge_python_start(const PythonNotes& notes, const Project& project, Sink& sink) {
  const auto& start = notes.start;
  // Stops: a debugger that runs code for whoever finds it, because a variable was forgotten.
  if (start.stage.at.line > 0 && start.developers_debug && (!start.stage_by_default || start.default_is_developers)) {
    const bool settled = std::any_of(project.env.begin(), project.env.end(), [&](const EnvVariable& v) {
      return !v.example && v.name == start.stage_variable && icontains(v.value, "prod");
    });
    if (!settled) {
      auto& f = sink.find("FA-007", start.stage.at, start.stage.shown);
      f.title = "Without " + start.stage_variable + " the developers' configuration runs, with its debug mode";
      if (!start.debugger_follows) f.severity = proof::Severity::medium;
    }
  }
  if (!start.reloads.empty() && !started_otherwise(project)) {
    auto& f = sink.find("INF-025", start.reloads.front().at, start.reloads.front().shown);
    f.title = "The start script runs a server for development on every interface";
  }
  // Stops: the long-lived cookie read on its way, or sent along from other sites.
  if (start.remembers.at.line > 0 && !start.remembers_safely) {
    auto& f = sink.find("FA-013", start.remembers.at, start.remembers.shown);
    f.title = "The cookie that keeps people signed in has no flags of its own (REMEMBER_COOKIE_SECURE)";
    f.severity = proof::Severity::medium;
  }
  // Stops: pages of people who are signed in, laid under another site's buttons.
  if (start.app.at.line > 0 && !start.headers && !set_by_the_edge(project)) {
    auto& f = sink.find("EX-001", start.app.at, start.app.shown);
    if (start.pages && start.cookie_callers) {
      f.title = "Pages leave without security headers: no policy for content, none for frames";
    } else {
      f.title = "Answers leave without security headers";
      f.severity = proof::Severity::low;
    }
  }
}

}  // namespace gatehouse::audit::source
