#include "audit/source/queue_doors.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/source/script.h"
#include "audit/source/script_staff.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostNoted = 100;  // of one project

struct QueueDoors {
  struct Console {
    std::string module;
    std::vector<ScriptGuard> before;
    Spot spot;
  };
  std::map<std::pair<std::string, int>, Spot> functions;  // those that answer with jobs, by their place
  std::vector<Console> consoles;
};

bool lists_jobs(std::string_view f) {
  static constexpr std::string_view kCalls[] = {"getJobs",    "getWaiting", "getActive", "getCompleted",
                                                "getDelayed", "getFailed",  "getJob",    "getRepeatableJobs"};
  return std::find(std::begin(kCalls), std::end(kCalls), f) != std::end(kCalls);
}

bool guarding_name(std::string_view name) {
  return guard_middleware(name) || has_word(name, {"auth", "authenticate", "login", "session", "user", "basic"});
}

}  // namespace

void read_queue_doors(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"bull", "queue"}) || client_file(file)) return;
  auto& notes = file.project.notes<QueueDoors>();
  if (icontains(code, "bull"))
    for (const char* type : {"method_definition", "arrow_function", "function_expression", "function_declaration"})
      for (const Node f : file.tree.all(type)) {
        if (notes.functions.size() >= kMostNoted) break;
        for (const Call* c : file.calls_in(body(f)))
          if (lists_jobs(last(c->name)) && contains(f.code(), "data") && !asks_rank(f)) {
            notes.functions[{std::string(file.path), f.line()}] = {place(file.path, c->line()), file.shown(c->node)};
            break;
          }
      }
  if (!icontains_any(code, {"bull-board", "bull_board", "bullboard", "bull-arena", "arena("})) return;
  // What stands before the address already: app.use("/admin", requireAdmin)
  std::set<std::string> shut;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "forRoot" && contains(c.name, "BullBoard")) {
      const Node options = unwrap(c.arg(0));
      if (options.is("object") && !member(options, "middleware"))
        notes.consoles.push_back({module_of(file.path), {}, {place(file.path, c.line()), file.shown(c.node)}});
      continue;
    }
    if (f != "use" || c.args.empty() || notes.consoles.size() >= kMostNoted) continue;
    const std::string path = literal(c.arg(0)).value_or("");
    std::vector<ScriptGuard> before;
    bool console = false, closed = path.empty() ? false : shut.contains("");
    for (const Node a : c.args) {
      const Node n = unwrap(a);
      const auto made = as_call(n);
      console = console || (made && (last(made->name) == "getRouter" || made->name == "Arena")) ||
                (n.is("identifier") && icontains(value_of(file, n).code(), "getrouter()"));
      const std::string name = made ? made->name : dotted(n);
      if (!literal(n) && !name.empty() && guarding_name(last(name)))
        before.push_back({name, file.full(name) == name ? std::string() : file.full(name), made.has_value(),
                          made && ranks_of_staff(n)});
    }
    if (!console) {
      if (!before.empty()) shut.insert(path);
      continue;
    }
    for (const std::string& s : shut) closed = closed || path.starts_with(s);
    if (!closed)
      notes.consoles.push_back(
          {module_of(file.path), std::move(before), {place(file.path, c.line()), file.shown(c.node)}});
  }
}

void judge_queue_route(const Project& project, const ResolvedRoute& r, bool ranked, Sink& sink) {
  const auto& notes = project.notes<QueueDoors>();
  if (notes.functions.empty() || r.flow == nullptr || ranked || has_word(r.path, {"admin", "internal"})) return;
  // A job that is asked for by its id may be the caller's own.
  const auto it = notes.functions.find({r.flow->at.at.path, r.flow->at.at.line});
  if (it == notes.functions.end() || r.route->method != "get" || contains(r.path, ":")) return;
  for (const Labels l : r.flow->compared)
    if (l & kIdentity) return;
  auto& f = sink.find(r.guarded ? "AZ-008" : "EX-023", r.route->at, r.route->shown);
  f.title = r.guarded ? "Everybody who has an account sees the jobs of all, with what is in them"
                      : "Anybody sees the jobs of all, with what is in them";
  f.locations.push_back(it->second.at);
  f.evidence.push_back(it->second.shown);
  f.confidence = proof::Confidence::medium;
}

void judge_queue_consoles(const Project& project, Sink& sink) {
  const Flows& flows = project.notes<Flows>();
  for (const QueueDoors::Console& c : project.notes<QueueDoors>().consoles) {
    const bool told = std::any_of(c.before.begin(), c.before.end(), [](const ScriptGuard& g) {
      return g.told || has_word(g.name, {"basic", "admin", "staff", "role", "roles"});
    });
    if (told || (!c.before.empty() && standing_of(flows, c.before, c.module) != Standing::plain)) continue;
    // Stops: jobs read, run again and thrown away by whoever finds the address.
    auto& f = sink.find(c.before.empty() ? "EX-023" : "AZ-008", c.spot.at, c.spot.shown);
    f.title = c.before.empty() ? "The console of the queues is open to everybody"
                               : "The console of the queues is open to everybody who has an account";
    f.impact = "The data of all jobs is read there, and jobs are run again or removed.";
    f.fix = "Ask for the rank of those who run the place before its address.";
  }
}

}  // namespace gatehouse::audit::source
