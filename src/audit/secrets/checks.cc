#include "audit/secrets/checks.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/git/repository.h"
#include "audit/readers/gitignore.h"
#include "audit/secrets/notes.h"
#include "base/text.h"

namespace gatehouse::audit::secrets {
namespace {

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
    const auto secrets = {"SEC-001", "SEC-003", "SEC-007", "SEC-009", "SEC-010", "SEC-013",
                          "SEC-016", "SEC-017", "ENV-001", "ENV-005", "INF-003"};
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
                          project.depends_on("python-decouple") || project.depends_on("django-environ") ||
                          // These read the file by themselves, or are always given one.
                          project.depends_on("next") || project.depends_on("vite") || project.depends_on("django") ||
                          project.depends_on("express") || project.depends_on("fastapi") ||
                          project.depends_on("pydantic-settings") || project.depends_on("@nestjs/config");
    const auto lists = project.named(".gitignore");
    if (lists.empty() && !project.entry(".gitignore"))
      for (const Entry& e : project.entries())
        if (text::iequals(e.name(), ".gitignore")) {
          sink.find("ENV-009", e.path, 1,
                    "git reads .gitignore only in this spelling, not " + text::printable(e.name()));
          return;
        }
    // Other files whose names begin with a dot came along: there is none of git's.
    const auto dotted = std::find_if(project.entries().begin(), project.entries().end(), [](const Entry& e) {
      return e.role != Role::test &&
             (e.name() == ".env.example" || e.name() == ".env.sample" || e.name() == ".dockerignore");
    });
    const bool told = std::any_of(sink.findings().begin(), sink.findings().end(),
                                  [](const proof::Finding& f) { return f.id == "ENV-001" || f.id == "ENV-002"; });
    if (uses_env && !project.notes<git::GitFacts>().known && lists.empty() && dotted != project.entries().end() &&
        !told) {
      // At the manifest: remarks on examples are left out.
      const bool manifest = !project.dependencies.empty();
      auto& f = sink.find("ENV-009", manifest ? project.dependencies.front().path : dotted->path, 1,
                          "no .gitignore stands in the tree");
      f.severity = proof::Severity::low;
      f.confidence = proof::Confidence::medium;
    } else if (uses_env && !project.notes<git::GitFacts>().known && lists.empty()) {
      // A tree without git and without .gitignore: an export. Nothing can be said.
      sink.not_checked("whether git ignores environment files: the tree has neither .git nor .gitignore");
    } else if (uses_env && (git_ignores(project, ".env") ||
                            // Stages by name, and both of them are kept away.
                            (git_ignores(project, ".env.production") && git_ignores(project, ".env.development")) ||
                            (git_ignores(project, ".env.prod") && git_ignores(project, ".env.dev")))) {
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

}  // namespace

std::unique_ptr<Check> tree_check() { return std::make_unique<SecretCheck>(); }

}  // namespace gatehouse::audit::secrets
