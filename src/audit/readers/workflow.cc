#include "audit/readers/workflow.h"

#include <algorithm>

#include "audit/readers/yaml.h"
#include "audit/secrets/judge.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// owner/name@<40 hex digits>
bool pinned(std::string_view uses) {
  const std::size_t at = uses.rfind('@');
  if (at == std::string_view::npos) return false;
  const std::string_view ref = uses.substr(at + 1);
  return ref.size() == 40 && std::all_of(ref.begin(), ref.end(), [](char c) { return text::hex_value(c) >= 0; });
}

struct Seen {
  bool target = false;  // pull_request_target
  const yaml::Node* fork_checkout = nullptr;
  std::vector<const yaml::Node*> loose;  // third-party actions by tag or branch
};

void step(const yaml::Node& s, const Source& source, Sink& sink, Seen& seen) {
  if (const yaml::Node* uses = s.find("uses")) {
    const std::string_view u = uses->text;
    const bool own = u.starts_with("./") || u.starts_with("docker://");
    if (!own && !pinned(u) && !u.starts_with("actions/") && !u.starts_with("github/")) seen.loose.push_back(uses);
    if (u.starts_with("actions/checkout"))
      if (const yaml::Node* with = s.find("with"); with != nullptr && has(with->text_at("ref"), "pull_request.head"))
        seen.fork_checkout = uses;
  }
  if (const yaml::Node* run = s.find("run")) {
    bool prints = false;  // echo "key is ${{ secrets.X }}", to the log and not into a file or a pipe
    for (const std::string_view line : text::split(run->text, '\n')) {
      const std::size_t secret = line.find("${{ secrets.");
      const std::string_view command = text::trim(line);
      prints = prints ||
               (secret != std::string_view::npos && (command.starts_with("echo ") || command.starts_with("printf ")) &&
                line.find('>') == std::string_view::npos && line.find('|') == std::string_view::npos);
    }
    prints = prints || has(run->text, "printenv\n") || run->text == "printenv" || run->text == "env";
    if (prints) sink.find("INF-020", source.path(), run->line, "a step prints secrets or the whole environment");
  }
}

void environment(const yaml::Node* env, const Source& source, Sink& sink) {
  if (env == nullptr) return;
  for (const auto& [name, node] : env->members()) {
    const yaml::Node& value = *node;
    if (secrets::name_class(name) != secrets::NameClass::secret || value.text.empty() || has(value.text, "${{"))
      continue;
    // Short throw-away values for the job's own database and test settings are what CI is full of.
    if (secrets::is_sample(value.text) || value.text.size() < 16 || has(text::to_lower(value.text), "test") ||
        has(text::to_lower(value.text), "ci") || has(value.text, "://"))
      continue;
    sink.find("SEC-016", source.path(), value.line, std::string(name) + " = " + secrets::redact(value.text));
  }
}

}  // namespace

bool WorkflowReader::wants(const Entry& entry) const {
  return entry.kind == Kind::yaml &&
         (entry.path.starts_with(".github/workflows/") || has(entry.path, "/.github/workflows/"));
}

void WorkflowReader::read(const Source& source, Project&, Sink& sink) {
  auto documents = yaml::parse(source.text());
  if (!documents) {
    sink.not_checked(std::string(source.path()) + ": not readable as YAML (" + documents.error().detail + ")");
    return;
  }
  Seen seen;
  for (const yaml::Node& d : *documents) {
    // YAML 1.1 reads a bare `on` as true; here it stays a word.
    if (const yaml::Node* on = d.find("on")) {
      seen.target |= on->text == "pull_request_target" || on->find("pull_request_target") != nullptr;
      for (const yaml::Node& item : on->items) seen.target |= item.text == "pull_request_target";
    }
    environment(d.find("env"), source, sink);
    const yaml::Node* jobs = d.find("jobs");
    if (jobs == nullptr) continue;
    for (const auto& [name, node] : jobs->members()) {
      const yaml::Node& job = *node;
      environment(job.find("env"), source, sink);
      if (const yaml::Node* steps = job.find("steps"))
        for (const yaml::Node& s : steps->items) {
          environment(s.find("env"), source, sink);
          step(s, source, sink, seen);
        }
    }
  }
  if (seen.target && seen.fork_checkout != nullptr)
    sink.find("DEP-014", source.path(), seen.fork_checkout->line, "pull_request_target checks out the fork's commit");
  if (!seen.loose.empty()) {
    auto& f = sink.find("DEP-010", source.path(), seen.loose.front()->line, seen.loose.front()->text);
    f.severity = proof::Severity::low;
    for (std::size_t i = 1; i < seen.loose.size() && i < 8; ++i) {
      f.evidence.push_back(seen.loose[i]->text);
      f.locations.push_back({std::string(source.path()), seen.loose[i]->line, seen.loose[i]->line, {}});
    }
  }
}

}  // namespace gatehouse::audit
