#include "audit/source/forged_headers.h"

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Words that a scheduler or a proxy adds to its own requests, and that hold nothing secret.
bool marks_caller(std::string_view header) {
  return header == "x-vercel-cron" || header == "x-internal" || header == "x-internal-request" || header == "x-cron" ||
         header == "x-is-admin" || header == "x-admin" || header == "x-scheduler";
}

// headers.get("x-vercel-cron"), req.headers["x-internal-request"]
std::string header_read(const File& file, Node n) {
  n = unwrap(n);
  if (const auto c = as_call(n)) {
    if (last(c->name) == "get" && icontains(c->name, "headers") && c->args.size() == 1)
      return text::to_lower(literal(value_of(file, c->arg(0))).value_or(std::string()));
    if (last(c->name) == "header" && c->args.size() == 1)
      return text::to_lower(literal(value_of(file, c->arg(0))).value_or(std::string()));
  }
  if (n.is("subscript_expression") && icontains(n.child("object").text(), "headers"))
    return text::to_lower(literal(n.child("index")).value_or(std::string()));
  return {};
}

}  // namespace

void read_forged_headers(File& file) {
  if (client_file(file) || !icontains(file.code(), "header")) return;
  bool forged = false;
  for (const Node b : file.tree.all("binary_expression")) {
    const bool same = b.has_token("===") || b.has_token("==");
    if (!same && !b.has_token("!==") && !b.has_token("!=")) continue;
    const Node function = function_around(b);
    if (!function) continue;
    for (const auto& [left, right] :
         {std::pair(b.child("left"), b.child("right")), std::pair(b.child("right"), b.child("left"))}) {
      const std::string header = header_read(file, left);
      if (header.empty()) continue;
      // Stops: a stranger who starts the jobs by sending the mark that the scheduler sends.
      if (same && marks_caller(header) && literal(unwrap(right)) && !forged) {
        const Node branch = b.above("if_statement");
        const bool lets_in = branch && branch.child("condition").end() >= b.end() &&
                             icontains_any(branch.child("consequence").code(), {"return true", "next(", "return;"}) &&
                             !contains(branch.child("condition").code(), "&&");
        const bool answers = b.parent().is("return_statement");
        if (!lets_in && !answers) continue;
        forged = true;
        auto& f = file.hit(contains(file.path, "app/") || contains(file.path, "pages/") ? "NX-002" : "EX-023", b);
        f.title = "Whoever sends the header " + header + " is let in";
        f.impact = "A header without a secret is sent by anybody.";
        f.fix = "Ask for a secret that only the scheduler has, in the header Authorization.";
      }
    }
  }
}

}  // namespace gatehouse::audit::source
