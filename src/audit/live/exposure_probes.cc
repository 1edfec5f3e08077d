#include <array>

#include "audit/live/ask.h"
#include "audit/live/probes.h"
#include "audit/readers/env.h"

namespace gatehouse::audit::live {
namespace {

using proof::Observation;
using proof::Seen;
using proof::Target;

// ---- files ----

// What proves that the file itself was served, and not a page for everything.
struct File {
  std::string_view path, rule, what;
  bool (*proves)(const Seen&);
};

constexpr std::array<File, 26> kFiles = {{
    {"/.env", "EXP-001", "an environment file",
     [](const Seen& s) { return !is_html(s) && !parse_env(s.body).empty(); }},
    {"/.env.local", "EXP-001", "an environment file",
     [](const Seen& s) { return !is_html(s) && !parse_env(s.body).empty(); }},
    {"/.env.production", "EXP-001", "an environment file",
     [](const Seen& s) { return !is_html(s) && !parse_env(s.body).empty(); }},
    {"/backend/.env", "EXP-001", "an environment file",
     [](const Seen& s) { return !is_html(s) && !parse_env(s.body).empty(); }},
    {"/.git/HEAD", "EXP-002", "the git repository", [](const Seen& s) { return s.body.starts_with("ref: refs/"); }},
    {"/.git/config", "EXP-002", "the git repository", [](const Seen& s) { return has(s.body, "[core]"); }},
    {"/.svn/entries", "EXP-002", "the subversion repository",
     [](const Seen& s) { return s.body.starts_with("12\n") || s.body.starts_with("10\n"); }},
    {"/.DS_Store", "EXP-002", "a folder's listing",
     [](const Seen& s) { return s.body.size() > 8 && s.body.compare(4, 4, "Bud1") == 0; }},
    {"/package.json", "EXP-007", "the package manifest",
     [](const Seen& s) { return has(s.body, "\"dependencies\"") && s.body.starts_with("{"); }},
    {"/requirements.txt", "EXP-007", "the Python manifest",
     [](const Seen& s) { return !is_html(s) && has(s.body, "==") && !has(s.body, "<"); }},
    {"/Dockerfile", "EXP-007", "the Dockerfile",
     [](const Seen& s) { return s.body.starts_with("FROM ") || has(s.body, "\nFROM "); }},
    {"/docker-compose.yml", "EXP-007", "the Compose file",
     [](const Seen& s) { return !is_html(s) && has(s.body, "services:"); }},
    {"/config.json", "EXP-007", "a configuration file",
     [](const Seen& s) { return s.body.starts_with("{") && (has(s.body, "secret") || has(s.body, "password")); }},
    {"/users.json", "EXP-003", "user records",
     [](const Seen& s) { return (s.body.starts_with("[") || s.body.starts_with("{")) && has(s.body, "email"); }},
    {"/data/users.json", "EXP-003", "user records",
     [](const Seen& s) { return (s.body.starts_with("[") || s.body.starts_with("{")) && has(s.body, "\"id\""); }},
    {"/db.sqlite3", "EXP-003", "the database", [](const Seen& s) { return s.body.starts_with("SQLite format 3"); }},
    {"/backup.sql", "EXP-003", "a database dump",
     [](const Seen& s) { return !is_html(s) && (has(s.body, "CREATE TABLE") || has(s.body, "INSERT INTO")); }},
    {"/dump.sql", "EXP-003", "a database dump",
     [](const Seen& s) { return !is_html(s) && (has(s.body, "CREATE TABLE") || has(s.body, "INSERT INTO")); }},
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

constexpr proof::Probe kProbes[] = {
    {"EXP-001", "", false, env_files},   {"EXP-002", "", false, repositories},  {"EXP-003", "", false, backups},
    {"EXP-004", "", false, inner_pages}, {"EXP-007", "", false, project_files},
};

}  // namespace

std::span<const proof::Probe> exposure_probes() { return kProbes; }

}  // namespace gatehouse::audit::live
