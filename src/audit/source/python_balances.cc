// Balances that are read, reckoned with and written back as numbers: what happens between two requests at once.
#include <algorithm>

#include "audit/source/python.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool balance(std::string_view key) {
  return has_word(key, {"credits", "credit", "balance", "stock", "quota", "wallet", "inventory", "points", "seats",
                        "coins", "funds"}) &&
         !has_word(key, {"id", "at", "limit", "max", "card", "total", "used", "log", "history"});
}

// credits -= 1, left = credits - cost, user["credits"] - 1
bool lessened(Node f, Node n, int depth = 0) {
  n = unwrap(n);
  if (!n || depth > 3) return false;
  if (n.is("binary_operator")) return n.has_token("-");
  if (const auto c = as_call(n);
      c && (c->name == "max" || c->name == "int" || c->name == "float" || c->name == "round"))
    return std::any_of(c->args.begin(), c->args.end(), [&](Node a) { return lessened(f, a, depth + 1); });
  if (!n.is("identifier")) return false;
  for (const Node a : f.all("augmented_assignment"))
    if (a.begin() < n.begin() && a.has_token("-=") && a.child("left").text() == n.text()) return true;
  for (const Node a : f.all("assignment"))
    if (a.begin() < n.begin() && a.child("left").text() == n.text() && lessened(f, a.child("right"), depth + 1))
      return true;
  return false;
}

// `credits = await get_credits(user)`, `row["balance"]`, `user.get("credits")`: the number was read before.
bool read_before(Node f) {
  for (const Node a : f.all("assignment"))
    if (const Code right = a.child("right").code();
        as_call(unwrap(a.child("right"))) && (balance(a.child("left").text()) || balance(right)))
      return true;
  for (const Node s : f.all("subscript"))
    if (const auto key = literal(s.child("subscript")); key && balance(*key)) return true;
  for (const Node a : f.all("attribute"))
    if (balance(a.child("attribute").text())) return true;
  return false;
}

Node written_back(const File& file, Node f) {
  for (const Call* c : file.calls_in(body(f))) {
    if (!(function_around(c->node) == f)) continue;
    const std::string_view m = last(c->name);
    // set_credits(user, credits)
    if (has_word(m, {"set", "update", "save", "write", "store", "put"}) && balance(m))
      for (const Node a : c->args)
        if (lessened(f, a)) return c->node;
    // UPDATE users SET credits = $1
    if (const auto said = literal(c->arg(0)); said && c->args.size() > 1) {
      const std::string low = text::to_lower(*said);
      const std::size_t set = low.find(" set ");
      if (low.find("update ") != std::string::npos && set != std::string::npos) {
        const std::size_t end = std::min(low.find(" where", set), low.size());
        const std::string_view changed = std::string_view(low).substr(set, end - set);
        const bool steps = contains(changed, "- ") || contains(changed, "-");
        if (balance(changed) && !steps && !balance(std::string_view(low).substr(end)))
          for (std::size_t i = 1; i < c->args.size(); ++i) {
            if (lessened(f, c->args[i])) return c->node;
            for (const Node x : unwrap(c->args[i]).children())
              if (lessened(f, x)) return c->node;
          }
      }
    }
    // .update({"credits": credits - 1}), {"$set": {"balance": left}}
    if (m == "update" || m == "update_one" || m == "find_one_and_update" || m == "update_item")
      for (const Node p : c->node.all("pair"))
        if (const auto key = literal(p.child("key")); key && balance(*key) && lessened(f, p.child("value"))) return p;
  }
  return {};
}

}  // namespace

// Stops: spending one credit many times by as many requests at once.
void read_python_balances(File& file) {
  if (file.imports_from("django")) return;
  for (const Node f : file.tree.all("function_definition")) {
    const Code code = f.code();
    if (icontains_any(code, {"for update", "for_update", "serializable", ".lock(", "lock:", "_lock", "isolation_level",
                             "advisory", "\"$gte\"", "'$gte'", ".gte(", "$inc"}))
      continue;
    const Node at = written_back(file, f);
    if (!at || !read_before(f)) continue;
    auto& found = file.hit("PAY-004", at);
    found.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source
