#include "audit/secrets/reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "audit/git/repository.h"
#include "audit/readers/env.h"
#include "audit/readers/gitignore.h"
#include "audit/secrets/engine.h"
#include "audit/secrets/plain.h"
#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::audit::secrets {
namespace {

// A few bits of the value's digest: tells one secret from the next in a baseline, and tells nobody what it is.
std::string value_key(std::string_view value) { return text::hex(crypto::sha256(value).view()).substr(0, 5); }

// What was seen on the way, for the history and for the words about what is right.
struct Notes {
  std::set<std::string> values;                                         // digests of what stands in the tree already
  std::map<std::string, std::size_t> publish;                           // "Stripe publishable key" -> how often
  std::map<std::string, proof::Finding*> exposed;                       // by variable name
  std::map<std::pair<std::string, std::string>, proof::Finding*> here;  // by path and value
  std::size_t samples = 0;
};

bool local_only(const Project& project, std::string_view path) {
  const auto& git = project.notes<git::GitFacts>();
  if (git.known) return !git.tracked.contains(path);
  return git_ignores(project, path);
}

// Words for people: "password" beside its translation.
bool translated(std::string_view path) {
  const std::string low = text::to_lower(path);
  for (const std::string_view word : {"locale", "i18n", "/lang/", "lang.", "translation", "messages", "strings."})
    if (low.find(word) != std::string::npos) return true;
  return low.starts_with("lang/");
}

std::string evidence_of(const Hit& hit, std::string_view text) {
  std::string out = hit.name.empty() ? std::string() : text::printable(hit.name) + " = ";
  if (hit.shape == Shape::pem)
    return out + "a PEM private key of " + std::to_string(hit.end - hit.begin) + " characters";
  if (hit.shape == Shape::database_url || hit.shape == Shape::web_url_password) {
    // The address without its password.
    const std::string_view url = text.substr(hit.begin, hit.end - hit.begin);
    const std::size_t mark = url.find("://"), at = url.rfind('@');
    const std::size_t colon = url.find(':', mark + 3);
    if (mark == std::string_view::npos || at == std::string_view::npos || colon > at)
      return out + "an address with a password";
    return out + text::printable(url.substr(0, colon)) + ":…@" + text::printable(url.substr(at + 1));
  }
  return out + redact(text.substr(hit.begin, hit.end - hit.begin));
}

std::string title_of(const Hit& hit) { return hit.provider.empty() ? hit.what : hit.provider + " " + hit.what; }

class SecretReader final : public Reader {
 public:
  explicit SecretReader(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

  bool wants(const Entry& e) const override {
    // Lock files are long lists of digests: they cost time and never held a secret. Addresses with passwords in them do
    // occur, so yarn's and npm's are read when small.
    return e.kind != Kind::lock || e.size < (1u << 20);
  }
  bool takes_patterns_only() const override { return true; }

  void begin(Project& project, Sink&) override {
    if (project.files().root().empty()) return;
    auto repository = git::Repository::open(project.files().root());
    if (!repository) return;
    auto tracked = repository->tracked();
    if (!tracked) return;
    auto& facts = project.notes<git::GitFacts>();
    facts.known = true;
    facts.tracked = std::move(*tracked);
  }

  void read(const Source& source, Project& project, Sink& sink) override {
    if (source.entry().role == Role::bundle) find_values(source, project, sink);
    for (const Hit& hit : engine_->scan(source.text(), source.entry().kind)) report(hit, source, project, sink);
    if (source.entry().kind == Kind::env) read_env(source, project, sink);
  }

 private:
  void report(const Hit& hit, const Source& source, Project& project, Sink& sink) {
    const Role role = source.entry().role;
    const int line = source.line_at(hit.begin);
    const std::string_view value = source.text().substr(hit.begin, hit.end - hit.begin);
    auto& notes = project.notes<Notes>();
    switch (hit.verdict) {
      case Verdict::sample:
        ++notes.samples;
        return;
      case Verdict::publish:
        ++notes.publish[title_of(hit)];
        return;
      case Verdict::fallback: {
        // A placeholder is no secret and tells the reader most when shown whole.
        const std::string shown = is_sample(value) || entropy(value) < 3.2 ? text::printable(value, 60) : redact(value);
        auto& f = sink.find("SEC-013", source.path(), line, hit.name + " falls back to \"" + shown + "\"");
        f.severity = hit.severity;
        f.key = value_key(value);
        return;
      }
      case Verdict::logged: {
        if (role != Role::product) return;
        auto& f =
            sink.find("SEC-014", source.path(), source.line_at(hit.end > 0 ? hit.end - 1 : 0), "prints " + hit.name);
        f.locations.front().line = f.locations.front().end_line = line;
        f.confidence = hit.confidence;
        return;
      }
      case Verdict::exposed: {
        if (role == Role::document || role == Role::test || role == Role::bundle) return;
        if (auto it = notes.exposed.find(hit.name); it != notes.exposed.end()) {
          if (it->second->locations.size() < 10)
            it->second->locations.push_back({std::string(source.path()), line, line, {}});
          return;
        }
        auto& f = sink.find("SEC-004", source.path(), line, hit.name);
        f.title += ": " + hit.name;
        f.severity = hit.severity;
        f.confidence = hit.confidence;
        notes.exposed[hit.name] = &f;
        return;
      }
      case Verdict::secret:
      case Verdict::test_key:
        break;
    }
    if (role == Role::test || role == Role::example) {
      if (source.entry().kind != Kind::env || hit.verdict != Verdict::secret || hit.shape == Shape::database_url ||
          hit.confidence != proof::Confidence::high) {
        ++notes.samples;
        return;
      }
      auto& f = sink.find("ENV-005", source.path(), line, evidence_of(hit, source.text()));
      f.title += ": " + title_of(hit);
      f.key = value_key(value);
      return;
    }
    // Where a secret belongs while developing; but a tree without git cannot show that it stayed there, and a
    // provider's key is told then, with what speaks against it.
    const bool kept = source.entry().kind == Kind::env && local_only(project, source.path());
    if (kept && (project.notes<git::GitFacts>().known || hit.shape == Shape::assignment)) return;
    const bool words = hit.shape == Shape::assignment || hit.shape == Shape::password || hit.shape == Shape::compared ||
                       hit.shape == Shape::login;
    if (words && (role == Role::bundle || role == Role::document)) return;
    if (words && (translated(source.path()) || hit.begin == 0)) return;
    if (role == Role::bundle && in_bundle_.contains(std::string(value))) return;  // already told as a value of .env
    // What the whole file says (ENV-001) is not said again for each line, save for keys that a provider must revoke.
    if (source.entry().kind == Kind::env && (hit.shape == Shape::database_url || hit.shape == Shape::web_url_password))
      return;
    notes.values.insert(text::hex(crypto::sha256(value).view()));
    // Once a file: the second place of a value says nothing new.
    if (auto [same, first] = notes.here.try_emplace({std::string(source.path()), std::string(value)}, nullptr);
        !first && same->second != nullptr && !value.empty()) {
      if (same->second->locations.size() < 10)
        same->second->locations.push_back({std::string(source.path()), line, line, {}});
      return;
    }
    std::string_view id = "SEC-001";
    if (role == Role::bundle) {
      if (hit.shape == Shape::database_url || hit.shape == Shape::web_url_password)
        return;  // libraries carry samples of these
      id = "SEC-003";
    } else if (hit.shape == Shape::password && value.empty()) {
      id = "INF-003";
    } else if (words) {
      id = "SEC-017";
    } else if (hit.shape == Shape::database_url || hit.shape == Shape::web_url_password) {
      id = "SEC-010";
    } else if (hit.shape == Shape::pem) {
      id = "SEC-009";
    } else if (hit.shape == Shape::jwt && hit.provider == "Supabase") {
      id = "SEC-007";
    }
    auto& f = sink.find(id, source.path(), line, evidence_of(hit, source.text()));
    if (hit.shape == Shape::database_url || words) notes.here[{std::string(source.path()), std::string(value)}] = &f;
    if (!hit.provider.empty()) f.title += ": " + title_of(hit);
    if (!hit.where.empty()) f.evidence.push_back("Revoke at: " + hit.where);
    f.severity = hit.severity;
    f.confidence = hit.confidence;
    f.key = value_key(value);
    if (hit.verdict == Verdict::test_key) f.evidence.push_back("A test-mode key: it opens no live account.");
    if (kept) {
      f.evidence.push_back("No git index to ask: .gitignore names the file, so it may never have left this machine.");
      f.confidence = proof::Confidence::low;
    }
    if (hit.shape == Shape::password && value.empty()) f.title = "Data store without a password";
    if (hit.clear)
      sink.find("INF-017", source.path(), line, hit.what + ": the record names another network and nothing of TLS")
          .confidence = proof::Confidence::medium;
    if (role == Role::document) {
      f.severity = std::min(f.severity, proof::Severity::medium);
      f.confidence = std::min(f.confidence, proof::Confidence::medium);
    }
  }

  void read_env(const Source& source, Project& project, Sink& sink) {
    const Entry& entry = source.entry();
    if (entry.role != Role::product) return;
    const auto& git = project.notes<git::GitFacts>();
    const bool ignored = git_ignores(project, source.path());
    const bool tracked = git.known && git.tracked.contains(source.path());
    std::vector<std::string> held;
    int first = 0;
    const auto lines = parse_env(source.text());
    const bool production = entry.path.find("prod") != std::string::npos,
               development =
                   entry.path.find("dev") != std::string::npos || entry.path.find("local") != std::string::npos;
    for (const EnvLine& l : lines) {
      std::optional<Hit> best = judge_value(l.name, l.value);
      for (const Hit& h : engine_->scan(l.name + "=" + l.value, Kind::env))
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
        const bool signs = n == "jwt_secret" || n == "session_secret" || n == "auth_secret" || n == "cookie_secret" ||
                           n == "secret_key" || n == "nextauth_secret" || n == "better_auth_secret" ||
                           n == "jwt_signing_key" || n == "signing_secret" || n == "jwt_secret_key" ||
                           n == "django_secret_key" || n == "app_secret";
        if (signs && !l.value.empty() && l.value.size() < 32 && l.value.find("${") == std::string::npos)
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

  void find_values(const Source& source, Project&, Sink& sink) {
    if (!finder_) {
      std::vector<std::string> texts;
      std::set<std::string> once;
      std::erase_if(values_, [&](const Value& v) { return !once.insert(v.value).second; });
      for (const Value& v : values_) texts.push_back(v.value);
      auto finder = ValueFinder::create(texts);
      if (!finder) {
        sink.not_checked("values of environment files in built code: " + finder.error().text());
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

  struct Value {
    std::string name, value, path;
    int line;
  };
  std::shared_ptr<Engine> engine_;
  std::vector<Value> values_;
  std::optional<ValueFinder> finder_;
  std::set<std::string> in_bundle_;
};

// One secret under several names, and what was seen to be right.
class SecretCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    std::map<std::string, std::vector<const EnvVariable*>> by_value;
    for (const EnvVariable& v : project.env)
      if (!v.example && v.value.size() >= 12 && name_class(v.name) == NameClass::secret && !is_sample(v.value) &&
          v.value.find("://") == std::string::npos)
        by_value[v.value].push_back(&v);
    for (const auto& [value, uses] : by_value) {
      std::set<std::string> names;
      for (const EnvVariable* v : uses) names.insert(v->name);
      if (names.size() < 2) continue;
      std::string list;
      for (const std::string& n : names) list += (list.empty() ? "" : ", ") + n;
      auto& f = sink.find("SEC-012", uses.front()->path, uses.front()->line, "one value for " + list);
      for (std::size_t i = 1; i < uses.size(); ++i)
        f.locations.push_back({uses[i]->path, uses[i]->line, uses[i]->line, {}});
      f.key = value_key(value);
    }
    const auto& notes = project.notes<Notes>();
    for (const auto& [what, count] : notes.publish)
      sink.positive(what + ": public by design, seen " + std::to_string(count) + (count == 1 ? " time." : " times."));
    if (notes.samples > 0)
      sink.positive(std::to_string(notes.samples) +
                    " key-shaped values are placeholders, published samples or fixtures.");
    const auto secrets = {"SEC-001", "SEC-003", "SEC-007", "SEC-009", "SEC-017"};
    const bool clean = std::none_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return std::find(secrets.begin(), secrets.end(), f.id) != secrets.end();
    });
    if (clean) sink.positive("No provider secret, private key or hard-coded credential stands in the tree.");
    ignored_env(project, sink);
    key_stores(project, sink);
  }

 private:
  // Containers of keys are binary and tell by their names.
  static void key_stores(const Project& project, Sink& sink) {
    for (const Entry& e : project.entries()) {
      const std::string name = text::to_lower(e.name());
      const bool store = name.ends_with(".p12") || name.ends_with(".pfx") || name.ends_with(".jks") ||
                         name.ends_with(".keystore") || name.ends_with(".ppk");
      if (!store || e.role != Role::product || e.size == 0 || name == "debug.keystore") continue;
      if (local_only(project, e.path)) continue;
      auto& f = sink.find("SEC-009", e.path, 1, "a store of keys of " + std::to_string(e.size) + " bytes");
      f.title = "Key store in the tree";
      f.severity = proof::Severity::high;
      f.confidence = proof::Confidence::medium;
    }
  }

  // Does the project keep its environment files away from git and images?
  static void ignored_env(const Project& project, Sink& sink) {
    // Variables of images and Compose files are not read from files that could be forgotten.
    const bool files = std::any_of(project.env.begin(), project.env.end(),
                                   [](const EnvVariable& v) { return kind_of(v.path) == Kind::env; });
    const bool uses_env = files || project.depends_on("dotenv") || project.depends_on("python-dotenv") ||
                          project.depends_on("python-decouple") || project.depends_on("django-environ");
    const auto lists = project.named(".gitignore");
    if (lists.empty() && !project.entry(".gitignore"))
      for (const Entry& e : project.entries())
        if (text::iequals(e.name(), ".gitignore")) {
          sink.find("ENV-009", e.path, 1,
                    "git reads .gitignore only in this spelling, not " + text::printable(e.name()));
          return;
        }
    if (uses_env && !project.notes<git::GitFacts>().known && lists.empty()) {
      // A tree without git and without .gitignore: an export. Nothing can be said.
      sink.not_checked("whether git ignores environment files: the tree has neither .git nor .gitignore");
    } else if (uses_env && git_ignores(project, ".env")) {
      sink.positive("Environment files are ignored by git.");
    } else if (uses_env) {
      // Folders with a list of their own may do it.
      const bool somewhere = std::any_of(lists.begin(), lists.end(), [&](const Entry* e) {
        const std::string folder(e->folder());
        return git_ignores(project, folder.empty() ? ".env" : folder + "/.env");
      });
      const bool reported = std::any_of(sink.findings().begin(), sink.findings().end(),
                                        [](const proof::Finding& f) { return f.id == "ENV-001" || f.id == "ENV-002"; });
      if (!somewhere && !reported && !lists.empty())
        sink.find("ENV-009", lists.front()->path, 1, "no pattern covers .env");
    }
  }
};

// Blobs of the history that the tree no longer holds.
class HistoryCheck final : public Check {
 public:
  explicit HistoryCheck(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

  void look(const Project& project, Sink& sink) const override {
    const std::string root = project.files().root();
    if (root.empty()) return;
    auto repository = git::Repository::open(root);
    if (!repository) {
      sink.not_checked("git history: " + repository.error().detail);
      return;
    }
    std::set<std::string> told = project.notes<Notes>().values;
    auto rest = repository->history([&](const git::HistoryBlob& blob) {
      const Role role = role_of(blob.path);
      const Kind kind = kind_of(blob.path);
      if (role == Role::test || role == Role::example || role == Role::document || kind == Kind::lock) return;
      if (blob.text.substr(0, 8192).find('\0') != std::string_view::npos) return;
      for (const Hit& hit : engine_->scan(blob.text, kind)) {
        if (hit.verdict != Verdict::secret || hit.confidence != proof::Confidence::high) continue;
        if (hit.shape == Shape::assignment || hit.shape == Shape::password || hit.shape == Shape::compared ||
            hit.shape == Shape::login || hit.shape == Shape::carried || hit.shape == Shape::database_url ||
            hit.shape == Shape::web_url_password)
          continue;
        const std::string_view value = blob.text.substr(hit.begin, hit.end - hit.begin);
        if (!told.insert(text::hex(crypto::sha256(value).view())).second) continue;
        const int line = 1 + static_cast<int>(std::count(
                                 blob.text.begin(), blob.text.begin() + static_cast<std::ptrdiff_t>(hit.begin), '\n'));
        auto& f = sink.find("SEC-002", blob.path, line, evidence_of(hit, blob.text));
        f.title += ": " + title_of(hit);
        f.evidence.push_back("In commit " + blob.commit.substr(0, 12) + ", not in the files of today.");
        if (!hit.where.empty()) f.evidence.push_back("Revoke at: " + hit.where);
        f.severity = std::min(hit.severity, proof::Severity::critical);
        f.key = value_key(value);
      }
    });
    if (!rest)
      sink.not_checked("git history: " + rest.error().text());
    else if (!rest->empty())
      sink.not_checked("git history: " + *rest);
  }

 private:
  std::shared_ptr<Engine> engine_;
};

class NoEngine final : public Check {
 public:
  explicit NoEngine(std::string why) : why_(std::move(why)) {}
  void look(const Project&, Sink& sink) const override { sink.not_checked("secrets: " + why_); }

 private:
  std::string why_;
};

}  // namespace

void add_secrets(Pack& pack) {
  auto engine = Engine::create();
  if (!engine) {
    pack.checks.push_back(std::make_unique<NoEngine>(engine.error().detail));
    return;
  }
  auto shared = std::make_shared<Engine>(std::move(*engine));
  pack.readers.push_back(std::make_unique<SecretReader>(shared));
  pack.readers.push_back(std::make_unique<PlainReader>());
  pack.checks.push_back(std::make_unique<SecretCheck>());
  pack.checks.push_back(std::make_unique<HistoryCheck>(shared));
}

}  // namespace gatehouse::audit::secrets
