#include "audit/source/script_lenient.h"

#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool checks_something(std::string_view name) {
  if (has_word(name, {"optional", "maybe", "soft", "try", "attach", "populate", "load", "init", "current"}))
    return false;
  return has_word(name,
                  {"verify",        "validate",  "check",      "authenticate", "authorize", "guard",     "protect",
                   "require",       "ensure",    "confirm",    "captcha",      "recaptcha", "turnstile", "signature",
                   "otp",           "admin",     "isadmin",    "isallowed",    "canaccess", "allowed",   "permission",
                   "haspermission", "moderate",  "moderation", "auth",         "role",      "access",    "apikey",
                   "pruefen",       "verificar", "validar",    "is",           "has",       "can",       "middleware"});
}

// process.env.X, config.x, a name that was given one of them
bool of_settings(const File& file, Node n, int depth = 0) {
  n = unwrap(n);
  if (!n || depth > 3) return false;
  if (env_name(n)) return true;
  const std::string name = dotted(n);
  if (name.starts_with("config.") || name.starts_with("env.") || name.starts_with("settings.") ||
      name.starts_with("cfg.") || contains(name, ".env.") || contains(name, "configService"))
    return true;
  if (n.is("identifier")) {
    const Node v = value_of(file, n);
    if (v == n) return false;
    // const client = sid && token ? twilio(sid, token) : null
    if (v.is("ternary_expression")) return of_settings(file, v.child("condition"), depth + 1);
    return of_settings(file, v, depth + 1);
  }
  if (n.is("binary_expression"))
    return of_settings(file, n.child("left"), depth + 1) || of_settings(file, n.child("right"), depth + 1);
  if (n.is("unary_expression")) return of_settings(file, n.child("argument"), depth + 1);
  if (const auto c = as_call(n)) {
    // getCronSecret(): made to say it
    const std::string_view f = last(c->name);
    if (c->args.empty() && secret_name(f) && has_word(f, {"get", "load", "read", "resolve"})) return true;
    return icontains_any(c->name, {"config.get", "configservice.get", "deno.env.get", "cfg.get"});
  }
  return false;
}

bool switch_name(const Code& code) {
  return icontains_any(
      code, {"skip_auth", "disable_auth", "no_auth", "bypass", "auth_disabled", "auth_enabled", "skip_verification",
             "disable_verification", "skipauth", "require_auth", "enable_auth", "skip_signature"});
}

// return true; return { success: true }; next(); return next();
bool lets_pass(Node what) {
  if (!what) return false;
  const Code code = what.code();
  if (code.size() > 600 ||
      icontains_any(code, {"401", "403", "500", "503", "throw ", "status: 4", "status: 5", "next(err", "next(e)",
                           "next(new", "reject(", "return false", "process.exit"}))
    return false;
  std::vector<Node> returns = what.all("return_statement");
  if (what.is("return_statement")) returns.push_back(what);
  for (const Node r : returns) {
    const Node v = unwrap(r.first());
    if (v.is("true")) return true;
    if (v.is("object"))
      for (const auto& [key, value] : members(v))
        if (unwrap(value).is("true") && has_word(key, {"success", "valid", "ok", "allowed", "approved", "verified",
                                                       "passed", "isvalid", "safe", "authorized", "human"}))
          return true;
    if (const auto c = as_call(v); c && (c->name == "next" || c->name == "next()") && c->args.empty()) return true;
  }
  std::vector<Node> statements = what.is("statement_block") ? what.children() : std::vector<Node>{what};
  for (const Node s : statements)
    if (s.is("expression_statement"))
      if (const auto c = as_call(unwrap(s.first())); c && c->name == "next" && c->args.empty()) return true;
  return false;
}

bool refuses(Node what) {
  return icontains_any(what.code(), {"401", "403", "throw ", "forbidden", "unauthorized", "return false", "redirect(",
                                     "reject(", "notfound("});
}

// if (code && invite.code !== code) return refuse(): whoever sends no code is not asked for one.
void judge_optional_proof(File& file, Node function) {
  if (!icontains_any(function.code(), {"updateuserbyid", "password", "signin", "createsession", "jwt.sign", "paid"}))
    return;
  for (const Node branch : function.all("if_statement")) {
    if (!(function_around(branch) == function)) continue;
    const Node condition = unwrap(branch.child("condition"));
    if (!condition.is("binary_expression") || !condition.has_token("&&")) continue;
    const Node sent = unwrap(condition.child("left")), differs = unwrap(condition.child("right"));
    if (!sent.is("identifier") || !differs.is("binary_expression") ||
        !(differs.has_token("!==") || differs.has_token("!=")) ||
        !has_word(sent.text(), {"code", "token", "otp", "pin", "secret", "signature", "key"}) ||
        !has_token(differs.code(), sent.text()) || !from_client(file, sent))
      continue;
    if (!contains(branch.child("consequence").code(), "return") &&
        !contains(branch.child("consequence").code(), "throw"))
      continue;
    // Another branch may ask for it before.
    if (contains(function.code(), "!" + std::string(sent.text()))) continue;
    const bool account = icontains_any(function.code(), {"password", "updateuserbyid", "signin", "createsession"});
    auto& f = file.hit(account ? "AU-006" : "EX-021", branch);
    f.title = "Whoever leaves the code out is not asked for it";
    f.severity = proof::Severity::critical;
    f.confidence = proof::Confidence::medium;
    return;
  }
}

// { valid: true, … } in an answer that stands for a check's
Node says_valid(Node within) {
  for (const Node p : within.all("pair")) {
    const std::string_view key = p.child("key").text();
    if (unwrap(p.child("value")).is("true") &&
        (key == "valid" || key == "isValid" || key == "is_valid" || key == "approved" || key == "verified" ||
         key == "allowed" || key == "isSafe" || key == "safe" || key == "authorized" || key == "eligible"))
      return p;
  }
  return {};
}

struct Saying {
  File& file;
  std::set<int> lines;
  void operator()(Node at, std::string_view title, proof::Severity severity) {
    if (lines.size() > 12 || !lines.insert(at.line()).second) return;
    auto& f = file.hit("EX-021", at);
    f.title = title;
    f.severity = severity;
    f.confidence = proof::Confidence::medium;
  }
};

// checkTrialExpired(): if (error) return false: nobody's trial is over while the database is away.
void judge_never_over(const File&, Node function, Saying& say) {
  const std::string name = function_name(function);
  if (!has_word(name, {"expired", "over", "exceeded", "blocked", "banned", "suspended", "revoked", "exhausted"}) ||
      !has_word(name, {"trial", "subscription", "plan", "limit", "quota", "usage", "user", "account", "token"}))
    return;
  const auto says_no = [](Node block) {
    const auto all = block.all("return_statement");
    return !all.empty() && std::all_of(all.begin(), all.end(), [](Node r) { return unwrap(r.first()).is("false"); });
  };
  for (const Node branch : function.all("if_statement")) {
    if (!(function_around(branch) == function)) continue;
    const Node condition = unwrap(branch.child("condition"));
    if (condition.is("identifier") && has_word(condition.text(), {"error", "err"}) &&
        says_no(branch.child("consequence"))) {
      say(branch, "When the check itself fails, it lets pass", proof::Severity::medium);
      return;
    }
  }
  for (const Node t : function.all("try_statement"))
    if (const Node block = t.child("handler").child("body");
        block && function_around(t) == function && says_no(block)) {
      say(t.child("handler"), "When the check itself fails, it lets pass", proof::Severity::medium);
      return;
    }
}

// if (!process.env.RECAPTCHA_SECRET) return { success: true }
void judge_missing(const File& file, Node function, Saying& say) {
  const std::string name = function_name(function);
  const auto parameters = parameters_of(function);
  const bool middleware = !parameters.empty() && parameters.back().text() == "next";
  if (!middleware && !checks_something(name)) return;
  for (const Node branch : function.all("if_statement")) {
    if (!(function_around(branch) == function)) continue;
    const Node condition = unwrap(branch.child("condition")), then = branch.child("consequence");
    if (!lets_pass(then)) continue;
    std::vector<Node> parts{condition};
    if (condition.is("binary_expression") && (condition.has_token("||") || condition.has_token("&&")))
      parts = {unwrap(condition.child("left")), unwrap(condition.child("right"))};
    for (const Node p : parts) {
      const bool without = p.is("unary_expression") && p.has_token("!");
      if (without && of_settings(file, p.child("argument"))) {
        say(branch, "Without its setting the check lets everything pass", proof::Severity::high);
      } else if (switch_name(p.code()) && icontains(p.code(), "env")) {
        say(branch, "A setting switches the check off", proof::Severity::high);
      } else if (contains(p.code(), "NODE_ENV") && contains(p.code(), "production") && p.has_token("!==")) {
        say(branch, "The check is made in production only, and only where somebody says that it is",
            proof::Severity::medium);
      } else {
        continue;
      }
      break;
    }
  }
}

// if (expected && given !== expected) refuse; if (row && row.role !== "admin") refuse
void judge_conjunction(const File& file, Node function, Saying& say) {
  for (const Node branch : function.all("if_statement")) {
    if (!(function_around(branch) == function)) continue;
    const Node condition = unwrap(branch.child("condition"));
    if (!condition.is("binary_expression") || !condition.has_token("&&") || !refuses(branch.child("consequence")) ||
        branch.child("alternative"))
      continue;
    const Node left = unwrap(condition.child("left")), right = unwrap(condition.child("right"));
    if (!left.any_of("identifier", "member_expression") || !right.is("binary_expression") ||
        !(right.has_token("!==") || right.has_token("!=")))
      continue;
    const std::string gate = dotted(left);
    if (of_settings(file, left) && has_token(right.code(), last(gate)) &&
        (secret_name(last(gate)) || has_word(gate, {"expected", "key", "token", "secret"}))) {
      say(branch, "Without the secret in the environment nobody is asked for it", proof::Severity::high);
      continue;
    }
    // A look-up that brings nothing makes everybody what was asked for.
    const std::string role = dotted(unwrap(right.child("left")));
    if (left.is("identifier") && role.starts_with(gate + ".") && literal(right.child("right")) &&
        has_word(role, {"role", "rank", "type", "isadmin", "rolle", "rol", "permission"})) {
      const Node v = value_of(file, left);
      const std::string_view looked = left.is("identifier") ? v.code() : std::string_view();
      bool fetched = contains(looked, "await");
      for (const Node d : function.all("variable_declarator"))  // const { data } = await …
        fetched = fetched || (has_token(d.child("name").text(), gate) && contains(d.child("value").text(), "await"));
      if (fetched) say(branch, "Who has no role passes for one who has the right one", proof::Severity::high);
    }
  }
}

// catch (e) { next(); } behind a refusal; catch { return { valid: true } }
void judge_failures(Node function, Saying& say) {
  const std::string name = function_name(function);
  const auto parameters = parameters_of(function);
  const bool middleware = !parameters.empty() && parameters.back().text() == "next";
  for (const Node t : function.all("try_statement")) {
    if (!(function_around(t) == function)) continue;
    const Node handler = t.child("handler"), block = handler.child("body");
    if (!block) continue;
    if ((middleware && refuses(t.child("body")) && checks_something(name.empty() ? "middleware" : name)) ||
        (!middleware && checks_something(name) &&
         !has_word(name, {"blocked", "banned", "disabled", "expired", "empty", "loading", "mobile", "dark", "dev",
                          "production", "locked", "browser", "client", "server", "online", "exists", "existing"})) ||
        (checks_something(name) && has_word(name, {"admin", "allowed", "permission", "access"}))) {
      if (lets_pass(block)) say(handler, "When the check itself fails, it lets pass", proof::Severity::high);
    }
    if (const Node at = says_valid(block); at && function_around(at) == function)
      say(at, "When the check cannot be made, the answer is that all is well", proof::Severity::medium);
  }
  for (const Node branch : function.all("if_statement")) {
    if (!(function_around(branch) == function)) continue;
    const Code condition = branch.child("condition").code();
    if (!contains(condition, ".ok") || !contains(condition, "!")) continue;
    if (const Node at = says_valid(branch.child("consequence")))
      say(at, "When the check cannot be made, the answer is that all is well", proof::Severity::medium);
  }
}

// if (!key) return new FakeProvider(); key ? new Stripe(key) : new MockStripe()
void judge_played(const File& file, Saying& say) {
  const auto played = [](std::string_view name) {
    return has_word(name, {"fake", "mock", "dummy", "stub", "simulated", "simulator", "noop", "demo"});
  };
  const auto matters = [](const Code& code) {
    return icontains_any(code, {"pay", "stripe", "charge", "provider", "auth", "otp", "sms", "verif", "captcha", "kyc",
                                "gateway", "razorpay", "client"});
  };
  for (const Call& c : file.calls) {
    const std::string_view made = c.name.starts_with("new ") ? std::string_view(c.name).substr(4) : last(c.name);
    if (!played(made) || has_word(file.path, {"mock", "mocks", "seed", "test"})) continue;
    const Node t = c.node.above("ternary_expression", "if_statement", "binary_expression");
    if (!t || !matters(file.path)) {
      if (!t || !matters(c.node.parent().parent().code().substr(0, 300))) continue;
    }
    const Node function = function_around(c.node);
    if (function && !(t.begin() >= function.begin())) continue;
    Node condition = t.child("condition");
    if (t.is("binary_expression")) {
      if (!t.has_token("||") && !t.has_token("??")) continue;
      condition = t.child("left");
    }
    if (of_settings(file, condition) && !contains(condition.code(), "NODE_ENV"))
      say(c.node, "Without its key a provider is played: everything is answered with yes", proof::Severity::high);
  }
}

// if (process.env.NODE_ENV !== "production") return jwt.decode(token)
void judge_decoded(const File& file, Saying& say) {
  for (const Call& c : file.calls) {
    if (last(c.name) != "decode" || !icontains_any(c.name, {"jwt", "jsonwebtoken", "jose"})) continue;
    const Node branch = c.node.above("if_statement", "ternary_expression");
    if (branch && contains(branch.child("condition").code(), "NODE_ENV") &&
        function_around(branch) == function_around(c.node))
      say(c.node, "Outside of production tokens are believed without their signature", proof::Severity::high);
  }
}

}  // namespace

// Stops: a forgotten variable, or a database that is away for a minute, opening every door.
void read_lenient_checks(File& file) {
  if (client_file(file) || has_word(file.path, {"seed", "scripts", "mocks"})) return;
  Saying say{file, {}};
  for (const auto& told : file.sink.findings())
    if (told.id == "EX-021" && !told.locations.empty() && told.locations.front().path == file.path)
      say.lines.insert(told.locations.front().line);
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (!f.code().empty() && webhook_door(function_name(f))) continue;  // told by the reader of webhooks
      judge_missing(file, f, say);
      judge_conjunction(file, f, say);
      judge_failures(f, say);
      judge_never_over(file, f, say);
      judge_optional_proof(file, f);
    }
  judge_played(file, say);
  judge_decoded(file, say);
}

}  // namespace gatehouse::audit::source
