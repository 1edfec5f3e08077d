#include "audit/source/dropped_tables.h"

#include <set>
#include <vector>

#include "audit/source/python.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 8;

struct DroppedTables {
  struct Drop {
    Spot at;
    std::string under;  // the switch; empty where there is none
  };
  std::vector<Drop> drops;
  std::set<std::string, std::less<>> on;  // switches that are on unless somebody throws them
};

// At the top of the program, or in what runs when it starts.
bool at_the_start(const File& file, Node n) {
  const Node f = function_around(n);
  if (!f) return icontains_any(file.code(), {"fastapi(", "flask(", "uvicorn.run", "quart("});
  return has_word(function_name(f), {"startup", "lifespan", "create_app", "app", "init_db", "start", "on_startup"});
}

// if settings.reset_db_on_startup: its name; "?" where the condition asks for the place it runs in.
std::string switch_above(Node n) {
  for (Node p = n.parent(); p; p = p.parent()) {
    if (!p.is("if_statement")) continue;
    const Node condition = unwrap(p.child("condition"));
    if (icontains_any(condition.code(), {"env", "debug", "test", "prod", "stage", "__name__", "argv", "args."}))
      return "?";
    return condition.any_of("identifier", "attribute") ? std::string(last(dotted(condition))) : "?";
  }
  return {};
}

}  // namespace

void read_dropped_tables(File& file) {
  const Code code = file.code();
  if (has_word(file.path, {"test", "tests", "conftest", "seed", "seeds", "script", "scripts", "migrations", "manage"}))
    return;
  auto& notes = file.project.notes<DroppedTables>();
  if (contains(code, "True"))
    for (const Node a : file.tree.all("assignment")) {
      const Node left = a.child("left"), right = unwrap(a.child("right"));
      if (!left.is("identifier") || !has_word(left.text(), {"reset", "drop", "recreate", "wipe", "clean", "fresh"}))
        continue;
      const auto c = as_call(right);
      if (right.is("true") ||
          (c && last(c->name) == "Field" && (c->arg(0).is("true") || c->keyword("default").is("true"))))
        notes.on.emplace(left.text());
    }
  if (!contains(code, "drop_all")) return;
  for (const Call& c : file.calls) {
    const bool named = last(c.name) == "drop_all";
    // await conn.run_sync(Base.metadata.drop_all)
    const bool handed = last(c.name) == "run_sync" && contains(c.arg(0).code(), "drop_all");
    if ((!named && !handed) || notes.drops.size() >= kMost || !at_the_start(file, c.node)) continue;
    std::string under = switch_above(c.node);
    if (under != "?") notes.drops.push_back({{place(file.path, c.line()), file.shown(c.node)}, std::move(under)});
  }
}

void judge_dropped_tables(const Project& project, Sink& sink) {
  const auto& notes = project.notes<DroppedTables>();
  for (const auto& d : notes.drops) {
    if (!d.under.empty() && !notes.on.contains(d.under)) continue;
    // Stops: all accounts and orders, gone with the next restart of a container.
    auto& f = sink.find("RUN-005", d.at.at, d.at.shown);
    f.title = d.under.empty() ? "Every start drops the tables and makes them anew"
                              : "Every start drops the tables, unless " + text::printable(d.under) + " is switched off";
    f.severity = proof::Severity::critical;
    f.fix =
        "Drop tables by a command of its own, never from the program that serves; let the switch be off by default.";
  }
}

}  // namespace gatehouse::audit::source
