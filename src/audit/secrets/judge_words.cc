// Passwords that tell by their place alone: in the record of a connection, as the only word that is let in, beside the
// name of a service. What a person types carries no randomness, so the words around it must say what it is.
#include <algorithm>
#include <array>

#include "audit/secrets/judges.h"
#include "audit/secrets/look.h"

namespace gatehouse::audit::secrets {

using text::is_alpha;
using text::is_digit;

namespace {

template <std::size_t N>
bool one_of(std::string_view s, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), s) != list.end();
}

std::string letters(std::string_view s) {
  std::string out;
  for (char c : s)
    if (is_alpha(c) || is_digit(c)) out += text::lower(c);
  return out;
}

// The value behind `key`, as a literal ("…" when it is none), or nothing when no such key stands here.
std::optional<std::string> value_of(std::string_view low, std::string_view record,
                                    std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys)
    for (std::size_t at = low.find(key); at != std::string_view::npos; at = low.find(key, at + 1)) {
      if (at > 0 && (is_alpha(low[at - 1]) || is_digit(low[at - 1]))) continue;
      std::size_t i = at + key.size();
      if (i < low.size() && (low[i] == '"' || low[i] == '\'')) ++i;
      while (i < low.size() && (low[i] == ' ' || low[i] == '\t')) ++i;
      if (i >= low.size() || (low[i] != ':' && low[i] != '=')) continue;
      ++i;
      while (i < low.size() && (low[i] == ' ' || low[i] == '\t' || low[i] == '>')) ++i;
      if (i >= low.size()) return std::nullopt;
      if (low[i] != '"' && low[i] != '\'' && low[i] != '`') return "…";
      const std::size_t end = record.find(record[i], i + 1);
      if (end == std::string_view::npos) return "…";
      return std::string(record.substr(i + 1, end - i - 1));
    }
  return std::nullopt;
}

struct Record {
  std::string_view text;
  std::string low;
};

// What stands around `at`, to the brackets that hold it on either side.
Record record_around(std::string_view text, std::size_t at) {
  std::size_t from = at, to = at;
  for (int depth = 0; from > 0 && at - from < 600; --from) {
    const char c = text[from - 1];
    if (c == '}' || c == ')') ++depth;
    if ((c == '{' || c == '(') && --depth < 0) break;
  }
  for (int depth = 0; to < text.size() && to - at < 600; ++to) {
    const char c = text[to];
    if (c == '{' || c == '(') ++depth;
    if ((c == '}' || c == ')') && --depth < 0) break;
  }
  // The name before the brackets: createConnection({…}), auth: {…}
  const std::size_t name = from > 48 ? from - 48 : 0;
  const std::string_view all = text.substr(name, to - name);
  return {all, text::to_lower(all)};
}

bool local(std::string_view host) {
  return host.empty() || host == "…" || host == "localhost" || host == "127.0.0.1" || host == "0.0.0.0" ||
         host == "::1" || !has(host, ".") || has(host, "example") || host.ends_with(".local") ||
         host.ends_with(".internal") || host.starts_with("10.") || host.starts_with("192.168.");
}

// "abcd efgh ijkl mnop": what Google makes for programs.
bool app_password(std::string_view v) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const bool gap = v.size() == 19 && i % 5 == 4;
    if (gap ? v[i] != ' ' : !(v[i] >= 'a' && v[i] <= 'z')) return false;
    if (!gap) ++n;
  }
  return n == 16;
}

// Is the constant held against something near by?
bool compared(std::string_view all, std::string_view name, std::size_t here) {
  constexpr std::size_t kNear = 8192;  // Stops: a file of nothing but such constants
  const std::size_t low = here > kNear ? here - kNear : 0;
  const std::string_view text = all.substr(low, here - low + kNear);
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at > 0 && is_word(text[at - 1])) || (end < text.size() && is_word(text[end]))) continue;
    std::string_view left = before(text, at, 12), right = text.substr(end, 40);
    while (!left.empty() && left.back() == ' ') left.remove_suffix(1);
    if (const std::size_t call = right.find("()"); call != std::string_view::npos && right.starts_with('.'))
      right.remove_prefix(call + 2);
    while (!right.empty() && right.front() == ' ') right.remove_prefix(1);
    if (left.ends_with("==") || left.ends_with("!=") || right.starts_with("==") || right.starts_with("!=")) return true;
  }
  return false;
}

Hit password_hit(std::string_view name, std::size_t begin, std::string_view value, std::string_view what) {
  Hit hit;
  hit.shape = Shape::password;
  hit.what = what;
  hit.name = name;
  hit.begin = begin;
  hit.end = begin + value.size();
  hit.severity = proof::Severity::high;
  hit.confidence = proof::Confidence::medium;
  return hit;
}

}  // namespace

// camelCase, kebab-case, dotted and UPPER_SNAKE to snake_case.
std::string to_snake(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool hump = i > 0 && name[i] >= 'A' && name[i] <= 'Z' && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (hump) out += '_';
    out += name[i] == '-' || name[i] == '.' ? '_' : text::lower(name[i]);
  }
  return out;
}

bool says_nothing(std::string_view name, std::string_view value) {
  static constexpr std::array<std::string_view, 22> kWords = {
      "string",  "text",  "true",  "false",  "none",     "null", "undefined", "required",
      "hidden",  "email", "any",   "number", "optional", "hash", "bcrypt",    "invalid",
      "missing", "unset", "empty", "str",    "varchar",  "off"};
  const std::string v = text::to_lower(value);
  if (one_of(v, kWords) || letters(value) == letters(name)) return true;
  for (char c : {'{', '}', '(', ')', '<', '>', '\t', '\n', ';', '|', '/', '\\', ':'})
    if (has(value, std::string_view(&c, 1))) return true;
  if (has(value, " ") && !app_password(value)) return true;
  if (value.front() == '$' || value.front() == '%' || value.front() == '.' || value.front() == '#') return true;
  // The name of something that holds one: "admin_password", "db-password".
  return (has(v, "_") || has(v, "-")) && (has(v, "pass") || has(v, "token") || has(v, "secret"));
}

bool names_service(std::string_view snake) {
  static constexpr std::array<std::string_view, 46> kServices = {
      "db",      "database",   "mysql",    "postgres",      "postgresql", "pg",     "mongo",     "mongodb",
      "redis",   "mssql",      "sql",      "oracle",        "mail",       "email",  "smtp",      "imap",
      "gmail",   "outlook",    "root",     "admin",         "mailer",     "sa",     "superuser", "ftp",
      "sftp",    "ssh",        "rabbitmq", "amqp",          "ldap",       "jdbc",   "elastic",   "keystore",
      "host",    "truststore", "proxy",    "administrator", "bot",        "system", "account",   "sender",
      "service", "default",    "master",   "staff",         "datasource", "become"};
  const auto words = text::split(snake, '_');
  return words.size() > 1 &&
         std::any_of(words.begin(), words.end() - 1, [](std::string_view w) { return one_of(w, kServices); });
}

namespace {

std::optional<Hit> judge_live_password(std::string_view text, std::size_t end, Kind kind) {
  if (end < 2) return std::nullopt;
  const std::size_t quote_at = end - 1;
  if (text[quote_at] != '"' && text[quote_at] != '\'' && text[quote_at] != '`') return std::nullopt;
  const auto value = literal(text, quote_at);
  if (!value || value->size() > 128) return std::nullopt;
  const std::string name = name_before(text, quote_at + 1);
  const std::string snake = to_snake(name);
  if (snake.empty()) return std::nullopt;
  const bool password = snake.ends_with("password") || snake.ends_with("passwd") || snake.ends_with("passcode") ||
                        snake.ends_with("pass") || snake.ends_with("pwd");
  if (!password) {  // ADMIN_TOKEN = "…"; JWT_ALG = "HS256" opens nothing
    if (snake.ends_with("alg") || snake.ends_with("algo") || snake.ends_with("algorithm")) return std::nullopt;
    if (value->size() < 3 || says_nothing(name, *value) || is_sample(*value) || !compared(text, name, quote_at))
      return std::nullopt;
    Hit hit = password_hit(name, end, *value, "word that opens a door, in the code");
    if (kind == Kind::jsx || kind == Kind::tsx || kind == Kind::vue) hit.severity = proof::Severity::critical;
    return hit;
  }
  const Record record = record_around(text, quote_at);
  const auto host =
      value_of(record.low, record.text, {"host", "hostname", "server", "db_host", "dbhost", "servername"});
  const auto user = value_of(record.low, record.text, {"user", "username", "db_user", "dbuser", "uid", "login"});
  const bool mail = has(record.low, "auth") && user && has(*user, "@");
  const bool joined = user && (host || has(record.low, "connect(") || has(record.low, "createconnection") ||
                               has(record.low, "createpool") || has(record.low, "'engine'") || mail);
  if (value->empty()) {
    static constexpr std::array<std::string_view, 6> kMighty = {"root", "postgres", "admin", "sa", "mysql", "sys"};
    if (!joined || mail || !one_of(text::to_lower(*user), kMighty)) return std::nullopt;
    Hit hit = password_hit(name, end, *value, "account of a data store without a password");
    hit.severity = host && !local(*host) ? proof::Severity::critical : proof::Severity::medium;
    return hit;
  }
  // { username: "admin", password: "…" }: an account in the code.
  static constexpr std::array<std::string_view, 6> kMasters = {"admin",      "root",     "administrator",
                                                               "superadmin", "admin123", "superuser"};
  const auto mailbox = value_of(record.low, record.text, {"email"});
  const std::string account = text::to_lower(mailbox ? mailbox->substr(0, mailbox->find('@')) : std::string());
  const bool master = (user && one_of(text::to_lower(*user), kMasters)) || one_of(account, kMasters);
  if (says_nothing(name, *value) || is_sample(*value) || value->size() < 3) {
    // password: "password" in a record is a password, and the first that anybody tries.
    if ((!joined && !master) || letters(*value) != "password") return std::nullopt;
  }
  if (joined) {
    Hit hit = password_hit(name, end, *value, mail ? "password of a mail account" : "password of a data store");
    if (host && !local(*host)) {
      hit.severity = proof::Severity::critical;
      hit.clear =
          !has(record.low, "ssl") && !has(record.low, "tls") && !mail && !has(*host, "smtp") && !has(*host, "mail");
    } else if (host && *host != "…" && !mail) {
      hit.severity = proof::Severity::medium;
    }
    return hit;
  }
  if (master) return password_hit(name, end, *value, "password of an account in the code");
  if (!names_service(snake)) return std::nullopt;
  const bool label = letters(*value) == "password" && (snake.starts_with("email") || snake.starts_with("account"));
  if (label) return std::nullopt;
  return password_hit(name, end, *value, "hard-coded password");
}

}  // namespace

std::optional<Hit> judge_password(std::string_view text, std::size_t end, Kind kind) {
  std::optional<Hit> hit = judge_live_password(text, end, kind);
  if (!hit || !in_comment(text, hit->begin - 1)) return hit;
  // A line that was commented out still tells its password; words that explain something tell none.
  const std::string_view value = text.substr(hit->begin, hit->end - hit->begin);
  if (!app_password(value) && !looks_random(value)) return std::nullopt;
  hit->severity = proof::Severity::medium;
  return hit;
}

std::optional<Hit> judge_compared(std::string_view text, std::size_t end, Kind kind) {
  if (end < 5) return std::nullopt;
  const std::size_t quote_at = end - 4;
  if (text[quote_at] != '"' && text[quote_at] != '\'') return std::nullopt;
  const auto value = literal(text, quote_at);
  if (!value || value->size() > 64 || in_comment(text, quote_at)) return std::nullopt;
  std::size_t i = back_over(text, quote_at, 16, [](char c) { return c == ' ' || c == '=' || c == '!' || c == '\t'; });
  i = back_over(text, i, 96, [](char c) { return is_word(c) || c == '.' || c == '(' || c == ')' || c == '?'; });
  const std::string_view left = text.substr(i, quote_at - i);
  if (before(text, i, 8).find("typeof") != std::string_view::npos || has(left, "typeof")) return std::nullopt;
  const std::string low = text::to_lower(left);
  for (const std::string_view about : {"error", "type", "field", "length", "strength", "len("})
    if (has(low, about)) return std::nullopt;
  static constexpr std::array<std::string_view, 13> kCommon = {"admin", "root",   "secret",  "letmein", "welcome",
                                                               "guest", "qwerty", "master",  "test",    "demo",
                                                               "super", "hello",  "changeme"};
  const bool told = std::any_of(value->begin(), value->end(), is_digit) || one_of(text::to_lower(*value), kCommon);
  if (!told || says_nothing(left, *value)) return std::nullopt;
  const std::string_view name = left.substr(0, left.find_first_of(" =!"));
  Hit hit = password_hit(name, quote_at + 1, *value, "password that the code compares with");
  hit.shape = Shape::compared;
  if (kind == Kind::jsx || kind == Kind::tsx || kind == Kind::vue || kind == Kind::html)
    hit.severity = proof::Severity::critical;
  return hit;
}

std::optional<Hit> judge_login(std::string_view text, std::size_t end) {
  // Four characters of the second literal were seen.
  if (end < 6) return std::nullopt;
  const std::size_t quote_at = end - 5;
  if (text[quote_at] != '"' && text[quote_at] != '\'') return std::nullopt;
  const auto value = literal(text, quote_at);
  const std::size_t call = last_before(text, ".login(", quote_at, 160);
  if (!value || call == std::string_view::npos || in_comment(text, quote_at)) return std::nullopt;
  const std::string_view account = text.substr(call, quote_at - call);
  if (!has(account, "@") || has(account, "example") || has(account, "test@") || is_sample(*value) ||
      says_nothing("login", *value))
    return std::nullopt;
  Hit hit = password_hit("login", quote_at + 1, *value, "password of a mail account");
  hit.shape = Shape::login;
  return hit;
}

std::optional<Hit> judge_carried(std::string_view text, std::size_t end, Kind kind) {
  auto part = [](char c) { return is_word(c) || c == '-' || c == '.' || c == '+' || c == '/' || c == '~'; };
  const std::size_t begin = back_over(text, end, 16, part);
  std::size_t stop = end;
  while (stop < text.size() && stop - begin < 256 && (part(text[stop]) || text[stop] == '=')) ++stop;
  const std::string_view value = text.substr(begin, stop - begin);
  // What goes on is put together, and this was only its beginning.
  const std::string_view rest = text.substr(stop, 2);
  if (!rest.empty() && (rest[0] == '{' || rest[0] == '$' || rest[0] == '%' || rest[0] == '<')) return std::nullopt;
  const bool digits = std::count_if(value.begin(), value.end(), is_digit) > 2;
  if (!digits || value.size() < 20 || value.starts_with("AIza") || value.starts_with("eyJ") ||
      value.starts_with("pk") || is_sample(value) || entropy(value) < 3.2 || in_comment(text, begin) || has(value, "/"))
    return std::nullopt;
  for (const Format& f : formats())
    if (value.starts_with(f.prefix)) return std::nullopt;  // its own format speaks for it
  Hit hit = password_hit("", begin, value, "key that a request carries");
  hit.shape = Shape::carried;
  if (kind == Kind::jsx || kind == Kind::tsx || kind == Kind::vue || kind == Kind::html)
    hit.severity = proof::Severity::medium;
  return hit;
}

}  // namespace gatehouse::audit::secrets
