#include "audit/source/passwords.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "audit/source/script.h"
#include "audit/source/sign_ups.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kBefore = 120, kBehind = 200;  // bytes around the word where its bounds are looked for

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

bool any_in(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](auto p) { return text.find(p) != text.npos; });
}

// `len(password) > 72` cuts what bcrypt would not take; it bounds nothing from below.
bool upper_bound(std::string_view behind) {
  const std::size_t at = behind.find("> ");
  if (at == behind.npos || at > 20) return false;
  int number = 0;
  for (std::size_t i = at + 2; i < behind.size() && std::isdigit(static_cast<unsigned char>(behind[i])) != 0; ++i)
    number = std::min(number * 10 + (behind[i] - '0'), 1000);
  return number >= 50;
}

// The number that a bound on the same line names: 6 of `min_length=6`, `.min(6, …)`, `.length < 6`, `isLength({ min:
// 6`.
int minimum(std::string_view behind) {
  const std::string_view line = behind.substr(0, behind.find('\n'));
  for (const std::string_view before : {"min_length=", "min_length: ", "minlength: ", "minlength:", "minlength(",
                                        ".min(", "min: ", "min=", ".length < ", ") < "}) {
    const std::size_t at = line.find(before);
    if (at == line.npos) continue;
    int number = 0;
    std::size_t i = at + before.size();
    for (; i < line.size() && std::isdigit(static_cast<unsigned char>(line[i])) != 0; ++i)
      number = std::min(number * 10 + (line[i] - '0'), 1000);
    if (i > at + before.size()) return number;
  }
  return 0;
}

// From the word on, as far as the same expression, field or chain of calls goes.
std::string_view expression_from(std::string_view behind) {
  int depth = 0;
  // body("password") and kin go on behind the quote and the parenthesis.
  const std::size_t after = behind.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789");
  const bool quoted = after != behind.npos && (behind[after] == '"' || behind[after] == '\'');
  for (std::size_t i = 0; i < behind.size(); ++i) {
    const char c = behind[i];
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (depth > 0) continue;
    if (c == ';' || (c == ',' && !quoted)) return behind.substr(0, i);
    if (c != '\n') continue;
    const std::size_t next = behind.find_first_not_of(" \t\r\n", i);
    if (next == behind.npos || (behind[next] != '.' && behind[next] != ')')) return behind.substr(0, i);
  }
  return behind;
}

// The name of the call that is given the word itself: "passwordregex.test" of passwordRegex.test(password).
std::string_view given_to(std::string_view ahead) {
  std::size_t end = ahead.find_last_not_of("abcdefghijklmnopqrstuvwxyz_0123456789.!?[,\"' \n");
  if (end == ahead.npos || ahead[end] != '(') return {};
  const std::size_t begin = ahead.find_last_not_of("abcdefghijklmnopqrstuvwxyz_0123456789.@/", end == 0 ? 0 : end - 1);
  return ahead.substr(begin == ahead.npos ? 0 : begin + 1, end - (begin == ahead.npos ? 0 : begin + 1));
}

// A sign of a strength, or of a length whose number cannot be read, about this word and no other.
bool bounded_at(std::string_view all, std::size_t at) {
  if (any_in(expression_from(all.substr(at, kBehind)),
             {".length", ".min(", "min=", "min:", "minlength", "min_length", "islength", ".regex(", "pattern",
              ".length(", ".matches(", ".match(", "constr(", "validators", "validate:", ".refine(", ".superrefine("}))
    return true;
  std::string_view ahead = all.substr(at > kBefore ? at - kBefore : 0, std::min(at, kBefore));
  std::string_view call = given_to(ahead);
  // len(form.get("password")), String(password).length
  if (call.ends_with(".get") || call == "str") call = given_to(ahead.substr(0, call.data() - ahead.data()));
  if (call == "len" || call.ends_with(".test") || call.ends_with("/.test") || call.ends_with("validator") ||
      call.ends_with(".islength") || call.ends_with("re.match") || call.ends_with("re.search") ||
      call.ends_with("fullmatch") || call.ends_with("isstrongpassword"))
    return true;
  // @MinLength(8) above the field
  if (const std::size_t cut = ahead.find_last_of(";{"); cut != ahead.npos && ahead[cut] == ';')
    ahead.remove_prefix(cut);
  return any_in(ahead, {"@minlength(", "@length(", "@matches(", "@isstrongpassword("});
}

bool names_rule(std::string_view name) {
  return has_word(name, {"password", "passwords", "passwd", "pwd"}) &&
         has_word(name, {"validate", "valid", "check", "strength", "strong", "policy", "rule", "rules", "validator",
                         "ensure", "assert", "is"}) &&
         !has_word(name, {"verify", "compare", "match", "matches", "hash", "reset", "forgot", "token", "correct"});
}

// What `all`, a part of the file in lower case, asks of passwords.
PasswordBound bound_in(const File& file, std::string_view all) {
  PasswordBound bound;
  if (any_in(all, {"zxcvbn", "isstrongpassword", "password_policy", "passwordpolicy", "passwordregex", "password_regex",
                   "password_pattern", "min_password", "password_min", "minpasswordlength", "password_validation"})) {
    bound.strong = true;
    return bound;
  }
  for (const std::string_view word : {"password", "passwd", "pwd"})
    for (std::size_t at = all.find(word); at != all.npos; at = all.find(word, at + word.size())) {
      const std::string_view behind = all.substr(at, kBehind);
      if (upper_bound(behind)) continue;
      if (const int number = minimum(behind); number == 0) {
        bound.strong |= bounded_at(all, at);
      } else if (number > bound.least) {
        bound.least = number;
        const std::size_t from = all.rfind('\n', at) + 1;
        const int line = 1 + static_cast<int>(std::count(all.begin(), all.begin() + static_cast<long>(at), '\n'));
        bound.at = {place(file.path, line), redacted(text::trim(file.code().substr(from, all.find('\n', at) - from)))};
      }
    }
  return bound;
}

void add(PasswordBound& to, const PasswordBound& more) {
  to.strong |= more.strong;
  if (more.least <= to.least) return;
  to.least = more.least;
  to.at = more.at;
}

// A function of its own that nothing calls by itself: no method, and nothing that a framework was told of.
bool stands_alone(Node function) {
  return !function.above("class_definition") && !function.above("class_declaration") && !function.above("class_body") &&
         !function.parent().is("decorated_definition") && !function_around(function);
}

void read_bounds(const File& file, Passwords& passwords) {
  std::string all = lowered(file.code());
  if (!any_in(all, {"password", "passwd", "pwd"})) return;
  // A model bounds what it keeps: the hash, where no hook of its own makes one of what was typed.
  if (any_in(all, {"new schema(", "mongoose.schema("}) && !any_in(all, {"pre('save'", "pre(\"save\"", "pre(`save`"}))
    return;
  if (any_in(all, {"valid", "check", "strong", "strength", "policy", "rule", "ensure", "assert"})) {
    for (const Call& c : file.calls)
      if (names_rule(last(c.name))) passwords.called.emplace(last(c.name));
    for (const char* type : {"function_definition", "function_declaration", "arrow_function", "function_expression"})
      for (const Node f : file.tree.all(type)) {
        const std::string name = function_name(f);
        if (!names_rule(name) || !stands_alone(f)) continue;
        std::string body(all.size(), ' ');  // lines stay where they are
        for (std::size_t i = 0; i < f.begin(); ++i)
          if (all[i] == '\n') body[i] = '\n';
        for (std::size_t i = f.begin(); i < f.end() && i < all.size(); ++i) {
          body[i] = all[i];
          if (all[i] != '\n') all[i] = ' ';
        }
        passwords.rules.try_emplace(name,
                                    Passwords::Rule{bound_in(file, body), {place(file.path, f.line()), file.shown(f)}});
      }
    // Handed on by its name, where a framework will call it: validators=[check_password].
    for (const char* type : {"identifier", "shorthand_property_identifier"})
      for (const Node n : file.tree.all(type))
        if (names_rule(n.text()) && n.parent().any_of("list", "array", "arguments", "argument_list", "pair",
                                                      "keyword_argument", "object", "dictionary"))
          passwords.called.emplace(n.text());
  }
  add(passwords.bound, bound_in(file, all));
}

// hash(password), bcrypt.hash(req.body.password, 10), User(password_hash=get_password_hash(form.get("password")))
bool hashes_password(const Call& c) {
  const std::string_view f = last(c.name);
  const bool hash = has_word(f, {"hash", "hashpw", "hashsync", "bcrypt", "argon2", "pbkdf2", "scrypt", "genhash"}) ||
                    icontains_any(f, {"hashpassword", "encryptpassword", "passwordhash", "hashpw"});
  if (!hash || has_word(f, {"verify", "check", "compare", "token", "needs", "file", "content"})) return false;
  return std::any_of(c.args.begin(), c.args.end(), [](Node a) {
    const Code code = a.code();
    return code.size() < 80 && (icontains_any(code, {"password", "passwd"}) || has_word(code, {"pwd"})) &&
           !icontains_any(code, {"random", "generate", "temp", "default", "env"});
  });
}

// A function that only wraps the library, and a hook of a model: whoever calls them takes the password in.
bool only_wraps(Node function) {
  return has_word(function_name(function), {"hash", "hashed", "encrypt", "bcrypt", "crypt"});
}

// User.create({ email, password }), User(email=…, password=…), create_user(email, password)
bool keeps_password(const Call& c) {
  const std::string_view f = last(c.name);
  const bool made = c.name.starts_with("new ") || (!f.empty() && f.front() >= 'A' && f.front() <= 'Z');
  if (!made && !has_word(f, {"create", "insert", "register", "add", "save", "signup"})) return false;
  if (!has_word(c.name, {"user", "users", "account", "accounts", "member", "customer", "admin", "student", "client",
                         "person", "employee", "owner", "info"}) ||
      has_word(c.name, {"error", "dto", "response", "serializer", "form", "schema", "token", "login"}))
    return false;
  const auto own = [](Node n) { return n && !literal(n) && has_word(n.code().substr(0, 200), {"password", "passwd"}); };
  return std::any_of(c.args.begin(), c.args.end(), own) ||
         std::any_of(c.keywords.begin(), c.keywords.end(),
                     [&](const auto& k) { return has_word(k.first, {"password", "passwd"}) && !literal(k.second); });
}

// Where a function that makes an account takes the password in: const { email, password } = req.body,
// password = request.form.get("password").
Node taken_in(const File& file, Node function) {
  if (!file.tree.python()) {
    for (const auto& [name, at] : client_data(file, function).fields)
      if (has_word(name, {"password", "passwd", "pwd"}) && !has_word(name, {"old", "current", "confirm"})) return at;
    return {};
  }
  for (const Node a : body(function).all("assignment"))
    if (has_word(a.child("left").text(), {"password", "passwd", "pwd"}) &&
        icontains_any(a.child("right").code(), {"form", "data", "json", "request", "body", "payload"}) &&
        icontains_any(a.child("right").code(), {".get(", "["}))
      return a;
  return {};
}

}  // namespace

void read_passwords(const File& file, Passwords& passwords) {
  if (has_word(file.path, {"seed", "seeds", "seeder", "fixtures", "migrations", "scripts", "mock", "mocks"}) ||
      icontains_any(file.path, {"create_admin", "createadmin"}))
    return;
  if (!icontains_any(file.code(), {"password", "passwd", "pwd"})) return;
  if (!passwords.bound.strong) read_bounds(file, passwords);
  for (const Call& c : file.calls) {
    const bool hashes = hashes_password(c);
    const Node function = function_around(c.node);
    if ((!hashes && !keeps_password(c)) || !function || only_wraps(function)) continue;
    const Node at = taken_in(file, function);
    if (at && passwords.taken.at.line == 0) passwords.taken = {place(file.path, at.line()), file.shown(at)};
    if (hashes) passwords.kept.push_back({place(file.path, c.line()), file.shown(c.node)});
  }
}

void judge_passwords(const Passwords& passwords, const SignUp* door, Sink& sink) {
  PasswordBound bound = passwords.bound;
  const Spot* idle = nullptr;
  for (const auto& [name, rule] : passwords.rules) {
    if (passwords.called.contains(name))
      add(bound, rule.bound);
    else if (rule.bound.strong || rule.bound.least > 0)
      idle = &rule.at;
  }
  // validate_password_strength(…) of a module that is not in sight: what it asks for is not known.
  for (const std::string& name : passwords.called)
    if (!passwords.rules.contains(name) && has_word(name, {"strength", "strong", "policy", "validate"})) return;
  // Stops: accounts whose password is one letter, or falls at the first guesses.
  const Spot& in = passwords.taken.at.line > 0   ? passwords.taken
                   : passwords.asked.at.line > 0 ? passwords.asked
                   : door != nullptr             ? door->at
                                                 : passwords.asked;
  const bool taken = !passwords.kept.empty() || in.at.line > 0;
  if (bound.strong || !taken || bound.least >= 8) return;
  const bool short_ones = bound.least > 1;
  const Spot& at = short_ones ? bound.at : idle != nullptr ? *idle : in.at.line > 0 ? in : passwords.kept.front();
  auto& f = sink.find("DJ-030", at.at, at.shown);
  f.title = short_ones        ? "Passwords of " + std::to_string(bound.least) + " characters are taken"
            : idle != nullptr ? "Rules for passwords stand here and nothing calls them"
                              : "Any password is taken, however short";
  f.severity = proof::Severity::low;
  if (!short_ones && !passwords.kept.empty() && passwords.kept.front().at.path != at.at.path) {
    f.locations.push_back(passwords.kept.front().at);
    f.evidence.push_back(passwords.kept.front().shown);
  }
  f.impact = "People choose passwords that fall at the first guesses, and nothing here asks for better ones.";
  f.fix = "Ask for at least 8 characters (12 without a second factor), on the server, and refuse the commonest ones.";
}

}  // namespace gatehouse::audit::source
