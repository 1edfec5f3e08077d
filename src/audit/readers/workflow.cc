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

// By a branch, which moves with every push, and not by a tag.
bool by_branch(std::string_view uses) {
  const std::string_view ref = uses.substr(std::min(uses.size(), uses.rfind('@') + 1));
  return ref == "master" || ref == "main" || ref == "develop" || ref == "latest";
}

struct Seen {
  bool target = false;   // pull_request_target
  bool request = false;  // pull_request
  bool secrets = false;  // more than the token of the run itself
  const yaml::Node* fork_checkout = nullptr;
  std::vector<const yaml::Node*> loose;   // third-party actions by tag
  std::vector<const yaml::Node*> moving;  // actions by branch
  std::vector<const yaml::Node*> common;  // GitHub's own actions by tag
  bool permissions = false;               // somewhere it says what the token may
};

struct ToldOnce {
  bool common = false, permissions = false;
};

// What anybody writes who opens an issue, a pull request or a branch; nothing when the script has none of it.
std::string_view stranger(std::string_view script) {
  for (const std::string_view word :
       {"github.event.issue.title", "github.event.issue.body", "github.event.pull_request.title",
        "github.event.pull_request.body", "github.event.comment.body", "github.event.review.body",
        "github.event.pull_request.head.ref", "github.event.pull_request.head.label", "github.event.discussion.title",
        "github.event.discussion.body", "github.event.head_commit.message", "github.head_ref"})
    for (std::size_t at = script.find("${{"); at != std::string_view::npos; at = script.find("${{", at + 3)) {
      const std::string_view inside = script.substr(at, script.substr(at).find("}}"));
      if (has(inside, word)) return word;
    }
  return {};
}

bool uses_secrets(std::string_view text) {
  for (std::size_t at = text.find("secrets."); at != std::string_view::npos; at = text.find("secrets.", at + 8))
    if (!text.substr(at + 8).starts_with("GITHUB_TOKEN")) return true;
  return false;
}

// Does a command or an action bring something into the world?
bool deploys(std::string_view words) {
  for (const std::string_view w : {"container:release", "git push",         "docker push",      "kubectl apply",
                                   "kubectl set",       "helm upgrade",     "ansible-playbook", "terraform apply",
                                   "flyctl deploy",     "fly deploy",       "npm publish",      "twine upload",
                                   "serverless deploy", "sls deploy",       "cdk deploy",       "gcloud run deploy",
                                   "gcloud app deploy", "firebase deploy",  "vercel --prod",    "eb deploy",
                                   "wrangler deploy",   "supabase db push", "heroku-deploy",    "ssh-action",
                                   "ftp-deploy",        "action.playbook",  "aws s3 sync",      "rsync "})
    if (has(words, w)) return true;
  return false;
}

// A condition that keeps pull requests out.
bool kept_from_requests(std::string_view condition) {
  return has(condition, "refs/heads") || has(condition, "'push'") || has(condition, "\"push\"") ||
         has(condition, "ref_name") || has(condition, "refs/tags") || has(condition, "pull_request") ||
         has(condition, "workflow_dispatch") || has(condition, "release") || has(condition, "merged");
}

// The line of the file on which a line of a script stands.
int line_in(const Source& source, const yaml::Node& script, std::string_view line) {
  line = text::trim(line);
  for (int n = script.line; n <= source.lines() && n < script.line + 400 && !line.empty(); ++n)
    if (has(source.line(n), line)) return n;
  return script.line;
}

void step(const yaml::Node& s, const Source& source, Sink& sink, Seen& seen) {
  if (const yaml::Node* uses = s.find("uses")) {
    const std::string_view u = uses->text;
    const bool own = u.starts_with("./") || u.starts_with("docker://");
    const bool common = u.starts_with("actions/") || u.starts_with("github/");  // by a tag, like everybody
    if (!own && !pinned(u) && by_branch(u)) seen.moving.push_back(uses);
    if (!own && !pinned(u) && !by_branch(u) && !common) seen.loose.push_back(uses);
    if (common && !pinned(u) && !by_branch(u)) seen.common.push_back(uses);
    // Stops: a machine in between that takes the key's commands, since nobody looks whose host answers.
    if (u.starts_with("appleboy/ssh-action") || u.starts_with("appleboy/scp-action"))
      if (const yaml::Node* with = s.find("with"); with != nullptr && with->find("fingerprint") == nullptr) {
        auto& f = sink.find("INF-024", source.path(), uses->line, std::string(u));
        f.title = "A deployment signs in to whichever host answers: no fingerprint is named";
        f.severity = proof::Severity::low;
      }
    if (u.starts_with("actions/checkout"))
      if (const yaml::Node* with = s.find("with"); with != nullptr && has(with->text_at("ref"), "pull_request.head"))
        seen.fork_checkout = uses;
  }
  if (const yaml::Node* run = s.find("run")) {
    std::string_view prints;  // echo "key is ${{ secrets.X }}", to the log and not into a file or a pipe
    for (const std::string_view line : text::split(run->text, '\n')) {
      const std::size_t secret = line.find("${{ secrets.");
      const std::string_view command = text::trim(line);
      const bool echoes = secret != std::string_view::npos &&
                          (command.starts_with("echo ") || command.starts_with("printf ")) &&
                          line.find('>') == std::string_view::npos && line.find('|') == std::string_view::npos;
      if (prints.empty() && (echoes || command == "printenv" || command == "env")) prints = line;
    }
    if (const std::string_view word = stranger(run->text); !word.empty()) {
      auto& f = sink.find("DEP-014", source.path(), run->line, "a shell reads ${{ " + std::string(word) + " }}");
      f.title = "A stranger's words become commands of the workflow";
      f.impact = "A title such as `$(…)` runs in the job, with its token and secrets.";
      f.fix = "Hand it over in `env:` and write \"$NAME\" in the script.";
    }
    if (!prints.empty())
      sink.find("INF-020", source.path(), line_in(source, *run, prints),
                "a step prints secrets or the whole environment");
  }
}

// Kept from pull requests by the job it needs.
bool waits(const yaml::Node& job, const yaml::Node& jobs) {
  const yaml::Node* needs = job.find("needs");
  if (needs == nullptr) return false;
  auto kept = [&](std::string_view name) {
    const yaml::Node* other = jobs.find(name);
    return other != nullptr && kept_from_requests(other->text_at("if"));
  };
  return kept(needs->text) ||
         std::any_of(needs->items.begin(), needs->items.end(), [&](const yaml::Node& i) { return kept(i.text); });
}

// A machine of one's own, and what runs there has root for the asking.
void own_machine(std::string_view name, const yaml::Node& job, bool requests, const Source& source, Sink& sink) {
  const yaml::Node* on = job.find("runs-on");
  if (on == nullptr) return;
  const bool own =
      on->text == "self-hosted" ||
      std::any_of(on->items.begin(), on->items.end(), [](const yaml::Node& i) { return i.text == "self-hosted"; });
  if (!own) return;
  if (requests && !kept_from_requests(job.text_at("if"))) {
    auto& f =
        sink.find("DEP-014", source.path(), on->line, "the job " + text::printable(name) + " runs on self-hosted");
    f.title = "Pull requests run on a machine of one's own";
    f.impact = "Whoever may open a pull request runs commands there, beside what earlier runs left behind.";
    f.fix = "Use hosted runners for pull requests, or a fresh machine for each run, and ask for approval.";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
  }
  const yaml::Node* steps = job.find("steps");
  if (steps == nullptr) return;
  // Stops: a branch, or a package of the build, that becomes root on the server.
  for (const yaml::Node& s : steps->items)
    if (const yaml::Node* run = s.find("run"))
      for (const std::string_view line : text::split(run->text, '\n'))
        if (text::trim(line).starts_with("sudo ") || has(line, "&& sudo ") || has(line, "; sudo ")) {
          const int at = line_in(source, *run, line);
          auto& f = sink.find("INF-027", source.path(), on->line,
                              "self-hosted, and " + text::printable(text::trim(line), 160));
          f.locations.push_back({std::string(source.path()), at, at, {}});
          return;
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

// Does a step fetch packages and run what their authors ask for?
bool installs(const yaml::Node& job) {
  const yaml::Node* steps = job.find("steps");
  if (steps == nullptr) return false;
  return std::any_of(steps->items.begin(), steps->items.end(), [](const yaml::Node& s) {
    const std::string_view run = s.text_at("run");
    if (has(run, "--ignore-scripts")) return false;
    for (const std::string_view w : {"npm ci", "npm install", "npm i ", "yarn install", "pnpm install", "pnpm i ",
                                     "bun install", "pip install", "poetry install", "uv sync"})
      if (has(run, w)) return true;
    return text::trim(run) == "yarn";
  });
}

// Stops: the secret that one step needs, read by every package that another installs.
const yaml::Node* given_to_all(const yaml::Node* env) {
  if (env == nullptr) return nullptr;
  for (const auto& [name, value] : env->members())
    if (has(value->text, "secrets.") && !has(value->text, "GITHUB_TOKEN") && !name.ends_with("_ID") &&
        !name.ends_with("_REGION") && !name.ends_with("_HOST"))
      return value;
  return nullptr;
}

}  // namespace

bool WorkflowReader::wants(const Entry& entry) const {
  return entry.kind == Kind::yaml &&
         (entry.path.starts_with(".github/workflows/") || has(entry.path, "/.github/workflows/"));
}

void WorkflowReader::read(const Source& source, Project& project, Sink& sink) {
  auto documents = yaml::parse(source.text());
  if (!documents) {
    sink.gave_up({std::string(source.path()), "not readable as YAML (" + documents.error().detail + ")"});
    return;
  }
  Seen seen;
  seen.secrets = uses_secrets(source.text());
  for (const yaml::Node& d : *documents) {
    // YAML 1.1 reads a bare `on` as true; here it stays a word.
    if (const yaml::Node* on = d.find("on")) {
      auto by = [&](std::string_view event) {
        return on->text == event || on->find(event) != nullptr ||
               std::any_of(on->items.begin(), on->items.end(), [&](const yaml::Node& i) { return i.text == event; });
      };
      seen.target |= by("pull_request_target");
      seen.request |= by("pull_request");
    }
    environment(d.find("env"), source, sink);
    seen.permissions = seen.permissions || has(source.text(), "permissions:");
    if (const yaml::Node* may = d.find("permissions"); may != nullptr && may->text == "write-all")
      sink.find("DEP-015", source.path(), may->line, "permissions: write-all");
    const yaml::Node* jobs = d.find("jobs");
    if (jobs == nullptr) continue;
    for (const auto& [name, job] : jobs->members()) {
      const yaml::Node* wide = given_to_all(d.find("env"));
      if (wide == nullptr) wide = given_to_all(job->find("env"));
      if (wide == nullptr || !installs(*job)) continue;
      sink.find("INF-035", source.path(), wide->line,
                "the job " + text::printable(name) + " installs packages with " + text::printable(wide->text, 60) +
                    " in its environment");
      break;
    }
    for (const auto& [name, node] : jobs->members()) {
      const yaml::Node& job = *node;
      environment(job.find("env"), source, sink);
      own_machine(name, job, seen.request || seen.target, source, sink);
      bool told = !seen.request || !seen.secrets || kept_from_requests(job.text_at("if"));
      if (const yaml::Node* steps = job.find("steps"))
        for (const yaml::Node& s : steps->items) {
          environment(s.find("env"), source, sink);
          step(s, source, sink, seen);
          // Stops: production that runs what a branch of yesterday's guest asks for.
          const std::string words = std::string(s.text_at("run")) + " " + std::string(s.text_at("uses"));
          if (told || !deploys(words) || kept_from_requests(s.text_at("if")) || waits(job, *jobs)) continue;
          told = true;
          const yaml::Node* on = d.find("on");
          const yaml::Node* event = on->find("pull_request");
          auto& f = sink.find("DEP-014", source.path(), event != nullptr ? event->line : on->line,
                              "a pull request runs the job " + text::printable(name) + ", which deploys");
          f.title = "Every pull request is deployed before anybody reviewed it";
          f.impact = "Whoever can open a branch decides what runs in production, with the workflow's secrets.";
          f.fix = "Deploy on `push` to the protected branch, or add `if: github.event_name == 'push'` to the job.";
          f.confidence = proof::Confidence::medium;
        }
    }
  }
  if (seen.target && seen.fork_checkout != nullptr)
    sink.find("DEP-014", source.path(), seen.fork_checkout->line, "pull_request_target checks out the fork's commit");
  auto tell = [&](const std::vector<const yaml::Node*>& list) -> proof::Finding* {
    if (list.empty()) return nullptr;
    auto& f = sink.find("DEP-010", source.path(), list.front()->line, list.front()->text);
    for (std::size_t i = 1; i < list.size() && i < 8; ++i) {
      f.evidence.push_back(list[i]->text);
      f.locations.push_back({std::string(source.path()), list[i]->line, list[i]->line, {}});
    }
    return &f;
  };
  if (auto* f = tell(seen.moving)) {
    f->title = "Workflow action by a branch";
    f->severity = seen.secrets ? proof::Severity::high : proof::Severity::medium;
  }
  if (auto* f = tell(seen.loose)) f->severity = proof::Severity::low;
  auto& told = project.notes<ToldOnce>();
  if (!told.common && seen.loose.empty() && seen.moving.empty())
    if (auto* f = tell(seen.common)) {
      told.common = true;
      f->severity = proof::Severity::low;
    }
  // Once for the project: what the repository's default gives is write access in older ones.
  if (!told.permissions && !seen.permissions && !seen.common.empty()) {
    told.permissions = true;
    auto& f = sink.find("DEP-015", source.path(), 1, "no permissions: in the workflow");
    f.title = "The workflow does not say what its token may: it has what the repository's default gives";
    f.severity = proof::Severity::low;
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit
