// What one function does with what it is given: every kind of step is recognised here, in one walk.
#include <algorithm>

#include "audit/source/guest_doors.h"
#include "audit/source/lengths.h"
#include "audit/source/loose_numbers.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_aliases.h"
#include "audit/source/script_bounds.h"
#include "audit/source/script_deeds.h"
#include "audit/source/script_labels.h"
#include "audit/source/script_staff.h"
#include "audit/source/script_uses.h"
#include "audit/source/script_written.h"
#include "audit/source/told_contacts.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostSteps = 200;  // of one function
constexpr std::size_t kMostSlots = 27;

bool quiet(std::string_view name) {  // calls that decide and keep nothing
  const std::string_view f = last(name);
  return name.starts_with("console.") || name.starts_with("JSON.") || name.starts_with("Object.") ||
         name.starts_with("Number") || name.starts_with("String") || name.starts_with("Math.") ||
         name.starts_with("Array.") || name.starts_with("Date") || name.starts_with("new Date") ||
         name.starts_with("new Error") || f == "json" || f == "send" || f == "status" || f == "parseInt" ||
         f == "toString" || f == "trim" || f == "log" || f == "info" || f == "warn" || f == "error" || f == "debug" ||
         f == "next" || f == "redirect" || f == "map" || f == "filter" || f == "forEach" || f == "push" ||
         f == "revalidatePath" || f == "revalidateTag" || f == "set" || f == "isValid" || f == "parse" ||
         f == "safeParse" || f == "emit" || f == "publish" || f == "invalidate" || icontains(f, "log") ||
         icontains(f, "objectid") || icontains(f, "audit") || icontains(f, "track") || icontains(name, "error");
}

bool checks(std::string_view f) {
  return has_word(f, {"assert",  "check", "can",    "ensure",    "authorize", "verify",     "belongs",     "own",
                      "owner",   "owns",  "forbid", "forbidden", "allowed",   "permission", "permissions", "access",
                      "enforce", "guard", "equals", "includes",  "some",      "ability",    "member",      "admin"});
}

bool owner_column(const Code& condition, const Schema& schema) {
  if (icontains_any(condition, {"userid",    "user_id",     "ownerid",        "owner_id",  "owner",      "tenantid",
                                "tenant_id", "orgid",       "organizationid", "createdby", "created_by", "authorid",
                                "author_id", "customerid",  "customer_id",    "accountid", "clerkid",    "profile_id",
                                "profileid", "workspaceid", "teamid",         "memberid",  "auth.uid",   "user:",
                                "author:",   "members"}))
    return true;
  std::string lower = text::to_lower(condition);
  return std::any_of(schema.owners.begin(), schema.owners.end(), [&](const std::string& o) {
    return o.size() > 3 && (has_token(lower, o + "id") || (contains(lower, o + ":")) || has_token(lower, o + "_id") ||
                            (o.ends_with("id") && has_token(lower, o)));
  });
}

// findMany({ where: { projectId } }): the key of what belongs to somebody says which rows are meant.
bool parent_column(const Touch& t, const Schema& schema) {
  const Record* r = schema.of(t.record);
  if (r == nullptr || t.condition.empty() || published(t.record)) return false;
  return std::any_of(r->columns.begin(), r->columns.end(), [&](const std::string& c) {
    return (c.ends_with("Id") || c.ends_with("_id")) && has_token(t.condition, c) && !parent_key(schema, c).empty();
  });
}

// const note = await Note.findById(id); … note.text = text; await note.save(): what is done to what was found.
std::optional<Touch::Kind> done_later(const File& file, const Touch& t, Node code) {
  const Node d = t.whole.parent();
  if (!d.is("variable_declarator") || !d.child("name").is("identifier")) return std::nullopt;
  const std::string head = std::string(d.child("name").text()) + ".";
  std::optional<Touch::Kind> out;
  for (const Call* c : file.calls_in(code)) {
    if (!c->name.starts_with(head) || c->node.begin() < d.end()) continue;
    const std::string_view f = std::string_view(c->name).substr(head.size());
    if (f == "deleteOne" || f == "remove" || f == "destroy" || f == "delete") return Touch::Kind::remove;
    if (f == "save" || f == "update" || f == "updateOne" || f == "set") out = Touch::Kind::change;
  }
  return out;
}

// const taken = await find…; if (taken) throw …: that it is there is all that is asked.
bool only_tested(const Touch& t) {
  const Node d = t.whole.parent();
  if (!d.is("variable_declarator") || !d.child("name").is("identifier")) return false;
  const std::string_view name = d.child("name").text();
  bool tested = false;
  for (const Node use : function_around(d).all("identifier")) {
    if (use.text() != name || use.inside(d)) continue;
    Node p = use.parent();
    // if (!snapshot.exists), if (snapshot.empty)
    if (p.is("member_expression") && t.documents &&
        (p.child("property").text() == "exists" || p.child("property").text() == "empty"))
      p = p.parent();
    while (p.any_of("parenthesized_expression", "unary_expression")) p = p.parent();
    if (!p.any_of("if_statement", "ternary_expression") || !use.inside(p.child("condition"))) return false;
    tested = true;
  }
  return tested;
}

// findUnique({ where: { token: refreshToken } })
bool shown_token(const File& file, Node value) {
  for (const Touch& t : touches(file, value))
    if (t.kind == Touch::Kind::one && icontains_any(t.condition, {"token", "sessionid", "session_id", "apikey"}) &&
        !icontains_any(t.condition, {"email", "username"}))
      return true;
  return false;
}

// const payload = verifySignedToken(token): what it says was said by the server.
bool signed_by_server(Node value) {
  const auto c = as_call(unwrap(value));
  if (!c) return false;
  const std::string_view f = last(c->name);
  return has_word(f, {"verify", "validate", "unseal", "unsign", "open", "check"}) &&
         has_word(f, {"token", "signed", "signature", "link", "seal", "jwt", "unsign", "unseal"});
}

// items.map((item) => …), for (const item of items): each piece of what was handed in came with it.
void bind_pieces(Node code, Names& names, Names& direct, bool handler) {
  const auto bind = [&](Node list, Node piece) {
    if (piece.any_of("required_parameter", "optional_parameter")) piece = piece.child("pattern");
    if (!piece) return;
    if (const Labels l = labels_of(list.code(), names, handler)) bind_names(piece, l, names);
    if (const Labels l = as_it_came(list, direct, handler)) bind_names(piece, l, direct);
  };
  for (const Node loop : code.all("for_in_statement"))
    if (loop.has_token("of")) bind(loop.child("right"), loop.child("left"));
  for (const Node call : code.all("call_expression")) {
    const Node callee = call.child("function");
    if (!callee.is("member_expression")) continue;
    const std::string_view f = callee.child("property").text();
    if (f != "map" && f != "forEach" && f != "flatMap" && f != "reduce") continue;
    const auto arguments = call.child("arguments").children();
    const Node inner = arguments.empty() ? Node() : unwrap(arguments.front());
    if (!is_function(inner)) continue;
    const std::size_t which = f == "reduce" ? 1 : 0;
    const auto parameters = inner.child("parameters").children();
    bind(callee.child("object"), inner.child("parameter") && which == 0 ? inner.child("parameter")
                                 : parameters.size() > which            ? parameters[which]
                                                                        : Node());
  }
}

// if (amount <= 0), Math.abs(amount), Number.isInteger(quantity)
Labels bounded_in(Node code, const Names& names, bool handler) {
  Labels out = 0;
  for (const Node b : code.all("binary_expression")) {
    if (!b.has_token("<") && !b.has_token(">") && !b.has_token("<=") && !b.has_token(">=")) continue;
    const Node l = unwrap(b.child("left")), r = unwrap(b.child("right"));
    if (l.is("number")) out |= labels_of(r.code(), names, handler);
    if (r.is("number")) out |= labels_of(l.code(), names, handler);
  }
  for (const Node call : code.all("call_expression")) {
    const Code f = call.child("function").code();
    if (f.ends_with("abs") || f.ends_with("isInteger") || f.ends_with("isPositive") || f.ends_with(".positive") ||
        f.ends_with("Math.max") || f.ends_with("arse"))
      if (!f.ends_with("arse") || contains(f, "chema"))
        out |= labels_of(call.child("arguments").code(), names, handler);
  }
  return out;
}

}  // namespace

Flow flow_of(const File& file, Node function, const HandlerNames* handler) {
  Flow flow;
  flow.module = module_of(file.path);
  flow.name = function_name(function);
  flow.type = class_of(function);
  flow.at = {place(file.path, function.line()), file.shown(function)};
  const Node code = body(function);
  flow.asks = asks_identity(function.code()) ||
              (contains(function.code(), "req.session") && function.child("parameters").children().size() == 3);
  flow.limits = asks_limit(function.code());
  flow.ranks = asks_rank(function);
  // Stops: a sign-in that looks up tutors and students in tables of their own, taken for a question of rank.
  if (flow.ranks && flow.asks && !function.child("parameters").children().empty() &&
      has_token(function.child("parameters").children().back().code(), "next") &&
      icontains_any(function.code(), {"verify(", "verifyidtoken(", "getuser("}))
    flow.ranks = turns_away_by_rank(function);
  flow.staff = flow.ranks && lets_only_staff(file, function);
  flow.end_line = function.end_line();
  if (handler != nullptr) {
    flow.guest = asks_guest(function.code());
    flow.counted = counted_by_claim(file, function);
  }
  const Schema& schema = file.project.notes<Schema>();
  Names names;
  if (handler) {
    for (const auto& n : handler->client) names[n] |= kClient;
    name_each_id(function, names);
    for (const auto& n : handler->identity) names[n] |= kIdentity;
    for (const auto& n : handler->body) names[n] |= kBody | kShaped;
    for (const Node p : function.child("parameters").children())  // NestJS: @Body("email") email: string
      for (const Node d : p.children())
        if (d.is("decorator") && icontains_any(d.code().substr(0, 8), {"@body", "@query"}))
          if (const auto it = names.find(p.child("pattern").text()); it != names.end()) it->second |= kShaped;
  } else {
    Labels bit = 1;
    const auto give = [&](std::string slot, Node pattern) {
      if (flow.slots.size() >= kMostSlots) return;
      bind_names(pattern, bit, names);
      flow.slots.push_back(std::move(slot));
      bit <<= 1;
    };
    std::vector<Node> parameters = function.child("parameters").children();
    if (const Node only = function.child("parameter")) parameters = {only};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      Node p = parameters[i];
      if (p.any_of("required_parameter", "optional_parameter")) p = p.child("pattern");
      if (p.is("assignment_pattern")) p = p.child("left");
      if (p.is("object_pattern")) {
        for (const Node part : p.children()) {
          const std::string_view key = part.is("pair_pattern")                ? part.child("key").text()
                                       : part.is("object_assignment_pattern") ? part.first().text()
                                                                              : part.text();
          give(std::to_string(i) + "." + std::string(key), part.is("pair_pattern") ? part.child("value") : part);
        }
      } else {
        give(std::to_string(i), p);
      }
    }
  }
  const bool h = handler != nullptr;
  // Names of this function, in the order of the text.
  Names direct = names;
  for (const Node d : code.all("variable_declarator")) {
    const Node value = unwrap(d.child("value"));
    if (is_function(value)) continue;
    Labels l = labels_of(value.code(), names, h);
    // searchParams.get("userId") ?? session.user.id: the client's word, where there is one.
    if (value.is("binary_expression") && (value.has_token("??") || value.has_token("||")) && (l & kIdentity))
      if (const Labels first = labels_of(unwrap(value.child("left")).code(), names, h);
          (first & kClient) && !(first & kIdentity))
        l = first;
    if (h && asks_identity(value.code())) l |= kIdentity;
    // Whoever shows the token that a row is found by is the one it was made for.
    if (h && l != 0 && (shown_token(file, value) || signed_by_server(value))) l = kIdentity;
    if (l != 0) bind_names(d.child("name"), l, names);
    // const { user, body: order } = req: each part is what req.user and req.body would be.
    if (h && d.child("name").is("object_pattern") && value.is("identifier"))
      for (const Node part : d.child("name").children()) {
        const bool renamed = part.is("pair_pattern");
        const std::string_view key = (renamed ? part.child("key") : part).text();
        const std::string whole = std::string(value.text()) + "." + std::string(key);
        if (const Labels taken = labels_of(Code(whole), names, h) | labels_of(Code(whole + "."), names, h); taken != 0)
          bind_names(renamed ? part.child("value") : part, taken, names);
      }
    if (const Labels came = as_it_came(value, direct, h))
      bind_names(d.child("name"), came, direct);
    else if (d.child("name").is("identifier"))  // what a call brought: const invoice = await Invoices.get(params.id)
      direct.erase(std::string(d.child("name").text()));
  }
  bind_pieces(code, names, direct, h);
  flow.bounded = bounded_in(code, direct, h);
  flow.looks = looks_at_input(function.code());
  flow.cuts = bounds_length(function.code()) || held_by_schema(file, function.code());
  flow.texts = icontains_any(
      function.code(), {".validate(req.body", ".validateasync(req.body", ".parse(req.body", ".safeparse(req.body",
                        ".parseasync(req.body", "validationresult(req", ".validate(request.body", ".parse(request.body",
                        ".cast(req.body", ".parse(await req", ".safeparse(await req", ".validatesync(req.body"});
  if (h) flow.taken = taken_by(file, function);
  if (h) note_loose_number(file, function);
  flow.contacts = contacts_asked(file, code);
  if (h) flow.answered = contacts_answered(file, function);
  flow.uses = uses_of(file, function, direct, h);
  std::map<std::uint32_t, const Touch*> seen;
  const std::vector<Touch> all = touches(file, code);
  for (const Touch& t : all) seen[t.call.index()] = &t;
  for (const Call* c : file.calls_in(code)) {
    if (flow.steps.size() >= kMostSteps) break;
    if (const auto it = seen.find(c->node.index()); it != seen.end()) {
      const Touch& t = *it->second;
      if (t.by_rules) continue;
      if (h && t.kind == Touch::Kind::one && only_tested(t) && (labels_of(t.condition, names, h) & kIdentity) == 0)
        continue;
      Step s;
      s.touch = t.kind;
      if (t.kind == Touch::Kind::one)
        if (const auto later = done_later(file, t, code)) s.touch = later;
      s.record = t.record;
      s.labels = labels_of(t.condition, names, h);
      s.mighty = t.mighty;
      s.bound = bound_of(file, t, function);
      s.by_owner = owner_column(t.condition, schema);
      s.by_parent = !s.by_owner && parent_column(t, schema);
      s.by_proof = icontains_any(t.condition, {"email", "token", "secret", "code:", "otp", "username", "apikey",
                                               "api_key", "hash", "slug", "nonce", "verification"});
      // Stops: the bookings of whoever's address is asked for. A list by an address is no proof of it.
      if (t.kind == Touch::Kind::list && s.by_proof && !s.by_owner && !people(t.record) &&
          icontains(t.condition, "email") && !icontains_any(t.condition, {"token", "code", "secret", "otp", "hash"})) {
        const Record* listed = schema.of(t.record);
        s.by_owner = listed == nullptr || !listed->person;
        s.by_proof = !s.by_owner;
      }
      if (t.kind == Touch::Kind::change || t.kind == Touch::Kind::create) s.written = written_of(t, *c, names, h);
      if (s.written != 0) {
        s.fixed = fixed_after(t, *c);
        s.overwrites = t.kind == Touch::Kind::create && contains(file.code(), ".save(") &&
                       (file.imports_from("typeorm") || file.imports_from("sequelize-typescript"));
      }
      if (t.kind == Touch::Kind::create) s.money = money_of(t, *c, names, h);
      if (t.kind == Touch::Kind::create) columns_written(t, *c, schema, names, direct, h, s);
      if (t.kind == Touch::Kind::change) {  // moved below another one
        Step moved;
        columns_written(t, *c, schema, names, direct, h, moved);
        s.hung = moved.hung & ~s.written;
        s.hung_on = std::move(moved.hung_on);
      }
      s.at = {place(file.path, c->line()), file.shown(c->node)};
      flow.steps.push_back(std::move(s));
      continue;
    }
    // urls.map(upload): each of them is handed on.
    if (const std::string_view f = last(c->name);
        (f == "map" || f == "forEach" || f == "flatMap") && c->arg(0).is("identifier")) {
      const Node list = c->node.child("function").child("object");
      Step s;
      if (const Labels l = as_it_came(list, direct, h)) s.given.emplace_back("0", l);
      if (const Labels l = labels_of(list.code(), names, h)) s.handed.emplace_back("0", l);
      s.callee = callee_of(file, {c->node, std::string(c->arg(0).text()), {}, {}}, function);
      s.at = {place(file.path, c->line()), file.shown(c->node)};
      if (!s.handed.empty()) flow.steps.push_back(std::move(s));
      continue;
    }
    if (quiet(c->name)) continue;
    if (checks(last(c->name))) {
      if (const Labels l = labels_of(c->node.code(), names, h)) flow.compared.push_back(l);
      // await requireOwner(): what it asks stands in its own lines.
      if (!c->args.empty()) continue;
    }
    Step s;
    for (std::size_t i = 0; i < c->args.size(); ++i) {
      const Node a = unwrap(c->args[i]);
      if (is_function(a)) continue;
      if (const Labels l = as_it_came(a, direct, h)) {
        s.given.emplace_back(std::to_string(i), l);
        for (const auto& [key, value] : members(a))
          if (const Labels part = as_it_came(value, direct, h))
            s.given.emplace_back(std::to_string(i) + "." + key, part);
      }
      if (const Labels l = labels_of(a.code(), names, h)) {
        s.handed.emplace_back(std::to_string(i), l);
        for (const auto& [key, value] : members(a))
          if (const Labels part = labels_of(value.code(), names, h))
            s.handed.emplace_back(std::to_string(i) + "." + key, part);
      }
    }
    s.callee = callee_of(file, *c, function);
    s.at = {place(file.path, c->line()), file.shown(c->node)};
    if (!s.handed.empty() || !s.callee.module.empty() || !s.callee.type.empty()) flow.steps.push_back(std::move(s));
  }
  for (const Node b : code.all("binary_expression")) {
    if (!b.has_token("===") && !b.has_token("!==") && !b.has_token("==") && !b.has_token("!=")) continue;
    const Node l = unwrap(b.child("left")), r = unwrap(b.child("right"));
    const auto nothing = [](Node n) {
      return n.any_of("null", "undefined", "true", "false", "number") || n.text() == "undefined" ||
             n.is("unary_expression");
    };
    if (nothing(l) || nothing(r)) continue;
    const Labels labels = labels_of(b.code(), names, h);
    if (labels == 0) continue;
    // user.role === "admin" decides; method === "POST" does not.
    if ((literal(l) || literal(r)) && !icontains_any(b.code(), {"role", "admin", "permission", "type"})) continue;
    flow.compared.push_back(labels);
  }
  read_deeds(file, function, handler, flow);
  return flow;
}

namespace {

// class UserService extends CrudService { constructor() { super(User); } }, new CrudService(User)
void read_makers(const File& file, Flows& flows) {
  const std::string module = module_of(file.path);
  const auto record_of = [](const Call& made) {
    const Node what = unwrap(made.arg(0));
    const std::string name = dotted(what);
    return what.any_of("identifier", "member_expression") && !name.starts_with("this.") ? record_key(name)
                                                                                        : std::string();
  };
  for (const char* type : {"class_declaration", "class"})
    for (const Node c : file.tree.all(type)) {
      const std::string name(c.child("name").text());
      for (const Node h : c.children()) {
        if (!h.is("class_heritage") || contains(h.code().substr(0, 11), "implements")) continue;
        Node parent = h.first();
        if (parent.is("extends_clause")) parent = parent.child("value");
        if (parent.any_of("identifier", "member_expression"))
          flows.parents.emplace(name, std::string(last(dotted(parent))));
      }
      for (const Node call : c.all("call_expression"))
        if (call.child("function").is("super"))
          if (const auto made = as_call(call))
            if (std::string record = record_of(*made); !record.empty()) flows.about.emplace(name, record);
    }
  const auto keep = [&](std::string name, Node value) {
    const auto made = as_call(unwrap(value));
    if (!made || !made->name.starts_with("new ")) return;
    const std::string type(last(std::string_view(made->name).substr(4)));
    if (file.imports_from(type) && resolve_module(file.path, file.full(type)).empty()) return;  // of a package
    flows.instances.emplace(module + "#" + std::move(name), Callee{{}, type, {}, record_of(*made)});
  };
  for (const Node d : file.tree.all("variable_declarator"))
    if (!function_around(d)) keep(std::string(d.child("name").text()), d.child("value"));
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string_view left = a.child("left").text();
    if (left == "module.exports" || left == "exports.default")
      keep({}, a.child("right"));
    else if (left.starts_with("exports.") || left.starts_with("module.exports."))
      keep(std::string(last(left)), a.child("right"));
  }
  for (const Node e : file.tree.all("export_statement"))
    if (const Node value = e.child("value")) keep({}, value);
}

}  // namespace

void read_layers(const File& file, Flows& flows) {
  if (flows.by_name.size() > 20'000) return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const std::string name = function_name(f);
      if (name.empty() || name == "constructor") continue;
      Flow flow = flow_of(file, f, nullptr);
      flow.gives = returns_of(file, f);
      if (!flow.type.empty() && f.is("method_definition") && file.calls_in(body(f)).empty() &&
          body(f).all("assignment_expression").empty())
        flows.stubs.insert(flow.type + "." + name);
      if (flow.steps.empty() && flow.gives.empty() && flow.uses.empty() && !flow.sets_password && !flow.asks &&
          !flow.limits && !flow.ranks)
        continue;
      flows.by_name.emplace(name, std::move(flow));
    }
  read_makers(file, flows);
  read_aliases(file, flows);
  for (const Node c : file.tree.all("class_declaration"))
    for (const Node h : c.children())
      if (h.is("class_heritage"))
        for (const char* type : {"type_identifier", "identifier"})
          for (const Node t : h.all(type))
            flows.implements.emplace(std::string(t.text()), std::string(c.child("name").text()));
}

}  // namespace gatehouse::audit::source
