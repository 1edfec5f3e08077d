#include <algorithm>
#include <set>

#include "audit/git/repository.h"
#include "audit/secrets/checks.h"
#include "audit/secrets/notes.h"
#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::audit::secrets {
namespace {

// Blobs of the history that the tree no longer holds.
class HistoryCheck final : public Check {
 public:
  explicit HistoryCheck(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

  void look(const Project& project, Sink& sink) const override {
    const std::string root = project.files().root();
    if (root.empty()) return;
    auto repository = git::Repository::open(root);
    if (!repository) {
      if (repository.error().code == "broken_repository")
        sink.gave_up({".git", "git history: " + repository.error().detail, false});
      else
        sink.not_checked("git history: " + repository.error().detail);
      return;
    }
    std::set<std::string> told = project.notes<Notes>().values;
    const auto gaps = repository->history([&](const git::HistoryBlob& blob) {
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
    if (!gaps) {
      sink.gave_up({".git", "git history: " + gaps.error().detail, false});
      return;
    }
    if (!gaps->beyond.empty()) sink.not_checked("git history: " + gaps->beyond);
    if (gaps->shallow) sink.not_checked("git history: this clone is shallow, its older commits are not in it");
    // Stops: a secret behind a commit that was damaged so that nobody comes to it.
    if (gaps->broken > 0)
      sink.gave_up({".git",
                    "git history: " + std::to_string(gaps->broken) + (gaps->broken == 1 ? " object" : " objects") +
                        " missing or not what they claim to be (git fsck tells which)",
                    false});
  }

 private:
  std::shared_ptr<Engine> engine_;
};

}  // namespace

std::unique_ptr<Check> history_check(std::shared_ptr<Engine> engine) {
  return std::make_unique<HistoryCheck>(std::move(engine));
}

}  // namespace gatehouse::audit::secrets
