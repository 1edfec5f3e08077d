// How an Express application is put together: parts that stand in the wrong order, or are there and do not hold.
#include <algorithm>

#include "audit/source/origins.h"
#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

std::string called(Node n) {
  n = unwrap(n);
  const auto c = as_call(n);
  return c ? c->name : dotted(n);
}

// Stops: { "email": { "$ne": null } }, which a sanitizer never sees that runs before there is a body.
void judge_sanitizer_order(File& file) {
  const Call* sanitizer = nullptr;
  for (const Call& c : file.calls) {
    if (last(c.name) != "use") continue;
    for (const Node a : c.args) {
      const std::string name = called(a);
      const std::string full = file.full(name);
      if (!sanitizer && icontains_any(full, {"mongosanitize", "mongo-sanitize"})) sanitizer = &c;
      const bool parser = name.ends_with("express.json") || name.ends_with("bodyParser.json") || full == "express.json";
      if (!parser) continue;
      if (sanitizer != nullptr && !literal(c.arg(0))) {
        auto& f = file.hit("EX-015", sanitizer->node);
        f.title = "The sanitizer stands before the body is read, so it never sees one";
        also(f, file, c.node);
      }
      return;
    }
  }
}

// helmet({ contentSecurityPolicy: false })
void judge_switched_off(File& file) {
  if (icontains(file.code(), "content-security-policy")) return;
  for (const Call& c : file.calls) {
    if (last(c.name) != "helmet" && file.full(c.name) != "helmet") continue;
    const Node policy = member(unwrap(c.arg(0)), "contentSecurityPolicy");
    if (!unwrap(policy).is("false")) continue;
    file.hit("EX-001", policy).title = "The content security policy is switched off";
    return;
  }
}

// 15 * 60 * 1000
std::optional<double> number(Node n, int depth = 0) {
  n = unwrap(n);
  if (depth > 8) return std::nullopt;
  if (n.is("number")) {
    std::string digits;
    for (const char c : n.text())
      if (c != '_') digits += c;
    double out = 0;
    for (const char c : digits) {
      if (!text::is_digit(c)) return std::nullopt;
      out = out * 10 + (c - '0');
    }
    return out;
  }
  if (n.is("binary_expression") && n.has_token("*")) {
    const auto l = number(n.child("left"), depth + 1), r = number(n.child("right"), depth + 1);
    if (l && r) return *l * *r;
  }
  // process.env.NODE_ENV === "production" ? 50 : 5
  if (n.is("ternary_expression")) {
    const Code asked = n.child("condition").code();
    if (!contains(asked, "production")) return std::nullopt;
    return number(n.child(contains(asked, "!==") || contains(asked, "!=") ? "alternative" : "consequence"), depth + 1);
  }
  return std::nullopt;
}

// Stops: a list of passwords that is tried through before lunch, behind a limit that is there and holds nobody.
void judge_loose_limits(File& file) {
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    if (full != "express-rate-limit" && !full.starts_with("express-rate-limit.") && c.name != "rateLimit") continue;
    const Node d = c.node.above("variable_declarator");
    const std::string_view name = d ? d.child("name").text() : std::string_view();
    if (!has_word(name, {"auth", "login", "signin", "password", "otp", "register", "signup"})) continue;
    const Node options = unwrap(c.arg(0));
    const auto window = number(member(options, "windowMs"));
    const Node most = member(options, "max") ? member(options, "max") : member(options, "limit");
    const auto tries = number(most);
    if (!window || !tries || *window < 1000) continue;
    const double minute = *tries / (*window / 60'000);
    if (minute < 20 || *tries < 20) continue;
    auto& f = file.hit("EX-004", most);
    f.title = "The limit of the sign-in lets somebody try " + std::to_string(static_cast<long>(minute)) +
              " passwords a minute";
    f.severity = proof::Severity::medium;
  }
}

// Stops: https://shop.example.evil.net, which begins like https://shop.example, and https://evilshop.example, which
// ends like it.
void judge_parts_of_origins(File& file) {
  if (client_file(file) || !icontains_any(file.code(), {"cors", "access-control-allow-origin"})) return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "startsWith" && f != "endsWith" && f != "includes" && f != "indexOf") continue;
    const Node object = unwrap(c.node.child("function").child("object"));
    if (!object.is("identifier") || !has_word(object.text(), {"origin"})) continue;  // not allowedOrigins.includes(…)
    if (has_word(object.text(), {"allowed", "whitelist", "trusted", "permitted", "list"}))
      continue;  // a list of wholes
    const auto text = literal(c.arg(0));
    if (text && text->find("localhost") != std::string::npos && f == "includes") continue;  // of one's own machine
    if (text && f == "startsWith" && (text->ends_with(":") || text->ends_with("://"))) continue;
    if (text && f == "endsWith" && (text->starts_with(".") || text->find("://") != std::string::npos)) {
      // Anybody has an address there.
      if (!anybodys_host(*text)) continue;
      if (text->find('-') != std::string::npos) continue;  // -team.vercel.app
    }
    if (icontains(function_around(c.node).code(), "new url(")) continue;
    auto& found = file.hit("EX-002", c.node);
    found.title = "Foreign origins pass, because only a part of the origin is compared";
    found.severity = proof::Severity::medium;
    return;
  }
}

// Stops: a token that still opens everything when its account was removed.
void judge_missing_people(File& file) {
  if (!icontains_any(file.code(), {"verify(", "decode("})) return;
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string left = dotted(a.child("left"));
    if (left != "req.user" && left != "request.user") continue;
    const Node function = function_around(a);
    const Code code = function.code();
    if (!contains(code, "next()") || !icontains_any(code, {"verify", "decode"})) continue;
    Node right = unwrap(a.child("right"));
    std::string name = left;
    if (right.is("identifier")) {
      name = right.text();
      for (const Node d : function.all("variable_declarator"))
        if (d.child("name").text() == name) right = unwrap(d.child("value"));
    }
    const std::string brought(right.code());
    if (!right.is("call_expression") ||
        !icontains_any(brought, {".findbyid(", ".findone(", ".findunique(", ".findbypk(", ".findfirst("}))
      continue;
    const std::string_view rest = code.substr(a.begin() - function.begin());
    const auto asked = [&](std::string_view text, const std::string& who) {
      return contains(text, "!" + who) || contains(text, who + " ==") || contains(text, who + "==") ||
             contains(text, who + " !=") || contains(text, "if (" + who) || contains(text, "if(" + who) ||
             contains(text, who + " ?") || contains(text, who + " &&") || contains(text, "(" + who + ")");
    };
    if (asked(code, name) || asked(rest, left) || asked(rest, left.substr(left.find('.') + 1)) ||
        icontains_any(brought, {"orthrow", "orfail", "??", "|| "}))
      continue;
    // if (!roles.includes(req.user.role)): nobody has no role, and the catch refuses.
    const Node caught = a.above("try_statement");
    if (caught && contains(rest.substr(0, rest.find("next()")), left + ".") && refuses(caught.child("handler")))
      continue;
    auto& f = file.hit("EX-024", a);
    f.title = "A token still counts when its account is gone";
    f.severity = proof::Severity::medium;
    return;
  }
}

}  // namespace

void read_setup(File& file) {
  judge_sanitizer_order(file);
  judge_switched_off(file);
  judge_loose_limits(file);
  judge_parts_of_origins(file);
  judge_missing_people(file);
}

}  // namespace gatehouse::audit::source
