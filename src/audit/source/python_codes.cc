// Ways into an account beside its password, in Python: one-time codes that are told or empty, passwords that are set
// and people who are signed in for nothing but a name, changes that nobody has to prove.
#include <algorithm>

#include "audit/source/django_scope.h"
#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_client.h"
#include "audit/source/python_names.h"
#include "audit/source/python_routes.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// otp, reset_token, verification_code, magic_link
bool one_time(std::string_view name) {
  if (has_word(name, {"id", "sent", "verified", "required", "expires", "expiry", "expiration", "length", "valid",
                      "count", "type", "enabled", "message", "at", "response", "result", "schema", "model", "status"}))
    return false;
  if (has_word(name, {"otp", "totp"})) return true;
  return has_word(name, {"reset", "verification", "verify", "magic", "forgot", "activation", "confirmation", "recovery",
                         "login"}) &&
         has_word(name, {"token", "code", "link", "url", "pin"});
}

bool handler(Node f) {
  return contains(f.child("parameters").code(), "request") || route_function(f) ||
         (f.above("class_definition") && contains(f.code(), "self.request"));
}

bool for_staff(Node f) {
  const Node cls = f.above("class_definition");
  std::string said;
  for (const Node n : {f, cls})
    if (n)
      for (const std::string& d : decorators(n)) said += d;
  if (cls)
    for (const std::string& p : names_in(attribute(cls, "permission_classes").child("right"))) said += p;
  return icontains_any(said, {"admin", "staff", "superuser", "manager"}) || admin_in_body(f) ||
         icontains_any(f.code(), {"is_staff", "is_superuser"});
}

bool for_development(Node n) {
  for (Node p = n; p && !p.is("function_definition"); p = p.parent())
    if (p.any_of("if_statement", "conditional_expression") &&
        icontains_any((p.is("if_statement") ? p.child("condition") : p).code(), {"debug", "dev", "test", "mock"}))
      return true;
  return false;
}

bool answer_call(std::string_view name) {
  const std::string_view f = last(name);
  return f == "Response" || f == "JsonResponse" || f == "JSONResponse" || f == "jsonify" || f == "HttpResponse";
}

// Stops: everybody who may ask for somebody's code reading it in the answer.
void judge_told(File& file, Node f) {
  if (icontains_any(f.code(), {"pyotp", "provisioning", "qrcode", "totp"})) return;
  if (!icontains_any(f.code(), {"random", "generate", "secrets.", "make_token", "token_", "uuid"})) return;
  const auto sent = client_names(f);
  // What a door for forgotten passwords makes is for the mail, however short its name.
  const bool forgotten = has_word(function_name(f), {"forgot", "forget", "reset", "recover", "magic"}) &&
                         !icontains_any(f.code(), {"new_password", "set_password", "hash_password", "password_hash"});
  const auto once = [&](std::string_view name) {
    return one_time(name) || ((forgotten || has_word(function_name(f), {"otp", "code", "sms", "passcode"})) &&
                              (name == "token" || name == "code" || name == "link" || name == "pin"));
  };
  const auto judge = [&](std::string_view key, Node value, Node at) {
    value = unwrap(value);
    if (!value.any_of("identifier", "attribute") || contains(value.code(), "settings")) return false;
    const std::string name(last(dotted(value)));
    if ((!once(name) && !once(key)) || sent.contains(name)) return false;
    bool answered =
        at.above("return_statement") && !at.above("function_definition").inside(at.above("return_statement"));
    const auto around = as_call(at.above("call"));
    if (around && !answer_call(around->name)) answered = false;
    if (!answered || for_development(at)) return false;
    file.hit("AU-007", at).title = "The answer tells the one-time code (" + std::string(key) + ")";
    return true;
  };
  for (const Node p : f.all("pair"))
    if (const auto key = literal(p.child("key")); key && judge(*key, p.child("value"), p)) return;
  for (const Node k : f.all("keyword_argument"))  // jsonify(token=token)
    if (const auto around = as_call(k.above("call")); around && last(around->name) == "jsonify")
      if (judge(k.child("name").text(), k.child("value"), k)) return;
}

// verify_url = await send_verify_email(address, token); return answer(data={"url": verify_url})
// Stops: whoever names an address following the link that only its owner's mail should carry.
void judge_told_links(File& file, Node f) {
  if (!route_function(f) || !icontains(f.code(), "mail")) return;
  for (const Node a : body(f).all("assignment")) {
    const Node left = a.child("left");
    Node made = unwrap(a.child("right"));
    if (made.is("await")) made = unwrap(made.first());
    const auto call = as_call(made);
    if (!call || !left.is("identifier") || !has_word(left.text(), {"url", "link"}) ||
        !has_word(last(call->name), {"send", "mail", "email"}) ||
        !has_word(last(call->name),
                  {"reset", "verify", "verification", "magic", "confirm", "confirmation", "activation"}))
      continue;
    for (const Node back : body(f).all("return_statement"))
      for (const Node n : back.all("identifier"))
        if (n.text() == left.text() && !(n.parent().child("name") == n) && !for_development(back) &&
            !back.above("function_definition").inside(back)) {
          auto& found = file.hit("AU-007", n);
          found.title = "The answer tells the link that only the mail should carry (" + std::string(left.text()) + ")";
          found.severity = proof::Severity::critical;
          return;
        }
  }
}

// Something below asks for a secret, a signature, a code, or another server.
bool proves_holder(const File& file, Node f) {
  for (const Call* c : file.calls_in(body(f))) {
    const std::string full = file.full(c->name);
    const std::string_view m = last(full);
    if (full.starts_with("requests.") || full.starts_with("httpx.") || m == "urlopen") return true;
    if (has_word(m, {"verify", "check", "authenticate", "validate", "decode", "unsign", "confirm", "loads",
                     "introspect", "valid", "exchange", "compare"}))
      return true;
    for (const auto& [key, value] : c->keywords)
      if (has_word(key, {"otp", "code", "token", "pin", "secret", "key", "hash"}) && !literal(value) &&
          contains(c->name, ".objects"))
        return true;
  }
  for (const Node c : f.all("comparison_operator"))
    if (has_word(c.code(), {"otp", "code", "token", "pin", "secret", "password", "answer", "hash"}) &&
        !contains(c.code(), "None"))
      return true;
  return icontains_any(f.code(), {"request.session", "session[", "session.get("});
}

// The name of a person who was looked up by what the client sent.
std::set<std::string> named_people(const File& file, Node f) {
  std::set<std::string> out;
  const auto sent = client_names(f);
  for (const Node a : f.all("assignment")) {
    const Node left = a.child("left"), right = a.child("right");
    const Code code = right.code();
    const bool lookup =
        icontains_any(code, {".objects.get(", ".objects.filter(", "get_object_or_404(", ".objects.get_or_create(",
                             ".filter_by(", "find_one(", ".query(", "select(", ".query.filter("});
    if (!lookup || caller_words(code) || !has_word(code, {"user", "account", "customer", "member", "profile"}))
      continue;
    bool by_client = client_words(code);
    for (const Call* c : file.calls_in(right))
      for (const auto& [key, value] : c->keywords)
        for (const std::string& s : sent) by_client = by_client || has_token(value.code(), s);
    for (const char* type : {"attribute", "identifier", "subscript"})
      for (const Node n : right.all(type))
        by_client = by_client || (route_function(f) && n.above("argument_list") && from_client(f, n));
    if (!by_client) continue;
    if (left.is("identifier")) out.emplace(left.text());
    if (left.is("pattern_list")) out.emplace(left.first().text());  // user, created = …
  }
  return out;
}

// Stops: taking over an account by knowing its e-mail address.
void judge_opened(File& file, Node f) {
  const auto people = named_people(file, f);
  if (people.empty() || for_staff(f) || icontains(f.code(), "is_valid(") || proves_holder(file, f)) return;
  // user.password = hash(request.form["new"])
  if (!has_word(function_name(f), {"login", "signin"}))
    for (const Node a : body(f).all("assignment")) {
      const Node left = a.child("left");
      if (!left.is("attribute") || !people.contains(std::string(left.child("object").text()))) continue;
      const std::string_view column = left.child("attribute").text();
      if (!has_word(column, {"password", "hash", "pwd"}) || has_word(column, {"reset", "at", "token", "changed"}))
        continue;
      if (literal(a.child("right")) || a.child("right").is("none")) continue;
      file.hit("AU-006", a).title = "Whoever names an account sets its password";
      return;
    }
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    const std::string root = c->name.substr(0, c->name.find('.'));
    if (m == "set_password" && people.contains(root) && !literal(c->arg(0))) {
      file.hit("AU-006", c->node).title = "Whoever names an account sets its password";
      return;
    }
    const std::string full = file.full(c->name);
    const bool signs_in = m == "for_user" || full == "django.contrib.auth.login" || m == "login_user" ||
                          m == "create_access_token" ||
                          (contains(c->name, "Token.objects") && (m == "get_or_create" || m == "create"));
    if (!signs_in || has_word(function_name(f), {"reset", "forgot", "verify", "resend", "send", "email"}) ||
        has_word(f.above("class_definition").child("name").text(), {"reset", "forgot", "resend", "verification"}))
      continue;
    for (const std::string& who : people)
      if (has_token(c->node.child("arguments").code(), who)) {
        file.hit("AU-006", c->node).title = "Whoever names an account is signed in as it";
        return;
      }
  }
}

// Stops: whoever finds an open session keeping the account.
void judge_unasked(File& file, Node f) {
  const Node cls = f.above("class_definition");
  const std::string_view all = cls ? cls.code() : f.code();
  if (icontains_any(all, {"check_password", "authenticate(", "old_password", "current_password", "oldpassword",
                          "currentpassword", "is_valid(", "set_unusable", "has_usable"}) ||
      says_otp(all))
    return;
  for (const Call* c : file.calls_in(body(f))) {
    if (last(c->name) != "set_password" || literal(c->arg(0))) continue;
    const std::string who = c->name.substr(0, c->name.rfind('.'));
    bool caller = contains(who, "request.user");
    for (const Node a : f.all("assignment"))
      caller = caller || (a.child("left").text() == who && a.child("right").code().ends_with("request.user"));
    if (caller) file.hit("AU-008", c->node);
    return;
  }
}

// user.otp = "" after User.objects.get(id=…, otp=otp): the next one sends an empty code.
void judge_empty(File& file, Node f) {
  const auto sent = client_names(f);
  for (const Call* c : file.calls_in(body(f))) {
    if (!contains(c->name, ".objects.") || (last(c->name) != "get" && last(c->name) != "filter")) continue;
    for (const auto& [key, value] : c->keywords) {
      const std::string name(unwrap(value).text());
      if (!has_word(key, {"otp", "token", "code"}) || !(sent.contains(name) || client_words(value.code()))) continue;
      Node emptied;
      for (const Node a : f.all("assignment"))
        if (a.child("left").is("attribute") && a.child("left").child("attribute").text() == key &&
            (literal(a.child("right")) == "" || a.child("right").is("none")))
          emptied = a;
      bool asked = false;  // if not otp: refuse
      for (const Node b : f.all("if_statement"))
        asked = asked || (b.begin() < c->node.begin() && has_token(b.child("condition").code(), name));
      if (!emptied || asked || contains(f.code(), "is_valid(")) continue;
      auto& found = file.hit("AU-006", c->node);
      found.title = "An empty code is the code of everybody who used theirs";
      found.severity = proof::Severity::high;
      found.confidence = proof::Confidence::medium;
      also(found, file, emptied);
      return;
    }
  }
}

// redirect(f"{front}/welcome?token={token}"): it stays in histories, logs and referrers.
void judge_told_by_address(File& file, Node f) {
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m != "redirect" && m != "HttpResponseRedirect" && m != "RedirectResponse") continue;
    Node text = unwrap(c->arg(0) ? c->arg(0) : c->keyword("url") ? c->keyword("url") : c->keyword("location"));
    if (!text) continue;
    if (text.is("identifier"))
      for (const Node a : body(f).all("assignment"))
        if (a.begin() < c->node.begin() && a.child("left").text() == text.text()) text = unwrap(a.child("right"));
    const auto built = holes(text);
    if (!icontains_any(spoken(text), {"token=", "jwt=", "access=", "refresh=", "session="})) continue;
    const bool secret = std::any_of(built.begin(), built.end(), [](Node h) {
      return icontains_any(h.code(), {"token", "jwt", "access", "refresh"}) &&
             !icontains_any(h.code(), {"csrf", "state"});
    });
    if (!secret) continue;
    file.hit("FA-019", c->node).title = "A token travels in the address of a redirect";
    return;
  }
}

// user.is_verified = True, by the number in a link and nothing else.
void judge_verified(File& file, Node f) {
  const std::string name = function_name(f);
  if (!route_function(f) || !has_word(name, {"verify", "confirm", "activate", "validate"}) || for_staff(f) ||
      icontains_any(f.code(), {"token", "code", "otp", "decode(", "loads(", "signature", "pin", "current_user", "key"}))
    return;
  for (const Node a : f.all("assignment")) {
    const Node left = a.child("left");
    if (!left.is("attribute") || !a.child("right").is("true")) continue;
    const std::string_view field = left.child("attribute").text();
    if (field != "is_verified" && field != "verified" && field != "email_verified" && field != "is_active" &&
        field != "is_email_verified" && field != "confirmed")
      continue;
    auto& found = file.hit("AU-006", a);
    found.title = "An address counts as verified for whoever names the account";
    found.severity = proof::Severity::high;
    found.confidence = proof::Confidence::medium;
    return;
  }
}

// codes[email] = code, EmailOTP.objects.create(email=…, code=otp), user.otp = code
std::optional<Node> kept_code(const File& file, Node f) {
  if (!icontains_any(f.code(),
                     {"random", "secrets.", "generate", "make_code", "token_", "make_otp", "uuid4", "get_random"}))
    return std::nullopt;
  for (const Node a : body(f).all("assignment")) {
    const Node left = a.child("left"), right = unwrap(a.child("right"));
    if (left.is("subscript") && right.is("identifier") &&
        (one_time(right.text()) ||
         (has_word(last(dotted(left.child("value"))), {"otp", "otps", "codes", "code", "pending"}) &&
          has_word(right.text(), {"otp", "code", "pin"}))))
      return a;
    if (left.is("attribute") && one_time(left.child("attribute").text()) && !right.is("none") && !literal(right) &&
        icontains_any(f.code(), {".save(", ".commit("}))
      return a;
  }
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    const bool orm = contains(c->name, ".objects.") && (m == "create" || m == "update_or_create");
    const bool made = !c->name.empty() && c->name.front() >= 'A' && c->name.front() <= 'Z';
    if ((!orm && !made) || !has_word(c->name, {"otp", "code", "codes", "verification", "reset"})) continue;
    if (icontains_any(c->node.code(), {"expir", "valid_until", "ttl"})) return std::nullopt;
    for (const Node k : c->node.child("arguments").all("keyword_argument"))
      if (has_word(k.child("name").text(), {"otp", "code", "token", "pin"})) return c->node;
    if (icontains_any(c->node.code(), {"\"code\"", "\"otp\"", "'code'", "'otp'"})) return c->node;
  }
  return std::nullopt;
}

// An end of a code is spoken of somewhere.
bool ends_codes(const Code& code) {
  return icontains_any(code, {"otp", "reset", "verif", "one_time", "code"}) &&
         icontains_any(
             code, {"expir", "setex", "ex=", "ttl", "timeout=", "max_age", "valid_until", "created_at__g", "cache.set",
                    "timesince", "total_seconds", "tokengenerator", "pyotp", "created_at +", "valid_for", "lifetime"});
}

}  // namespace

void read_python_codes(File& file, PythonNotes& notes) {
  if (contains(file.code(), "rest_framework_simplejwt")) notes.simplejwt = true;
  if (icontains_any(file.code(), {"outstandingtoken", "check_revoke_token", "token_version"})) notes.ends_tokens = true;
  if (ends_codes(file.code())) notes.codes_end = true;
  for (const Node f : file.tree.all("function_definition")) {
    if (function_around(f)) continue;
    if (notes.kept_code.at.line == 0)
      if (const auto at = kept_code(file, f)) notes.kept_code = {place(file.path, at->line()), file.shown(*at)};
    for (const Call* c : file.calls_in(body(f))) {
      const Code code = f.code();
      if (last(c->name) != "set_password" || notes.keeps_tokens.at.line > 0 || literal(c->arg(0)) ||
          contains(file.path, "models") || contains(file.path, "commands/") ||
          icontains_any(code, {"blacklist", "create_user", "objects.create(", "super().create", "revoke"}) ||
          has_word(function_name(f), {"create", "register", "signup"}) ||
          has_word(f.above("class_definition").child("name").text(), {"create", "register", "registration", "signup"}))
        continue;
      notes.keeps_tokens = {place(file.path, c->line()), file.shown(c->node)};
    }
    if (!handler(f) || webhook_door(function_name(f))) continue;
    judge_told(file, f);
    judge_told_links(file, f);
    judge_opened(file, f);
    judge_unasked(file, f);
    judge_empty(file, f);
    judge_told_by_address(file, f);
    judge_verified(file, f);
  }
}

void judge_python_codes(const PythonNotes& notes, Sink& sink) {
  // Stops: a code of last year, and as many tries as it takes to come by one.
  if (notes.kept_code.at.line > 0 && !notes.codes_end)
    sink.find("AU-007", notes.kept_code.at, notes.kept_code.shown).title = "A one-time code never ends";
  // Stops: a thief of a token staying signed in after the password was changed because of the theft.
  if (notes.simplejwt && !notes.ends_tokens && notes.keeps_tokens.at.line > 0)
    sink.find("JWT-009", notes.keeps_tokens.at, notes.keeps_tokens.shown).title =
        "A new password leaves the refresh tokens of the old one valid";
}

}  // namespace gatehouse::audit::source
