#include "audit/source/named_limits.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool counts_callers(const Code& code) {
  return icontains_any(code, {"client.host",
                              "remote_addr",
                              "req.ip",
                              "request.ip",
                              "x-forwarded-for",
                              "x-real-ip",
                              "cf-connecting-ip",
                              "getclientip",
                              "get_client_ip",
                              "client_ip",
                              "ipaddress",
                              "ip_address",
                              "get_remote_address",
                              "clientip",
                              "captcha",
                              "turnstile",
                              "user.id",
                              "userid",
                              "user_id",
                              "hcaptcha"});
}

proof::Finding& tell(File& file, Node at, std::string_view what) {
  auto& f = file.hit("RL-002", at);
  f.title = what;
  f.impact =
      "With another name in each request a script goes on without end: mails to strangers, accounts, one password "
      "tried "
      "at every address. And whoever names somebody else's address shuts him out.";
  f.fix =
      "Count by the caller's network address, as your own proxy tells it, beside what he names, and for all together.";
  f.confidence = proof::Confidence::medium;
  return f;
}

// check_rate_limit(f"login:{credentials.email}")
bool limiter_call(const Call& c) {
  const std::string low = text::to_lower(c.name);
  return icontains_any(low, {"rate_limit", "ratelimit", "limiter", "throttle"}) &&
         has_word(last(c.name), {"check", "limit", "hit", "consume", "ratelimit", "limited", "allow", "allowed", "is",
                                 "throttle", "increment", "incr"});
}

bool only_address(const Code& key) { return icontains_any(key, {".email", "email", "phone"}) && !counts_callers(key); }

void look_calls(File& file) {
  for (const Call& c : file.calls) {
    if (!limiter_call(c) || c.args.empty()) continue;
    const Node function = function_around(c.node);
    const bool named = std::any_of(c.args.begin(), c.args.end(), [](Node a) { return only_address(a.code()); });
    if (!named || !function || counts_callers(function.code())) continue;
    // Who is signed in already is known.
    if (icontains_any(function.code(), {"current_user", "req.user", "session.user", "getuser("})) continue;
    tell(file, c.node, "The limit counts by the address that the caller names, and by nothing else");
    return;
  }
}

// .from("codes").select("id", { count: "exact" }).eq("email", email), and a 429
void look_counts(File& file) {
  if (file.tree.python() || !contains(file.code(), "429") || !icontains(file.code(), "count")) return;
  for (const char* type : {"arrow_function", "function_expression", "function_declaration"})
    for (const Node f : file.tree.all(type)) {
      const Code code = f.code();
      if (!contains(code, "429") || counts_callers(code) || function_around(f)) continue;
      for (const Call* c : file.calls_in(body(f))) {
        const bool by_address =
            last(c->name) == "eq" && literal(c->arg(0)) && has_word(*literal(c->arg(0)), {"email", "phone"});
        if (!by_address || !icontains_any(c->node.code(), {"count:", "count :"})) continue;
        tell(file, c->node, "The limit counts by the address that the caller names, and by nothing else");
        return;
      }
    }
}

// `${ip}:${req.headers.get("user-agent")}`: another browser's name is another caller.
void look_agents(File& file) {
  if (file.tree.python() || !icontains(file.code(), "user-agent") || !contains(file.code(), "429")) return;
  for (const Node t : file.tree.all("template_string")) {
    const Code code = t.code();
    if (!icontains(code, "user-agent") || !icontains_any(code, {"ip", "addr"})) continue;
    const Node function = function_around(t);
    if (!function || !icontains_any(function.code(), {"429", "limit", "too many"})) continue;
    auto& f = tell(file, t, "The limit counts by the name of the browser too, which the caller writes");
    f.severity = proof::Severity::medium;
    return;
  }
}

}  // namespace

// Stops: a limit that a new name in each request walks past.
void read_named_limits(File& file) {
  if (!file.tree.python() && client_file(file)) return;
  if (!icontains_any(file.code(), {"limit", "throttle", "429"})) return;
  look_calls(file);
  look_counts(file);
  look_agents(file);
}

}  // namespace gatehouse::audit::source
