#include "audit/secrets/environment.h"

#include "audit/git/repository.h"
#include "audit/readers/deployment.h"
#include "audit/readers/env.h"
#include "audit/readers/gitignore.h"
#include "audit/secrets/notes.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::secrets {
namespace {

// "postgres_password", "db_pass", "mysql_root_password": what a data store asks its callers for.
bool opens_a_store(std::string_view name) {
  return (name.ends_with("password") || name.ends_with("pass") || name.ends_with("passwd") || name.ends_with("pwd")) &&
         syntax::icontains_any(
             name, {"postgres", "pg", "sql", "mariadb", "mongo", "redis", "rabbitmq", "minio", "db_", "database"});
}

// What sessions and tokens are signed with.
bool signs(std::string_view n) {
  return n == "jwt_secret" || n == "session_secret" || n == "auth_secret" || n == "cookie_secret" ||
         n == "secret_key" || n == "nextauth_secret" || n == "better_auth_secret" || n == "jwt_signing_key" ||
         n == "signing_secret" || n == "jwt_secret_key" || n == "django_secret_key" || n == "app_secret";
}

// JWT_SECRET=hi in .env.example: no blank to fill in, but a value that works, and that is copied with the file.
void judge_copied(const Source& source, Sink& sink) {
  for (const EnvLine& l : parse_env(source.text())) {
    const std::string n = text::to_lower(l.name), v = text::to_lower(l.value);
    if (!(signs(n) || n == "jwt_access_secret" || n == "jwt_refresh_secret" || n == "access_token_secret" ||
          n == "refresh_token_secret" || n == "token_secret") ||
        v.empty() || v.size() >= 20 || v == n)
      continue;
    if (syntax::icontains_any(v,
                              {"your",  "change", "replace", "<",    "xxx",  "...",   "example", "placeholder", "here",
                               "gener", "random", "{",       "todo", "put",  "enter", "insert",  "some",        "min",
                               "long",  "char",   "fill",    "***",  "set_", "set-",  "value",   "---",         "___"}))
      continue;
    auto& f =
        sink.find("SEC-008", source.path(), l.line, l.name + " has " + std::to_string(l.value.size()) + " characters");
    f.title = kCopiedSecret;
    f.impact = "Who sets the server up by copying the example lets everybody sign a token for any account.";
    f.fix = "Leave it empty, say how one is made (openssl rand -base64 48), and refuse to start with less than 32.";
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace

void EnvironmentValues::read(const Engine& engine, const Source& source, Project& project, Sink& sink) {
  const Entry& entry = source.entry();
  if (entry.role == Role::example) judge_copied(source, sink);
  if (entry.role != Role::product) return;
  const auto& git = project.notes<git::GitFacts>();
  const bool ignored = git_ignores(project, source.path());
  const bool tracked = git.known && git.tracked.contains(source.path());
  std::vector<std::string> held;
  int first = 0;
  const auto lines = parse_env(source.text());
  const bool production = entry.path.find("prod") != std::string::npos,
             development = entry.path.find("dev") != std::string::npos || entry.path.find("local") != std::string::npos;
  for (const EnvLine& l : lines) {
    std::optional<Hit> best = judge_value(l.name, l.value);
    for (const Hit& h : engine.scan(l.name + "=" + l.value, Kind::env))
      if (h.verdict == Verdict::secret || h.verdict == Verdict::test_key) best = h;
    if (!best || best->verdict == Verdict::sample || best->verdict == Verdict::publish ||
        best->verdict == Verdict::exposed)
      continue;
    if (first == 0) first = l.line;
    held.push_back(l.name);
    if (l.value.size() >= 12) values_.push_back({l.name, l.value, entry.path, l.line});
    if (production && best->verdict == Verdict::test_key)
      sink.find("SEC-011", source.path(), l.line, l.name + " = " + redact(l.value) + " in a production file");
    const bool server_key =
        best->verdict == Verdict::secret && (best->shape == Shape::count_ || best->shape == Shape::pem ||
                                             (best->shape == Shape::jwt && best->provider == "Supabase"));
    if (development && server_key && l.value.find("_live_") != std::string::npos)
      sink.find("SEC-011", source.path(), l.line, l.name + " = " + redact(l.value) + " in a development file");
    const bool public_name = l.name.starts_with("VITE_") || l.name.starts_with("NEXT_PUBLIC_") ||
                             l.name.starts_with("REACT_APP_") || l.name.starts_with("PUBLIC_") ||
                             l.name.starts_with("EXPO_PUBLIC_") || l.name.starts_with("NUXT_PUBLIC_");
    if (public_name && server_key && !project.notes<Notes>().exposed.contains(l.name)) {
      auto& f = sink.find("SEC-005", source.path(), l.line, l.name + " = " + redact(l.value));
      f.key = value_key(l.value);
    }
  }
  // Stops: guessing the key that signs sessions (ASVS 11.2.3: 128 bits at least, as text 32 characters).
  if (tracked || production || (!git.known && !ignored))
    for (const EnvLine& l : lines) {
      const std::string n = text::to_lower(l.name);
      // Stops: the first words anybody tries at a port of a database that was published by mistake.
      if (!development && opens_a_store(n) && stock_password(l.value) && !text::to_lower(l.value).starts_with("your")) {
        auto& f = sink.find("INF-003", source.path(), l.line, l.name + " = " + text::printable(l.value, 40));
        f.severity = proof::Severity::medium;  // whether anybody reaches the store stands elsewhere
        f.confidence = proof::Confidence::medium;
      }
      if (signs(n) && !l.value.empty() && l.value.size() < 32 && l.value.find("${") == std::string::npos &&
          l.value.front() != '<')  // <your-secret-key>
        sink.find("SEC-008", source.path(), l.line, l.name + " has " + std::to_string(l.value.size()) + " characters")
            .key = value_key(l.value);
    }
  if (held.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < held.size() && i < 12; ++i) names += (i > 0 ? ", " : "") + text::printable(held[i]);
  if (tracked || (!git.known && !ignored)) {
    auto& f = sink.find("ENV-001", source.path(), first, "holds " + names);
    if (!git.known) {
      f.evidence.push_back("There is no git index to ask; the file stands in the tree and no .gitignore names it.");
      f.confidence = proof::Confidence::medium;
    }
  } else if (!git.known) {
    auto& f = sink.find("SEC-017", source.path(), first, "holds " + names);
    f.title = "Secrets in an environment file of a tree without git";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::low;
    f.evidence.push_back("No git index to ask: .gitignore names the file, so it may never have left this machine.");
    sink.not_checked("whether the secrets in " + text::printable(source.path()) +
                     " were ever published: .gitignore names it, and there is no git index to ask");
  } else if (!ignored) {
    sink.find("ENV-002", source.path(), first, "holds " + names);
  }
  if (entry.mode != 0 && (entry.mode & 07u) != 0 && git.known && !tracked && production)
    sink.find("ENV-004", source.path(), 1, "readable by every account of the machine");
}

void EnvironmentValues::find_in(const Source& source, Sink& sink) {
  if (!finder_) {
    std::vector<std::string> texts;
    std::set<std::string> once;
    std::erase_if(values_, [&](const Value& v) { return !once.insert(v.value).second; });
    for (const Value& v : values_) texts.push_back(v.value);
    auto finder = ValueFinder::create(texts);
    if (!finder) {
      sink.gave_up({".", "values of environment files in built code: " + finder.error().text()});
      values_.clear();
      finder = ValueFinder::create({});
      if (!finder) return;
    }
    finder_.emplace(std::move(*finder));
  }
  for (const auto& found : finder_->scan(source.text())) {
    const Value& v = values_[found.value];
    in_bundle_.insert(v.value);
    auto& f = sink.find("SEC-006", source.path(), source.line_at(found.begin),
                        "the value of " + v.name + " (" + redact(v.value) + ")");
    f.title += ": " + v.name;
    f.locations.push_back({v.path, v.line, v.line, {}});
    f.key = value_key(v.value);
  }
}

}  // namespace gatehouse::audit::secrets
