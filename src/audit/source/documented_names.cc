#include "audit/source/documented_names.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/source/file.h"
#include "audit/source/recurring.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 10;  // named in one finding
constexpr std::size_t kMostNames = 400;

struct Documented {
  struct Name {
    std::string name, path, shown;
    int line = 0;
  };
  std::vector<Name> settings;  // NAME=value of documents
  std::vector<Name> routes;    // "/api/things/:id"
  std::vector<Name> builds;    // docker build, docker compose up
};

bool upper(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// JWT_SECRET=…, `JWT_SECRET`=, export JWT_SECRET=
std::string_view setting_of(std::string_view line) {
  if (line.starts_with("export ")) line = text::trim(line.substr(7));
  std::size_t end = 0;
  while (end < line.size() && upper(line[end])) ++end;
  if (end < 4 || end >= line.size() || line[0] < 'A' || line[0] > 'Z') return {};
  const std::string_view rest = text::trim(line.substr(end));
  return rest.starts_with("=") && !rest.starts_with("==") ? line.substr(0, end) : std::string_view();
}

// - `POST /api/auth/refresh/` - …, | GET | /api/things | …
std::string_view route_of(std::string_view line) {
  for (const std::string_view method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    const std::size_t at = line.find(method);
    if (at == line.npos || at > 12 || (at > 0 && text::is_alpha(line[at - 1]))) continue;
    std::size_t i = at + method.size();
    while (i < line.size() && (line[i] == ' ' || line[i] == '`' || line[i] == '|' || line[i] == '*' || line[i] == '\t'))
      ++i;
    if (i == at + method.size() || i >= line.size() || line[i] != '/') continue;
    std::size_t end = i;
    while (end < line.size() && line[end] != ' ' && line[end] != '`' && line[end] != '|' && line[end] != '?' &&
           line[end] != '*')
      ++end;
    return line.substr(i, end - i);
  }
  return {};
}

// Another word for the same thing.
std::string_view meant(std::string_view word) {
  static constexpr std::pair<std::string_view, std::string_view> kSame[] = {
      {"mongodb", "mongo"}, {"database", "db"},   {"mail", "email"},     {"smtp", "email"},    {"mailer", "email"},
      {"uri", "url"},       {"password", "pass"}, {"pwd", "pass"},       {"username", "user"}, {"client", "frontend"},
      {"postgres", "db"},   {"postgresql", "db"}, {"origins", "origin"}, {"sender", "from"},   {"minutes", ""},
      {"jwt", ""},          {"access", ""},       {"token", ""},         {"api", ""},          {"key", ""},
      {"app", ""},          {"server", ""},       {"connection", ""},    {"string", ""},       {"next", ""},
      {"public", ""},       {"vite", ""},         {"react", ""}};
  for (const auto& [from, to] : kSame)
    if (word == from) return to;
  return word;
}

// MONGODB_URI and MONGO_URI, SMTP_PASS and EMAIL_PASSWORD, JWT_SECRET and SECRET_KEY are the same.
std::set<std::string> kernel(std::string_view name) {
  std::set<std::string> out;
  const std::string low = text::to_lower(name);
  for (const std::string_view w : text::split(low, '_'))
    if (const std::string_view m = meant(w); !m.empty()) out.emplace(m);
  return out;
}

struct Read {
  std::string name;
  Spot at;
};

// What the files of the tree say, comments and all.
struct Told {
  std::set<std::string, std::less<>> names;     // of settings, wherever they stand
  std::set<std::string, std::less<>> segments;  // of addresses: behind a slash or a quote, names of functions and files
  std::vector<Read> reads;                      // process.env.X, getenv("X")
};

bool reads_environment(std::string_view before) {
  if (before.ends_with("env.")) return true;
  if (before.empty() || (before.back() != '"' && before.back() != '\'')) return false;
  before.remove_suffix(1);
  if (before.empty() || (before.back() != '(' && before.back() != '[')) return false;
  before = before.substr(before.size() > 40 ? before.size() - 40 : 0);
  return icontains_any(before, {"env", "config", "secret"});
}

void scan(const Source& source, Told& out) {
  const std::string_view all = source.text();
  const bool settings_class = contains(all, "BaseSettings");
  const auto part = [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '-'; };
  for (std::size_t i = 0; i < all.size();) {
    if (!part(all[i])) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (i < all.size() && part(all[i])) ++i;
    const std::string_view word = all.substr(begin, i - begin);
    if (word.size() < 2 || word.size() > 60) continue;
    const char before = begin > 0 ? all[begin - 1] : '\n';
    if (before == '/' || before == '"' || before == '\'' || before == '`' || all.substr(0, begin).ends_with("def ") ||
        all.substr(0, begin).ends_with("r'") || all.substr(0, begin).ends_with("^"))
      out.segments.insert(text::to_lower(word));
    if (word.size() >= 4 && std::all_of(word.begin(), word.end(), upper)) {
      out.names.emplace(word);
      if (out.reads.size() < kMostNames &&
          reads_environment(all.substr(begin > 60 ? begin - 60 : 0, std::min<std::size_t>(begin, 60)))) {
        const int line = source.line_at(begin);
        const std::string_view said = text::trim(source.line(line));
        if (!said.starts_with("//") && !said.starts_with("#") && !said.starts_with("*"))
          out.reads.push_back({std::string(word), {place(source.path(), line), quote(source.line(line))}});
      }
    } else if (settings_class && contains(word, "_")) {
      std::string up(word);
      for (char& c : up) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      out.names.insert(std::move(up));
    }
  }
}

Told told_by(const Project& project) {
  Told out;
  for (const Entry& e : project.entries()) {
    if (e.kind == Kind::env || e.kind == Kind::markdown || e.kind == Kind::lock || e.kind == Kind::css ||
        e.kind == Kind::key || e.kind == Kind::text || e.role == Role::document || e.role == Role::bundle)
      continue;
    std::string low = text::to_lower(e.path);
    for (char& c : low) c = c == '.' ? '/' : c;
    for (const std::string_view p : text::split(low, '/')) out.segments.emplace(p);
    if (const auto source = project.open(e.path)) scan(*source, out);
  }
  return out;
}

// Stops: who follows the example running without mails, on another database, or with the key that stands in the code.
void judge_settings(const Project& project, const Documented& notes, const Told& told, Sink& sink) {
  std::map<std::string, Documented::Name> named;
  for (const EnvVariable& v : project.env)
    if (v.example && named.size() < kMostNames)
      named.emplace(v.name, Documented::Name{v.name, v.path, v.name + "=…", v.line});
  for (const auto& s : notes.settings) named.emplace(s.name, s);
  std::map<std::string, proof::Finding*> findings;  // one for a file that reads
  std::set<std::string> answered;
  for (const Read& r : told.reads) {
    if (named.contains(r.name) || answered.contains(r.name)) continue;
    const auto kind = kernel(r.name);
    if (kind.empty()) continue;
    for (const auto& [name, at] : named) {
      if (told.names.contains(name) || kernel(name) != kind) continue;
      answered.insert(r.name);
      auto& f = findings[r.at.at.path];
      if (f == nullptr) {
        f = &sink.find("DOC-001", r.at.at, r.at.shown);
        f->title = "The code reads " + r.name + ", what is documented is " + name;
        f->impact =
            "Who sets up what the document names has set nothing: the code goes on with its default, or without.";
        f->fix = "Use one name in both places, and refuse to start while it is missing.";
      } else if (f->locations.size() < kMostPlaces) {
        f->locations.push_back(r.at.at);
        f->evidence.push_back(r.at.shown);
      }
      if (f->locations.size() < kMostPlaces) {
        f->locations.push_back({at.path, at.line, at.line, {}});
        f->evidence.push_back(at.shown);
      }
      break;
    }
  }
  // JWT_SECRET of the example is read by nothing, and what signs is a constant.
  const auto constant = std::find_if(sink.findings().begin(), sink.findings().end(), [](const proof::Finding& f) {
    return f.id == "SEC-017" || f.id == "SEC-008" || f.id == "EX-005" || f.id == "DJ-008";
  });
  if (constant == sink.findings().end()) return;
  const proof::Location there = constant->locations.front();
  for (const auto& [name, at] : named) {
    const std::string low = text::to_lower(name);
    if (!has_word(low, {"secret"}) || !has_word(low, {"jwt", "session", "secret", "auth", "token"}) ||
        has_word(low, {"client", "stripe", "google", "webhook", "razorpay", "github", "cloudinary", "paypal", "aws",
                       "clerk", "nextauth", "facebook", "supabase", "twilio", "cron", "key_secret"}) ||
        name == "AUTH_SECRET" || told.names.contains(name))
      continue;
    auto& f = sink.find("DOC-001", at.path, at.line, at.shown);
    f.title = name + " is named as the key to set, and nothing reads it";
    f.impact = "Who follows the example still runs with the key that stands in the code.";
    f.fix = "Read the key from there, and refuse to start without it.";
    f.locations.push_back(there);
    return;
  }
}

// RATE_LIMIT_MAX, CORS_ORIGIN, SESSION_TIMEOUT: what somebody who sets it relies on.
bool protects(std::string_view name) {
  const std::string low = text::to_lower(name);
  if (has_word(low, {"public", "vite", "react", "redis", "smtp", "db", "database", "postgres", "mysql", "node", "pool",
                     "next"}))
    return false;
  return (has_word(low, {"rate"}) && has_word(low, {"limit"})) || has_word(low, {"ratelimit", "throttle", "lockout"}) ||
         (has_word(low, {"cors", "allowed"}) && has_word(low, {"origin", "origins", "hosts"})) ||
         (has_word(low, {"max"}) && has_word(low, {"upload", "file", "attempts", "login", "body"})) ||
         (has_word(low, {"session", "jwt", "token"}) &&
          has_word(low, {"timeout", "expire", "expires", "expiry", "expiration", "lifetime", "ttl"})) ||
         (has_word(low, {"bcrypt", "salt"}) && has_word(low, {"rounds", "cost"})) || has_word(low, {"csrf"});
}

// Stops: a limit that is set, and believed, and that no code ever reads.
void judge_unread(const Project& project, const Documented& notes, const Told& told, Sink& sink) {
  std::vector<Documented::Name> all;
  for (const EnvVariable& v : project.env)
    if (v.example) all.push_back({v.name, v.path, v.name + "=…", v.line});
  all.insert(all.end(), notes.settings.begin(), notes.settings.end());
  Recurring unread(kMostPlaces);
  std::set<std::string> seen;
  for (const auto& at : all) {
    if (!protects(at.name) || told.names.contains(at.name) || !seen.insert(at.name).second) continue;
    const auto kind = kernel(at.name);
    if (kind.empty() ||
        std::any_of(told.reads.begin(), told.reads.end(), [&](const Read& r) { return kernel(r.name) == kind; }))
      continue;
    if (auto* f = unread.find(sink, "DOC-001", place(at.path, at.line), at.shown)) {
      f->title = "A protection is offered as a setting, and nothing reads it: " + at.name;
      f->impact = "Who sets it believes in a limit, an origin or an end that the program does not keep.";
      f->fix = "Read the setting where the protection stands, or take it out of the example.";
      f->severity = proof::Severity::low;
      f->confidence = proof::Confidence::medium;
    }
  }
}

// The fixed parts of "/api/auth/token/:id/": without the front that proxies and clients put there.
std::vector<std::string> parts_of(std::string_view route) {
  std::vector<std::string> out;
  const std::string low = text::to_lower(route);
  for (const std::string_view p : text::split(low, '/')) {
    if (p.empty() || p.find_first_of("{}:<>[].$*=&") != p.npos || p == "api" || p == "v1" || p == "v2") continue;
    out.emplace_back(p);
  }
  return out;
}

// Stops: people, and clients, that rely on a way which is not there.
void judge_routes(const Documented& notes, const Told& told, Sink& sink) {
  std::map<std::string, std::vector<const Documented::Name*>> missing;
  std::map<std::string, std::size_t> all;
  for (const auto& r : notes.routes) {
    const auto parts = parts_of(r.name);
    if (parts.empty()) continue;
    ++all[r.path];
    if (!std::all_of(parts.begin(), parts.end(), [&](const std::string& p) {
          std::string under = p;
          for (char& c : under) c = c == '-' ? '_' : c;
          return told.segments.contains(p) || told.segments.contains(under);
        }))
      missing[r.path].push_back(&r);
  }
  for (const auto& [path, names] : missing) {
    // A document of another program names hardly anything that stands here.
    if (all[path] < 4 || names.size() * 2 > all[path]) continue;
    auto& f = sink.find("DOC-001", path, names.front()->line, names.front()->shown);
    f.title = "The document names addresses that no route has: " + names.front()->name;
    f.severity = proof::Severity::low;
    f.confidence = proof::Confidence::medium;
    for (std::size_t i = 1; i < names.size() && i < kMostPlaces; ++i) {
      f.locations.push_back({path, names[i]->line, names[i]->line, {}});
      f.evidence.push_back(names[i]->shown);
    }
  }
}

void judge_builds(const Project& project, const Documented& notes, Sink& sink) {
  const auto there = [&](std::initializer_list<std::string_view> any) {
    return std::any_of(project.entries().begin(), project.entries().end(),
                       [&](const Entry& e) { return icontains_any(e.name(), any); });
  };
  for (const auto& b : notes.builds) {
    const bool compose = contains(b.name, "compose");
    if (compose ? there({"compose"}) : there({"dockerfile", "containerfile"})) continue;
    auto& f = sink.find("DOC-001", b.path, b.line, b.shown);
    f.title = compose ? "The document starts containers that no file describes"
                      : "The document builds an image that no Dockerfile describes";
    f.severity = proof::Severity::low;
    f.confidence = proof::Confidence::medium;
    return;
  }
}

}  // namespace

void read_documented_names(const Source& source, Project& project) {
  auto& notes = project.notes<Documented>();
  const std::string low = text::to_lower(source.path());
  if (!icontains_any(low, {"readme", "setup", "deploy", "api", "install", "start"}) ||
      icontains_any(low, {"node_modules", "template", "prompt", "claude", "agents", "changelog", "contributing"}))
    return;
  std::string heading;
  for (int n = 1; n <= source.lines(); ++n) {
    std::string_view line = text::trim(source.line(n));
    if (line.starts_with("#")) heading = text::to_lower(line);
    if (icontains_any(heading, {"roadmap", "planned", "future", "todo", "next step"})) continue;
    if (line.starts_with("- ") || line.starts_with("* ")) line = text::trim(line.substr(2));
    std::string_view plain = line;
    if (plain.starts_with("`")) plain.remove_prefix(1);
    const auto keep = [&](std::vector<Documented::Name>& list, std::string_view name) {
      if (!name.empty() && list.size() < kMostNames)
        list.push_back({std::string(name), std::string(source.path()), quote(source.line(n)), n});
    };
    keep(notes.settings, setting_of(plain));
    if (!icontains_any(line, {"todo", "planned", "not yet", "coming"})) keep(notes.routes, route_of(plain));
    if (plain.starts_with("docker build ")) keep(notes.builds, "build");
    if (plain.starts_with("docker-compose up") || plain.starts_with("docker compose up")) keep(notes.builds, "compose");
  }
}

void judge_documented_names(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Documented>();
  judge_builds(project, notes, sink);
  const bool example =
      std::any_of(project.env.begin(), project.env.end(), [](const EnvVariable& v) { return v.example; });
  if (!example && notes.settings.empty() && notes.routes.empty()) return;
  const Told told = told_by(project);
  judge_settings(project, notes, told, sink);
  if (!told.reads.empty()) judge_unread(project, notes, told, sink);
  judge_routes(notes, told, sink);
}

}  // namespace gatehouse::audit::source
