#include "audit/secrets/reader.h"

#include <algorithm>

#include "audit/git/repository.h"
#include "audit/secrets/checks.h"
#include "audit/secrets/engine.h"
#include "audit/secrets/environment.h"
#include "audit/secrets/manuals.h"
#include "audit/secrets/notes.h"
#include "audit/secrets/plain.h"
#include "audit/secrets/published_accounts.h"
#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::audit::secrets {
namespace {

// 0x and 40 hexadecimal digits: where a coin or a contract stands on a public ledger. Private keys have 64.
bool ledger_address(std::string_view value) {
  return value.size() == 42 && value.starts_with("0x") &&
         value.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
}

// Words for people: "password" beside its translation.
bool translated(std::string_view path) {
  const std::string low = text::to_lower(path);
  for (const std::string_view word : {"locale", "i18n", "/lang/", "lang.", "translation", "messages", "strings."})
    if (low.find(word) != std::string::npos) return true;
  return low.starts_with("lang/");
}

// Stops: a database's real password that was copied into the example beside it. Words that stand for a password, and
// hosts that stand for a host, are what examples are for.
bool names_live_store(const Hit& hit, std::string_view address) {
  if (hit.verdict != Verdict::secret || hit.severity != proof::Severity::high) return false;
  const std::size_t mark = address.find("://"), at = address.rfind('@');
  const std::size_t colon = mark == std::string_view::npos ? mark : address.find(':', mark + 3);
  if (colon == std::string_view::npos || at == std::string_view::npos || colon > at) return false;
  const std::string password = text::to_lower(address.substr(colon + 1, at - colon - 1));
  const std::string host = text::to_lower(address.substr(at + 1));
  for (const std::string_view word : {"pass", "secret", "pwd", "1234", "abc", "xxx", "user", "test"})
    if (password.find(word) != std::string::npos) return false;
  for (const std::string_view word : {"cluster.", "cluster0.mongodb", "xxx", "abcde", "host", "your", "myserver",
                                      "endpoint", "region", "project-ref"})
    if (host.starts_with(word) || (word.size() > 4 && host.find(word) != std::string::npos)) return false;
  return password.size() >= 6 && entropy(password) > 2.2;
}

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
    if (source.entry().role == Role::bundle) values_.find_in(source, sink);
    for (const Hit& hit : engine_->scan(source.text(), source.entry().kind)) report(hit, source, project, sink);
    if (source.entry().kind == Kind::env) values_.read(*engine_, source, project, sink);
    if (source.entry().kind == Kind::markdown) {
      read_manual(source, sink);
      read_published_accounts(source, sink);
    }
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
          auto& places = it->second->locations;
          const bool told = !places.empty() && places.back().path == source.path() && places.back().line == line;
          if (!told && places.size() < 10) places.push_back({std::string(source.path()), line, line, {}});
          return;
        }
        auto& f = sink.find("SEC-004", source.path(), line, hit.name);
        f.title += ": " + hit.name;
        f.key = hit.name;
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
      const bool live = hit.shape == Shape::database_url && names_live_store(hit, value);
      if (source.entry().kind != Kind::env || (hit.shape == Shape::database_url && !live) ||
          (!live && hit.confidence != proof::Confidence::high)) {
        ++notes.samples;
        return;
      }
      auto& f = sink.find("ENV-005", source.path(), line, evidence_of(hit, source.text()));
      f.title += live ? ": the address of a database with its password" : ": " + title_of(hit);
      if (hit.verdict == Verdict::test_key) f.severity = proof::Severity::medium;
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
    if (words && ledger_address(value)) return;
    if (role == Role::bundle && values_.told(value)) return;  // already told as a value of .env
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

  std::shared_ptr<Engine> engine_;
  EnvironmentValues values_;
};

class NoEngine final : public Check {
 public:
  explicit NoEngine(std::string why) : why_(std::move(why)) {}
  void look(const Project&, Sink& sink) const override {
    sink.gave_up({".", "the search for secrets: " + why_, false});
  }

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
  pack.checks.push_back(tree_check());
  pack.checks.push_back(history_check(shared));
}

}  // namespace gatehouse::audit::secrets
