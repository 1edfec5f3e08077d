// What the names in a handler stand for: what a client sent, which record it means, who the verified caller is.
#include <algorithm>
#include <map>

#include "audit/source/script.h"
#include "audit/source/script_identity.h"
#include "audit/source/script_inputs.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// _.omit(req.body, ["password"]), Object.assign({}, req.body), { ...req.body }: what came, less what is named.
bool all_but(Node value) {
  value = unwrap(value);
  if (icontains_any(value.code(), {"role", "admin"})) return false;
  if (const auto c = as_call(value)) {
    const std::string_view f = last(c->name);
    return (f == "omit" || f == "assign" || f == "cloneDeep" || f == "structuredClone") &&
           (body_object(c->arg(0).code()) || body_object(c->arg(1).code()));
  }
  return false;
}

// { ...req.body, owner }, { ...input } after `const input = req.body`.
bool spreads_body(Node object, const std::set<std::string>& wholes) {
  for (const Node part : object.children())
    if (part.is("spread_element"))
      if (const Node from = unwrap(part.first());
          body_object(dotted(from)) || wholes.contains(std::string(from.text())))
        return true;
  return false;
}

}  // namespace

ClientData client_data(const File& file, Node function) {
  ClientData out;
  for (const Node d : function.all("variable_declarator")) {
    const Node value = d.child("value"), name = d.child("name");
    bool client = takes_from_client(value.code());
    if (!client)
      for (const auto& w : out.wholes) client = client || has_token(value.code(), w);
    if (!client || value.any_of("arrow_function", "function_expression")) continue;
    // const order = await orders.findUnique({ where: { number: sent.number } }): the server's own, whoever chose it.
    if (!touches(file, value).empty()) continue;
    if (name.is("object_pattern")) {
      // const { value, error } = schema.validate(req.body): what was sent, under another name
      const auto checked = as_call(unwrap(value));
      const bool handed_back =
          checked && has_word(last(checked->name), {"validate", "safe", "parse"}) && !checked->args.empty();
      for (const Node p : name.children()) {
        const std::string_view key = p.is("pair_pattern") ? p.child("key").text() : p.text();
        if (handed_back && (key == "value" || key == "data"))
          out.wholes.emplace(p.is("pair_pattern") ? p.child("value").text() : key);
        if (p.is("rest_pattern") && p.first().is("identifier") &&
            !icontains_any(value.code(), {"parse(", "validate", "pick(", "valid("}) &&
            std::none_of(out.fields.begin(), out.fields.end(), [](const auto& f) { return rights_field(f.first); })) {
          out.wholes.emplace(p.first().text());
          out.rests.emplace(p.first().text());
        }
        if (p.is("shorthand_property_identifier_pattern"))
          out.fields.emplace_back(std::string(p.text()), p);
        else if (p.is("pair_pattern"))
          out.fields.emplace_back(std::string(p.child("key").text()), p);
        else if (p.is("object_assignment_pattern"))
          out.fields.emplace_back(std::string(p.first().text()), p);
      }
    } else if (name.is("identifier")) {
      const Node v = unwrap(value);
      if (all_but(v)) out.rests.emplace(name.text());
      if (v.is("member_expression") && !icontains_any(dotted(v), {"body.data"}) && !v.code().ends_with(".body") &&
          !v.code().ends_with(".query"))
        out.fields.emplace_back(std::string(last(dotted(v))), v);
      else if (v.is("binary_expression") && unwrap(v.child("left")).is("member_expression") &&
               (v.has_token("||") || v.has_token("??")))
        out.fields.emplace_back(std::string(name.text()), v);  // const role = req.body.role || "user"
      else if (const auto c = as_call(v); c && last(c->name) == "get" && literal(c->arg(0)))
        out.fields.emplace_back(*literal(c->arg(0)), v);
      else if (!v.is("object") || spreads_body(v, out.wholes))
        out.wholes.insert(std::string(name.text()));
    }
  }
  // booking.userId = req.user.id: what stands there from then on is the server's.
  std::map<std::string, std::uint32_t, std::less<>> given;
  for (const Node a : function.all("assignment_expression"))
    if (a.child("left").is("member_expression") && !takes_from_client(a.child("right").code()) &&
        !has_token(a.child("right").code(), unwrap(a.child("left").child("object")).text()))
      given.emplace(dotted(a.child("left")), a.begin());
  for (const Node m : function.all("member_expression")) {
    if (!given.empty())
      if (const auto it = given.find(dotted(m)); it != given.end() && m.begin() >= it->second) continue;
    const std::string object = dotted(m.child("object"));
    const bool body = sent_object(object) || out.wholes.contains(object) ||
                      (object.ends_with(".data") && out.wholes.contains(object.substr(0, object.size() - 5)));
    if (body) out.fields.emplace_back(std::string(m.child("property").text()), m);
  }
  return out;
}

namespace {

// cart.map((item) => …), cart.reduce((sum, item) => …): a piece of what the call is made on.
bool piece_from_client(const File& file, Node callback, std::string_view name, int depth) {
  const auto call = callback.parent().is("arguments") ? as_call(callback.parent().parent()) : std::nullopt;
  if (!call || !(unwrap(call->arg(0)) == callback)) return false;
  static constexpr std::string_view kOver[] = {"map",   "forEach", "reduce",    "filter", "find",
                                               "every", "some",    "findIndex", "flatMap"};
  const std::string_view f = last(call->name);
  if (std::find(std::begin(kOver), std::end(kOver), f) == std::end(kOver)) return false;
  const auto parameters = parameters_of(callback);
  const std::size_t at = f == "reduce" ? 1 : 0;
  if (at >= parameters.size() || !has_token(parameters[at].text(), name)) return false;
  return from_client(file, call->node.child("function").child("object"), depth + 1);
}

bool bound_from_client(const File& file, Node scope, Node id, Node n, bool inner, int depth, bool& bound) {
  for (const Node d : scope.all("variable_declarator")) {
    if (d.begin() >= n.begin() || !has_token(d.child("name").text(), id.text())) continue;
    if (!inner && !(function_around(d) == scope)) continue;
    bound = true;
    const Node v = d.child("value");
    // What a record holds is the server's own, whoever chose the record.
    if (!is_function(v) && touches(file, v).empty() && from_client(file, v, depth + 1)) return true;
    if (v) continue;
    for (const Node a : scope.all("assignment_expression"))  // let body; try { body = await req.json() } …
      if (a.child("left").text() == id.text() && a.begin() < n.begin() && takes_from_client(a.child("right").code()))
        return true;
  }
  for (const Node l : scope.all("for_in_statement"))
    if (has_token(l.child("left").text(), id.text()) && n.inside(l.child("body"))) {
      bound = true;
      if (from_client(file, l.child("right"), depth + 1)) return true;
    }
  return false;
}

// The name's binding, looked for from the inside out.
bool name_from_client(const File& file, Node id, Node n, int depth) {
  bool inner = true;
  for (Node scope = function_around(n); scope; scope = function_around(scope)) {
    bool bound = false;
    if (bound_from_client(file, scope, id, n, inner, depth, bound)) return true;
    if (piece_from_client(file, scope, id.text(), depth)) return true;
    for (const Node p : parameters_of(scope)) bound = bound || has_token(p.text(), id.text());
    if (bound) return false;
    inner = false;
  }
  return false;
}

}  // namespace

bool from_client(const File& file, Node n, int depth) {
  n = unwrap(n);
  if (!n || depth > 4 || literal(n)) return false;
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    if (f == "Number" || f == "parseInt" || f == "encodeURIComponent" || f == "escape" || f == "basename" ||
        f == "randomUUID")
      return false;
  }
  if (takes_from_client(n.code())) return !is_function(n);
  const Node f = function_around(n);
  if (!f) return false;
  std::vector<Node> names = n.all("identifier");
  if (n.any_of("identifier", "shorthand_property_identifier")) names.push_back(n);
  for (const Node p : f.child("parameters").children())  // NestJS: @Query("to") to: string
    for (const Node d : p.children())
      if (d.is("decorator") && icontains_any(d.code(), {"@query", "@body", "@param", "@headers"}))
        for (const Node id : names)
          if (has_token(p.child("pattern").text(), id.text())) return true;
  return std::any_of(names.begin(), names.end(), [&](Node id) { return name_from_client(file, id, n, depth); });
}

// What the client says to identify a record: names bound from the path's parameters in this handler.
std::set<std::string> path_ids(Node handler) {
  std::set<std::string> out;
  for (const Node d : handler.all("variable_declarator")) {
    const Code value = d.child("value").code();
    if (!contains(value, "params") || is_function(unwrap(d.child("value")))) continue;
    const Node name = d.child("name");
    if (name.is("identifier")) {
      if (contains(value, "params.") || contains(value, "params[") || contains(value, "params?.") ||
          contains(value, "params).") || contains(value, "param("))
        out.insert(std::string(name.text()));
    } else {
      for (const Node p : name.children())
        if (p.is("shorthand_property_identifier_pattern"))
          out.insert(std::string(p.text()));
        else if (p.is("pair_pattern"))
          out.insert(std::string(p.child("value").text()));
    }
  }
  return out;
}

namespace {

bool asks_for_caller(const Call& c) {
  const auto parts = words(c.name);
  if (parts.size() < 2 ||
      !has_word(parts.front(),
                {"require", "ensure", "assert", "verify", "get", "current", "load", "authenticate", "must"}) ||
      !has_word(c.name, {"user", "session", "auth", "profile", "account", "subscription", "member", "caller", "viewer",
                         "login", "signed", "me"}))
    return false;
  return std::all_of(c.args.begin(), c.args.end(), [](Node a) {
    a = unwrap(a);
    return a.is("identifier") && (request_name(a.text()) || a.text() == "headers" || a.text() == "cookies" ||
                                  a.text() == "ctx" || a.text() == "context" || a.text() == "supabase");
  });
}

}  // namespace

HandlerNames handler_names(const File& file, Node handler) {
  HandlerNames out;
  out.client = path_ids(handler);
  for (const auto& [key, at] : client_data(file, handler).fields)
    if (at.any_of("shorthand_property_identifier_pattern", "pair_pattern", "object_assignment_pattern"))
      out.client.insert(key);
  out.body = client_data(file, handler).rests;
  const auto wholes = client_data(file, handler).wholes;
  for (const Node d : handler.all("variable_declarator")) {
    const Node value = d.child("value");
    if (wholes.contains(std::string(d.child("name").text())) &&
        (icontains_any(value.code(), {"body", ".json()"}) || spreads_body(unwrap(value), wholes)) &&
        !icontains_any(value.code(), {"parse(", "validate", "pick(", "valid("}))
      out.body.emplace(d.child("name").text());
  }
  // ({ params: { id }, body: { text } }) of a page or a route handler
  for (const Node p : parameters_of(handler)) {
    for (const Node pair : p.all("pair_pattern")) {
      const std::string_view key = pair.child("key").text();
      if (key == "params" || key == "searchParams" || key == "body" || key == "query")
        for (const Node id : pair.all("shorthand_property_identifier_pattern"))
          out.client.insert(std::string(id.text()));
    }
    if (p.is("object_pattern"))
      for (const Node part : p.children())
        if (part.is("shorthand_property_identifier_pattern")) {
          if (part.text() == "auth" || part.text() == "user" || part.text() == "session")
            out.identity.emplace(part.text());
          if (part.text() == "body") out.body.emplace(part.text());
        }
  }
  // const { userId } = req.body, where the middleware put it
  for (const std::string& field : file.project.notes<BodyIdentities>().fields) {
    if (out.client.erase(field) != 0) out.identity.insert(field);
    out.identity.insert("req.body." + field);
  }
  for (const std::string_view name : {"session", "currentUser", "authUser"})
    if (has_token(handler.code(), name)) out.identity.emplace(name);
  // const profile = await requireActiveSubscription(), const { userId } = getViewer(req): asked of nobody but the
  // caller
  for (const Node d : handler.all("variable_declarator")) {
    const auto call = as_call(unwrap(d.child("value")));
    if (!call || call->name.find('.') != std::string::npos || !asks_for_caller(*call)) continue;
    const Node name = d.child("name");
    if (name.is("identifier")) out.identity.emplace(name.text());
    for (const Node part : name.all("shorthand_property_identifier_pattern")) out.identity.emplace(part.text());
  }
  return out;
}

}  // namespace gatehouse::audit::source
