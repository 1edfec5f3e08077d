#include "audit/readers/commands.h"

#include <array>
#include <string>

#include "audit/readers/deployment.h"
#include "audit/secrets/judge.h"
#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// What a command line says without its YAML or Dockerfile dress; empty for comments and for what is only shown.
std::string_view command_in(std::string_view line) {
  line = text::trim(line);
  for (const std::string_view dress : {"- ", "run: ", "script: ", "RUN ", "@"})
    if (line.starts_with(dress)) line = text::trim(line.substr(dress.size()));
  if (line.starts_with("#") || line.starts_with("//") || line.starts_with("name:")) return {};
  return line;
}

bool only_shows(std::string_view command) {
  if (!command.starts_with("echo ") && !command.starts_with("printf ") && !command.starts_with("log ")) return false;
  char quote = 0;  // a pipe between quotes is shown, too
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '|' || (c == '&' && command.substr(i).starts_with("&&"))) {
      return false;
    }
  }
  return true;
}

// curl … | bash: what the far end sends today is what runs.
bool runs_the_web(std::string_view c) {
  if (!has(c, "curl ") && !has(c, "wget ")) return false;
  for (std::size_t at = c.find('|'); at != std::string_view::npos; at = c.find('|', at + 1)) {
    std::string_view rest = text::trim(c.substr(at + 1));
    if (rest.starts_with("sudo ")) rest = text::trim(rest.substr(5));
    while (rest.starts_with("-")) rest = text::trim(rest.substr(std::min(rest.size(), rest.find(' '))));
    for (const std::string_view shell : {"bash", "sh", "zsh", "python3", "python", "node"})
      if (rest == shell || (rest.starts_with(shell) && rest.size() > shell.size() &&
                            (rest[shell.size()] == ' ' || rest[shell.size()] == '"' || rest[shell.size()] == '\'' ||
                             rest[shell.size()] == ')' || rest[shell.size()] == ';')))
        return true;
  }
  for (const std::string_view form : {"bash <(curl", "sh -c \"$(curl", "sh -c '$(curl", "bash -c \"$(curl"})
    if (has(c, form)) return true;
  return false;
}

// chmod 777, chmod -R a+rwx
bool opens_files(std::string_view c) {
  const std::size_t at = c.find("chmod ");
  if (at == std::string_view::npos) return false;
  for (std::string_view word : text::split(c.substr(at + 6), ' ')) {
    if (word.starts_with("-") && word != "-") continue;
    return word == "777" || word == "0777" || word == "a+rwx" || word == "ugo+rwx" || word == "o+w" || word == "666";
  }
  return false;
}

// ssh root@host, scp x root@host:/srv, username: root of an action that opens a session.
bool enters_as_root(std::string_view c, bool session_near) {
  for (const std::string_view tool : {"ssh ", "scp ", "rsync ", "sftp "})
    if (has(c, tool) && (has(c, " root@") || has(c, "\"root@") || has(c, "'root@") || has(c, "-l root"))) return true;
  return session_near && (c == "username: root" || c == "username: \"root\"" || c == "username: 'root'");
}

struct Password {
  std::string_view value;
  std::string_view way;  // "sshpass -p"
};

std::string_view word_at(std::string_view c, std::size_t at) {
  while (at < c.size() && c[at] == ' ') ++at;
  if (at >= c.size()) return {};
  if (c[at] == '"' || c[at] == '\'') {
    const std::size_t end = c.find(c[at], at + 1);
    return end == std::string_view::npos ? std::string_view{} : c.substr(at + 1, end - at - 1);
  }
  if (c.substr(at).starts_with("${{")) {
    const std::size_t end = c.find("}}", at);
    return end == std::string_view::npos ? std::string_view{} : c.substr(at, end + 2 - at);
  }
  return c.substr(at, c.substr(at).find_first_of(" ;|&)"));
}

// The password that stands among the words of a command.
Password password_in(std::string_view c) {
  struct Form {
    std::string_view tool, flag;
  };
  static constexpr std::array<Form, 13> kForms = {{{"sshpass ", "-p "},
                                                   {"sshpass ", "-p"},
                                                   {"docker login", "-p "},
                                                   {"docker login", "--password "},
                                                   {"docker login", "--password="},
                                                   {"mysql", "--password="},
                                                   {"mysql", " -p"},
                                                   {"mongosh", "--password "},
                                                   {"mongodump", "--password "},
                                                   {"redis-cli", "-a "},
                                                   {"PGPASSWORD=", "PGPASSWORD="},
                                                   {"MYSQL_PWD=", "MYSQL_PWD="},
                                                   {"curl ", "-u "}}};
  for (const Form& f : kForms) {
    const std::size_t tool = c.find(f.tool);
    if (tool == std::string_view::npos || (tool > 0 && c[tool - 1] == '"')) continue;
    const std::size_t flag = c.find(f.flag, tool);
    if (flag == std::string_view::npos) continue;
    std::string_view value = word_at(c, flag + f.flag.size());
    if (f.tool == "mysql" && f.flag == " -p" && (value.empty() || c[flag + 3] == ' ' || c[flag + 3] == 'r')) continue;
    if (f.tool == "curl ") {
      if (!has(value, ":")) continue;
      value = value.substr(value.find(':') + 1);
    }
    if (value.empty() || value.starts_with("-") || has(value, "password-stdin")) continue;
    return {value, f.tool};
  }
  return {};
}

// The name of a secret in $NAME or ${NAME}, printed as it is.
std::string printed_secret(std::string_view c) {
  if (!only_shows(c) || has(c, ">")) return {};
  for (std::size_t at = c.find('$'); at != std::string_view::npos; at = c.find('$', at + 1)) {
    std::size_t i = at + 1;
    if (at > 0 && c[at - 1] == '\\') continue;
    const bool braces = i < c.size() && c[i] == '{';
    if (braces) ++i;
    std::size_t end = i;
    while (end < c.size() && (text::is_alpha(c[end]) || text::is_digit(c[end]) || c[end] == '_')) ++end;
    if (braces && (end >= c.size() || c[end] != '}')) continue;  // ${#KEY}, ${KEY:0:4}, ${KEY:-…}
    const std::string name(c.substr(i, end - i));
    if (secrets::name_class(name) == secrets::NameClass::secret) return name;
  }
  return {};
}

// entrypoint.sh, start.sh, Procfile: what brings a server up, and not a helper of a developer.
bool starts_servers(const Entry& e) {
  if (for_developers(e.path)) return false;
  const std::string name = text::to_lower(e.name());
  if (name == "procfile") return true;
  if (e.kind != Kind::shell) return false;
  for (const std::string_view word : {"entry", "start", "run", "server", "serve", "deploy", "django", "flask", "boot",
                                      "launch", "docker", "web", "app", "backend", "prod", "cmd"})
    if (has(name, word)) return true;
  return false;
}

// "start": "nodemon server.js": what hosts and images run when nobody says otherwise.
void judge_start_script(const Source& source, const Project& project, Sink& sink) {
  const auto manifest = json::parse(source.text());
  const json::Value* scripts = manifest ? manifest->find("scripts") : nullptr;
  const json::Value* start = scripts == nullptr ? nullptr : scripts->find("start");
  if (start == nullptr) return;
  const std::string_view said = start->string().value_or("");
  if (!starts_development(said) || has(said, "react-scripts") || has(said, "ng serve") || has(said, "vue-cli") ||
      has(said, "vite"))
    return;
  for (const auto& [name, value] : scripts->object())
    if (has(name, "prod") || name == "serve" || name == "production") return;
  // Whoever starts it otherwise in production has a file for that.
  for (const Entry& e : project.entries())
    if (e.kind == Kind::dockerfile || e.name() == "Procfile" || has(e.name(), "ecosystem.config")) return;
  for (int n = 1; n <= source.lines(); ++n)
    if (text::trim(source.line(n)).starts_with("\"start\"")) {
      auto& f = sink.find("INF-025", source.path(), n, quote(source.line(n)));
      f.title = "The only way to start it is a development server";
      f.severity = proof::Severity::low;
      return;
    }
}

struct Told {
  proof::Finding* web = nullptr;
  proof::Finding* open = nullptr;
};

// The first place makes the finding, the others stand beside it.
void tell(proof::Finding*& f, std::string_view id, const Source& source, int line, std::string_view shown, Sink& sink) {
  if (f == nullptr)
    f = &sink.find(id, source.path(), line, quote(shown));
  else if (f->locations.size() < 8)
    f->locations.push_back({std::string(source.path()), line, line, {}});
}

}  // namespace

bool is_pipeline(const Entry& e) {
  if (e.path.starts_with(".github/workflows/") || has(e.path, "/.github/workflows/")) return true;
  const std::string name = text::to_lower(e.name());
  return name == ".gitlab-ci.yml" || name == "bitbucket-pipelines.yml" || name == "azure-pipelines.yml" ||
         name == "jenkinsfile" || name == "buildspec.yml" || name == "cloudbuild.yaml" || name == ".travis.yml" ||
         has(e.path, ".circleci/config");
}

bool CommandReader::wants(const Entry& e) const {
  if (e.role != Role::product) return false;
  return is_pipeline(e) || e.name() == "package.json" || e.kind == Kind::shell || e.kind == Kind::dockerfile ||
         e.name() == "Makefile" || e.name() == "Procfile";
}

void CommandReader::read(const Source& source, Project& project, Sink& sink) {
  if (source.entry().name() == "package.json") {
    judge_start_script(source, project, sink);
    return;
  }
  const bool pipeline = is_pipeline(source.entry());
  const bool starts = starts_servers(source.entry());
  Told told;
  int session = -100;  // the line of the last action that opens a session on a server
  for (int n = 1; n <= source.lines(); ++n) {
    const std::string_view line = source.line(n);
    if (line.size() > 2000) continue;
    const std::string_view c = command_in(line);
    if (c.empty()) continue;
    if (has(c, "ssh-action") || has(c, "scp-action") || has(c, "ssh-deploy")) session = n;
    if (runs_the_web(c) && !only_shows(c)) tell(told.web, "INF-030", source, n, c, sink);
    if (opens_files(c) && !only_shows(c)) tell(told.open, "INF-029", source, n, c, sink);
    if (enters_as_root(c, n - session < 12)) sink.find("INF-028", source.path(), n, quote(c));
    if (const Password p = password_in(c); !p.value.empty() && !only_shows(c)) {
      const bool variable = has(p.value, "$") || has(p.value, "{{") || has(p.value, "%") || has(p.value, "<");
      if (!variable && p.value.size() >= 3 && !secrets::is_sample(p.value)) {
        auto& f = sink.find("SEC-017", source.path(), n, std::string(p.way) + " … " + secrets::redact(p.value));
        f.title = "A password stands in a command";
        f.confidence = proof::Confidence::medium;
      } else if (variable && has(c, "docker login")) {
        auto& f = sink.find("INF-020", source.path(), n, quote(c));
        f.title = "A secret is handed over as an argument";
        f.impact = "Arguments stand in the list of processes and in traces of the shell.";
        f.fix = "docker login --password-stdin, fed from the variable.";
        f.severity = proof::Severity::low;
      }
    }
    if (starts && starts_development(c) && !only_shows(c)) {
      auto& f = sink.find("INF-025", source.path(), n, quote(c));
      f.title = "The start script runs a development server";
      // On the machine itself it is a developer's; containers and servers listen for others.
      if (!has(c, "0.0.0.0") && !has(c, "$") && !has(source.path(), "entry") && source.entry().name() != "Procfile")
        f.severity = proof::Severity::low;
    }
    if (!pipeline) continue;
    // GitHub masks what it knows as a secret; other services mask what was marked, files they never do.
    const bool shows_file = c == "cat .env" || c.ends_with("&& cat .env") || c.starts_with("cat .env ");
    if (shows_file && !has(c, "<<") && !has(c, ">") && !has(c, "|"))
      sink.find("INF-020", source.path(), n, quote(c)).title = "The pipeline prints an environment file";
    if (const std::string name = printed_secret(c); !name.empty())
      sink.find("INF-020", source.path(), n, quote(c)).severity = proof::Severity::medium;
  }
}

}  // namespace gatehouse::audit
