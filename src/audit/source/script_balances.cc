// Balances that are read, compared and written back in steps, so that two requests at once spend the same credit.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool balance(std::string_view key) {
  return has_word(key, {"credits", "credit", "balance", "stock", "quota", "wallet", "inventory", "points", "seats",
                        "tickets", "coins", "funds"}) &&
         !has_word(key, {"id", "at", "limit", "max", "card"});
}

}  // namespace

void read_balances(File& file) {
  if (client_file(file)) return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      // The outermost function that holds the steps; what it passes to $transaction is a part of it.
      if (const Node outer = function_around(f); outer && !f.is("method_definition")) continue;
      const Code code = f.code();
      if (icontains_any(code, {"for update", "serializable", "lock:", "mutex", "withlock", "setlock", "redlock"}))
        continue;
      const std::vector<Touch> all = touches(file, f);
      for (const Touch& write : all) {
        if (write.kind != Touch::Kind::change) continue;
        Node found;
        for (const Node p : write.whole.all("pair")) {
          const std::string_view key = p.child("key").text();
          const Node given = unwrap(p.child("value"));
          const Code value = (given.is("identifier") ? value_of(file, given) : given).code();
          if (!balance(key) || contains(write.condition, key)) continue;
          const bool down = contains(value, "decrement") || contains(value, " - ");
          const bool computed = !contains(value, "increment") &&
                                (contains(value, " + ") || contains(value, " - ") || icontains(value, "new"));
          if (down || computed) found = p;
        }
        if (!found) continue;
        const bool read_before = std::any_of(all.begin(), all.end(), [&](const Touch& t) {
          return t.record == write.record && t.call.begin() < write.call.begin() &&
                 (t.kind == Touch::Kind::one || t.kind == Touch::Kind::list);
        });
        if (!read_before) continue;
        file.hit("PAY-004", found);
        break;
      }
    }
}

}  // namespace gatehouse::audit::source
