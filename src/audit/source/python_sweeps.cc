#include "audit/source/python_sweeps.h"

#include <algorithm>

#include "audit/source/django_scope.h"
#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_notes.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_routes.h"
#include "audit/source/schema.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostNoted = 100;  // of one project
constexpr std::size_t kMostTold = 8;

struct Sweeps {
  struct Sweep {
    std::string model, door;
    bool removes = false, stranger = false;
    Spot at;
  };
  std::vector<Sweep> sweeps;
};

// A rank, a tenant, a key of the scheduler's: somebody is asked for more than an account.
bool asks_for_more(const Code& code) {
  return icontains_any(
      code, {"admin",       "is_staff", "staff_",    "superuser", ".role",          "has_perm",   "permission_required",
             "passes_test", "cron",     "secret",    "api_key",   "x-api-key",      "signature",  "tenant",
             "organi",      "company",  "workspace", "hmac",      "compare_digest", "is_manager", "moderator",
             "_role"});
}

// Whose they are, which ones the client means, or how old they are: what is past its end is everybody's to sweep.
bool narrowed(const Code& chain, const std::set<std::string>& scoped, const std::set<std::string>& sent) {
  const std::string code = without_loads(chain);
  if (scoped_to_caller(code, scoped) || client_words(code) || owner_words(code)) return true;
  for (const auto* names : {&scoped, &sent})
    for (const std::string& n : *names)
      if (has_token(code, n)) return true;
  return icontains_any(code, {"current_user", "user_id", "user.",       "pk=",   "pk__",      "(id=",   "id__in",
                              ".id ==",       ".id==",   ".id.in",      "_id=",  "_id ==",    "__lt",   "__gt",
                              "expires",      "expiry",  "expire_",     "now(",  "timedelta", "cutoff", "older",
                              "before",       "ended",   "session_key", "token", "self."});
}

// Model of Order.objects.filter(…).update(…), db.query(Order).filter(…).delete(), db.execute(update(Order).where(…)).
std::string swept(const Call& c, bool& removes) {
  const std::string_view f = last(c.name);
  if (f != "update" && f != "delete") return {};
  removes = f == "delete";
  if ((c.name == "update" || c.name == "delete") && c.args.size() == 1)
    if (std::string model = model_handed(c.arg(0)); !model.empty()) return model;
  const Node from = c.node.child("function").child("object");
  if (!from.is("call")) return {};
  for (Node n = from; n.is("call");) {
    const auto inner = as_call(n);
    if (!inner) return {};
    const std::string_view m = last(inner->name);
    if (m == "get" || m == "first" || m == "one" || m == "get_queryset" || m == "get_object") return {};
    if (m == "query" && inner->args.size() == 1)
      if (std::string model = model_handed(inner->arg(0)); !model.empty()) return model;
    const Node object = n.child("function").child("object");
    if (object.is("attribute") && object.child("attribute").text() == "objects")
      return std::string(last(dotted(object.child("object"))));
    n = object;
  }
  return {};
}

Node whole_chain(Node n) {
  while (n.parent().any_of("attribute", "call", "await") && !n.inside(n.parent().child("arguments"))) n = n.parent();
  return n;
}

// The door of a view, and what stands before it, as written; nothing when the function is none.
std::optional<std::string> before_door(const File& file, Node f) {
  std::string before;
  for (const std::string& d : decorators(f)) before += d + " ";
  if (route_function(f)) return before + std::string(f.child("parameters").code());
  const Node cls = f.above("class_definition");
  if (!cls) {
    const bool view = icontains_any(before, {"login_required", "api_view", "require_"}) ||
                      (file.imports_from("ninja") && !before.empty());
    return view ? std::optional(before) : std::nullopt;
  }
  const auto bases = bases_of(cls);
  if (!std::any_of(bases.begin(), bases.end(), [](const std::string& b) {
        return last(b).ends_with("APIView") || last(b).ends_with("ViewSet") || last(b).ends_with("View");
      }))
    return std::nullopt;
  const std::string name = function_name(f);
  const bool action = contains(before, "action(");
  if (!action && name != "get" && name != "post" && name != "put" && name != "patch" && name != "delete" &&
      name != "create" && name != "update" && name != "destroy" && name != "list")
    return std::nullopt;
  if (!contains(before, "permission_classes"))
    before += std::string(attribute(cls, "permission_classes").child("right").code()) + " ";
  if (const Node own = method(cls, "get_permissions")) before += own.code();
  for (const std::string& b : bases) before += b + " ";
  for (const std::string& d : decorators(cls)) before += d + " ";
  return before;
}

// Every class that is named asks for an account and nothing else.
bool account_alone(std::string before) {
  for (const std::string_view plain :
       {"permissions.", "IsAuthenticatedOrReadOnly", "IsAuthenticated", "permission_classes"})
    for (std::size_t at = before.find(plain); at != std::string::npos; at = before.find(plain))
      before.erase(at, plain.size());
  return !icontains_any(before,
                        {"permission", "isowner", "isadmin", "isstaff", "readonly", "mixin_perm", "userpasses"}) &&
         !asks_for_more(before) && !has_word(before, {"can", "has", "require", "role", "roles"});
}

void read_function(File& file, Node f, Sweeps& notes) {
  const auto before = before_door(file, f);
  const std::string name = function_name(f);
  if (!before || webhook_door(name) || !account_alone(*before) || asks_for_more(f.code())) return;
  const auto scoped = scoped_names(f);
  const auto sent = client_names(f);
  for (const Call* c : file.calls_in(body(f))) {
    bool removes = false;
    const std::string model = swept(*c, removes);
    if (model.empty() || model.front() < 'A' || model.front() > 'Z' ||
        narrowed(whole_chain(c->node).code(), scoped, sent))
      continue;
    if (notes.sweeps.size() >= kMostNoted) return;
    notes.sweeps.push_back(
        {model, name, removes, contains(*before, "AllowAny"), {place(file.path, c->line()), file.shown(c->node)}});
    return;
  }
}

}  // namespace

void read_python_sweeps(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {".update(", ".delete(", "update(", "delete("}) ||
      has_word(file.path, {"test", "tests", "commands", "tasks", "migrations", "seed", "seeds", "scripts", "admin",
                           "webhook", "webhooks", "cron", "internal", "jobs"}))
    return;
  auto& notes = file.project.notes<Sweeps>();
  for (const Node f : file.tree.all("function_definition"))
    if (!function_around(f) && icontains_any(f.code(), {"update(", "delete("})) read_function(file, f, notes);
}

// Stops: one customer who closes everybody's orders, or empties the table.
void judge_python_sweeps(const Project& project, Sink& sink) {
  const auto& python = project.notes<PythonNotes>();
  std::size_t told = 0;
  for (const Sweeps::Sweep& s : project.notes<Sweeps>().sweeps) {
    if (told >= kMostTold) return;
    const auto owned = belongs_to_somebody(python, s.model, true);
    if (owned != true && !(owned == std::nullopt && personal_noun(s.model))) continue;
    const bool known = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return (f.id == "AZ-001" || f.id == "AZ-008" || f.id == "DJ-036" || f.id == "FA-003") &&
             f.locations.front().path == s.at.at.path && f.locations.front().line <= s.at.at.line &&
             s.at.at.line - f.locations.front().line < 5;
    });
    if (known) continue;
    auto& f = sink.find("AZ-008", s.at.at, s.at.shown);
    f.title = "Everybody who has an account " + std::string(s.removes ? "removes" : "changes") + " everybody's " +
              text::printable(s.model, 60) + " at once (" + text::printable(s.door, 60) + ")";
    f.impact =
        "The rows are picked by their state and by nobody's name: one request of any account changes what belongs to "
        "all the others.";
    f.fix = "Pick the caller's own rows, or ask for staff; what has to run for all belongs into a scheduled task.";
    ++told;
  }
}

}  // namespace gatehouse::audit::source
