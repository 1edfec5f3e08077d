#include "audit/source/schema_sync.h"

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Asked for only while developing: if (process.env.NODE_ENV !== "production") await db.sync({ alter: true })
bool for_developers(Node at) {
  for (Node n = at; n; n = n.parent())
    if (n.any_of("if_statement", "ternary_expression") &&
        icontains_any(n.child("condition").code(), {"node_env", "production", "development", "isdev", "isprod"}))
      return true;
  return false;
}

}  // namespace

// Stops: a column renamed in the code and dropped in production, with all that stood in it.
void read_schema_sync(File& file) {
  if (client_file(file) ||
      icontains_any(file.path, {"seed", "test", "script", "migrat", "ormconfig.dev", "local", "fixture"}))
    return;
  if (icontains(file.code(), "synchronize"))
    for (const Node p : file.tree.all("pair")) {
      if (p.child("key").text() != "synchronize" || !unwrap(p.child("value")).is("true")) continue;
      const Node options = p.parent();
      if (!member(options, "type") && !member(options, "database") && !member(options, "entities") &&
          !member(options, "autoLoadEntities") && !member(options, "dialect"))
        continue;
      if (!for_developers(p)) file.hit("RUN-005", p);
    }
  for (const Call& c : file.calls) {
    if (last(c.name) != "sync" || !has_word(c.name, {"sequelize", "db", "database", "connection", "models"})) continue;
    const Node options = unwrap(c.arg(0));
    const bool force = unwrap(member(options, "force")).is("true"), alter = unwrap(member(options, "alter")).is("true");
    if ((!force && !alter) || for_developers(c.node)) continue;
    auto& f = file.hit("RUN-005", c.node);
    if (!force) continue;
    f.title = "Every start drops the tables and makes them anew";
    f.severity = proof::Severity::high;
  }
}

}  // namespace gatehouse::audit::source
