#include "audit/source/python_lists.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

// Whose are few, or no rows at all.
bool few_things(std::string_view name) {
  return has_word(
      name,
      {"category",   "categories", "role",     "roles",   "plan",        "plans",           "country",   "countries",
       "city",       "cities",     "tag",      "tags",    "setting",     "settings",        "language",  "languages",
       "currencies", "status",     "statuses", "types",   "permissions", "features",        "templates", "models",
       "providers",  "health",     "options",  "choices", "stats",       "statistics",      "chart",     "my",
       "me",         "mine",       "own",      "search",  "recommend",   "recommendations", "top",       "latest",
       "recent",     "featured"});
}

// @router.get("/things") async def all_things() -> list[Thing]: nobody says how many.
bool endless_answer(Node f) {
  const std::string name = function_name(f);
  std::string type(f.child("return_type").text());
  std::optional<std::string> get;
  for (const Node d : f.parent().children())
    if (const auto route = d.is("decorator") ? as_call(d.first()) : std::nullopt) {
      if (last(route->name) == "get") get = literal(route->arg(0)).value_or("");
      if (const Node model = route->keyword("response_model"); model && type.empty()) type = model.text();
    }
  if (!get || get->find('{') != get->npos) return false;
  if (!type.starts_with("list[") && !type.starts_with("List[")) return false;
  if (few_things(name) || few_things(*get) || few_things(type)) return false;
  const Code code = f.code();
  if (icontains_any(code, {"limit", "offset", "skip", "page", "paginat", "cursor", "per_page", "take", "size",
                           "[:", "first(", "current_user", "user_id", "user.id", "owner", "user:"}))
    return false;
  // It hands on what somebody else brings, or asks for all.
  return icontains_any(code, {".all()", "get_all", "find_all", "list_all", "all_", "select(", ".scalars(", ".query("});
}

// statement = select(Document); session.exec(statement).all(), await User.find_all().to_list(),
// supabase.table("orders").select("*").execute(): of a route that says nowhere how many.
bool asks_for_all(const File& file, Node f, const Code& code) {
  if (!route_function(f) || few_things(function_name(f)) ||
      icontains_any(code, {"limit", "offset", "paginat", "per_page", "page_size", "[:", "len(", "count", "sum("}))
    return false;
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view made = last(c->name);
    const Code whole = c->node.code();
    if (few_things(whole.substr(0, std::min<std::size_t>(whole.size(), 80)))) continue;
    if (made == "to_list" && (c->args.empty() || c->arg(0).is("none")) && !c->keyword("length").is("integer") &&
        (contains(whole, "find_all()") || contains(whole, ".find()") || contains(whole, ".find({})")))
      return true;
    if (made == "execute" && contains(whole, ".table(") && contains(whole, ".select(") &&
        !icontains_any(whole, {".eq(", ".single(", ".maybe_single(", ".range(", ".in_(", ".match(", ".filter("}))
      return true;
    if (made != "all" || !c->args.empty() || !icontains_any(whole, {".exec(", ".execute(", ".scalars("})) continue;
    for (const auto& inner : c->node.all("call")) {
      const auto select = as_call(inner);
      if (select && select->name == "select" && inner.parent().is("argument_list")) return true;
    }
    for (const Node a : body(f).all("assignment"))
      if (a.child("left").is("identifier") && has_token(whole, a.child("left").text()))
        if (const auto select = as_call(unwrap(a.child("right"))); select && select->name == "select") {
          bool narrowed = false;  // statement = statement.where(…) below, whoever asks
          for (const Node b : body(f).all("assignment"))
            narrowed = narrowed || (b.child("left").text() == a.child("left").text() && !(b == a) &&
                                    b.parent().parent() == a.parent().parent() && contains(b.code(), ".where("));
          if (!narrowed) return true;
        }
  }
  return false;
}

// queryset = Order.objects.all(), or a get_queryset that narrows to more than one person's and cuts nothing.
bool lists_without_end(Node cls) {
  const Code code = cls.code();
  if (!contains(code, "get_queryset")) return contains(code, "queryset = ") && contains(code, ".all()");
  if (few_things(cls.child("name").text()) || contains(code, "def list(")) return false;
  for (const Node f : body(cls).all("function_definition"))
    if (function_name(f) == "get_queryset") {
      const Code asked = body(f).code();
      return contains(asked, ".objects") && !icontains_any(asked, {"user", "owner", "[:", "limit", "_id=", ".none()"});
    }
  return false;
}

}  // namespace gatehouse::audit::source
