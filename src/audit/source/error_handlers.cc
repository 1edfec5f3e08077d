#include "audit/source/error_handlers.h"

#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct ErrorHandlers {
  bool own = false;  // (err, req, res, next) => …, or a package's
};

// A stage that is set for whoever starts it: then Express itself keeps the stack back.
bool runs_as_production(const Project& project) {
  for (const EnvVariable& v : project.env)
    if (!v.example && v.name == "NODE_ENV" && v.value == "production") return true;
  for (const Entry& e : project.entries()) {
    const std::string low = text::to_lower(e.name());
    if (!icontains_any(low, {"dockerfile", "procfile", "compose", "ecosystem", "render.y", "fly.toml", "railway",
                             "package.json", "vercel.json", ".service", "app.y"}))
      continue;
    const auto source = project.open(e.path);
    if (!source) continue;
    const std::string_view all = source->text();
    for (std::size_t at = all.find("NODE_ENV"); at != all.npos; at = all.find("NODE_ENV", at + 1))
      if (contains(all.substr(at, 60), "production")) return true;
    if (low == "vercel.json") return true;
  }
  return false;
}

}  // namespace

void read_error_handlers(File& file) {
  if (client_file(file)) return;
  auto& notes = file.project.notes<ErrorHandlers>();
  if (notes.own) return;
  for (const char* type : {"arrow_function", "function_expression", "function_declaration", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const auto given = parameters_of(f);
      if (given.size() != 4) continue;
      const std::string_view first = given.front().text();
      if (icontains(first, "err") || first == "e" || first == "ex" || first == "_" || icontains(first, "exception"))
        notes.own = true;
    }
  for (const Call& c : file.calls) {
    if (last(c.name) != "use") continue;
    for (const Node a : c.args)
      if (icontains_any(a.code().substr(0, 80), {"error", "exception", "sentry"})) notes.own = true;
  }
  if (icontains_any(file.code(), {"setuperrorhandler", "seterrorhandler", "setupexpresserrorhandler"}))
    notes.own = true;
}

// Stops: the stack of the program, with its paths and packages, as the answer to a bracket that is missing.
void judge_error_handlers(const Project& project, Sink& sink) {
  const auto& apps = project.notes<ScriptNotes>().apps;
  if (apps.empty() || project.notes<ErrorHandlers>().own || project.notes<ScriptNotes>().routes.size() < 3 ||
      !project.depends_on("express") || runs_as_production(project))
    return;
  auto& f = sink.find("EX-010", apps.front().at, apps.front().shown);
  f.title = "No error handler of its own: Express answers with the stack unless NODE_ENV is production";
  f.severity = proof::Severity::low;
  f.confidence = proof::Confidence::medium;
}

}  // namespace gatehouse::audit::source
