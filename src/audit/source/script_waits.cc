#include "audit/source/script_waits.h"

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 8;

struct ScriptWaits {
  std::vector<Spot> all;
  bool bounded = false;  // a default for all of them
};

}  // namespace

void read_waits(File& file) {
  const Code code = file.code();
  if (!contains(code, "axios")) return;
  auto& notes = file.project.notes<ScriptWaits>();
  if (icontains_any(code, {"axios.defaults.timeout", "setglobaldispatcher", "httpmodule.register({ timeout"}))
    notes.bounded = true;
  if (client_file(file) || file.path.ends_with("x") ||
      icontains_any(
          code, {"from \"react", "from 'react", "document.", "localstorage", "window.", "react_app_", "import.meta"}) ||
      !icontains_any(code, {"process.env", "configservice", "express", "@nestjs", "secret", "server"}))
    return;
  if (has_word(file.path,
               {"scripts", "seed", "seeds", "test", "tests", "migrations", "frontend", "client", "web", "ui"}))
    return;
  for (const Call& c : file.calls) {
    if (notes.all.size() >= kMostPlaces) return;
    const std::string_view f = last(c.name);
    const bool axios = c.name == "axios" ||
                       ((f == "get" || f == "post" || f == "put" || f == "patch" || f == "delete" || f == "request") &&
                        c.name.starts_with("axios."));
    // fetch() of Node gives up by itself after five minutes, axios never does.
    if (!axios) continue;
    const Code given = c.node.child("arguments").code();
    if (icontains_any(given, {"timeout", "signal", "..."}) && !contains(given, "...headers") &&
        !contains(given, "...(headers"))
      continue;
    // A settings object made elsewhere may say it.
    const Node options = unwrap(c.args.empty() ? Node() : c.args.back());
    if (c.args.size() > 1 && options.is("identifier")) continue;
    const Node function = function_around(c.node);
    if (!function) continue;
    if (icontains_any(function.code(), {"abortcontroller", "promise.race", "aborttimeout"})) continue;
    // Its own routes answer in their own time.
    const Node to = value_of(file, c.arg(0));
    if (const auto said = literal(to); said && !said->starts_with("http")) continue;
    if (to.is("template_string") && to.text().starts_with("`/")) continue;
    notes.all.push_back({place(file.path, c.line()), file.shown(c.node)});
  }
}

// Stops: a provider that hangs, and every request that waits for it hanging with it.
void judge_waits(const Project& project, Sink& sink) {
  const auto& notes = project.notes<ScriptWaits>();
  if (notes.bounded || notes.all.empty()) return;
  auto& f = sink.find("FA-011", notes.all.front().at, notes.all.front().shown);
  for (std::size_t i = 1; i < notes.all.size(); ++i) {
    f.locations.push_back(notes.all[i].at);
    f.evidence.push_back(notes.all[i].shown);
  }
}

}  // namespace gatehouse::audit::source
