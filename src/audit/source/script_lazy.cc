// Queries that only run once somebody waits for them: Prisma, Supabase and Drizzle make a promise that is begun by
// `await` or `then`. A change that stands by itself looks done and never happens.
#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool changes(const Call& c) {
  const std::string_view f = last(c.name);
  const Code code = c.node.code();
  if (icontains_any(code, {".then(", ".catch(", ".exec(", ".execute(", ".finally("})) return false;
  const bool prisma = contains(c.name, "prisma.") || contains(c.name, "Prisma.");
  if (prisma)
    return f == "update" || f == "create" || f == "delete" || f == "upsert" || f == "updateMany" || f == "deleteMany" ||
           f == "createMany";
  const std::string_view head = code.substr(0, 60);
  if (icontains(head, "supabase") && contains(code, ".from("))
    return contains(code, ".insert(") || contains(code, ".update(") || contains(code, ".delete(") ||
           contains(code, ".upsert(");
  return false;
}

}  // namespace

void read_lazy_queries(File& file) {
  for (const Node statement : file.tree.all("expression_statement")) {
    const auto children = statement.children();
    if (children.empty() || !children.front().is("call_expression")) continue;  // await, yield and void are others
    const auto call = as_call(children.front());
    if (call && changes(*call)) file.hit("DATA-002", statement);
  }
}

}  // namespace gatehouse::audit::source
