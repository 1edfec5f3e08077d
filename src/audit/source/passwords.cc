#include "audit/source/passwords.h"

#include <algorithm>
#include <cctype>

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

// Any sign of a bound beside the word is taken for one: silence is the smaller mistake here.
bool bounded(std::string_view code) {
  const std::string text = lowered(code);
  if (any_in(text, {"zxcvbn",
                    "isstrongpassword",
                    "validate_password",
                    "validatepassword",
                    "password_strength",
                    "passwordstrength",
                    "password_policy",
                    "passwordpolicy",
                    "passwordvalidator",
                    "password_validator",
                    "check_password_strength",
                    "checkpasswordstrength",
                    "is_strong_password",
                    "passwordregex",
                    "password_regex",
                    "password_pattern",
                    "passwordschema",
                    "min_password",
                    "password_min",
                    "minpasswordlength"}))
    return true;
  for (const std::string_view word : {"password", "passwd", "pwd"})
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + word.size())) {
      const std::string_view all(text);
      const std::size_t from = at > kBefore ? at - kBefore : 0;
      if (upper_bound(all.substr(at, kBehind))) continue;
      if (any_in(all.substr(at, kBehind), {".length", "min(", "min=", "minlength", "min_length", "islength", ".regex(",
                                           "pattern", "length(", ".matches("}) ||
          any_in(all.substr(from, at - from),
                 {"minlength(", "@length(", "@matches(", "match(", "test(", "field_validator(", "validator("}))
        return true;
      const std::size_t length = all.substr(from, at - from).rfind("len(");
      if (length != all.npos && all.substr(from, at - from).find(')', length) == all.npos) return true;  // len(x.pass…
    }
  return false;
}

// hash(password), bcrypt.hash(req.body.password, 10), User(password_hash=get_password_hash(form.get("password")))
bool hashes_password(const Call& c) {
  const std::string_view f = last(c.name);
  const bool hash = has_word(f, {"hash", "hashpw", "hashsync", "bcrypt", "argon2", "pbkdf2", "scrypt", "genhash"}) ||
                    icontains_any(f, {"hashpassword", "encryptpassword", "passwordhash", "hashpw"});
  if (!hash || has_word(f, {"verify", "check", "compare", "token", "needs", "file", "content"})) return false;
  return std::any_of(c.args.begin(), c.args.end(), [](Node a) {
    const std::string_view code = a.code();
    return code.size() < 80 && (icontains_any(code, {"password", "passwd"}) || has_word(code, {"pwd"})) &&
           !icontains_any(code, {"random", "generate", "temp", "default", "env"});
  });
}

// A function that only wraps the library, and a hook of a model: whoever calls them takes the password in.
bool only_wraps(Node function) {
  return has_word(function_name(function), {"hash", "hashed", "encrypt", "bcrypt", "crypt"});
}

}  // namespace

void read_passwords(const File& file, Passwords& passwords) {
  if (icontains_any(file.path, {"seed", "fixture", "migration", "script", "mock", "create_admin", "createadmin"}))
    return;
  if (!passwords.bounded) passwords.bounded = bounded(file.code());
  if (passwords.bounded) return;
  for (const Call& c : file.calls) {
    const Node function = function_around(c.node);
    if (!hashes_password(c) || !function || only_wraps(function)) continue;
    passwords.kept.push_back({place(file.path, c.line()), file.shown(c.node)});
  }
}

void judge_passwords(const Passwords& passwords, Sink& sink) {
  // Stops: accounts whose password is one letter, or empty.
  if (passwords.bounded || passwords.kept.empty()) return;
  auto& f = sink.find("DJ-030", passwords.kept.front().at, passwords.kept.front().shown);
  f.title = "Any password is taken, however short";
  f.severity = proof::Severity::low;
  f.impact = "People choose passwords that fall at the first guesses; nothing here asks for more than a letter.";
  f.fix = "Ask for at least 8 characters (12 without a second factor), on the server, and refuse the commonest ones.";
}

}  // namespace gatehouse::audit::source
