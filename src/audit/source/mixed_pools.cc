#include "audit/source/mixed_pools.h"

#include <map>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Pool {
  std::vector<Spot> turned;  // db.promise().query(…)
  std::size_t awaited = 0;   // const [rows] = await db.query(…)
};

struct PoolNotes {
  std::map<std::string, Pool, std::less<>> pools;  // by the module they come from
};

}  // namespace

void read_mixed_pools(const File& file) {
  const Code code = file.code();
  if (client_file(file) || (!code.may_hold("query(") && !code.may_hold("promise("))) return;
  auto& notes = file.project.notes<PoolNotes>();
  if (notes.pools.size() > 200) return;
  for (const Call& c : file.calls) {
    const std::size_t dot = c.name.find('.');
    if (dot == std::string::npos) continue;
    const std::string_view f = std::string_view(c.name).substr(dot + 1);
    if (f != "promise" && f != "query" && f != "execute") continue;
    const auto from = file.imports.find(std::string_view(c.name).substr(0, dot));
    if (from == file.imports.end()) continue;
    const std::string home = resolve_module(file.path, from->second);
    if (home.empty()) continue;
    Pool& pool = notes.pools[home];
    if (f == "promise" && c.args.empty()) {
      const Node next = c.node.parent();
      if (next.is("member_expression") &&
          (next.child("property").text() == "query" || next.child("property").text() == "execute") &&
          pool.turned.size() < 20)
        pool.turned.push_back({place(file.path, c.line()), file.shown(c.node)});
      continue;
    }
    const Node waits = c.node.parent();
    if (waits.is("await_expression") && waits.parent().is("variable_declarator") &&
        waits.parent().child("name").is("array_pattern"))
      ++pool.awaited;
  }
}

void judge_mixed_pools(const Project& project, Sink& sink) {
  for (const auto& [home, pool] : project.notes<PoolNotes>().pools) {
    if (pool.turned.empty() || pool.awaited <= pool.turned.size()) continue;
    auto& f = sink.find("RUN-004", pool.turned.front().at, pool.turned.front().shown);
    f.severity = proof::Severity::high;
    f.title = "promise() is asked of a connection that gives promises already and has no such method";
    for (std::size_t i = 1; i < pool.turned.size(); ++i) {
      f.locations.push_back(pool.turned[i].at);
      f.evidence.push_back(pool.turned[i].shown);
    }
  }
}

}  // namespace gatehouse::audit::source
