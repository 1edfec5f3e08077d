#include "audit/source/script_burdens.h"

#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "audit/source/slow_patterns.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// const deepAssign = (a, b) => { for (const k of Object.keys(b)) … a[k] = deepAssign(a[k], b[k]) }
void judge_own_merge(File& file) {
  if (!icontains_any(file.code(), {"object.keys(", "object.entries(", " in "}) ||
      !icontains_any(file.code(), {"body", "req.query", "json()"}))
    return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression"})
    for (const Node f : file.tree.all(type)) {
      const std::string name = function_name(f);
      const Code code = f.code();
      if (name.empty() || parameters_of(f).size() < 2 || code.size() > 1200 ||
          icontains_any(code, {"__proto__", "hasown", "prototype", "create(null"}))
        continue;
      const std::string into(parameters_of(f).front().child("pattern")
                                 ? parameters_of(f).front().child("pattern").text()
                                 : parameters_of(f).front().text());
      if (!contains(code, into + "[") || !contains(body(f).code(), name + "(")) continue;
      for (const Node a : body(f).all("assignment_expression"))
        if (a.child("left").is("subscript_expression") && a.child("left").child("object").text() == into &&
            contains(a.child("right").code(), name + "(")) {
          auto& told = file.hit("EX-016", a);
          told.confidence = proof::Confidence::medium;
          return;
        }
    }
}

// Array.from({ length: size }), Buffer.alloc(n), "x".repeat(n), with a size that the client names and nobody bounds
void judge_sizes(File& file) {
  const auto unbounded = [&](Node n) {
    n = unwrap(n);
    if (!n || literal(n) || n.is("number")) return false;
    if (icontains_any(n.code(), {"buffer", "bytes"})) return false;  // new Uint8Array(await file.arrayBuffer())
    const Node function = function_around(n);
    if (!function || !(from_client(file, n) || takes_from_client(value_of(file, n).code()))) return false;
    const Code code = function.code();
    if (icontains_any(code, {"math.min(", "clamp", ".max("})) return false;
    if (n.is("identifier"))
      for (const std::string_view mark : {" > ", " < ", " >= ", " <= "})
        if (contains(code, std::string(n.text()) + std::string(mark))) return false;
    return true;
  };
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    Node size;
    if (c.name == "Array.from")
      size = member(unwrap(c.arg(0)), "length");
    else if (c.name == "Buffer.alloc" || c.name == "Buffer.allocUnsafe" || c.name == "new Array" || c.name == "Array" ||
             c.name == "new Float64Array" || c.name == "new Uint8Array" || c.name == "crypto.randomBytes" ||
             (f == "repeat" && c.args.size() == 1))
      size = c.arg(0);
    if (!size || !unbounded(size)) continue;
    auto& told = file.hit("RUN-003", c.node);
    told.title = "The client says how much memory is taken, without a bound";
    return;
  }
}

void judge_slow_patterns(File& file) {
  for (const Node r : file.tree.all("regex")) {
    const Node pattern = r.child("pattern");
    if (!pattern || !backtracks(pattern.text())) continue;
    auto& told = file.hit("RUN-003", r);
    told.title = "A pattern takes ages for some texts";
    told.confidence = proof::Confidence::medium;
    return;
  }
}

// "x-user-id", "x-tenant": a header that says who is calling
bool names_caller(std::string_view header) {
  const std::string low = text::to_lower(header);
  return low.starts_with("x-") &&
         has_word(low, {"user", "userid", "uid", "role", "account", "tenant", "admin", "org", "customer", "member"}) &&
         !has_word(low, {"agent", "signature", "request"});
}

}  // namespace

void read_burdens(File& file) {
  if (client_file(file)) return;
  judge_own_merge(file);
  judge_sizes(file);
  judge_slow_patterns(file);
}

// Stops: being anybody by writing his number into a header, because a switch of development was left on.
void read_header_callers(File& file) {
  if (client_file(file) || !icontains_any(file.code(), {"\"x-", "'x-"})) return;
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string left = dotted(a.child("left"));
    if (left.find('.') == std::string::npos ||
        !has_word(last(left), {"user", "userid", "uid", "role", "tenant", "tenantid", "account", "accountid", "auth"}))
      continue;
    const std::string root = left.substr(0, left.find('.'));
    if (root != "req" && root != "request" && root != "ctx" && root != "c" && root != "res" && root != "socket")
      continue;
    std::optional<std::string> header;
    for (const Call* c : file.calls_in(a.child("right")))
      if (last(c->name) == "get" || last(c->name) == "header") header = literal(c->arg(0));
    std::vector<Node> parts = a.child("right").all("subscript_expression");
    if (a.child("right").is("subscript_expression")) parts.push_back(a.child("right"));
    for (const Node s : parts)
      if (contains(s.child("object").code(), "headers")) header = literal(s.child("index"));
    if (!header || !names_caller(*header)) continue;
    const Node f = function_around(a);
    if (!f || !contains(f.child("parameters").code(), "next") ||
        icontains_any(f.code(), {"x-internal", "timingsafeequal", "internal_", "gateway", "hmac", "api-key", "apikey"}))
      continue;
    bool by_switch = false;
    for (Node p = a.parent(); p && !is_function(p); p = p.parent())
      by_switch = by_switch || (p.is("if_statement") && contains(p.child("condition").code(), "&&"));
    auto& told = file.hit(by_switch ? "EX-021" : "AZ-002", a);
    told.title = "Who the caller is comes from a header that anybody can write (" + *header + ")";
    told.severity = by_switch ? proof::Severity::high : proof::Severity::critical;
    told.confidence = proof::Confidence::medium;
    return;
  }
}

}  // namespace gatehouse::audit::source
