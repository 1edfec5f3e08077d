#include "audit/source/python_everybodys.h"

#include <algorithm>
#include <set>

#include "audit/source/django_scope.h"
#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "audit/source/python_notes.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_routes.h"
#include "audit/source/schema.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Everybodys {
  struct List {
    std::string model;
    Spot at;
    bool by_name = false;   // a collection or a table: nothing in the tree says whose its records are
    std::string role = {};  // given to who has this one
  };
  std::vector<List> lists;
  std::set<std::string, std::less<>> offered, declared;  // roles of a sign-up, and of the models
  bool chosen = false;                                   // a sign-up takes any of the declared ones
};

constexpr std::size_t kMostLists = 400;  // of one project
constexpr std::size_t kMostTold = 12;

// Somebody asks for a rank here, or narrows to a tenant; or everybody is meant to see it.
bool asks_for_few(const Code& code) {
  return icontains_any(code, {"admin",          "staff",  "superuser", "role",        "permission", "has_perm",
                              "manager",        "owner",  "tenant",    "organi",      "company",    "team",
                              "workspace",      "public", "published", "leaderboard", "shared",     "user_passes_test",
                              "is_active=true", "group",  "school",    "clinic",      "store",      "branch",
                              "moderator",      "api_key"});
}

bool narrows(const Code& code) {
  if (!asks_for_few(code)) return false;
  if (!contains(code, "role=") && !contains(code, "role__in=")) return true;
  // filter(role="patient") chooses whom, and asks nobody.
  std::string rest(code);
  for (const std::string_view key : {"(role=", " role=", "role__in="})
    for (std::size_t at = rest.find(key); at != rest.npos; at = rest.find(key, at)) rest.replace(at, key.size(), "(x=");
  return asks_for_few(rest);
}

// The whole expression that a query is a part of: Invoice.objects.filter(…).order_by("-id")[:20]
Node whole_chain(Node n) {
  while (n.parent().any_of("attribute", "call", "subscript", "await") && !n.inside(n.parent().child("arguments")))
    n = n.parent();
  return n;
}

// It asks for one record, a number, or changes what it finds.
bool no_list(std::string_view chain) {
  return icontains_any(
      chain, {".get(", ".first",        ".last",      ".count(",  ".exists(", ".aggregate(", ".delete(",   ".update(",
              ".one(", ".one_or_none(", "scalar_one", ".scalar(", ".latest(", "func.",       ".earliest(", ".in_bulk(",
              "pk=",   "(id=",          " id=",       ".id ==",   ".id==",    "_id"});
}

// Model of `Invoice.objects.all`, `db.query(Invoice).all`, `Invoice.query.all`, `select(Invoice)`; or nothing.
std::string listed_model(const Call& c) {
  const std::string_view f = last(c.name);
  if (const std::size_t objects = c.name.find(".objects."); objects != std::string::npos) {
    static constexpr std::string_view kLists[] = {"all",     "order_by",        "select_related", "prefetch_related",
                                                  "values",  "values_list",     "filter",         "exclude",
                                                  "reverse", "prefetch_related"};
    return c.name.find('.', objects + 9) == std::string::npos &&
                   std::find(std::begin(kLists), std::end(kLists), f) != std::end(kLists)
               ? std::string(last(c.name.substr(0, objects)))
               : std::string();
  }
  if ((f == "query" || f == "select") && c.args.size() == 1)
    if (std::string model = model_handed(c.arg(0)); !model.empty()) return model;
  if (const std::size_t query = c.name.find(".query."); query != std::string::npos && query > 0) {
    const std::string_view model = last(std::string_view(c.name).substr(0, query));
    if (model.empty() || model.front() < 'A' || model.front() > 'Z') return {};
    static constexpr std::string_view kLists[] = {"all", "order_by", "filter", "filter_by", "limit", "paginate"};
    return std::find(std::begin(kLists), std::end(kLists), f) != std::end(kLists) ? std::string(model) : std::string();
  }
  if (f == "all" || f == "find_all" || f == "find" || f == "filter" || f == "select") return active_record(c);
  return {};
}

// What all sold together, reckoned from everybody's rows.
bool reports(Node f) {
  return has_word(function_name(f), {"report", "reports", "sales", "revenue", "analytics", "statistics", "stats",
                                     "earnings", "dashboard", "overview", "kpi", "kpis"});
}

// taken = Shop.objects.filter(name=name); if len(taken) > 0: asked is only whether there are any.
bool only_counted(Node f, std::string_view name) {
  bool used = false;
  for (const Node n : f.all("identifier")) {
    if (n.text() != name || n.parent().is("assignment")) continue;
    const auto call = as_call(n.parent().parent());
    const Node p = n.parent();
    if (call && n.parent().is("argument_list") && (call->name == "len" || call->name == "bool")) continue;
    if (p.is("if_statement") || p.any_of("not_operator", "boolean_operator")) continue;
    used = true;
  }
  return !used;
}

// "invoices" of db.invoices.find(), db["invoices"].find({}), conn.execute("SELECT * FROM invoices"); or nothing.
std::string listed_collection(const Call& c) {
  const std::string_view f = last(c.name);
  if (f == "find") {
    if (const Node filter = unwrap(c.arg(0)); filter && !(filter.is("dictionary") && filter.children().empty()))
      return {};
    const Node from = c.node.child("function").child("object");
    if (from.is("subscript")) return literal(from.child("subscript")).value_or(std::string());
    return from.is("attribute") && has_word(dotted(from.child("object")), {"db", "database", "mongo"})
               ? std::string(from.child("attribute").text())
               : std::string();
  }
  if (f != "execute" && f != "fetch" && f != "fetch_all" && f != "fetchall" && f != "query") return {};
  Node sentence = unwrap(c.arg(0));
  if (const auto made = as_call(sentence); made && last(made->name) == "text") sentence = unwrap(made->arg(0));
  const auto sql = literal(sentence);
  if (!sql || !icontains(*sql, "select ") || icontains_any(*sql, {" where ", "count(", " limit 1", " join ", "sum("}))
    return {};
  const std::string low = text::to_lower(*sql);
  const std::size_t from = low.find(" from ");
  if (from == std::string::npos) return {};
  const std::string_view rest = text::trim(std::string_view(low).substr(from + 6));
  return std::string(rest.substr(0, rest.find_first_of(" ;\n\t)")));
}

bool answers_with(Node f, std::string_view name) {
  for (const Node r : f.all("return_statement"))
    if (has_token(r.code(), name)) return true;
  // serializer = OrderSerializer(orders, many=True), context["orders"] = orders
  for (const Node c : f.all("call"))
    if (const auto call = as_call(c); call && (contains(last(call->name), "erializer") || last(call->name) == "render"))
      if (has_token(c.child("arguments").code(), name)) return true;
  return false;
}

// What many are meant to see, though somebody put it there.
bool shared(std::string_view key) {
  return has_word(key, {"announcement", "notice",   "poll",    "donation",  "request",     "complaint", "discussion",
                        "forum",        "badge",    "level",   "score",     "leaderboard", "ad",        "advert",
                        "resource",     "tutorial", "guide",   "quiz",      "exam",        "test",      "material",
                        "assignment",   "idea",     "project", "skill",     "quote",       "campaign",  "petition",
                        "fundraiser",   "group",    "club",    "community", "channel",     "playlist"});
}

void read_function(File& file, Node f, Everybodys& notes) {
  const auto scoped = scoped_names(f);
  for (const Call* c : file.calls_in(body(f))) {
    std::string model = listed_model(*c);
    if (!model.empty() && (model.front() < 'A' || model.front() > 'Z')) continue;
    const bool by_name = model.empty();
    if (by_name) model = listed_collection(*c);
    if (model.empty() || notes.lists.size() >= kMostLists) continue;
    const Node chain = whole_chain(c->node);
    const std::string code = without_loads(chain.code());
    const bool sql = by_name && last(c->name) != "find";  // which columns it asks for says nothing
    if ((!sql && no_list(code)) || scoped_to_caller(code, scoped) || client_words(code) ||
        contains(code, "current_user") || contains(code, "user."))
      continue;
    // orders = Order.objects.all(), and further down: orders = orders.filter(user=request.user)
    const Node held = chain.above("assignment").child("left");
    if (held.is("identifier") && chain.inside(f)) {
      bool later = false;
      for (const Call* d : file.calls_in(body(f)))
        later = later || (d->node.begin() > chain.begin() && d->name.starts_with(std::string(held.text()) + ".") &&
                          !icontains_any(d->name, {"order_by", "select_related", "prefetch", "all"}));
      if (later || (!answers_with(f, held.text()) && (!reports(f) || only_counted(f, held.text())))) continue;
    } else if (!chain.above("return_statement") && !chain.above("call")) {
      continue;
    }
    notes.lists.push_back({model, {place(file.path, c->line()), file.shown(c->node)}, by_name});
    return;
  }
}

// A view of Django's that asks for an account, by itself or by the default of its API, and for nothing more.
bool asks_for_an_account(Node f, bool ninja) {
  const Node cls = f.above("class_definition");
  std::string before;
  for (const std::string& d : decorators(f))
    before += d.substr(contains(d, "permission_classes") ? d.find("permission_classes") + 18 : 0) + " ";
  if (cls) {
    if (!any_base(bases_of(cls), {"APIView", "ViewSet", "GenericViewSet", "GenericAPIView", "LoginRequiredMixin"}))
      return false;
    const std::string name = function_name(f);
    if (name != "get" && name != "list" && name != "get_context_data") return false;
    for (const std::string& d : decorators(cls)) before += d + " ";
    for (const std::string& b : bases_of(cls)) before += b + " ";
    before += attribute(cls, "permission_classes").child("right").code();
    for (std::size_t at = before.find("permissions."); at != std::string::npos; at = before.find("permissions."))
      before.erase(at, 12);  // permissions.IsAuthenticated asks for an account alone
    if (method(cls, "get_permissions")) return false;
  } else if (!icontains_any(before, {"login_required", "api_view"}) && !ninja) {
    return false;
  }
  return !icontains_any(before, {"allowany", "readonly"}) && !narrows(before);
}

bool role_name(std::string_view name) {
  return name == "role" || name == "user_type" || name == "account_type" || name == "user_role";
}

bool for_sign_up(std::string_view name) {
  return has_word(name, {"register", "registration", "signup", "usercreationform"}) ||
         (has_word(name, {"user", "account", "sign"}) && has_word(name, {"create", "creation", "up"}));
}

void read_literals(Node within, std::set<std::string, std::less<>>& out) {
  for (const Node s : within.all("string"))
    if (const auto role = literal(s); role && out.size() < kMostLists) out.insert(*role);
}

// role: Literal["buyer", "seller"] of a sign-up's body; role = CharField(choices=ROLES) of people, and the form that
// takes it.
void read_offered(const File& file, Everybodys& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    const bool sign_up = for_sign_up(cls.child("name").text());
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (!a.is("assignment")) continue;
      const std::string_view left = a.child("left").text();
      if (sign_up && role_name(left) && contains(a.code(), "Literal[")) read_literals(a.child("type"), notes.offered);
      if (!sign_up && (has_word(left, {"role", "roles"}) || role_name(left))) read_literals(a, notes.declared);
    }
    if (!sign_up) continue;
    const auto fields = names_in(attribute(inner_class(cls, "Meta"), "fields").child("right"));
    notes.chosen = notes.chosen || std::any_of(fields.begin(), fields.end(), role_name);
  }
  for (const Node f : file.tree.all("function_definition"))
    if (for_sign_up(function_name(f)) || function_name(f) == "register")
      for (const Node c : f.all("comparison_operator"))
        if (contains(c.code(), "role in ")) read_literals(c, notes.offered);
}

// if user.role == "seller": return db.query(Order).all()
void read_role_branches(File& file, Node f, Everybodys& notes) {
  if (!icontains_any(f.code(), {".role ==", ".user_type ==", ".account_type =="})) return;
  const auto scoped = scoped_names(f);
  for (const Node b : f.all("if_statement")) {
    const Node asked = unwrap(b.child("condition"));
    if (!asked.is("comparison_operator") || !contains(asked.code(), "==") || asked.children().size() != 2) continue;
    const auto role = literal(asked.children()[1]);
    if (!role || !role_name(last(dotted(asked.children()[0]))) || icontains(*role, "admin") ||
        has_word(*role, {"staff", "superuser", "manager", "moderator", "owner", "support", "root"}))
      continue;
    for (const Call* c : file.calls_in(b.child("consequence"))) {
      const std::string model = listed_model(*c);
      if (model.empty() || model.front() < 'A' || model.front() > 'Z' || notes.lists.size() >= kMostLists) continue;
      const Node chain = whole_chain(c->node);
      const std::string code = without_loads(chain.code());
      if (no_list(code) || scoped_to_caller(code, scoped) || client_words(code) || contains(code, "user")) continue;
      const Node held = chain.above("assignment").child("left");
      bool later = false;
      if (held.is("identifier") && chain.inside(f))
        for (const Call* d : file.calls_in(body(f)))
          later = later || (d->node.begin() > chain.begin() && d->name.starts_with(std::string(held.text()) + ".") &&
                            contains(d->name, "filter"));
      else if (!chain.above("return_statement"))
        continue;
      if (later) continue;
      notes.lists.push_back({model, {place(file.path, c->line()), file.shown(c->node)}, false, *role});
      break;
    }
  }
}

void read_django(File& file, Everybodys& notes) {
  const bool ninja = file.imports_from("ninja") && contains(file.code(), "auth=");
  for (const Node f : file.tree.all("function_definition")) {
    if (function_around(f)) continue;
    const auto parameters = f.child("parameters").children();
    if (parameters.empty() || !asks_for_an_account(f, ninja && !decorators(f).empty()) || narrows(f.code())) continue;
    read_function(file, f, notes);
  }
  // class Invoices(LoginRequiredMixin, ListView): model = Invoice
  for (const Node cls : file.tree.all("class_definition")) {
    if (!any_base(bases_of(cls), {"ListView"}) || !any_base(bases_of(cls), {"LoginRequiredMixin"}) ||
        method(cls, "get_queryset") || method(cls, "dispatch") || method(cls, "test_func") || narrows(cls.code()))
      continue;
    Node model = attribute(cls, "model");
    std::string name(model.child("right").text());
    if (const Node q = attribute(cls, "queryset")) {
      const auto c = as_call(unwrap(q.child("right")));
      model = q;
      name = c && !no_list(q.code()) ? listed_model(*c) : std::string();
    }
    if (!name.empty() && notes.lists.size() < kMostLists)
      notes.lists.push_back({name, {place(file.path, model.line()), file.shown(model)}, false});
  }
}

// dependencies=[Depends(get_current_user)]: who is signed in, and nothing of what is theirs. What else stands there may
// let in only a few: it is given back. Nothing where nobody is asked.
std::optional<std::string> asked_before(const File& file, Node dependencies) {
  if (!dependencies || !depends_on_guard(file, dependencies, nullptr)) return std::nullopt;
  std::string said(dependencies.code());
  for (const std::string_view plain : {"get_current_active_user", "get_current_user", "current_user"})
    for (std::size_t at = said.find(plain); at != said.npos; at = said.find(plain)) said.erase(at, plain.size());
  return said;
}

// router = APIRouter(dependencies=[Depends(get_current_user)])
std::optional<std::string> asked_by_router(const File& file, std::string_view name) {
  for (const Node a : file.tree.all("assignment")) {
    if (a.child("left").text() != name || function_around(a)) continue;
    if (const auto made = as_call(unwrap(a.child("right"))))
      if (auto said = asked_before(file, made->keyword("dependencies"))) return said;
  }
  return std::nullopt;
}

void read_routes(File& file, Everybodys& notes) {
  for (const Node f : file.tree.all("function_definition")) {
    if (!route_function(f) || function_around(f)) continue;
    std::string before;
    bool gets = false, listed = false;
    for (const Node d : f.parent().children()) {
      if (!d.is("decorator")) continue;
      const auto call = as_call(d.first());
      const auto own = call ? asked_before(file, call->keyword("dependencies")) : std::nullopt;
      const auto routers = call ? asked_by_router(file, call->name.substr(0, call->name.find('.'))) : std::nullopt;
      listed = listed || own || routers;
      before += own ? std::string(call->arg(0).code()) + *own : std::string(d.code());
      if (routers) before += *routers;
      const std::string_view m = call ? last(call->name) : std::string_view();
      gets = gets || m == "get" ||
             (m == "route" && (!call->keyword("methods") || icontains(call->keyword("methods").code(), "get")));
    }
    const Code head = f.child("parameters").code();
    const bool signed_in =
        listed || depends_on_guard(file, f.child("parameters"), nullptr) ||
        icontains_any(before, {"login_required", "jwt_required", "token_required", "auth_required"}) ||
        guard_in_body(body(f).code());
    if (!gets || !signed_in || narrows(before) || narrows(head) || narrows(f.code()) || narrows(file.path)) continue;
    read_function(file, f, notes);
  }
}

}  // namespace

void read_python_everybodys(File& file) {
  auto& notes = file.project.notes<Everybodys>();
  if (icontains_any(file.code(), {"role", "user_type", "account_type"})) {
    read_offered(file, notes);
    for (const Node f : file.tree.all("function_definition"))
      if (!function_around(f)) read_role_branches(file, f, notes);
  }
  if (file.imports_from("django") || file.imports_from("rest_framework"))
    read_django(file, notes);
  else if (framework_of(file))
    read_routes(file, notes);
}

void judge_python_everybodys(const Project& project, Sink& sink) {
  const auto& python = project.notes<PythonNotes>();
  const auto& schema = project.notes<Schema>();
  std::size_t told = 0;
  const auto& everybodys = project.notes<Everybodys>();
  for (const Everybodys::List& l : everybodys.lists) {
    if (told >= kMostTold) return;
    // Stops: whoever ticks "seller" when signing up, and reads what all sellers sold.
    if (!l.role.empty() && !everybodys.offered.contains(l.role) &&
        !(everybodys.chosen && everybodys.declared.contains(l.role)))
      continue;
    const std::string key = record_key(l.model);
    const auto owned = belongs_to_somebody(python, l.model);
    if (l.by_name) {
      const Record* r = schema.of(key);
      const bool personal = personal_noun(l.model) || personal_noun(key);
      if (r != nullptr ? published(key) || !(r->person || (r->owned && personal)) : !personal || owned == false)
        continue;
    } else if ((!personal_noun(l.model) && (published(key) || shared(key))) || owned != true) {
      continue;
    }
    const bool known = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return (f.id == "AZ-001" || f.id == "AZ-008" || f.id == "DJ-036" || f.id == "FA-003") &&
             f.locations.front().path == l.at.at.path && f.locations.front().line <= l.at.at.line &&
             l.at.at.line - f.locations.front().line < 6;
    });
    if (known) continue;
    auto& f = sink.find("AZ-001", l.at.at, l.at.shown);
    f.title = "Everybody who " + (l.role.empty() ? "has an account" : "signs up as " + text::printable(l.role, 40)) +
              " is given everybody's " + text::printable(l.model, 60);
    ++told;
  }
}

}  // namespace gatehouse::audit::source
