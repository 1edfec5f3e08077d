#include "audit/source/python_replies.h"

#include "audit/source/python.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// return {"error": …}, 503
bool body_and_status(Node back) {
  const Node pair = unwrap(back.first());
  if (!pair.any_of("expression_list", "tuple")) return false;
  std::vector<Node> parts;
  for (const Node p : pair.children())
    if (!p.any_of(",", "(", ")")) parts.push_back(p);
  if (parts.size() != 2) return false;
  const std::string_view status = unwrap(parts[1]).text();
  const bool number = status.size() == 3 && status.front() >= '2' && status.front() <= '5' &&
                      text::is_digit(status[1]) && text::is_digit(status[2]);
  return number || status.starts_with("status.HTTP_") || status.starts_with("HTTPStatus.");
}

void judge_pairs(File& file) {
  const bool fast = file.imports_from("fastapi");
  const bool django = file.imports_from("django") && !file.imports_from("flask");
  if (!fast && !django) return;
  for (const Node back : file.tree.all("return_statement")) {
    const Node function = function_around(back);
    if (!function) continue;
    if (fast && route_function(function) && body_and_status(back)) {
      auto& f = file.hit("RUN-004", back);
      f.title = "A refusal is answered with 200: FastAPI takes the pair for a list";
      f.impact = "Clients, monitors and load balancers see success where the route meant to refuse.";
      f.fix = "Raise HTTPException(status_code=…), or answer with JSONResponse(…, status_code=…).";
      return;
    }
    // def pay(request, …): return render(…), 400
    const std::string_view parameters = function.child("parameters").text();
    const bool view = parameters.starts_with("(request") || parameters.starts_with("(self, request");
    const Node pair = unwrap(back.first());
    if (!django || !view || !pair.any_of("expression_list", "tuple") ||
        !icontains_any(function.code(),
                       {"return render(", "return redirect(", "httpresponse(", "jsonresponse(", "return response("}))
      continue;
    const Code said = pair.code();
    if (!icontains_any(said, {"render(", "redirect(", "response(", "messages.", "message"})) continue;
    auto& f = file.hit("RUN-004", back);
    f.title = "A view returns a pair where Django wants a response: the request ends in an error";
    f.impact = "Whoever comes this way sees the page for errors of the server instead of what the view had to say.";
    f.fix = "Return one response; its status is an argument of it.";
    return;
  }
}

// city = ChoiceField(choices=[(c.id, c.name) for c in City.objects.all()]): asked once, while the module is loaded.
void judge_early_queries(File& file) {
  if (!file.imports_from("django") || !contains(file.code(), ".objects.")) return;
  for (const Call& c : file.calls) {
    if (!contains(c.name, ".objects.")) continue;
    const std::string_view f = last(c.name);
    // A query set that nobody asks yet waits for its first use.
    if (function_around(c.node) || c.node.above("lambda")) continue;
    const Node taken = c.node.parent();
    bool asked = f == "count" || f == "get" || f == "first" || f == "last" || f == "exists" || f == "create" ||
                 f == "get_or_create";
    for (Node p = taken; p && !asked; p = p.parent())
      asked = p.any_of("list_comprehension", "for_statement", "for_in_clause", "set_comprehension",
                       "dictionary_comprehension") ||
              (p.is("call") && (p.child("function").text() == "list" || p.child("function").text() == "tuple" ||
                                p.child("function").text() == "dict"));
    if (!asked || contains(file.path, "script") || contains(file.path, "seed")) continue;
    bool main = false;
    for (Node p = c.node; p && !main; p = p.parent())
      main = p.is("if_statement") && contains(p.child("condition").code(), "__name__");
    if (main) continue;
    auto& found = file.hit("RUN-004", c.node);
    found.title = "The database is asked while the module is loaded";
    found.impact =
        "A new database cannot be migrated, because the table is asked for before it is there, and what is added "
        "later shows only after a restart.";
    found.fix = "Ask inside __init__ or the view, or use a field that takes a query set (ModelChoiceField).";
    return;
  }
}

}  // namespace

void read_python_replies(File& file) {
  judge_pairs(file);
  judge_early_queries(file);
}

}  // namespace gatehouse::audit::source
