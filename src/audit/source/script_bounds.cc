#include "audit/source/script_bounds.h"

#include <algorithm>

#include "audit/source/loose_numbers.h"
#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 12;  // named in one finding

struct SchemaBounds {
  std::vector<Spot> numbers;
  std::vector<std::pair<bool, Spot>> lists;     // of Firestore: whether the client names the end
  std::vector<std::pair<Callee, Spot>> handed;  // a size of the client's, and what it is handed to
};

// Few, and written by whoever runs the place.
bool few(std::string_view record) {
  static constexpr std::string_view kFew[] = {
      "category", "role",       "plan",     "setting", "tag",   "country", "city",  "permission", "config",
      "faq",      "menu",       "banner",   "brand",   "size",  "color",   "type",  "status",     "language",
      "template", "department", "currency", "unit",    "level", "section", "theme", "feature"};
  return std::find(std::begin(kFew), std::end(kFew), record) != std::end(kFew);
}

Node value_of_name(Node function, std::string_view name) {
  for (const Node d : function.all("variable_declarator"))
    if (d.child("name").text() == name) return d.child("value");
  return {};
}

// One person's, and more every day: messages, entries of a log.
bool grows(std::string_view record) {
  static constexpr std::string_view kGrow[] = {"message",  "chatmessage", "notification", "transaction", "log",
                                               "activity", "auditlog",    "note",         "history",     "activitylog"};
  return std::find(std::begin(kGrow), std::end(kGrow), record) != std::end(kGrow);
}

// const rows = await …; res.json(rows): all of them leave, however many.
bool sent_whole(const File& file, Node list, Node function) {
  const Node d = list.above("variable_declarator");
  if (!d || !d.child("name").is("identifier") || !(function_around(d) == function)) return false;
  const std::string_view name = d.child("name").text();
  for (const auto& [at, args] : answers_in(file, function)) {
    if (at.begin() < d.begin()) continue;
    for (const Node a : args.children())
      if (unwrap(a).text() == name) return true;
    for (const Node p : args.all("pair"))
      if (unwrap(p.child("value")).text() == name) return true;
    for (const Node p : args.all("shorthand_property_identifier"))
      if (p.text() == name) return true;
  }
  return false;
}

// Who one is, and what is compared with what is kept: asked for by what follows.
bool identifies(std::string_view name) {
  return has_word(name, {"email", "password", "token", "id", "code", "otp", "refresh", "username", "confirm"}) ||
         name.ends_with("Id");
}

}  // namespace

bool looks_at_input(const Code& code) {
  return icontains_any(code, {".parse(",  "safeparse", "validat",   "joi.",     "typeof ",  "isnan",   "isinteger",
                              "isarray(", ".length >", ".length <", ".length>", ".length<", ".test(",  "assert",
                              " < 0",     " <= 0",     " > 0",      " < 1",     " >= 1",    "isemail", ".slice(0",
                              "schema",   "isfinite",  "sanitize",  "math.min", "math.max", "<= 0",    "check("});
}

bool counted(std::string_view name) {
  return has_word(
      name,
      {"amount",   "quantity", "qty",    "price",    "points",  "stars",   "rating",    "menge",      "anzahl",
       "cantidad", "precio",   "total",  "discount", "score",   "credits", "stock",     "seats",      "guests",
       "percent",  "hours",    "days",   "duration", "betrag",  "punkte",  "preis",     "monto",      "units",
       "count",    "balance",  "weight", "bid",      "tip",     "salary",  "travelers", "travellers", "passengers",
       "tickets",  "nights",   "adults", "children", "persons", "people",  "rooms",     "cost"});
}

std::optional<Taken> taken_by(const File& file, Node handler) {
  Taken out;
  Node at;
  std::size_t others = 0;
  bool held = false;
  const Code whole = handler.code();
  // if (!STATUSES.includes(status)) throw …: held against a list.
  const auto from_list = [&](const std::string& name) {
    return (contains(whole, "!") && contains(whole, ".includes(" + name + ")")) ||
           contains(whole, ".has(" + name + ")");
  };
  const auto left_lying = [&](const std::string& name, Node where) {
    if (!where.is("shorthand_property_identifier_pattern")) return false;
    const auto named = [&](Node n) { return n.text() == name; };
    const auto plain = handler.all("identifier"), short_pairs = handler.all("shorthand_property_identifier");
    return std::none_of(plain.begin(), plain.end(), named) &&
           std::none_of(short_pairs.begin(), short_pairs.end(), named);
  };
  // const input = req.body; const { title } = input
  const auto bodied = [&](Node from) {
    from = unwrap(from);
    return from.is("identifier") && body_object(dotted(unwrap(value_of(file, from))));
  };
  for (const auto& [name, where] : client_data(file, handler).fields) {
    const Node d = where.is("member_expression") ? where : where.above("variable_declarator");
    const Code from = d.code();
    if (contains(from, "params") || (!icontains_any(from, {"body", ".json()", "formdata", "event.", "data"}) &&
                                     !bodied(d.child(where.is("member_expression") ? "object" : "value"))))
      continue;
    if (!counted(name) && (from_list(name) || left_lying(name, where))) {
      held = true;
      continue;
    }
    if (counted(name)) out.number = true;
    if (!identifies(name)) ++others;
    if (!at || (counted(name) && !out.at.at.line)) at = where;
  }
  if (others == 0 && held) return std::nullopt;
  if (others == 0) {
    at = {};
    // create({ ...req.body }), service.add(user.id, req.body), const body = (await req.json()) as Input
    for (const Node m : handler.all("member_expression"))
      if (body_object(dotted(m)) && !m.parent().any_of("member_expression", "variable_declarator")) at = m;
    for (const Node d : body(handler).all("variable_declarator"))
      if (d.child("name").is("identifier") &&
          (contains(d.child("value").code(), "req.json()") || contains(d.child("value").code(), "request.json()")))
        at = d;
    for (const Node p : handler.child("parameters").children())  // NestJS: @Body() dto
      for (const Node d : p.children())
        if (d.is("decorator") && d.code().starts_with("@Body(")) at = p;
    if (!at || (at.is("member_expression") && identifies(at.parent().text()))) return std::nullopt;
    if (at.is("member_expression") && at.parent().is("member_expression")) return std::nullopt;
  }
  if (!at) return std::nullopt;
  out.at = {place(file.path, at.line()), file.shown(at)};
  return out;
}

// limit(Number(req.query.limit)): a number of the client's, whatever makes it a number.
Node converted(Node n) {
  n = unwrap(n);
  if (const auto c = as_call(n); c && (last(c->name) == "Number" || last(c->name) == "parseInt"))
    return unwrap(c->arg(0));
  return n.is("unary_expression") && n.has_token("+") ? unwrap(n.child("argument")) : n;
}

ListBound bound_of(const File& file, const Touch& t, Node function) {
  if (t.kind != Touch::Kind::list) return ListBound::held;
  if (t.limit) {
    const bool held = icontains_any(function.code(), {"math.min(", "clamp"}) || !from_client(file, converted(t.limit));
    return held ? ListBound::held : ListBound::clients;
  }
  if (t.documents)
    return few(t.record) || icontains_any(t.whole.code(), {"count"}) || contains(function.code(), ".size") ||
                   contains(function.code(), ".empty)")
               ? ListBound::held
               : ListBound::none;
  // const [me] = await …, (await …)[0]: one of them is meant
  Node up = t.whole.parent();
  while (up.any_of("await_expression", "parenthesized_expression", "as_expression", "non_null_expression"))
    up = up.parent();
  // db.prepare("SELECT …").get(id): a list only where all are asked for
  if (icontains(t.whole.code(), "prepare(") && !(up.is("member_expression") && up.child("property").text() == "all") &&
      !icontains(t.whole.code(), ".all("))
    return ListBound::held;
  if (up.is("member_expression") && (up.child("property").text() == "get" || up.child("property").text() == "first"))
    return ListBound::held;
  if (up.is("subscript_expression") || (up.is("variable_declarator") && up.child("name").is("array_pattern")))
    return ListBound::held;
  const Code whole = t.whole.code();
  const Code code = function.code();
  const bool capped =
      icontains_any(code, {"math.min(", "clamp", " > 100", " > 50", ">100", ">50", " > max", "_limit)", ".max("});
  const auto named_by_client = [&](Node n) {
    n = converted(n);
    return n && !literal(n) && !n.is("number") && !capped &&
           (from_client(file, n) ||
            icontains_any(n.code(), {"limit", "take", "pagesize", "per_page", "perpage", "size"})) &&
           !std::all_of(n.text().begin(), n.text().end(), [](char c) { return c < 'a' || c > 'z'; });
  };
  std::vector<Node> calls = t.whole.all("call_expression");
  calls.push_back(t.whole);
  for (const Node n : calls)
    if (const auto c = as_call(n); c && last(c->name) == "limit")
      return named_by_client(converted(c->arg(0))) && from_client(file, converted(c->arg(0))) ? ListBound::clients
                                                                                              : ListBound::held;
  for (const Node p : t.whole.all("pair")) {
    const std::string_view key = p.child("key").text();
    if (key == "take" || key == "limit" || key == "first" || key == "pageSize")
      return named_by_client(p.child("value")) ? ListBound::clients : ListBound::held;
  }
  for (const Node s : t.whole.all("shorthand_property_identifier"))
    if (s.text() == "take" || s.text() == "limit" || s.text() == "first")
      return !capped && (from_client(file, value_of(file, s)) ||
                         takes_from_client(value_of_name(function, s.text()).code()))
                 ? ListBound::clients
                 : ListBound::held;
  if (icontains_any(whole, {"limit", "take",      "first",    "paginate", ".range(", "page",   "skip",
                            "count", "aggregate", "distinct", "$in",      " in:",    ".in(",   "cursor",
                            "top(",  "exists",    "group by", "sum(",     "max(",    "_id in", "slug ="}) ||
      contains(code, "paginat"))
    return ListBound::held;
  // db.collection("bookings").get() brings the collection
  if (icontains(whole, ".get(") && !(contains(whole, "collection(") && whole.ends_with(".get()")))
    return ListBound::held;
  // Counted, and not sent.
  if (icontains_any(code, {".length", ".reduce("}) && !sent_whole(file, t.whole, function)) return ListBound::held;
  return few(t.record) ? ListBound::held : ListBound::none;
}

// @IsInt() guests: number; without @Min
void read_class_bounds(const File& file, SchemaBounds& notes) {
  if (!file.imports_from("class-validator")) return;
  for (const Node m : file.tree.all("public_field_definition")) {
    if (!counted(m.child("name").text())) continue;
    std::string decorated;
    for (const Node d : m.children())
      if (d.is("decorator")) decorated += d.code();
    for (Node before = m.previous(); before.is("decorator"); before = before.previous()) decorated += before.code();
    if (icontains_any(decorated, {"@isint", "@isnumber"}) &&
        !icontains_any(decorated, {"@min(", "@ispositive", "@isin("}))
      notes.numbers.push_back({place(file.path, m.line()), file.shown(m)});
  }
}

// db.collection("orders").get() of a door, query.limit(Number(req.query.limit))
void read_collections(File& file, SchemaBounds& notes) {
  if (!contains(file.code(), "collection(") || !contains(file.code(), ".get()")) return;
  if (icontains_any(file.path, {"seed", "scripts/", "migrat", "cron", "job", "trigger"})) return;
  for (const Call& c : file.calls) {
    const Node f = function_around(c.node);
    if (!f) continue;
    const Code code = f.code();
    if (last(c.name) == "limit" && c.name.find('.') != std::string::npos && contains(code, "collection(") &&
        !icontains_any(code, {"math.min(", "clamp", "> 100", "> 50", "> max"}) && converted(c.arg(0)) &&
        !converted(c.arg(0)).is("number") && from_client(file, converted(c.arg(0)))) {
      notes.lists.emplace_back(true, Spot{place(file.path, c.line()), file.shown(c.node)});
      continue;
    }
    if (last(c.name) != "get" || !c.args.empty()) continue;
    const auto inner = as_call(unwrap(c.node.child("function").child("object")));
    const auto name = inner && last(inner->name) == "collection" ? literal(inner->arg(0)) : std::nullopt;
    // A subcollection is one person's.
    if (!name || few(record_key(*name)) || contains(inner->name, "doc(") || contains(*name, "/")) continue;
    const bool door = icontains_any(f.child("parameters").code(), {"req", "ctx", "request"});
    if (door) notes.lists.emplace_back(false, Spot{place(file.path, c.line()), file.shown(c.node)});
  }
}

bool size_name(std::string_view n) {
  return n == "limit" || n == "pageSize" || n == "page_size" || n == "perPage" || n == "per_page" || n == "take" ||
         n == "pagesize" || n == "size" || n == "limitNum" || n == "pageLimit";
}

// const limit = parseInt(searchParams.get("limit") ?? "50"); await service.history(user.id, limit, offset)
void read_page_sizes(const File& file, SchemaBounds& notes) {
  if (!icontains_any(file.code(), {"limit", "pagesize", "page_size", "perpage", "per_page"})) return;
  for (const Node d : file.tree.all("variable_declarator")) {
    const Node function = function_around(d);
    const Code value = d.child("value").code();
    if (!function || is_function(unwrap(d.child("value"))) ||
        !icontains_any(value, {"searchparams", "req.query", "request.query", "ctx.query", ".query("}))
      continue;
    std::vector<std::string> names;
    if (d.child("name").is("identifier")) {
      if (size_name(d.child("name").text())) names.emplace_back(d.child("name").text());
    } else {
      for (const char* kind : {"shorthand_property_identifier_pattern", "identifier"})
        for (const Node n : d.child("name").all(kind))
          if (size_name(n.text())) names.emplace_back(n.text());
    }
    if (names.empty() || icontains_any(function.code(), {"math.min(", "clamp", "> 100", ">100", "> 50", "> max",
                                                         ".max(", "safeparse", "schema.parse", "schema.validate"}))
      continue;
    for (const Call* c : file.calls_in(function)) {
      if (c->name.find('.') == std::string::npos && c->name != last(c->name)) continue;
      const std::string_view f = last(c->name);
      if (f == "parseInt" || f == "Number" || f == "limit" || f == "json" || f == "log" || f == "isNaN" ||
          f == "ceil" || f == "slice" || f == "send" || f == "range" || f == "String" || f == "isInteger" ||
          f == "isFinite")
        continue;
      const auto is_size = [&](Node n) {
        n = converted(n);
        return std::find(names.begin(), names.end(), n.text()) != names.end();
      };
      bool handed = false;
      for (const Node a : c->args) {
        handed = handed || is_size(a);
        for (const auto& [key, v] : members(unwrap(a))) handed = handed || (size_name(key) && is_size(v));
      }
      if (!handed) continue;
      notes.handed.emplace_back(callee_of(file, *c, function), Spot{place(file.path, d.line()), file.shown(d)});
      break;
    }
  }
}

// quantity: z.number(), amount: Joi.number().required()
void read_schema_bounds(File& file) {
  if (!client_file(file)) {
    read_page_sizes(file, file.project.notes<SchemaBounds>());
    read_class_bounds(file, file.project.notes<SchemaBounds>());
    read_collections(file, file.project.notes<SchemaBounds>());
  }
  if (client_file(file) ||
      !icontains_any(file.code(), {"z.number", "z.coerce.number", "joi.number", "yup.number", "v.number"}))
    return;
  auto& notes = file.project.notes<SchemaBounds>();
  for (const Node p : file.tree.all("pair")) {
    const Code value = p.child("value").code();
    if (value.size() > 200 || !contains(value, ".number(") || contains(value, ".object(") ||
        !counted(p.child("key").text()))
      continue;
    if (icontains_any(value, {".min(", ".positive(", ".nonnegative(", ".gt(", ".gte(", ".morethan(", "refine",
                              "minvalue", ".greater("}))
      continue;
    notes.numbers.push_back({place(file.path, p.line()), file.shown(p)});
  }
}

void Unbounded::see(const Project& project, const Flows& flows, const ScriptNotes& notes, const ScriptRoute& route,
                    const Flow& flow) {
  const bool writes = route.method != "get" && route.method != "head" && route.method != "delete";
  if (writes && flow.taken && !route.validated && !flow.looks && !sign_in_door(route.path) &&
      !webhook_door(route.path)) {
    const bool nest = route.framework == "nest";
    const bool held = nest && (notes.nest_validates || notes.nest_whitelist || route.whitelisted);
    bool deeper = false, keeps = false;
    for (const Step& s : flow.steps) {
      keeps = keeps || (s.touch && (*s.touch == Touch::Kind::create || *s.touch == Touch::Kind::change));
      if (s.touch || s.given.empty()) continue;
      if (--flows.credit < 0) return;
      for (const Flow* f : meant_by(flows, s.callee)) {
        deeper = deeper || f->looks;
        for (const Step& inner : f->steps)
          keeps =
              keeps || (inner.touch && (*inner.touch == Touch::Kind::create || *inner.touch == Touch::Kind::change));
      }
    }
    if (!held && !deeper && keeps) taken_.emplace_back(flow.taken->number, flow.taken->at);
  }
  // createSubmission(formData: Row): what TypeScript says of it, no client is held to.
  if (route.framework == "action" && !flow.looks && !flow.cuts)
    for (const Step& s : flow.steps)
      if (s.touch && (*s.touch == Touch::Kind::create || *s.touch == Touch::Kind::change) && (s.written & kBody) != 0) {
        taken_.emplace_back(false, s.at);
        break;
      }
  const Spot* number = writes ? loose_number(project, flow.at) : nullptr;
  if (number != nullptr && !route.validated && !flow.texts && !webhook_door(route.path) && !notes.nest_validates) {
    bool keeps = false, deeper = false;
    std::vector<const Step*> done;
    deeds(flows, flow, done);
    for (const Step* s : done)
      keeps = keeps || (s->touch && (*s->touch == Touch::Kind::create || *s->touch == Touch::Kind::change));
    for (const Step& s : flow.steps)
      if (!s.touch && !s.given.empty() && --flows.credit > 0)
        for (const Flow* f : meant_by(flows, s.callee)) deeper = deeper || f->looks || f->bounded != 0;
    if (keeps && !deeper) taken_.emplace_back(true, *number);
  }
  if (route.method == "get" || route.method == "query") {
    std::vector<const Step*> done;
    deeds(flows, flow, done);
    for (const Step* s : done)
      // What one person has made is not the whole table.
      if (s->bound == ListBound::clients || (s->bound == ListBound::none && (!s->by_owner || grows(s->record)))) {
        lists_.emplace_back(s->bound == ListBound::clients, s->at);
        break;
      }
  }
}

// Stops: minus three pieces, a name of a megabyte, and a list that takes the whole table along.
void Unbounded::tell(const Project& project, Sink& sink) const {
  const auto one = [&](std::string_view id, const std::vector<std::pair<bool, Spot>>& all) -> proof::Finding* {
    Recurring told(kMostPlaces);
    for (const bool first : {true, false})
      for (const auto& [grave, at] : all) {
        if (grave != first) continue;
        auto* f = told.find(sink, id, at);
        if (f != nullptr && grave) f->severity = proof::Severity::medium;
      }
    return told.finding();
  };
  std::vector<std::pair<bool, Spot>> taken = taken_;
  for (const Spot& s : project.notes<SchemaBounds>().numbers) taken.emplace_back(true, s);
  one("VAL-001", taken);
  std::vector<std::pair<bool, Spot>> endless = lists_;
  for (const auto& l : project.notes<SchemaBounds>().lists) endless.push_back(l);
  const Flows& flows = project.notes<Flows>();
  for (const auto& [callee, at] : project.notes<SchemaBounds>().handed) {
    const auto meant = meant_by(flows, callee);
    if (std::none_of(meant.begin(), meant.end(), [](const Flow* f) { return f->cuts; })) endless.emplace_back(true, at);
  }
  proof::Finding* lists = one("VAL-003", endless);
  if (lists != nullptr && std::any_of(endless.begin(), endless.end(), [](const auto& l) { return l.first; }))
    lists->title = "The client names how many records it is given, without a bound";
}

}  // namespace gatehouse::audit::source
