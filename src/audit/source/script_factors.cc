// Proofs that prove nothing: a code that opens everything, a comparison nobody waits for, a second factor that is set
// up and never asked for, an address that counts as verified unasked.
#include "audit/source/script_factors.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Factors {
  std::set<std::string> comparers;                      // functions that give a promise of whether a password is right
  std::vector<std::pair<std::string, Spot>> unawaited;  // a call of such a name, where its promise counts for yes
  bool second = false;                                  // people may switch a second factor on
  bool asked = false;                                   // and some sign-in asks for it
  std::optional<Spot> door;                             // a sign-in that compares a password and lets in
};

bool for_tests(Node n, Node within) {
  for (Node p = n; p && !(p == within); p = p.parent()) {
    if (p.any_of("if_statement", "ternary_expression") &&
        icontains_any(p.child("condition").code(), {"node_env", "isdev", "development", "test", "mock", "debug"}))
      return true;
    if (p.is("binary_expression") && p.has_token("&&") &&
        icontains_any(p.code(), {"node_env", "isdev", "development", "mock", "debug"}))
      return true;
  }
  return false;
}

bool digits(std::string_view s) {
  return s.size() >= 4 && s.size() <= 8 && std::all_of(s.begin(), s.end(), [](char c) { return text::is_digit(c); });
}

// Stops: 000000, which was meant for the first weeks, and is the code of every account since.
void judge_master_codes(File& file) {
  if (!icontains_any(file.code(), {"otp", "verif", "passcode", "2fa", "pin"})) return;
  for (const Node b : file.tree.all("binary_expression")) {
    if (!b.has_token("===") && !b.has_token("==") && !b.has_token("!==") && !b.has_token("!=")) continue;
    Node l = unwrap(b.child("left")), r = unwrap(b.child("right"));
    if (literal(l)) std::swap(l, r);
    const auto said = literal(value_of(file, r));
    if (!said || !digits(*said) || !l.any_of("identifier", "member_expression")) continue;
    const std::string name = dotted(l);
    const std::string_view tail = last(name);
    const Node function = function_around(b);
    const bool code = has_word(tail, {"otp", "pin", "passcode"}) ||
                      (has_word(tail, {"code", "token"}) && function &&
                       icontains_any(function.code(), {"otp", "verif", "phone", "sms"}));
    if (!code ||
        has_word(name, {"err", "error", "e", "status", "country", "zip", "postal", "exit", "response", "res", "area",
                        "dial", "length"}) ||
        for_tests(b, function))
      continue;
    auto& f = file.hit("AU-006", b);
    f.title = "One fixed code opens every account";
    f.severity = proof::Severity::critical;
    return;
  }
}

bool comparer_name(std::string_view f) {
  return has_word(f, {"password", "pwd", "pass", "pin", "clave"}) &&
         has_word(f,
                  {"compare", "match", "matches", "check", "verify", "validate", "is", "correct", "valid", "comparar"});
}

// async matchPassword(entered) { return bcrypt.compare(entered, this.password); }, and user.matchPassword(x) in an if
void read_comparers(const File& file, Factors& notes) {
  if (icontains_any(file.code(), {"compare(", "verify("}))
    for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
      for (const Node f : file.tree.all(type)) {
        std::string name = function_name(f);
        if (!comparer_name(name)) continue;
        const bool waits = contains(f.code().substr(0, 40), "async");
        const bool promise =
            icontains_any(body(f).code(), {"return bcrypt.compare(", "return argon2.verify(",
                                           "return bcryptjs.compare(", "return compare("}) ||
            (!body(f).is("statement_block") && icontains_any(body(f).code(), {"bcrypt.compare(", "argon2.verify("}));
        if (waits || promise) notes.comparers.insert(std::move(name));
      }
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (!comparer_name(f) || c.args.empty() || is_function(unwrap(c.args.back()))) continue;
    // In a condition, or kept in a name that is never waited for.
    Node up = c.node.parent();
    while (up.any_of("parenthesized_expression", "unary_expression", "binary_expression")) up = up.parent();
    const bool condition = up.any_of("if_statement", "ternary_expression", "while_statement");
    const Node d = c.node.parent().is("variable_declarator") ? c.node.parent() : Node();
    if (!condition && !d) continue;
    if (d) {
      const std::string name(d.child("name").text());
      const Code code = function_around(c.node).code();
      if (!d.child("name").is("identifier") || contains(code, "await " + name) || contains(code, name + ".then") ||
          (!contains(code, "!" + name) && !contains(code, "(" + name)))
        continue;
    }
    notes.unawaited.emplace_back(std::string(f), Spot{place(file.path, c.line()), file.shown(c.node)});
  }
}

bool second_word(const Code& code) {
  return icontains_any(code, {"twofactor", "two_factor", "2fa", "mfa", "totp", "authenticator", "speakeasy", "otplib"});
}

void read_second(const File& file, Factors& notes) {
  const Code code = file.code();
  if (!second_word(code) && notes.door) return;
  if (icontains_any(code, {"speakeasy", "otplib", "otpauth"}) && icontains_any(code, {"generatesecret", "verify("}))
    notes.second = true;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const std::string name = door_name(file, f);
      if (!has_word(name, {"login", "signin", "authenticate", "authorize"}) &&
          !(has_word(name, {"sign", "log"}) && has_word(name, {"in"})))
        continue;
      const Code own = body(f).code();
      if (!icontains_any(own, {"compare", "verify", "password"})) continue;
      if (!notes.door && icontains_any(own, {"compare", "checkpassword", "matchpassword", "verifypassword"}) &&
          icontains_any(own, {"token", "session", "cookie", "sign("}))
        notes.door = Spot{place(file.path, f.line()), file.shown(f)};
      for (const Node i : body(f).all("if_statement"))
        notes.asked = notes.asked || second_word(i.child("condition").code());
      for (const Node t : body(f).all("ternary_expression"))
        notes.asked = notes.asked || second_word(t.child("condition").code());
      for (const Call* c : file.calls_in(body(f))) notes.asked = notes.asked || second_word(c->name);
    }
}

// Stops: an account for somebody else's address, which the rest of the program takes for its owner's.
void judge_verified_unasked(File& file) {
  if (!icontains_any(file.code(), {"emailverified", "email_verified", "isverified", "is_verified", "email_confirm"}))
    return;
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    if (key != "emailVerified" && key != "email_verified" && key != "isEmailVerified" && key != "isVerified" &&
        key != "is_verified" && key != "email_confirm" && key != "verified")
      continue;
    const Node value = unwrap(p.child("value"));
    if (!value.is("true") && !value.code().starts_with("new Date(") && value.code() != "Date.now()") continue;
    const Node f = function_around(p);
    if (!f) continue;
    const std::string name = door_name(file, f);
    if (!has_word(name, {"register", "signup", "registration", "registrar"}) &&
        !(has_word(name, {"sign"}) && has_word(name, {"up"})))
      continue;
    const Code own = body(f).code();
    if (!icontains_any(own, {"password"}) ||
        icontains_any(own, {"otp", "verifycode", "googleapis", "oauth", "provider", "invite", "code", "requireadmin"}))
      continue;
    bool created = false;
    for (const Touch& t : touches(file, body(f)))
      created = created || (t.kind == Touch::Kind::create && p.inside(t.whole));
    for (const Call* c : file.calls_in(body(f)))
      created = created || (p.inside(c->node) && has_word(last(c->name), {"create", "insert", "save"}));
    if (!created) continue;
    auto& f_hit = file.hit("AU-012", p);
    f_hit.title = "The sign-up writes down that an address is verified, and nobody has verified it";
    f_hit.severity = proof::Severity::medium;
    return;
  }
}

}  // namespace

void read_factors(File& file) {
  if (client_file(file)) return;
  auto& notes = file.project.notes<Factors>();
  judge_master_codes(file);
  read_comparers(file, notes);
  read_second(file, notes);
  judge_verified_unasked(file);
}

void judge_factors(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Factors>();
  // Stops: any password for any account: a promise is always taken for yes.
  for (const auto& [name, at] : notes.unawaited) {
    if (!notes.comparers.contains(name)) continue;
    auto& f = sink.find("AU-006", at.at, at.shown);
    f.title = "The check of a password is not waited for: every password is right";
    f.severity = proof::Severity::critical;
    f.impact = "Anybody signs in to any account whose name is known.";
    f.fix = "await " + name + "(…).";
  }
  // Stops: whoever has the password walking past the second door.
  if (notes.second && !notes.asked && notes.door) sink.find("AU-011", notes.door->at, notes.door->shown);
}

}  // namespace gatehouse::audit::source
