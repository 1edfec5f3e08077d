// One-time codes and links that are told, guessed, empty or without end; answers that tell who has an account.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// otp, resetToken, verificationCode, magicLink
bool one_time(std::string_view name) {
  if (has_word(name, {"otp", "otps", "totp"}))
    return !has_word(name, {"sent", "verified", "required", "expires", "expiry", "id", "length", "valid", "count",
                            "type", "enabled", "message", "at", "response", "result", "schema", "model"});
  return has_word(name,
                  {"reset", "verification", "verify", "magic", "forgot", "activation", "confirmation", "recovery"}) &&
         has_word(name, {"token", "code", "link", "url", "pin"}) &&
         !has_word(name, {"expires", "expiry", "expiration", "at", "id", "sent", "valid"});
}

bool for_development(Node n, Node within) {
  for (Node p = n; p && !(p == within); p = p.parent()) {
    if (p.any_of("if_statement", "ternary_expression") &&
        icontains_any(p.child("condition").code(), {"node_env", "dev", "test", "prod", "debug", "mock"}))
      return true;
    if (p.any_of("spread_element", "binary_expression") && icontains_any(p.code(), {"node_env", "isdev", "debug"}))
      return true;
  }
  return false;
}

// const link = await sendResetMail(address): what the mail carries, in the hands of who asked for it.
bool mailed_link(Node made) {
  made = unwrap(made);
  if (made.is("await_expression")) made = unwrap(made.first());
  const auto call = as_call(made);
  return call && has_word(last(call->name), {"send", "mail", "email"}) &&
         has_word(last(call->name),
                  {"reset", "verify", "verification", "magic", "confirm", "confirmation", "activation"});
}

// Stops: everybody who may ask for somebody's code reading it in the answer.
void judge_told_codes(File& file) {
  for (const Said& answer : answers_in(file, file.tree.root())) {
    const Node function = function_around(answer.at);
    if (!function || !icontains_any(function.code(), {"random", "generate", "sign(", "mail"})) continue;
    std::vector<std::pair<std::string, Node>> leaves;
    for (const Node a : answer.values()) {
      const Node first = unwrap(a);
      for (const auto& [key, value] : members(first)) {
        leaves.emplace_back(key, unwrap(value));
        for (const auto& [inner, deep] : members(unwrap(value))) leaves.emplace_back(inner, unwrap(deep));
        for (const Node h : holes(unwrap(value))) leaves.emplace_back(std::string(h.text()), h);
      }
    }
    for (const auto& [key, leaf] : leaves) {
      if (!leaf.any_of("identifier", "shorthand_property_identifier", "member_expression")) continue;
      const std::string name =
          leaf.is("member_expression") ? std::string(last(dotted(leaf))) : std::string(leaf.text());
      // { link } of a door for forgotten passwords, with a token in it
      const bool link =
          has_word(name, {"link", "url"}) && ((has_word(door_name(file, function), {"forgot", "forget", "reset"}) &&
                                               icontains(value_of(file, leaf).code(), "token")) ||
                                              mailed_link(value_of(file, leaf)));
      if ((!one_time(name) && !link) || for_development(leaf, function)) continue;
      // What the client itself sent comes back.
      const ClientData sent = client_data(file, function);
      if (std::any_of(sent.fields.begin(), sent.fields.end(), [&](const auto& f) { return f.first == name; })) continue;
      auto& f = file.hit("AU-007", leaf);
      f.title = "A one-time code is sent in the answer to whoever asked for it";
      f.severity = proof::Severity::critical;
      break;
    }
  }
}

// return { message: "sent", resetCode } of a service that a controller answers with
void judge_returned_codes(File& file) {
  if (!icontains_any(file.path, {"service", "controller", "auth", "action"})) return;
  for (const Node back : file.tree.all("return_statement")) {
    const auto parts = members(unwrap(back.first()));
    if (parts.size() < 2) continue;
    const Node function = function_around(back);
    if (!function || touches(file, body(function)).empty()) continue;
    const bool message = std::any_of(parts.begin(), parts.end(), [](const auto& p) {
      return p.first == "message" || p.first == "success" || p.first == "msg";
    });
    for (const auto& [key, value] : parts) {
      const Node leaf = unwrap(value);
      if (!message || !one_time(key) || !leaf.any_of("identifier", "shorthand_property_identifier")) continue;
      const Node made = value_of(file, leaf);
      const std::string_view how = leaf.is("identifier") ? made.code() : function.code();
      if (!icontains_any(how, {"random", "generate", "sign("}) || for_development(leaf, function)) continue;
      auto& f = file.hit("AU-007", leaf);
      f.title = "A one-time code is sent in the answer to whoever asked for it";
      f.severity = proof::Severity::critical;
    }
  }
}

bool asks_presence(const Code& code, const std::string& name) {
  for (const std::string& mark : {"!" + name, name + " &&", "typeof " + name, "!req.body." + name, "(" + name + " =="})
    if (contains(code, mark)) return true;
  return icontains_any(
      code, {"expir", "ttl", "validat", ".parse(", "safeparse", "isexpired", "verifyasync", "date.now() >", "$gt"});
}

// user.otp !== otp, findOne({ resetToken: req.body.token }): an account without a code is opened by no code at all.
void judge_empty_codes(File& file) {
  for (const Node b : file.tree.all("binary_expression")) {
    if (!b.has_token("!==") && !b.has_token("!=") && !b.has_token("===") && !b.has_token("==")) continue;
    Node l = unwrap(b.child("left")), r = unwrap(b.child("right"));
    if (!l.is("member_expression") || literal(r) || r.any_of("null", "undefined", "true", "false")) std::swap(l, r);
    if (!l.is("member_expression") || !one_time(l.child("property").text())) continue;
    const std::string object(l.child("object").text());
    if (object == "req.body" || object == "body" || object == "data") {
      std::swap(l, r);
      if (!l.is("member_expression") || !one_time(l.child("property").text())) continue;
    }
    const Node function = function_around(b);
    if (!function || !icontains_any(function.code(), {"req.body", "request.body", ".json()"})) continue;
    const std::string name(r.is("member_expression") ? r.child("property").text() : r.text());
    if (!r.any_of("identifier", "member_expression") || !has_word(name, {"otp", "code", "token", "pin"})) continue;
    const Code code = function.code();
    if (asks_presence(code, name) || asks_presence(code, std::string(l.text()))) continue;
    auto& f = file.hit("AU-006", b);
    f.title = "Where no code was set, an empty one passes";
    f.confidence = proof::Confidence::medium;
  }
  const Schema& schema = file.project.notes<Schema>();
  for (const char* type : {"arrow_function", "function_expression", "function_declaration", "method_definition"})
    for (const Node function : file.tree.all(type)) {
      const Code code = function.code();
      if (!icontains_any(code, {"req.body", "request.body"}) || !icontains(code, "password")) continue;
      for (const Touch& t : touches(file, body(function))) {
        if (t.kind != Touch::Kind::one && t.kind != Touch::Kind::change) continue;
        const Record* r = schema.of(t.record);
        if (!(r != nullptr ? r->person : people(t.record)) || !(function_around(t.call) == function)) continue;
        const auto c = as_call(t.call);
        const Node first = unwrap(c ? c->arg(0) : Node());
        const Node which = member(first, "where") ? unwrap(member(first, "where")) : first;
        for (const auto& [key, value] : members(which)) {
          const Node v = unwrap(value);
          if (!one_time(key) || !v.any_of("identifier", "shorthand_property_identifier", "member_expression")) continue;
          const std::string name(v.is("member_expression") ? v.child("property").text() : v.text());
          const bool from_path = contains(code, "params." + name) || contains(code, name + " } = req.params");
          if (from_path || !from_client(file, v) || asks_presence(code, name)) continue;
          auto& f = file.hit("AU-006", t.call);
          f.title = "Where no code was set, an empty one passes";
          f.confidence = proof::Confidence::medium;
        }
      }
    }
}

// user.password === password: nothing was hashed.
void judge_plain_comparison(File& file) {
  for (const Node b : file.tree.all("binary_expression")) {
    if (!b.has_token("!==") && !b.has_token("!=") && !b.has_token("===") && !b.has_token("==")) continue;
    Node l = unwrap(b.child("left")), r = unwrap(b.child("right"));
    const auto stored = [](Node n) {
      if (!n.is("member_expression") || n.child("property").text() != "password") return false;
      const std::string_view object = n.child("object").text();
      return !icontains_any(object, {"body", "env", "config", "form", "values", "input", "dto", "data", "req", "props",
                                     "settings", "params", "query", "payload", "credentials", "fields", "state"});
    };
    if (!stored(l)) std::swap(l, r);
    if (!stored(l) || !r.any_of("identifier", "member_expression")) continue;
    const std::string name(r.is("member_expression") ? r.child("property").text() : r.text());
    if (!has_word(name, {"password", "pwd"}) ||
        has_word(name, {"confirm", "confirmation", "repeat", "retype", "hash", "hashed", "encrypted", "new"}) ||
        stored(r))
      continue;
    const Node function = function_around(b);
    if (icontains_any(function.code(), {"hash", "bcrypt", "argon", "scrypt", "process.env"})) continue;
    // const user = { name: "admin", password: "…" }: a sign-in of its own, and a secret in the code.
    if (value_of(file, unwrap(l.child("object"))).is("object")) continue;
    auto& f = file.hit("DJ-030", b);
    f.title = "Passwords are kept as they were typed, and compared so";
    f.severity = proof::Severity::critical;
  }
}

// "User not found", "Wrong password": which of the two it was.
bool tells_which(std::string_view said) {
  if (said.size() < 8 || said.size() > 120) return false;
  if (icontains_any(said, {" or ", "if ", "token", "/", " and "})) return false;
  if (icontains_any(said, {"invalid email", "incorrect email"}) && icontains_any(said, {"format", "address", "domain"}))
    return false;
  return icontains_any(
      said, {"user not found",       "user does not exist",   "user doesn't exist",     "no user",
             "no account",           "account not found",     "not registered",         "email not found",
             "email does not exist", "email doesn't exist",   "incorrect password",     "wrong password",
             "invalid password",     "user not exist",        "invalid email",          "email not exist",
             "user with this email", "user with that email",  "unknown email",          "unknown user",
             "find your account",    "find an account",       "account does not exist", "account doesn't exist",
             "incorrect email",      "password is incorrect", "password is wrong",      "find user"});
}

// Stops: learning, address by address, who has an account here.
void judge_enumeration(File& file) {
  for (const auto& f : file.sink.findings())
    if (f.id == "AU-005" && f.locations.front().path == file.path) return;
  for (const char* type : {"string", "template_string"})
    for (const Node s : file.tree.all(type)) {
      const auto said = literal(s);
      if (!said || !tells_which(*said)) continue;
      const Node function = function_around(s);
      const std::string name = door_name(file, function);
      const bool door = has_word(name, {"login", "signin", "authenticate", "authorize", "forgot", "forget"}) ||
                        (has_word(name, {"reset", "recover"}) && has_word(name, {"request", "send", "password"}));
      if (!door || !icontains_any(function.code(), {"email", "username", "phone"})) continue;
      // It is answered, thrown or handed back; what is only logged tells nobody.
      const Node call = s.above("call_expression", "new_expression");
      const std::string via = call.inside(function) ? as_call(call)->name : std::string();
      if (via.starts_with("console.") || icontains_any(via, {"log", "expect", "debug", "audit"})) continue;
      if (s.parent().any_of("binary_expression", "switch_case")) continue;
      file.hit("AU-005", s);
      return;  // once a file
    }
}

// Otp.create({ email, otp }), update({ data: { resetToken } }), this.codes.save({ email, code }), store[phone] = otp
void read_written_codes(const File& file, ScriptNotes& notes) {
  if (!icontains_any(file.code(), {"otp", "reset", "verif", "magic", "passcode"}) ||
      !icontains_any(file.code(), {"random", "generate", "uuid", "nanoid"}))
    return;
  const auto keep = [&](Node at) { notes.kept_code = Spot{place(file.path, at.line()), file.shown(at)}; };
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (notes.kept_code) return;
    const bool writes = f == "create" || f == "save" || f == "insert" || f == "update" || f == "upsert" ||
                        f == "insertOne" || f == "updateOne" || f == "findOneAndUpdate" || f == "findByIdAndUpdate" ||
                        f == "values" || f == "set";
    if (!writes || icontains_any(c.name, {"cookie", "redis", "cache", "client.set", "header"})) continue;
    const bool of_codes = has_word(c.name, {"otp", "otps", "code", "codes", "verification", "reset", "resets"});
    for (const char* type : {"pair", "shorthand_property_identifier"})
      for (const Node p : c.node.child("arguments").all(type)) {
        const std::string_view key = p.is("pair") ? p.child("key").text() : p.text();
        const Node value = p.is("pair") ? unwrap(p.child("value")) : p;
        if (!one_time(key) && !(of_codes && has_word(key, {"code", "token", "otp", "pin"}))) continue;
        if (!value.any_of("identifier", "shorthand_property_identifier", "call_expression") ||
            value.text() == "undefined")
          continue;
        // What the client sent is looked for, not kept.
        if (value.is("call_expression") ? !icontains_any(value.code(), {"random", "generate", "uuid"})
                                        : from_client(file, value))
          continue;
        return keep(p);
      }
  }
  for (const Node a : file.tree.all("assignment_expression")) {
    const Node left = a.child("left"), right = unwrap(a.child("right"));
    if (!left.is("subscript_expression") || !right.is("identifier")) continue;
    if (one_time(right.text()) || (has_word(left.child("object").text(), {"otp", "otps", "codes", "code"}) &&
                                   has_word(right.text(), {"code", "otp", "pin"})))
      return keep(a);
  }
}

void read_ends(const File& file, ScriptNotes& notes) {
  const Code code = file.code();
  if (icontains_any(code, {"pre('save'", "pre(\"save\"", "beforecreate", "beforesave", "beforeinsert", "beforeupdate",
                           "beforebulkcreate", "setdatavalue"}) &&
      icontains_any(code, {"bcrypt", "argon", "hash", "scrypt", "pbkdf2"}))
    notes.hooked = true;
  // An end counts where it is spoken of together with a code: the life of a cookie or of a session is another.
  if (!notes.codes_end && icontains(code, "expir") + icontains(code, "ttl") + icontains(code, "setex") > 0)
    for (const char* type : {"identifier", "property_identifier", "shorthand_property_identifier",
                             "shorthand_property_identifier_pattern"})
      for (const Node n : file.tree.all(type)) {
        const std::string_view name = n.text();
        if (notes.codes_end ||
            !has_word(name, {"expires", "expiry", "expire", "expiration", "expired", "ttl", "setex"}) ||
            has_word(name, {"cookie", "session"}) || name == "expiresIn")
          continue;
        Node around = function_around(n);
        if (!around)
          for (around = n; around.parent() && !around.parent().is("program");) around = around.parent();
        if (has_word(name, {"otp", "reset", "verification", "code", "token"}) ||
            icontains_any(around.code(),
                          {"otp", "reset", "verification", "verifycode", "magic", "code:", "passcode"}) ||
            icontains_any(file.path, {"otp", "reset", "verif", "code"}))
          notes.codes_end = true;
      }
  if ((says_otp(code) || icontains_any(code, {"resettoken", "reset_token"})) &&
      icontains_any(code, {"expiresin", "'ex'", "\"ex\"", "settimeout", "date.now() -", "speakeasy", "otplib", "totp"}))
    notes.codes_end = true;
  if (notes.kept_code) return;
  for (const Node a : file.tree.all("assignment_expression")) {
    const Node left = a.child("left");
    if (!left.is("member_expression") || !one_time(left.child("property").text())) continue;
    const Node value = unwrap(a.child("right"));
    if (value.any_of("null", "undefined", "string") || value.text() == "undefined") continue;
    if (const Node f = function_around(a); f && icontains_any(f.code(), {".save(", ".update("}))
      notes.kept_code = Spot{place(file.path, a.line()), file.shown(a)};
  }
  if (!notes.kept_code) read_written_codes(file, notes);
}

}  // namespace

void read_codes(File& file, ScriptNotes& notes) {
  if (client_file(file)) return;
  read_ends(file, notes);
  judge_told_codes(file);
  judge_returned_codes(file);
  judge_empty_codes(file);
  judge_plain_comparison(file);
  judge_enumeration(file);
}

}  // namespace gatehouse::audit::source
