#include "audit/source/script_layers.h"

#include <algorithm>

#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 4;              // calls from the handler down
constexpr std::size_t kMostSteps = 200;  // of one function
constexpr std::size_t kMostSlots = 28;

// Names with the labels of what they hold.
using Names = std::map<std::string, Labels, std::less<>>;

bool word(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '$'; }

// The labels of the names that stand in the code: one pass over its words.
Labels labels_in(std::string_view code, const Names& names) {
  Labels out = 0;
  for (std::size_t i = 0; i < code.size();) {
    if (!word(code[i])) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (i < code.size() && word(code[i])) ++i;
    const bool property = begin > 0 && code[begin - 1] == '.' && !(begin > 2 && code[begin - 2] == '.');
    const bool key = i < code.size() && code[i] == ':' && (i + 1 >= code.size() || code[i + 1] != ':');
    if (property || key) continue;
    if (const auto it = names.find(code.substr(begin, i - begin)); it != names.end()) out |= it->second;
  }
  return out;
}

bool identity_text(std::string_view code) {
  return icontains_any(code, {"req.user",       "request.user",   "req.auth",         "request.auth",
                              "req.userid",     "req.session",    "res.locals",       "session.user",
                              "session?.user",  "ctx.user",       "ctx.session",      "ctx.auth",
                              "ctx.state.user", "context.user",   "context.req.user", "context.session",
                              "locals.user",    "c.get(",         "c.var.",           "currentuser",
                              "auth().userid",  "jwtpayload",     "ctx.req.user",     "context.userid",
                              "ctx.userid",     "context.me",     "ctx.me",           "context.currentuser",
                              "context.auth",   "context.viewer", "ctx.viewer",       "context?.user",
                              "ctx?.user"});
}

bool client_text(std::string_view code) {
  return contains(code, "params.") || contains(code, "params?.") || contains(code, "params[") ||
         contains(code, "req.query") || contains(code, "request.query") || contains(code, "req.body") ||
         contains(code, "request.body") || contains(code, "searchParams.get(") || contains(code, "req.param(") ||
         contains(code, "request.params") || contains(code, "req.params") || contains(code, "formData.get(") ||
         contains(code, "req.json()") || contains(code, "request.json()");
}

// req.member.sub: what a middleware laid down, whatever it is called.
bool attached(std::string_view code) {
  for (const std::string_view head : {"req.", "request."})
    for (std::size_t at = code.find(head); at != std::string_view::npos; at = code.find(head, at + 1)) {
      if (at > 0 && word(code[at - 1])) continue;
      std::size_t end = at + head.size();
      const std::size_t begin = end;
      while (end < code.size() && word(code[end])) ++end;
      const std::string_view what = code.substr(begin, end - begin);
      if (end < code.size() && (code[end] == '.' || code[end] == '?' || code[end] == '!') && what != "body" &&
          what != "query" && what != "params" && what != "headers" && what != "cookies" && what != "files" &&
          what != "file" && what != "app" && what != "nextUrl" && what != "log" && what != "socket" &&
          what != "connection" && what != "url" && what != "method" && what != "originalUrl" && what != "path" &&
          what != "raw" && what != "server" && what != "io" && what != "get")
        return true;
    }
  return false;
}

Labels labels_of(std::string_view code, const Names& names, bool handler) {
  Labels out = labels_in(code, names);
  if (handler) {
    if (code == "req.body" || code == "request.body" || code == "...req.body") out |= kBody;
    if (client_text(code)) out |= kClient;
    if (identity_text(code) || attached(code)) out |= kIdentity;
  }
  return out;
}

void bind(Node pattern, Labels labels, Names& names) {
  if (pattern.any_of("identifier", "shorthand_property_identifier_pattern")) {
    names[std::string(pattern.text())] = labels;
    return;
  }
  for (const Node n : pattern.all("identifier")) names[std::string(n.text())] = labels;
  for (const Node n : pattern.all("shorthand_property_identifier_pattern")) names[std::string(n.text())] = labels;
}

std::string class_of(Node n) {
  const Node cls = n.above("class_declaration", "class", "abstract_class_declaration");
  return std::string(cls.child("name").text());
}

// "this.orders" of a class: the type it was declared with.
std::string type_of_member(Node function, std::string_view member) {
  const Node cls = function.above("class_declaration", "class", "abstract_class_declaration");
  for (const Node b : cls.children()) {
    if (!b.is("class_body")) continue;
    for (const Node m : b.children()) {
      if (m.any_of("public_field_definition", "field_definition")) {
        const Node name = m.child("name") ? m.child("name") : m.child("property");
        if (name.text() != member) continue;
        if (const auto made = as_call(unwrap(m.child("value"))); made && made->name.starts_with("new "))
          return made->name.substr(4);
        const Node type = m.child("type");
        if (type) return std::string(text::trim(type.text().substr(std::min<std::size_t>(1, type.text().size()))));
      }
      if (!m.is("method_definition") || m.child("name").text() != "constructor") continue;
      for (const Node p : m.child("parameters").children()) {
        if (p.child("pattern").text() != member || !p.child("type")) continue;
        const std::string_view type = p.child("type").text();
        return std::string(text::trim(type.substr(std::min<std::size_t>(1, type.size()))));
      }
      for (const Node a : m.all("assignment_expression"))
        if (a.child("left").text() == "this." + std::string(member))
          if (const auto made = as_call(unwrap(a.child("right"))); made && made->name.starts_with("new "))
            return made->name.substr(4);
    }
  }
  return {};
}

std::string bare_type(
    std::string type) {  // "Repository<Order>" -> "Repository", "orders.OrderService" -> "OrderService"
  type.resize(std::min(type.size(), type.find('<')));
  return std::string(last(type));
}

Callee callee_of(const File& file, const Call& c, Node function) {
  Callee out;
  const auto parts = text::split(c.name, '.');
  out.name = std::string(last(c.name));
  const auto module_for = [&](std::string_view name) {
    const auto it = file.imports.find(name);
    return it == file.imports.end() ? std::string() : resolve_module(file.path, it->second);
  };
  if (parts.size() == 1) {
    const auto it = file.imports.find(parts.front());
    if (it == file.imports.end()) {
      out.module = module_of(file.path);
    } else {
      out.module = resolve_module(file.path, it->second);
      // import { load as l } from "./x": the name it has at home
      if (const std::size_t dot = it->second.rfind('.');
          dot != std::string::npos && dot > it->second.rfind('/') + 1 && it->second.rfind('/') != std::string::npos)
        out.name = it->second.substr(dot + 1);
    }
    return out;
  }
  if (parts.front() == "this") {
    if (parts.size() == 2) {
      out.module = module_of(file.path);
      out.type = class_of(function);
    } else if (parts.size() == 3) {
      out.type = bare_type(type_of_member(function, parts[1]));
      if (out.type.empty()) out.type = std::string(parts[1]);  // this.orderService
    }
    return out;
  }
  if (parts.front().starts_with("new ")) {
    out.type = bare_type(std::string(parts.front().substr(4, parts.front().find('(') - 4)));
    return out;
  }
  if (parts.size() != 2) return out;
  // orders.load(): of a module, of a class, of an object made here.
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").text() == parts.front())
      if (const auto made = as_call(unwrap(d.child("value"))); made && made->name.starts_with("new ")) {
        out.type = bare_type(made->name.substr(4));
        return out;
      }
  out.module = module_for(parts.front());
  if (out.module.empty()) out.type = std::string(parts.front());
  return out;
}

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

bool owner_column(std::string_view condition, const Schema& schema) {
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

// body, { ...body }, { $set: body }, req.body: the labels of what goes in as it is.
Labels whole_of(Node n, const Names& names, bool handler, int depth = 0) {
  n = unwrap(n);
  if (depth > 3) return 0;
  if (n.any_of("identifier", "shorthand_property_identifier")) {
    const auto it = names.find(n.text());
    return it == names.end() ? 0 : it->second & (handler ? kBody : ~Labels{0});
  }
  if (handler && (n.code() == "req.body" || n.code() == "request.body" || n.code() == "ctx.request.body" ||
                  n.code() == "req.json()" || n.code() == "request.json()" || n.code() == "c.req.json()"))
    return kBody;
  Labels out = 0;
  for (const Node part : n.is("object") ? n.children() : std::vector<Node>()) {
    if (part.is("spread_element")) out |= whole_of(part.first(), names, handler, depth + 1);
    if (part.is("pair") && part.child("key").text() == "$set")
      out |= whole_of(part.child("value"), names, handler, depth + 1);
  }
  return out;
}

Labels written_of(const Touch& t, const Call& c, const Names& names, bool handler) {
  Labels out = 0;
  const Node first = unwrap(c.arg(0));
  if (const Node data = member(first, "data")) return whole_of(data, names, handler);
  const std::string_view f = last(c.name);
  const bool second = c.args.size() > 1 && (f.ends_with("Update") || f.starts_with("update") || f == "replaceOne");
  if (second)
    out |= whole_of(c.arg(1), names, handler);
  else if (!first.is("identifier") || t.kind == Touch::Kind::create || !contains(t.whole.code(), ".set("))
    out |= whole_of(first, names, handler);
  for (const char* verb : {"set", "values"})
    for (const Node call : t.whole.all("call_expression"))
      if (const auto chained = as_call(call); chained && last(chained->name) == verb)
        out |= whole_of(chained->arg(0), names, handler);
  if (const auto outer = as_call(t.whole); outer && (last(outer->name) == "set" || last(outer->name) == "values"))
    out |= whole_of(outer->arg(0), names, handler);
  return out;
}

}  // namespace

bool same_module(std::string_view file, std::string_view target) {
  if (target.empty()) return false;
  // `import { usersRouter } from "./routes/users"` is noted as "…/users.usersRouter".
  const auto ends = [&](std::string_view t) {
    return file == t || (file.size() > t.size() && file.ends_with(t) && file[file.size() - t.size() - 1] == '/');
  };
  if (ends(target)) return true;
  const std::size_t dot = target.rfind('.');
  return dot != std::string_view::npos && dot > target.rfind('/') && ends(target.substr(0, dot));
}

Flow flow_of(const File& file, Node function, const HandlerNames* handler) {
  Flow flow;
  flow.module = module_of(file.path);
  flow.name = function_name(function);
  flow.type = class_of(function);
  const Node code = body(function);
  flow.asks = asks_identity(function.code());
  flow.limits = asks_limit(function.code());
  flow.ranks = icontains_any(function.code(), {"role", "admin", "permission", "isstaff", "isseller", "ability"});
  const Schema& schema = file.project.notes<Schema>();
  Names names;
  if (handler) {
    for (const auto& n : handler->client) names[n] |= kClient;
    for (const auto& n : handler->identity) names[n] |= kIdentity;
    for (const auto& n : handler->body) names[n] |= kBody;
  } else {
    Labels bit = 1;
    const auto give = [&](std::string slot, Node pattern) {
      if (flow.slots.size() >= kMostSlots) return;
      bind(pattern, bit, names);
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
  for (const Node d : code.all("variable_declarator")) {
    const Node value = unwrap(d.child("value"));
    if (is_function(value)) continue;
    Labels l = labels_of(value.code(), names, h);
    if (h && asks_identity(value.code())) l |= kIdentity;
    if (l != 0) bind(d.child("name"), l, names);
  }
  std::map<std::uint32_t, const Touch*> seen;
  const std::vector<Touch> all = touches(file, code);
  for (const Touch& t : all) seen[t.call.index()] = &t;
  for (const Call* c : file.calls_in(code)) {
    if (flow.steps.size() >= kMostSteps) break;
    if (const auto it = seen.find(c->node.index()); it != seen.end()) {
      const Touch& t = *it->second;
      if (t.by_rules) continue;
      Step s;
      s.touch = t.kind;
      s.record = t.record;
      s.labels = labels_of(t.condition, names, h);
      s.by_owner = owner_column(t.condition, schema);
      s.by_proof = icontains_any(t.condition, {"email", "token", "secret", "code:", "otp", "username", "apikey",
                                               "api_key", "hash", "slug", "nonce", "verification"});
      if (t.kind == Touch::Kind::change || t.kind == Touch::Kind::create) s.written = written_of(t, *c, names, h);
      s.at = {place(file.path, c->line()), file.shown(c->node)};
      flow.steps.push_back(std::move(s));
      continue;
    }
    if (quiet(c->name)) continue;
    if (checks(last(c->name))) {
      if (const Labels l = labels_of(c->node.code(), names, h)) flow.compared.push_back(l);
      continue;
    }
    Step s;
    for (std::size_t i = 0; i < c->args.size(); ++i) {
      const Node a = unwrap(c->args[i]);
      if (is_function(a)) continue;
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
  return flow;
}

void read_layers(const File& file, Flows& flows) {
  if (flows.by_name.size() > 20'000) return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const std::string name = function_name(f);
      if (name.empty() || name == "constructor") continue;
      Flow flow = flow_of(file, f, nullptr);
      if (!flow.type.empty() && f.is("method_definition") && file.calls_in(body(f)).empty() &&
          body(f).all("assignment_expression").empty())
        flows.stubs.insert(flow.type + "." + name);
      if (flow.steps.empty() && !flow.asks && !flow.limits) continue;
      flows.by_name.emplace(name, std::move(flow));
    }
  for (const Node c : file.tree.all("class_declaration"))
    for (const Node h : c.children())
      if (h.is("class_heritage"))
        for (const char* type : {"type_identifier", "identifier"})
          for (const Node t : h.all(type))
            flows.implements.emplace(std::string(t.text()), std::string(c.child("name").text()));
}

namespace {

// The functions a call may mean; one, unless classes share an interface.
std::vector<const Flow*> meant(const Flows& flows, const Callee& c) {
  std::vector<const Flow*> out;
  const auto [from, to] = flows.by_name.equal_range(c.name);
  std::string type = c.type;
  if (!type.empty())
    if (const auto it = flows.implements.find(type); it != flows.implements.end()) type = it->second;
  for (auto it = from; it != to && out.size() < 4; ++it) {
    const Flow& f = it->second;
    if (!c.type.empty()) {
      if (!f.type.empty() && (text::iequals(f.type, c.type) || text::iequals(f.type, type))) out.push_back(&f);
    } else if (!c.module.empty() && same_module(f.module, c.module)) {
      out.push_back(&f);
    }
  }
  // orderService.load(): a module or an object named like that.
  if (out.empty() && !c.type.empty())
    for (auto it = from; it != to && out.size() < 2; ++it) {
      std::string file = it->second.module.substr(it->second.module.rfind('/') + 1);
      std::erase_if(file, [](char x) { return !text::is_alpha(x) && !text::is_digit(x); });
      if (text::iequals(file, c.type)) out.push_back(&it->second);
    }
  return out;
}

}  // namespace

Verdict judge_flow(const Flows& flows, const Flow& flow, Labels client, Labels identity, int depth) {
  Verdict out;
  const auto owned = [] { return Verdict{Verdict::Kind::owned, {}, false, Touch::Kind::one, {}, {}}; };
  if (std::any_of(flow.compared.begin(), flow.compared.end(), [&](Labels l) { return (l & identity) != 0; }))
    return owned();
  for (const Step& s : flow.steps) {
    if (--flows.credit < 0) return owned();
    if (s.touch) {
      if ((s.labels & client) == 0) continue;
      if (s.labels & identity) {
        if (*s.touch == Touch::Kind::create) continue;
        return owned();
      }
      if (s.by_proof || *s.touch == Touch::Kind::create || (*s.touch == Touch::Kind::list && !s.by_owner)) continue;
      if (out.kind == Verdict::Kind::nothing || (out.touch == Touch::Kind::one && *s.touch != Touch::Kind::one))
        out = {Verdict::Kind::unowned, s.record, s.by_owner, *s.touch, s.at, s.at};
      continue;
    }
    Labels all = 0;
    for (const auto& [slot, l] : s.handed) all |= l;
    const bool with_id = (all & client) != 0, with_who = (all & identity) != 0;
    if (!with_id || depth >= kDeepest) continue;
    const auto functions = meant(flows, s.callee);
    if (functions.empty() && with_who) return owned();  // it can tell whose it is; we cannot see that it does not
    for (const Flow* f : functions) {
      Labels c = 0, w = 0;
      for (std::size_t i = 0; i < f->slots.size(); ++i)
        for (const auto& [slot, l] : s.handed)
          if (slot == f->slots[i] || (f->slots[i].starts_with(slot + ".") &&
                                      std::none_of(s.handed.begin(), s.handed.end(),
                                                   [&](const auto& x) { return x.first.starts_with(slot + "."); }))) {
            if (l & client) c |= 1u << i;
            if (l & identity) w |= 1u << i;
          }
      const Verdict inner = judge_flow(flows, *f, c & ~w, w, depth + 1);
      if (inner.kind == Verdict::Kind::owned) return owned();
      if (inner.kind == Verdict::Kind::unowned &&
          (out.kind == Verdict::Kind::nothing || (out.touch == Touch::Kind::one && inner.touch != Touch::Kind::one)))
        out = {Verdict::Kind::unowned, inner.record, inner.claimed, inner.touch, inner.record_at, s.at};
    }
  }
  return out;
}

void deeds(const Flows& flows, const Flow& flow, std::vector<const Step*>& out, int depth) {
  for (const Step& s : flow.steps) {
    if (out.size() > 100 || --flows.credit < 0) return;
    if (s.touch) {
      out.push_back(&s);
    } else if (depth < kDeepest) {
      for (const Flow* f : meant(flows, s.callee))
        if (f != &flow) deeds(flows, *f, out, depth + 1);
    }
  }
}

std::optional<WholeWrite> whole_write(const Flows& flows, const Flow& flow, Labels body, int depth) {
  for (const Step& s : flow.steps) {
    if (--flows.credit < 0) return std::nullopt;
    if (s.touch) {
      if (s.written & body) return WholeWrite{&s, s.at};
      continue;
    }
    if (depth >= kDeepest) continue;
    for (const Flow* f : meant(flows, s.callee)) {
      if (f == &flow) continue;
      Labels inner = 0;
      for (std::size_t i = 0; i < f->slots.size(); ++i)
        for (const auto& [slot, l] : s.handed)
          if (slot == f->slots[i] && (l & body)) inner |= 1u << i;
      if (inner == 0) continue;
      if (auto found = whole_write(flows, *f, inner, depth + 1)) return WholeWrite{found->step, s.at};
    }
  }
  return std::nullopt;
}

bool ranks_deeply(const Flows& flows, const Flow& flow, int depth) {
  if (flow.ranks) return true;
  if (depth >= 2) return false;
  for (const Step& s : flow.steps)
    if (!s.touch && --flows.credit > 0)
      for (const Flow* f : meant(flows, s.callee))
        if (f != &flow && ranks_deeply(flows, *f, depth + 1)) return true;
  return false;
}

bool limits_deeply(const Flows& flows, const Flow& flow, int depth) {
  if (flow.limits) return true;
  if (depth >= 2) return false;
  for (const Step& s : flow.steps)
    if (!s.touch && --flows.credit > 0)
      for (const Flow* f : meant(flows, s.callee))
        if (f != &flow && limits_deeply(flows, *f, depth + 1)) return true;
  return false;
}

bool asks_deeply(const Flows& flows, const Flow& flow, int depth) {
  if (flow.asks) return true;
  if (depth >= 2) return false;
  for (const Step& s : flow.steps)
    if (!s.touch && --flows.credit > 0)
      for (const Flow* f : meant(flows, s.callee))
        if (f != &flow && asks_deeply(flows, *f, depth + 1)) return true;
  return false;
}

}  // namespace gatehouse::audit::source
