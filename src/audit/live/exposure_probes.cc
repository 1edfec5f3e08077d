#include <algorithm>
#include <array>
#include <set>

#include "audit/live/probes.h"
#include "audit/readers/env.h"
#include "audit/secrets/engine.h"
#include "base/json.h"
#include "base/text.h"
#include "proof/observe.h"

namespace gatehouse::audit::live {
namespace {

using proof::Observation;
using proof::Seen;
using proof::Sent;
using proof::Target;

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

Result<Seen> get(Target& site, std::string path) {
  Sent s;
  s.path = std::move(path);
  return site.send(s);
}

Observation from(std::vector<proof::Finding> findings, std::string positive) {
  if (findings.empty()) return proof::holds(std::move(positive));
  Observation o;
  o.holds = proof::Holds::no;
  o.findings = std::move(findings);
  return o;
}

// ---- files ----

// What proves that the file itself was served, and not a page for everything.
struct File {
  std::string_view path, rule, what;
  bool (*proves)(const Seen&);
};

bool html(const Seen& s) {
  return has(text::to_lower(std::string_view(s.body).substr(0, 600)), "<html") ||
         has(text::to_lower(s.body.substr(0, 100)), "<!doctype");
}

constexpr std::array<File, 26> kFiles = {{
    {"/.env", "EXP-001", "an environment file", [](const Seen& s) { return !html(s) && !parse_env(s.body).empty(); }},
    {"/.env.local", "EXP-001", "an environment file",
     [](const Seen& s) { return !html(s) && !parse_env(s.body).empty(); }},
    {"/.env.production", "EXP-001", "an environment file",
     [](const Seen& s) { return !html(s) && !parse_env(s.body).empty(); }},
    {"/backend/.env", "EXP-001", "an environment file",
     [](const Seen& s) { return !html(s) && !parse_env(s.body).empty(); }},
    {"/.git/HEAD", "EXP-002", "the git repository", [](const Seen& s) { return s.body.starts_with("ref: refs/"); }},
    {"/.git/config", "EXP-002", "the git repository", [](const Seen& s) { return has(s.body, "[core]"); }},
    {"/.svn/entries", "EXP-002", "the subversion repository",
     [](const Seen& s) { return s.body.starts_with("12\n") || s.body.starts_with("10\n"); }},
    {"/.DS_Store", "EXP-002", "a folder's listing",
     [](const Seen& s) { return s.body.size() > 8 && s.body.compare(4, 4, "Bud1") == 0; }},
    {"/package.json", "EXP-007", "the package manifest",
     [](const Seen& s) { return has(s.body, "\"dependencies\"") && s.body.starts_with("{"); }},
    {"/requirements.txt", "EXP-007", "the Python manifest",
     [](const Seen& s) { return !html(s) && has(s.body, "==") && !has(s.body, "<"); }},
    {"/Dockerfile", "EXP-007", "the Dockerfile",
     [](const Seen& s) { return s.body.starts_with("FROM ") || has(s.body, "\nFROM "); }},
    {"/docker-compose.yml", "EXP-007", "the Compose file",
     [](const Seen& s) { return !html(s) && has(s.body, "services:"); }},
    {"/config.json", "EXP-007", "a configuration file",
     [](const Seen& s) { return s.body.starts_with("{") && (has(s.body, "secret") || has(s.body, "password")); }},
    {"/users.json", "EXP-003", "user records",
     [](const Seen& s) { return (s.body.starts_with("[") || s.body.starts_with("{")) && has(s.body, "email"); }},
    {"/data/users.json", "EXP-003", "user records",
     [](const Seen& s) { return (s.body.starts_with("[") || s.body.starts_with("{")) && has(s.body, "\"id\""); }},
    {"/db.sqlite3", "EXP-003", "the database", [](const Seen& s) { return s.body.starts_with("SQLite format 3"); }},
    {"/backup.sql", "EXP-003", "a database dump",
     [](const Seen& s) { return !html(s) && (has(s.body, "CREATE TABLE") || has(s.body, "INSERT INTO")); }},
    {"/dump.sql", "EXP-003", "a database dump",
     [](const Seen& s) { return !html(s) && (has(s.body, "CREATE TABLE") || has(s.body, "INSERT INTO")); }},
    {"/openapi.json", "EXP-004", "the interface's description",
     [](const Seen& s) { return has(s.body, "\"openapi\""); }},
    {"/docs", "EXP-004", "the interactive interface", [](const Seen& s) { return has(s.body, "swagger-ui"); }},
    {"/redoc", "EXP-004", "the interface's description", [](const Seen& s) { return has(s.body, "redoc"); }},
    {"/metrics", "EXP-004", "the metrics",
     [](const Seen& s) { return has(s.body, "# HELP ") || has(s.body, "# TYPE "); }},
    {"/admin/login/", "EXP-004", "Django's administration",
     [](const Seen& s) { return has(s.body, "Django administration") || has(s.body, "Django site admin"); }},
    {"/server-status", "EXP-004", "the server's status",
     [](const Seen& s) { return has(s.body, "Apache Server Status"); }},
    {"/console", "EXP-004", "the debugger's console", [](const Seen& s) { return has(s.body, "Werkzeug"); }},
    {"/_debug_toolbar/", "EXP-004", "the debug toolbar", [](const Seen& s) { return has(s.body, "djDebug"); }},
}};

Observation files(Target& site, std::string_view rule, std::string positive) {
  std::vector<proof::Finding> out;
  bool answered = false;
  for (const File& f : kFiles) {
    if (f.rule != rule) continue;
    auto seen = get(site, std::string(f.path));
    if (!seen) continue;
    answered = true;
    if (seen->status != 200 || !f.proves(*seen)) continue;
    auto found = at_path(rule, site, f.path,
                         "served: " + std::string(f.what) + ", " + std::to_string(seen->body.size()) + " bytes");
    if (f.path == "/console") found.severity = proof::Severity::critical;
    out.push_back(std::move(found));
  }
  if (!answered) return proof::unknown("the site did not answer");
  return from(std::move(out), std::move(positive));
}

Observation env_files(Target& t) { return files(t, "EXP-001", "No environment file is served."); }
Observation repositories(Target& t) { return files(t, "EXP-002", "No version control folder is served."); }
Observation backups(Target& t) { return files(t, "EXP-003", "No database, dump or user record is served."); }
Observation inner_pages(Target& t) {
  return files(t, "EXP-004", "No inner page (administration, documentation, metrics) answers strangers.");
}
Observation project_files(Target& t) { return files(t, "EXP-007", "No file of the project's build is served."); }

// ---- what the browser is given ----

struct Served {
  std::string path, body;
};

std::vector<Served> browser_code(Target& site) {
  std::vector<Served> out;
  std::vector<std::string> pages = site.paths("page");
  if (pages.empty()) pages.push_back("/");
  std::set<std::string> asked;
  std::vector<std::string> next;
  for (const std::string& p : pages) {
    auto seen = get(site, p);
    if (!seen || seen->status != 200 || !asked.insert(p).second) continue;
    for (std::string& s : scripts_of(seen->body, site.url())) next.push_back(std::move(s));
    out.push_back({p, std::move(seen->body)});
  }
  for (std::string_view usual : {"/env.js", "/config.js", "/env-config.js", "/runtime-env.js"})
    next.emplace_back(usual);
  for (const std::string& p : next) {
    if (out.size() >= 24 || !asked.insert(p).second) continue;
    auto seen = get(site, p);
    if (!seen || seen->status != 200 || (p.ends_with(".js") && html(*seen))) continue;
    out.push_back({p, std::move(seen->body)});
  }
  return out;
}

Observation bundle_secrets(Target& site) {
  auto engine = secrets::Engine::create();
  if (!engine) return proof::unknown(engine.error().text());
  std::vector<proof::Finding> out;
  const auto served = browser_code(site);
  if (served.empty()) return proof::unknown("no page answered 200");
  for (const Served& s : served)
    for (const secrets::Hit& h : engine->scan(s.body, Kind::javascript)) {
      if (h.verdict != secrets::Verdict::secret && h.verdict != secrets::Verdict::test_key) continue;
      if (h.shape == secrets::Shape::assignment || h.shape == secrets::Shape::database_url ||
          h.shape == secrets::Shape::web_url_password)
        continue;
      auto f =
          at_path("BUN-001", site, s.path, secrets::redact(std::string_view(s.body).substr(h.begin, h.end - h.begin)));
      f.title += ": " + (h.provider.empty() ? h.what : h.provider + " " + h.what);
      f.severity = h.severity;
      out.push_back(std::move(f));
    }
  return from(std::move(out), "No provider secret stands in the code that browsers are given.");
}

// The names of `window.ENV = {…}` and its kin.
Observation window_env(Target& site) {
  std::vector<proof::Finding> out;
  bool any = false;
  for (const Served& s : browser_code(site)) {
    for (std::string_view mark :
         {"window.ENV", "window.__ENV", "window.env", "window._env_", "window.__RUNTIME_CONFIG__", "window.CONFIG"}) {
      std::size_t at = s.body.find(mark);
      if (at == std::string::npos) continue;
      at = s.body.find('{', at);
      if (at == std::string::npos) continue;
      const std::string_view object =
          std::string_view(s.body).substr(at, std::min<std::size_t>(s.body.find('}', at), at + 16384) - at);
      any = true;
      std::string names;
      for (std::size_t i = 0; i < object.size();) {
        if (!text::is_alpha(object[i]) && object[i] != '_') {
          ++i;
          continue;
        }
        std::size_t end = i;
        while (end < object.size() &&
               (text::is_alpha(object[end]) || text::is_digit(object[end]) || object[end] == '_'))
          ++end;
        std::size_t colon = end;
        while (colon < object.size() && (object[colon] == '"' || object[colon] == '\'' || object[colon] == ' '))
          ++colon;
        const std::string name(object.substr(i, end - i));
        if (colon < object.size() && object[colon] == ':' && secrets::name_class(name) == secrets::NameClass::secret) {
          const std::size_t value = object.find_first_not_of(" \"'", colon + 1);
          if (value != std::string_view::npos && object[value] != ',' && object[value] != '}')
            names += (names.empty() ? "" : ", ") + name;
        }
        i = end;
      }
      if (!names.empty())
        out.push_back(at_path("BUN-002", site, s.path, std::string(mark) + " holds " + text::printable(names)));
      break;
    }
  }
  if (!any) return proof::unknown("no window.ENV was found in what pages load");
  return from(std::move(out), "window.ENV holds public names only.");
}

Observation source_maps(Target& site) {
  std::vector<proof::Finding> out;
  const auto served = browser_code(site);
  if (served.empty()) return proof::unknown("no page answered 200");
  for (const Served& s : served) {
    if (!s.path.ends_with(".js")) continue;
    const std::size_t mark = s.body.rfind("//# sourceMappingURL=");
    if (mark == std::string::npos) continue;
    std::string_view name = std::string_view(s.body).substr(mark + 21);
    name = text::trim(name.substr(0, name.find('\n')));
    if (name.starts_with("data:") || has(name, "://")) continue;
    const std::string path =
        name.starts_with('/') ? std::string(name) : s.path.substr(0, s.path.rfind('/') + 1) + std::string(name);
    auto map = get(site, path);
    if (map && map->status == 200 && has(map->body, "\"sources\"")) {
      out.push_back(at_path("BUN-003", site, path,
                            has(map->body, "\"sourcesContent\"") ? "the map carries the whole source"
                                                                 : "the map names the source files"));
      break;
    }
  }
  return from(std::move(out), "No source map is served.");
}

constexpr proof::Probe kProbes[] = {
    {"EXP-001", "", false, env_files},
    {"EXP-002", "", false, repositories},
    {"EXP-003", "", false, backups},
    {"EXP-004", "", false, inner_pages},
    {"EXP-007", "", false, project_files},
    {"BUN-001", "", false, bundle_secrets},
    {"BUN-002", "window_env", false, window_env},
    {"BUN-003", "", false, source_maps},
};

}  // namespace

std::vector<std::string> scripts_of(std::string_view page, std::string_view origin) {
  std::vector<std::string> out;
  for (std::size_t at = page.find("<"); at != std::string_view::npos; at = page.find('<', at + 1)) {
    const std::string_view tag = page.substr(at, std::min<std::size_t>(page.find('>', at), at + 2048) - at);
    const bool script = text::istarts_with(tag, "<script"), link = text::istarts_with(tag, "<link");
    if (!script && !link) continue;
    const std::string_view word = script ? "src=" : "href=";
    std::size_t from = tag.find(word);
    if (from == std::string_view::npos) continue;
    from += word.size();
    if (from >= tag.size()) continue;
    const char quote = tag[from] == '"' || tag[from] == '\'' ? tag[from] : ' ';
    if (quote != ' ') ++from;
    std::string value(tag.substr(from, tag.find(quote, from) - from));
    value = value.substr(0, value.find('#'));
    if (value.starts_with(origin)) value = value.substr(origin.size());
    if (!value.starts_with("/") && !has(value, "://") && !value.empty()) value = "/" + value;
    if (!value.starts_with("/") || value.starts_with("//")) continue;
    if (link && !has(value, ".js")) continue;
    if (std::find(out.begin(), out.end(), value) == out.end()) out.push_back(std::move(value));
  }
  return out;
}

std::span<const proof::Probe> exposure_probes() { return kProbes; }

}  // namespace gatehouse::audit::live
