#include "audit/source/python_standstills.h"

#include <algorithm>

#include "audit/source/python_names.h"
#include "audit/source/slow_patterns.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool answers(const File& file, Node f) {
  if (route_function(f)) return true;
  const Code given = f.child("parameters").code();
  return contains(given, "request") && (file.imports_from("django") || file.imports_from("aiohttp") ||
                                        file.imports_from("flask") || file.imports_from("starlette"));
}

// A number that the client names and nobody holds against a bound.
bool unbounded_number(Node f, Node n) {
  n = unwrap(n);
  if (!n.is("identifier")) return icontains_any(n.code(), {"request.query", "request.args", "request.get"});
  const std::string name(n.text());
  for (const Node c : f.all("comparison_operator"))
    if (has_token(c.code(), name)) return false;
  for (const Node a : f.all("assignment"))
    if (a.child("left").text() == name)
      return icontains_any(a.child("right").code(), {"request.", "data[", "data.get", "body["}) &&
             !icontains_any(a.child("right").code(), {"min(", "max(", "clamp"});
  for (const Node p : f.child("parameters").children())
    if (parameter_name(p) == name)
      return route_function(f) && !icontains_any(p.code(), {"le=", "lt=", "depends", "conint", "literal"}) &&
             icontains_any(p.child("type").text(), {"int", "float"});
  return false;
}

void judge_route(File& file, Node f) {
  const bool waits_alone = f.code().starts_with("async");
  for (const Call* c : file.calls_in(body(f))) {
    const std::string full = file.full(c->name);
    const Node a = c->arg(0);
    // Stops: one request that holds the loop, and everybody who waits for it.
    if (full == "time.sleep" && a && (waits_alone || unbounded_number(f, a))) {
      file.hit("RUN-003", c->node).title = "The whole process sleeps while one request is worked on";
      return;
    }
    const bool writes = full == "open" && literal(c->arg(1) ? c->arg(1) : c->keyword("mode")) &&
                        literal(c->arg(1) ? c->arg(1) : c->keyword("mode"))->find_first_of("wa") != std::string::npos;
    const bool blocks = full.starts_with("requests.") || full == "shutil.copyfileobj" || full == "subprocess.run" ||
                        full == "urllib.request.urlopen" || full == "smtplib.SMTP" || full == "smtplib.SMTP_SSL" ||
                        writes;
    if (waits_alone && blocks && route_function(f) && function_around(c->node) == f) {
      auto& told = file.hit("RUN-003", c->node);
      told.title = "A call that blocks stands in an async route: nobody else is answered meanwhile";
      told.severity = proof::Severity::low;
      return;
    }
    if (full == "range" && c->args.size() == 1 && unbounded_number(f, a)) {
      auto& told = file.hit("RUN-003", c->node);
      told.title = "The client says how much is worked on, without a bound";
      told.severity = proof::Severity::medium;
      return;
    }
  }
  for (const Node b : body(f).all("binary_operator"))
    if (b.has_token("*") && (b.child("left").is("list") || b.child("left").is("string")) &&
        unbounded_number(f, b.child("right"))) {
      file.hit("RUN-003", b).title = "The client says how much memory is taken, without a bound";
      return;
    }
}

}  // namespace

void read_python_standstills(File& file) {
  bool serves = false;
  for (const Node f : file.tree.all("function_definition"))
    if (answers(file, f)) {
      serves = true;
      judge_route(file, f);
    }
  if (!serves) return;
  for (const Node a : file.tree.all("assignment"))
    if (a.child("left").code().ends_with("MAX_IMAGE_PIXELS") && a.child("right").is("none"))
      file.hit("RUN-003", a).title = "Pictures of any size are unpacked into memory";
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    if (!full.starts_with("re.")) continue;
    if (const auto pattern = literal(c.arg(0)); pattern && backtracks(*pattern)) {
      auto& told = file.hit("RUN-003", c.node);
      told.title = "A pattern takes ages for some texts";
      told.confidence = proof::Confidence::medium;
      return;
    }
  }
}

}  // namespace gatehouse::audit::source
