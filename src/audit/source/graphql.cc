// GraphQL: resolvers of Apollo, Yoga and their kin, of TypeGraphQL and NestJS, and how the server is set up.
#include <algorithm>
#include <utility>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool caller_name(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "user",          "userId",          "currentUser", "me",           "session",      "auth",    "viewer",
      "currentUserId", "account",         "authUser",    "isAuth",       "loggedInUser", "token",   "userInfo",
      "decoded",       "isAuthenticated", "member",      "isAuthorized", "authScope",    "isAdmin", "role",
      "player",        "authenticated"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

Node parameter(Node function, std::size_t i) {
  const auto all = function.child("parameters").children();
  if (i >= all.size()) return {};
  Node p = all[i];
  if (p.any_of("required_parameter", "optional_parameter")) p = p.child("pattern");
  if (p.is("assignment_pattern")) p = p.child("left");
  return p;
}

// Names out of a destructured parameter, each with the name it has inside.
std::vector<std::pair<std::string, std::string>> parts_of(Node pattern) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Node p : pattern.all("shorthand_property_identifier_pattern"))
    out.emplace_back(std::string(p.text()), std::string(p.text()));
  for (const Node p : pattern.all("pair_pattern"))
    if (p.child("value").is("identifier"))
      out.emplace_back(std::string(p.child("key").text()), std::string(p.child("value").text()));
  return out;
}

// context.user, ctx.req.session … of the parameter that is called `name`.
bool looks_up_caller(Node code, std::string_view name) {
  for (const Node m : code.all("member_expression")) {
    const std::string path = dotted(m);
    const auto parts = text::split(path, '.');
    if (parts.size() > 1 && parts.front() == name && std::any_of(parts.begin() + 1, parts.end(), caller_name))
      return true;
  }
  return false;
}

// (parent, args, context): what the client sends, and who is known to send it.
HandlerNames names_of(Node resolver) {
  HandlerNames out;
  const Node args = parameter(resolver, 1), context = parameter(resolver, 2);
  if (args.is("identifier")) out.client.insert(std::string(args.text()));
  for (const auto& [key, name] : parts_of(args)) {
    out.client.insert(name);
    if (key == "input" || key == "data") out.body.insert(name);
  }
  for (const auto& [key, name] : parts_of(context))
    if (caller_name(key)) out.identity.insert(name);
  return out;
}

bool knows_caller(Node resolver, const HandlerNames& names) {
  const Node code = body(resolver);
  if (std::any_of(names.identity.begin(), names.identity.end(),
                  [&](const std::string& n) { return has_token(code.code(), n); }))
    return true;
  const Node context = parameter(resolver, 2);
  if (context.is("identifier")) {
    const std::string name(context.text());
    if (looks_up_caller(code, name)) return true;
    for (const Node c : code.all("call_expression"))  // isAuthenticated(context)
      if (const auto call = as_call(c); call && guard_middleware(call->name) && has_token(c.code(), name)) return true;
    for (const Node d : code.all("variable_declarator"))
      if (d.child("value").text() == name)
        for (const auto& [key, local] : parts_of(d.child("name")))
          if (caller_name(key)) return true;
  }
  return asks_identity(code.code());
}

ScriptRoute route(File& file, bool query, const std::string& name, Node function, Node at, const HandlerNames& own) {
  ScriptRoute r;
  r.framework = "graphql";
  r.file = module_of(file.path);
  r.method = query ? "get" : "post";
  r.path = "/" + name + (own.client.empty() ? "" : "/:id");
  r.at = place(file.path, at.line());
  r.shown = file.shown(at);
  r.limited = asks_limit(function.code());
  r.costly = costly_route(name, function.code());
  r.flow = flow_of(file, function, &own);
  return r;
}

Node function_named(const File& file, std::string_view name) {
  for (const char* type : {"function_declaration", "arrow_function", "function_expression"})
    for (const Node f : file.tree.all(type))
      if (function_name(f) == name && !function_around(f)) return f;
  return {};
}

// orders: async (parent, args, ctx) => …, orders: isAuthenticated(async …), orders: combineResolvers(isAdmin, …)
void read_field(File& file, ScriptNotes& notes, bool query, const std::string& name, Node value) {
  Node f = unwrap(value);
  bool guarded = false, staff = false;
  for (int i = 0; i < 4; ++i) {
    const auto c = as_call(f);
    if (!c) break;
    guarded = guarded || guard_middleware(c->name) || icontains_any(c->name, {"auth", "protect"});
    Node next;
    for (const Node a : c->args) {
      const Node u = unwrap(a);
      guarded = guarded || guard_middleware(dotted(u));
      staff = staff || (u.is("identifier") && staff_middleware(u.text()));
      if (is_function(u) || as_call(u)) next = u;
    }
    f = next;
  }
  if (f.is("object")) f = unwrap(member(f, "resolve") ? member(f, "resolve") : member(f, "subscribe"));
  if (f.any_of("identifier", "shorthand_property_identifier")) f = function_named(file, f.text());
  if (!is_function(f)) return;
  const HandlerNames own = names_of(f);
  ScriptRoute r = route(file, query, name, f, value, own);
  r.guarded = guarded || knows_caller(f, own);
  r.privileged = staff;
  notes.routes.push_back(std::move(r));
}

void read_maps(File& file, ScriptNotes& notes) {
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    const Node map = unwrap(p.child("value"));
    if ((key != "Query" && key != "Mutation") || !map.is("object")) continue;
    if (const auto around = as_call(p.above("call_expression")); around && around->name == "shield") continue;
    for (const auto& [name, value] : members(map)) read_field(file, notes, key == "Query", name, value);
  }
  // const Mutation = { … } of resolvers/mutation.js
  for (const Node d : file.tree.all("variable_declarator")) {
    const std::string_view name = d.child("name").text();
    const Node map = unwrap(d.child("value"));
    const bool query = has_word(name, {"query", "queries"}), mutation = has_word(name, {"mutation", "mutations"});
    if (!map.is("object") || (!query && !mutation) || function_around(d)) continue;
    for (const auto& [field, value] : members(map)) read_field(file, notes, query, field, value);
  }
}

struct Said {
  bool query = false, mutation = false, guarded = false, staff = false;
};

Said said_of(const std::vector<Node>& decorators) {
  Said out;
  for (const Node d : decorators) {
    const Node inner = d.first();
    const auto c = as_call(inner);
    const std::string name = c ? c->name : dotted(inner);
    out.query = out.query || name == "Query";
    out.mutation = out.mutation || name == "Mutation";
    const bool guard =
        name == "Authorized" || has_word(name, {"auth", "roles", "authenticated"}) ||
        (name == "UseGuards" && !icontains(d.code(), "throttl")) ||
        (name == "UseMiddleware" && icontains_any(d.code(), {"auth", "logged", "user", "role", "admin"}));
    out.guarded = out.guarded || guard;
    out.staff = out.staff || (guard && icontains_any(d.code(), {"role", "admin"}));
  }
  return out;
}

// A method of a resolver class: @Arg is the client's, @CurrentUser and what stands in the context is the caller's.
void read_method(File& file, ScriptNotes& notes, Node method, const Said& said, bool all_guarded) {
  HandlerNames own;
  bool caller = false;
  for (const Node p : method.child("parameters").children()) {
    const Node pattern = p.child("pattern");
    const bool sent = contains(p.text().substr(0, 8), "@Arg");
    std::vector<std::string> names;
    if (pattern.is("identifier")) names.emplace_back(pattern.text());
    for (const auto& [key, name] : parts_of(pattern)) names.push_back(name);
    for (const std::string& n : names) {
      if (sent) {
        own.client.insert(n);
        if (has_word(n, {"input", "data", "dto"})) own.body.insert(n);
      } else if (caller_name(n) || has_word(n, {"user", "current"})) {
        own.identity.insert(n);
        caller = true;
      }
    }
    if (!sent && pattern.is("identifier")) caller = caller || looks_up_caller(body(method), pattern.text());
  }
  ScriptRoute r = route(file, said.query, std::string(method.child("name").text()), method, method, own);
  r.guarded = all_guarded || said.guarded || caller || asks_identity(method.code());
  r.privileged = said.staff;
  notes.routes.push_back(std::move(r));
}

void read_classes(File& file, ScriptNotes& notes) {
  for (const Node cls : file.tree.all("class_declaration")) {
    std::vector<Node> above;
    for (const Node holder : {cls, cls.parent()})
      if (holder == cls || holder.is("export_statement"))
        for (const Node c : holder.children())
          if (c.is("decorator")) above.push_back(c);
    if (std::none_of(above.begin(), above.end(), [](Node d) { return contains(d.text(), "@Resolver"); })) continue;
    const bool all_guarded = said_of(above).guarded;
    std::vector<Node> mine;
    for (const Node m : body(cls).children()) {
      if (m.is("decorator")) {
        mine.push_back(m);
        continue;
      }
      const Said said = said_of(std::exchange(mine, {}));
      if (m.is("method_definition") && (said.query || said.mutation)) read_method(file, notes, m, said, all_guarded);
    }
  }
}

// new ApolloServer({ … }), createYoga({ … }), graphqlHTTP({ … })
void judge_server(File& file) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool apollo = f == "ApolloServer" || c.name == "new ApolloServer";
    if (!apollo && f != "graphqlHTTP" && f != "createYoga" && (f != "forRoot" || !contains(c.name, "GraphQL")))
      continue;
    const Node options = unwrap(c.arg(0));
    if (!options.is("object")) continue;
    for (const std::string_view key : {"introspection", "playground", "graphiql", "sandbox"})
      if (const Node on = unwrap(member(options, key)); on.is("true") || (on.is("object") && key == "playground")) {
        file.hit("GQL-001", on);
        break;
      }
    if (const Node guard = unwrap(member(options, "csrfPrevention")); guard.is("false")) file.hit("GQL-002", guard);
    for (const std::string_view key : {"includeStacktraceInErrorResponses", "debug"})
      if (const Node on = unwrap(member(options, key)); apollo && on.is("true")) {
        file.hit("EX-010", on).title = "Stack traces are sent to the client";
        break;
      }
    const Node cors = unwrap(member(options, "cors"));
    if (cors.is("true") || member(cors, "origin").is("true") || literal(member(cors, "origin")) == "*")
      file.hit("EX-002", cors);
    if (!icontains_any(file.code(), {"depthlimit", "depth-limit", "complexity", "armor", "maxdepth", "costlimit",
                                     "cost-analysis", "persisted"}))
      file.hit("GQL-003", c.node);
  }
}

}  // namespace

void read_graphql(File& file, ScriptNotes& notes) {
  const Code code = file.code();
  judge_server(file);
  if (file.imports_from("react") || file.imports_from("@apollo/client")) return;
  if (contains(code, "@Resolver"))
    read_classes(file, notes);
  else if ((contains(code, "Query") || contains(code, "Mutation") || icontains(file.path, "resolver")) &&
           icontains_any(file.path,
                         {"resolver", "graphql", "apollo", "server", "index", "schema", "mutation", "query"}))
    read_maps(file, notes);
}

}  // namespace gatehouse::audit::source
