#include "audit/source/shared_secrets.h"

#include "audit/source/python.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// SETUP_TOKEN = os.getenv("SETUP_TOKEN"), without a value that takes its place.
bool secret_setting(const File& file, std::string_view name) {
  if (!has_word(name, {"token", "secret", "key", "password", "pass"})) return false;
  for (const Node a : file.tree.all("assignment")) {
    if (a.child("left").text() != name) continue;
    const auto read = env_read(unwrap(a.child("right")));
    if (read) return true;
  }
  return false;
}

}  // namespace

bool asks_for_setting(const File& file, Node function) {
  const Code code = function.code();
  if (!icontains_any(code, {"token", "secret", "key", "pass"}) || !contains(code, "!=")) return false;
  for (const Node branch : function.all("if_statement")) {
    const Code then = branch.child("consequence").code();
    if (!icontains_any(then, {"raise", "abort(", "401", "403"})) continue;
    for (const Node c : branch.child("condition").is("comparison_operator")
                            ? std::vector<Node>{branch.child("condition")}
                            : branch.child("condition").all("comparison_operator")) {
      if (!contains(c.code(), "!=") || contains(branch.child("condition").code(), " and ")) continue;
      for (const Node side : c.children()) {
        if (side.is("identifier") && secret_setting(file, side.text())) return true;
        const std::string name = dotted(side);
        if (name.starts_with("settings.") && has_word(last(name), {"token", "secret", "key"})) return true;
      }
    }
  }
  return false;
}

}  // namespace gatehouse::audit::source
