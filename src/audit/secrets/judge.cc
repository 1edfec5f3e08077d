#include "audit/secrets/judge.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit::secrets {
namespace {

using text::is_alpha;
using text::is_digit;

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }
bool is_word(char c) { return is_alpha(c) || is_digit(c) || c == '_'; }

bool in(Charset set, char c) {
  switch (set) {
    case Charset::alnum:
      return is_alpha(c) || is_digit(c);
    case Charset::word:
      return is_word(c);
    case Charset::dashed:
      return is_word(c) || c == '-';
    case Charset::dotted:
      return is_word(c) || c == '-' || c == '.';
    case Charset::hex:
      return is_digit(c) || (c >= 'a' && c <= 'f');
    case Charset::base32:
      return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
    case Charset::upper:
      return (c >= 'A' && c <= 'Z') || is_digit(c);
    case Charset::base64:
      return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '=' || c == '$';
  }
  return false;
}

// Stops: a file of one long line or one long word, in which every candidate's look around would cost the whole file.
constexpr std::size_t kAround = 400;

// Where the line of `at` begins, or kAround before it: a minified file is one line, and a window tells enough.
std::size_t line_start(std::string_view text, std::size_t at) {
  const std::size_t low = at > kAround ? at - kAround : 0;
  const std::size_t mark = text.substr(low, at - low).rfind('\n');
  return mark == std::string_view::npos ? low : low + mark + 1;
}

std::string_view line_around(std::string_view text, std::size_t at) {
  const std::size_t from = line_start(text, at);
  const std::string_view right = text.substr(at, kAround);
  return text.substr(from, at - from + std::min(right.find('\n'), right.size()));
}

// The last place of `part` that begins in the `most` characters before `at` or at it.
std::size_t last_before(std::string_view text, std::string_view part, std::size_t at, std::size_t most) {
  const std::size_t low = at > most ? at - most : 0;
  const std::size_t found = text.substr(low, at - low + part.size()).rfind(part);
  return found == std::string_view::npos ? found : low + found;
}

// Back from `at` over characters of `part`, at most `most` of them.
template <typename Part>
std::size_t back_over(std::string_view text, std::size_t at, std::size_t most, Part part) {
  std::size_t begin = at;
  while (begin > 0 && at - begin < most && part(text[begin - 1])) --begin;
  return begin;
}

std::string_view before(std::string_view text, std::size_t at, std::size_t n) {
  const std::size_t from = at > n ? at - n : 0;
  return text.substr(from, at - from);
}

// The identifier on the left of `= "value"`, `: "value"` and the like; `at` is where the value begins.
std::string name_before(std::string_view text, std::size_t at) {
  std::size_t i = at;
  auto skip = [&](auto pred) {
    while (i > 0 && at - i < 80 && pred(text[i - 1])) --i;
  };
  skip([](char c) { return c == '"' || c == '\'' || c == '`' || c == ' ' || c == '\t' || c == 'b' || c == 'r'; });
  if (i == 0 || (text[i - 1] != '=' && text[i - 1] != ':' && text[i - 1] != '>' && text[i - 1] != ',')) return {};
  skip([](char c) { return c == '=' || c == ':' || c == '>' || c == ',' || c == '|' || c == '?'; });
  skip([](char c) { return c == ' ' || c == '\t' || c == '"' || c == '\'' || c == ']'; });
  const std::size_t end = i;
  skip([](char c) { return is_word(c) || c == '-'; });
  return std::string(text.substr(i, end - i));
}

// CRC-32 (IEEE 802.3), bit by bit: a handful of bytes a candidate.
std::uint32_t crc32(std::string_view s) {
  std::uint32_t c = 0xffffffffu;
  for (char ch : s) {
    c ^= static_cast<unsigned char>(ch);
    for (int k = 0; k < 8; ++k) c = (c >> 1) ^ (0xedb88320u & (0u - (c & 1u)));
  }
  return ~c;
}

// GitHub: the last six characters are the CRC-32 of what stands between prefix and them, in base 62.
bool github_checksum(std::string_view body) {
  static constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::uint32_t c = crc32(body.substr(0, 30));
  std::string digits(6, '0');
  for (std::size_t i = 6; i-- > 0; c /= 62) digits[i] = kAlphabet[c % 62];
  return digits == body.substr(30, 6);
}

std::optional<std::string> loose_base64(std::string_view s) {
  std::string padded(s);
  while (!padded.empty() && (padded.back() == '=' || padded.back() == '$')) padded.pop_back();
  while (padded.size() % 4 != 0) padded += '=';
  return text::unbase64(padded);
}

// A Google key opens what its project allows. In a browser that is the design; on a server it is a secret.
bool google_is_public(std::string_view text, std::size_t at, const std::string& name, Kind kind) {
  const std::string n = text::to_lower(name);
  for (std::string_view paid : {"gemini", "genai", "palm", "youtube", "vision", "translate", "speech", "server"})
    if (has(n, paid)) return false;
  if (has(n, "firebase") || has(n, "maps") || has(n, "public") || has(n, "vite_")) return true;
  const std::string around = text::to_lower(line_around(text, at)) + text::to_lower(before(text, at, 300));
  const std::string after = text::to_lower(text.substr(at, 400));
  if (has(around, "firebase") || has(after, "authdomain") || has(after, "projectid") || has(around, "maps"))
    return true;
  return kind == Kind::html || kind == Kind::javascript || kind == Kind::jsx || kind == Kind::tsx;
}

std::optional<Hit> judge_format(std::string_view text, const Format& f, std::size_t end, Kind kind) {
  // The pattern ends four characters after the prefix.
  if (end < f.prefix.size() + 4) return std::nullopt;
  const std::size_t begin = end - 4 - f.prefix.size();
  if (text.substr(begin, f.prefix.size()) != f.prefix) return std::nullopt;
  if (begin > 0 && (is_word(text[begin - 1]) || text[begin - 1] == '-')) {
    // "\nsk_live_…" written with an escape is a beginning too.
    const bool escaped = begin > 1 && text[begin - 2] == '\\' && (text[begin - 1] == 'n' || text[begin - 1] == 't');
    if (!escaped) return std::nullopt;
  }
  std::size_t stop = begin + f.prefix.size();
  while (stop < text.size() && stop - begin - f.prefix.size() <= f.max && in(f.charset, text[stop])) ++stop;
  const std::string_view body = text.substr(begin + f.prefix.size(), stop - begin - f.prefix.size());
  if (body.size() < f.min || body.size() > f.max) return std::nullopt;
  // AKIA… inside a longer word of capitals is no key.
  if (f.charset == Charset::base32 && stop < text.size() && is_word(text[stop])) return std::nullopt;
  if (f.charset == Charset::hex && stop < text.size() && is_word(text[stop])) return std::nullopt;

  Hit hit;
  hit.provider = f.provider;
  hit.what = f.what;
  hit.where = f.where;
  hit.begin = begin;
  hit.end = stop;
  hit.name = name_before(text, begin);
  hit.verdict = f.grade == Grade::live   ? Verdict::secret
                : f.grade == Grade::test ? Verdict::test_key
                                         : Verdict::publish;
  if (f.grade == Grade::test) hit.severity = proof::Severity::medium;
  const std::string_view value = text.substr(begin, stop - begin);
  if (is_sample(body) || is_sample(value)) {
    hit.verdict = Verdict::sample;
    return hit;
  }
  // Words with underscores ("re_export_default_handler_for_node") carry no randomness.
  const bool digits = std::any_of(body.begin(), body.end(), is_digit);
  if (!digits && entropy(body) < 4.2) return std::nullopt;
  if (f.prefix == "re_") {  // Resend: eight, an underscore, the rest; both mixed
    const std::size_t bar = body.find('_');
    if (bar != 8 || body.find('_', bar + 1) != std::string_view::npos || !digits) return std::nullopt;
  }
  switch (f.proof) {
    case Proof::github_crc:
      if (!github_checksum(body)) hit.confidence = proof::Confidence::medium;
      break;
    case Proof::openai:
      if (!has(body, "T3BlbkFJ")) hit.confidence = proof::Confidence::medium;
      break;
    default:
      break;
  }
  if (f.prefix == "AIza" && !google_is_public(text, begin, hit.name, kind)) {
    hit.verdict = Verdict::secret;
    hit.severity = proof::Severity::high;
    hit.confidence = proof::Confidence::medium;
  }
  if (f.prefix.starts_with("pk_") && f.charset == Charset::base64) {
    auto host = loose_base64(body);
    if (host && !host->empty() && host->back() == '$') hit.provider = "Clerk";
  }
  if (f.prefix.starts_with("sk_")) {
    const std::string n = text::to_lower(hit.name);
    if (has(n, "clerk")) hit.provider = "Clerk";
    if (has(n, "stripe")) hit.provider = "Stripe";
  }
  return hit;
}

std::optional<Hit> judge_jwt(std::string_view text, std::size_t end) {
  auto token_char = [](char c) { return is_word(c) || c == '-'; };
  // The pattern ends inside the payload: header, dot, payload, and perhaps a dot and a signature.
  const std::size_t payload_at = back_over(text, end, 8192, token_char);
  if (payload_at == 0 || text[payload_at - 1] != '.') return std::nullopt;
  std::size_t begin = back_over(text, payload_at - 1, 4096, token_char);
  std::size_t stop = end, dots = 1;
  while (stop < text.size() && stop - begin < 16384 && (token_char(text[stop]) || (text[stop] == '.' && dots < 2)))
    dots += text[stop++] == '.' ? 1 : 0;
  std::string_view token = text.substr(begin, stop - begin);
  const std::size_t start = token.substr(0, payload_at - 1 - begin).find("eyJ");
  if (start == std::string_view::npos) return std::nullopt;
  token.remove_prefix(start);
  begin += start;
  while (!token.empty() && token.back() == '.') token.remove_suffix(1);
  const auto parts = text::split(token, '.');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  const auto header = text::unbase64url(parts[0]);
  const auto payload = text::unbase64url(parts[1]);
  if (!header || !payload) return std::nullopt;
  auto head = json::parse(*header, {.depth = 8, .bytes = 8192, .allow_duplicate_members = true});
  auto body = json::parse(*payload, {.depth = 16, .bytes = 16384, .allow_duplicate_members = true});
  if (!head || !body || !head->is_object() || !body->is_object()) return std::nullopt;

  Hit hit;
  hit.shape = Shape::jwt;
  hit.begin = begin;
  hit.end = begin + token.size();
  hit.name = name_before(text, begin);
  hit.what = "JSON web token";
  hit.severity = proof::Severity::medium;
  hit.confidence = proof::Confidence::medium;
  const std::string_view role = body->string_at("role").value_or("");
  const std::string_view issuer = body->string_at("iss").value_or("");
  if (role == "service_role") {
    hit.provider = "Supabase";
    hit.what = "service_role key, which row-level security does not bind";
    hit.where = "Supabase project, API keys";
    hit.severity = proof::Severity::critical;
    hit.confidence = proof::Confidence::high;
    if (issuer == "supabase-demo") hit.verdict = Verdict::sample;  // what the local stack prints for everyone
  } else if (role == "anon") {
    hit.provider = "Supabase";
    hit.what = "anon key";
    hit.verdict = Verdict::publish;
  } else if (body->string_at("name").value_or("") == "John Doe" ||
             body->string_at("sub").value_or("") == "1234567890" || parts.size() == 2) {
    hit.verdict = Verdict::sample;
  }
  return hit;
}

std::optional<Hit> judge_pem(std::string_view text, std::size_t end) {
  if (end < 10) return std::nullopt;
  const std::size_t begin = last_before(text, "-----BEGIN", end - 10, 64);
  if (begin == std::string_view::npos) return std::nullopt;
  // A bare marker, as in code that parses, is followed by no end or by the next beginning.
  const std::string_view rest = text.substr(end, 32768);
  const std::size_t length = rest.find("-----");
  if (length == std::string_view::npos || !rest.substr(length).starts_with("-----END")) return std::nullopt;
  const std::size_t stop = end + length;
  std::string body;
  const std::string_view inside = rest.substr(0, length);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\\' && i + 1 < inside.size()) {  // "\n" written out
      ++i;
      continue;
    }
    if (is_alpha(inside[i]) || is_digit(inside[i]) || inside[i] == '+' || inside[i] == '/') body += inside[i];
  }
  if (body.size() < 64 || has(inside, "...") || has(inside, "${") || has(inside, "<")) return std::nullopt;
  Hit hit;
  hit.shape = Shape::pem;
  hit.what = "private key in PEM form";
  hit.where = "whoever issued the certificate or account; make a new key";
  hit.begin = begin;
  hit.end = std::min(text.size(), stop + 8);
  hit.name = name_before(text, begin);
  if (is_sample(body.substr(0, 400)) && entropy(body) < 4.5) hit.verdict = Verdict::sample;
  if (has(text.substr(begin, end - begin), "ENCRYPTED") || has(inside, "Proc-Type"))
    hit.severity = proof::Severity::medium;
  return hit;
}

bool local_host(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "0.0.0.0" || host == "[" ||
         host == "host.docker.internal";
}

std::optional<Hit> judge_url(std::string_view text, std::size_t end, bool database) {
  // Back from the '@' to "://", then to the scheme.
  if (end < 4) return std::nullopt;
  const std::size_t mark = last_before(text, "://", end - 4, 256);
  if (mark == std::string_view::npos) return std::nullopt;
  const std::size_t begin = back_over(text, mark, 24, [](char c) { return is_alpha(c) || is_digit(c) || c == '+'; });
  const std::string_view login = text.substr(mark + 3, end - 1 - mark - 3);
  const std::size_t colon = login.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view user = login.substr(0, colon), password = login.substr(colon + 1);
  std::size_t stop = end;
  while (stop < text.size() && stop - end < 256 && (is_word(text[stop]) || text[stop] == '.' || text[stop] == '-'))
    ++stop;
  const std::string_view host = text.substr(end, stop - end);
  for (char c : {'{', '}', '$', '%', '(', '<', '*', '\\'})
    if (password.find(c) != std::string_view::npos && !(c == '%' && password.size() > 8))
      return std::nullopt;  // put in later
  if (host.empty()) return std::nullopt;
  Hit hit;
  hit.shape = database ? Shape::database_url : Shape::web_url_password;
  hit.what = database ? "database address with its password" : "address with a password in it";
  hit.where = "the server's own user management";
  hit.begin = begin;
  hit.end = stop;
  hit.name = name_before(text, begin);
  hit.severity = proof::Severity::high;
  const std::string p = text::to_lower(password), h = text::to_lower(host), u = text::to_lower(user);
  static constexpr std::array<std::string_view, 12> kStock = {"password",   "pass",        "user",   "pw",
                                                              "pwd",        "passwd",      "secret", "mypassword",
                                                              "dbpassword", "db_password", "p",      "***"};
  const bool stock = std::find(kStock.begin(), kStock.end(), p) != kStock.end() || p == u;
  const bool nowhere = h == "host" || h == "hostname" || h == "server" || h == "your-host" || has(h, "example") ||
                       h == "db_host" || h.ends_with(".test");
  if (nowhere || is_sample(password) || (stock && (u == "user" || u == "username"))) {
    hit.verdict = Verdict::sample;
  } else if (local_host(h) || !has(h, ".")) {
    // A machine of one's own or a neighbour in Compose: bad habit rather than open door.
    hit.severity = stock ? proof::Severity::low : proof::Severity::medium;
    hit.confidence = proof::Confidence::medium;
    if (stock && local_host(h)) hit.verdict = Verdict::sample;
  }
  if (!database && hit.verdict == Verdict::secret) hit.confidence = proof::Confidence::medium;
  return hit;
}

// The string literal that begins at `at` (its opening quote). Nothing when it does not end on the line.
std::optional<std::string_view> literal(std::string_view text, std::size_t at) {
  const char q = text[at];
  for (std::size_t i = at + 1; i < text.size() && i - at < 600; ++i) {
    if (text[i] == '\\') {
      ++i;
      continue;
    }
    if (text[i] == '\n') return std::nullopt;
    if (text[i] == q) return text.substr(at + 1, i - at - 1);
  }
  return std::nullopt;
}

bool is_comment(std::string_view line) {
  line = text::trim(line);
  return line.starts_with("//") || line.starts_with("#") || line.starts_with("*") || line.starts_with("/*") ||
         line.starts_with("<!--") || line.starts_with("--");
}

// Does `at` stand in a comment: one of its own line, or behind code?
bool in_comment(std::string_view text, std::size_t at) {
  if (is_comment(line_around(text, at))) return true;
  const std::size_t from = line_start(text, at);
  if (at - from >= kAround) return false;  // minified: no comments worth the search
  const std::string_view left = text.substr(from, at - from);
  for (std::string_view mark : {" // ", ";// ", "  # "})
    if (left.find(mark) != std::string_view::npos) return true;
  return false;
}

// Words a person might type as a secret, or the name of something else? Names of things are letters and separators.
bool looks_random(std::string_view v) {
  bool digit = false, lower = false, upper = false;
  for (char c : v) {
    digit |= is_digit(c);
    lower |= c >= 'a' && c <= 'z';
    upper |= c >= 'A' && c <= 'Z';
  }
  return digit && (lower || upper) && v.size() >= 12 && entropy(v) >= 3.2;
}

bool wears_provider_prefix(std::string_view v) {
  for (const Format& f : formats())
    if (v.starts_with(f.prefix) && (v.size() >= f.prefix.size() + f.min || f.grade == Grade::publish)) return true;
  return has(v, "://") || v.starts_with("eyJ") || v.starts_with("-----BEGIN");
}

std::optional<Hit> judge_assignment(std::string_view text, std::size_t end) {
  // Six characters of the value were seen; its quote stands before them.
  if (end < 8) return std::nullopt;
  const std::size_t quote_at = end - 7;
  const char q = text[quote_at];
  if (q != '"' && q != '\'' && q != '`') return std::nullopt;
  auto value = literal(text, quote_at);
  if (!value || value->size() < 8 || value->size() > 400) return std::nullopt;
  if (in_comment(text, quote_at)) return std::nullopt;
  // Name: left of the operator, over a type annotation if there is one.
  auto blank = [](char c) { return c == ' ' || c == '\t'; };
  std::size_t i = back_over(text, quote_at, 2, [](char c) { return c == 'b' || c == 'r' || c == 'u'; });
  i = back_over(text, i, 40, blank);
  i = back_over(text, i, 3, [](char c) { return c == '=' || c == ':' || c == '>'; });
  i = back_over(text, i, 40, blank);
  if (i > 0 && is_alpha(text[i - 1])) {  // `name: string = "…"`
    const std::size_t k = back_over(text, i, 12, is_alpha);
    const std::string_view type = text.substr(k, i - k);
    const std::size_t c = back_over(text, k, 8, blank);
    if ((type == "str" || type == "string" || type == "String") && c > 0 && text[c - 1] == ':') i = c - 1;
  }
  i = back_over(text, i, 2, [](char c) { return c == '"' || c == '\'' || c == ']'; });
  const std::size_t name_end = i;
  i = back_over(text, i, 128, [](char c) { return is_word(c) || c == '-'; });
  const std::string name(text.substr(i, name_end - i));
  const NameClass cls = name_class(name);
  if (cls != NameClass::secret && cls != NameClass::weak) return std::nullopt;
  const std::string lower_name = text::to_lower(name);
  if (lower_name == "password" || lower_name == "token" || lower_name == "secret" || lower_name == "api_key" ||
      lower_name == "apikey") {
    // Bare words are labels, columns and form fields far more often than secrets.
    if (!looks_random(*value)) return std::nullopt;
  }
  for (char c : {' ', '{', '}', '(', ')', '<', '>', '\t', ',', ';', '|'})
    if (value->find(c) != std::string_view::npos) return std::nullopt;
  if (value->starts_with("/") || value->starts_with("./") || value->starts_with("@") || value->starts_with("#") ||
      value->starts_with(".") || value->starts_with("$") || has(*value, "::") || has(*value, "@/"))
    return std::nullopt;
  if (wears_provider_prefix(*value)) return std::nullopt;  // its own format speaks for it
  if (is_sample(*value)) return std::nullopt;
  const bool constant = std::all_of(value->begin(), value->end(),
                                    [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c); });
  if (constant && has(*value, "_")) return std::nullopt;  // the name of a variable
  const bool strong =
      looks_random(*value) && (cls == NameClass::secret || (value->size() >= 20 && entropy(*value) >= 3.6));
  const bool named = cls == NameClass::secret &&
                     (has(lower_name, "secret") || has(lower_name, "password") || has(lower_name, "passwd"));
  // JWT_SECRET = "super-secret-signing-key": weak, and still the key.
  const bool weak_key = named && !has(lower_name, "token") &&
                        (has(*value, "-") || has(*value, "!") || std::any_of(value->begin(), value->end(), is_digit)) &&
                        text::to_lower(*value) != lower_name && !value->ends_with("_token") &&
                        !value->ends_with("-token");
  if (!strong && !weak_key) return std::nullopt;
  if (!strong && lower_name.find('_') == std::string::npos && lower_name.find("secret") == std::string::npos)
    return std::nullopt;
  Hit hit;
  hit.shape = Shape::assignment;
  hit.what = "hard-coded credential";
  hit.name = name;
  hit.begin = quote_at + 1;
  hit.end = hit.begin + value->size();
  hit.severity = proof::Severity::high;
  hit.confidence = strong ? proof::Confidence::medium : proof::Confidence::low;
  return hit;
}

// getenv("NAME", "default") and process.env.NAME || "default".
std::optional<Hit> judge_fallback(std::string_view text, std::size_t end, bool call) {
  if (end < 3) return std::nullopt;
  const std::size_t quote_at = end - 2;
  if (text[quote_at] != '"' && text[quote_at] != '\'' && text[quote_at] != '`') return std::nullopt;
  auto value = literal(text, quote_at);
  if (!value || value->empty()) return std::nullopt;
  const std::string_view left = before(text, quote_at, 160);
  std::string name;
  if (call) {
    const std::size_t close = left.find_last_of("\"'", left.find_last_of(','));
    if (close == std::string_view::npos || close == 0) return std::nullopt;
    const std::size_t open = left.find_last_of("\"'", close - 1);
    if (open == std::string_view::npos) return std::nullopt;
    name = left.substr(open + 1, close - open - 1);
  } else {
    std::size_t i = left.find_last_of("|?");
    if (i == std::string_view::npos) return std::nullopt;
    while (i > 0 && !is_word(left[i - 1])) --i;
    std::size_t from = i;
    while (from > 0 && is_word(left[from - 1])) --from;
    name = left.substr(from, i - from);
  }
  const NameClass cls = name_class(name);
  if (cls != NameClass::secret && cls != NameClass::weak) return std::nullopt;
  if (in_comment(text, quote_at)) return std::nullopt;
  const std::string lower = text::to_lower(name);
  // A weak name with an address: only one that carries a password is a default secret.
  if (has(*value, "://")) {
    const std::size_t at = value->find('@');
    if (at == std::string_view::npos || value->find(':', value->find("://") + 3) > at) return std::nullopt;
  } else if (cls == NameClass::weak && !has(lower, "salt") && !has(lower, "secret") && !lower.ends_with("_key")) {
    return std::nullopt;
  }
  if (text::to_lower(*value) == "none" || *value == "0" || *value == "false" || *value == "true") return std::nullopt;
  Hit hit;
  hit.verdict = Verdict::fallback;
  hit.shape = call ? Shape::fallback_call : Shape::fallback_or;
  hit.what = "built-in default of a secret";
  hit.name = name;
  hit.begin = quote_at + 1;
  hit.end = hit.begin + value->size();
  hit.severity = has(*value, "://") ? proof::Severity::medium : proof::Severity::high;
  const bool signs = has(lower, "jwt") || has(lower, "session") || has(lower, "auth") || lower == "secret_key" ||
                     has(lower, "signing") || has(lower, "django_secret");
  if (signs) hit.severity = proof::Severity::critical;
  return hit;
}

// What a log call prints: identifiers outside string literals, and those put into them by {…} or ${…}.
std::optional<Hit> judge_log(std::string_view text, std::size_t end, Kind kind) {
  if (kind == Kind::markdown || kind == Kind::text) return std::nullopt;
  int depth = 1;
  char quote = 0;
  bool inserted = false;  // inside {…} of a literal
  std::string seen;       // the expressions, literals blanked
  std::size_t i = end;
  for (; i < text.size() && i - end < 400 && depth > 0; ++i) {
    const char c = text[i];
    if (quote != 0 && !inserted) {
      if (c == '\\') {
        ++i;
      } else if (c == quote) {
        quote = 0;
        seen += ' ';
      } else if (c == '{' && (quote == '`' ? text[i - 1] == '$' : true)) {
        inserted = true;
        seen += ' ';
      } else if (c == '\n' && quote != '`') {
        return std::nullopt;
      }
      continue;
    }
    if (inserted && c == '}') {
      inserted = false;
      continue;
    }
    if (!inserted && (c == '"' || c == '\'' || c == '`')) {
      // Is a plain Python literal's brace an insertion? Only behind an f.
      quote = c;
      if (kind == Kind::python && !(i > 0 && (text[i - 1] == 'f' || text[i - 1] == 'F'))) {
        auto lit = literal(text, i);
        if (!lit) return std::nullopt;
        i += lit->size() + 1;
        quote = 0;
        seen += ' ';
      } else if (c != '`' && kind != Kind::python) {
        auto lit = literal(text, i);
        if (!lit) return std::nullopt;
        i += lit->size() + 1;
        quote = 0;
        seen += ' ';
      }
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (depth > 0) seen += c;
  }
  Hit hit;
  hit.verdict = Verdict::logged;
  hit.shape = Shape::log_call;
  hit.what = "secret written to the log";
  hit.severity = proof::Severity::medium;
  hit.confidence = proof::Confidence::medium;
  hit.begin = line_start(text, end);
  hit.end = std::min(i, text.size());  // a backslash at the very end promises a character that is not there
  if (in_comment(text, end)) return std::nullopt;
  // Whole environments.
  for (std::string_view whole : {"process.env", "os.environ", "import.meta.env"}) {
    const std::size_t at = seen.find(whole);
    if (at == std::string::npos) continue;
    const std::size_t next = at + whole.size();
    const char c = next < seen.size() ? seen[next] : ' ';
    if (c != '.' && c != '[' && c != '?' && !is_word(c)) {
      hit.name = whole;
      hit.confidence = proof::Confidence::high;
      return hit;
    }
  }
  // Single secrets: the last name of a chain tells what it is; what is only measured or tested is not printed.
  for (std::size_t at = 0; at < seen.size();) {
    if (!is_word(seen[at])) {
      ++at;
      continue;
    }
    std::size_t to = at;
    while (to < seen.size() && (is_word(seen[to]) || seen[to] == '.')) ++to;
    std::string_view chain(seen.data() + at, to - at);
    const char next = to < seen.size() ? seen[to] : ' ';
    const char previous = at > 0 ? seen[at - 1] : ' ';
    at = to + 1;
    if (next == '(' || next == '[' || next == '?' || next == '=' || previous == '!') continue;
    if (chain.ends_with(".length") || chain.ends_with(".size")) continue;
    const std::size_t dot = chain.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? chain : chain.substr(dot + 1);
    const std::string low = text::to_lower(last);
    if (previous == '(' && (has(seen, "bool(") || has(seen, "Boolean(") || has(seen, "len(") || has(seen, "mask") ||
                            has(seen, "redact") || has(seen, "hash")))
      continue;
    if (name_class(last) != NameClass::secret || low.ends_with("error") || low.starts_with("has") ||
        low.starts_with("is"))
      continue;
    if (low == "token" && !has(chain, ".") && kind != Kind::python) hit.confidence = proof::Confidence::low;
    hit.name = chain;
    return hit;
  }
  return std::nullopt;
}

std::optional<Hit> judge_public_name(std::string_view text, std::size_t end) {
  const std::size_t begin = back_over(text, end, 128, is_word);
  std::size_t stop = end;
  while (stop < text.size() && stop - end < 128 && is_word(text[stop])) ++stop;
  const std::string name(text.substr(begin, stop - begin));
  const bool prefixed = name.starts_with("VITE_") || name.starts_with("NEXT_PUBLIC_") ||
                        name.starts_with("REACT_APP_") || name.starts_with("EXPO_PUBLIC_") ||
                        name.starts_with("NUXT_PUBLIC_") || name.starts_with("GATSBY_") ||
                        name.starts_with("VUE_APP_") || name.starts_with("NG_APP_") || name.starts_with("PUBLIC_");
  if (!prefixed || in_comment(text, begin)) return std::nullopt;
  if (name_class(name) == NameClass::publish) return std::nullopt;
  Hit hit;
  hit.verdict = Verdict::exposed;
  hit.shape = Shape::public_name;
  hit.what = "secret in a variable that is built into the browser's code";
  hit.name = name;
  hit.begin = begin;
  hit.end = stop;
  for (std::string_view word :
       {"SECRET", "PASSWORD", "PASSWD", "PRIVATE", "SERVICE_ROLE", "SERVICEROLE", "DATABASE_URL", "CREDENTIAL"})
    if (has(name, word)) {
      if (name_class(name) == NameClass::ordinary && word != "PRIVATE") break;
      return hit;
    }
  if (name_class(name) == NameClass::ordinary) return std::nullopt;
  // Keys of providers that bill by use and know no publishable kind.
  for (std::string_view paid :
       {"OPENAI",    "ANTHROPIC",    "CLAUDE", "XAI",      "GROK",     "GROQ",       "FAL_",
        "REPLICATE", "ELEVENLABS",   "RESEND", "SENDGRID", "MAILGUN",  "POSTMARK",   "TWILIO",
        "HETZNER",   "CLOUDFLARE",   "AWS_",   "GEMINI",   "MISTRAL",  "OPENROUTER", "HUGGINGFACE",
        "HF_TOKEN",  "GITHUB_TOKEN", "ADMIN",  "DEEPSEEK", "STABILITY"})
    if (has(name, paid)) {
      hit.severity = proof::Severity::high;
      hit.confidence = proof::Confidence::medium;
      return hit;
    }
  return std::nullopt;
}

std::optional<Hit> by_context(std::string_view text, std::size_t end, std::size_t length, Shape shape,
                              std::string_view word, std::string_view provider, std::string_view what) {
  if (end < length) return std::nullopt;
  const std::size_t begin = end - length;
  if (begin > 0 && is_word(text[begin - 1])) return std::nullopt;
  if (end < text.size() && is_word(text[end])) return std::nullopt;
  if (!word.empty()) {
    const std::string around = text::to_lower(before(text, begin, 120));
    if (!has(around, word)) return std::nullopt;
  }
  Hit hit;
  hit.shape = shape;
  hit.provider = provider;
  hit.what = what;
  hit.where = std::string(provider) + ", API keys";
  hit.begin = begin;
  hit.end = end;
  hit.name = name_before(text, begin);
  if (is_sample(text.substr(begin, length))) hit.verdict = Verdict::sample;
  return hit;
}

}  // namespace

std::optional<Hit> judge(std::string_view text, unsigned pattern, std::size_t end, Kind kind) {
  if (end > text.size()) return std::nullopt;
  if (pattern < formats().size()) return judge_format(text, formats()[pattern], end, kind);
  const std::size_t index = pattern - formats().size();
  if (index >= shapes().size()) return std::nullopt;
  switch (shapes()[index].shape) {
    case Shape::jwt:
      return judge_jwt(text, end);
    case Shape::pem:
      return judge_pem(text, end);
    case Shape::database_url:
      return judge_url(text, end, true);
    case Shape::web_url_password:
      return judge_url(text, end, false);
    case Shape::slack_hook: {
      const std::size_t begin = last_before(text, "hooks.slack.com", end, 80);
      if (begin == std::string_view::npos) return std::nullopt;
      auto hit = by_context(text, end, end - begin, Shape::slack_hook, "", "Slack", "incoming webhook address");
      if (hit) hit->severity = proof::Severity::high;
      return hit;
    }
    case Shape::discord_hook: {
      const std::size_t begin = last_before(text, "discord", end, 140);
      if (begin == std::string_view::npos) return std::nullopt;
      const std::size_t most = std::min(text.size(), end + 40);
      while (end < most && (is_word(text[end]) || text[end] == '-')) ++end;
      auto hit = by_context(text, end, end - begin, Shape::discord_hook, "", "Discord", "webhook address");
      if (hit) hit->severity = proof::Severity::high;
      return hit;
    }
    case Shape::telegram: {
      const std::size_t colon = last_before(text, ":", end, 40);
      if (colon == std::string_view::npos) return std::nullopt;
      const std::size_t begin = back_over(text, colon, 10, is_digit);
      return by_context(text, end, end - begin, Shape::telegram, "", "Telegram", "bot token");
    }
    case Shape::fal:
      return by_context(text, end, 36 + 1 + 32, Shape::fal, "", "Fal", "API key");
    case Shape::sentry_dsn: {
      Hit hit;
      hit.shape = Shape::sentry_dsn;
      hit.provider = "Sentry";
      hit.what = "DSN";
      hit.verdict = Verdict::publish;
      hit.begin = last_before(text, "https://", end, 140);
      hit.end = end;
      return hit.begin < end ? std::optional<Hit>(hit) : std::nullopt;
    }
    case Shape::twilio:
      return by_context(text, end, 34, Shape::twilio, "twilio", "Twilio", "API key");
    case Shape::aws_secret: {
      auto hit = by_context(text, end, 40, Shape::aws_secret, "", "AWS", "secret access key");
      if (hit && hit->verdict == Verdict::secret && entropy(text.substr(hit->begin, 40)) < 3.5) return std::nullopt;
      return hit;
    }
    case Shape::assignment:
      if (kind == Kind::env || kind == Kind::markdown || kind == Kind::text || kind == Kind::lock || kind == Kind::css)
        return std::nullopt;
      return judge_assignment(text, end);
    case Shape::fallback_call:
      return kind == Kind::markdown ? std::nullopt : judge_fallback(text, end, true);
    case Shape::fallback_or:
      return kind == Kind::markdown ? std::nullopt : judge_fallback(text, end, false);
    case Shape::log_call:
      return judge_log(text, end, kind);
    case Shape::public_name:
      return kind == Kind::markdown ? std::nullopt : judge_public_name(text, end);
    case Shape::sendgrid:
      return by_context(text, end, 69, Shape::sendgrid, "", "SendGrid", "API key");
    case Shape::mailchimp: {
      const std::size_t begin = last_before(text, "-us", end, 6);
      if (begin == std::string_view::npos || begin < 32) return std::nullopt;
      return by_context(text, end, end - begin + 32, Shape::mailchimp, "mailchimp", "Mailchimp", "API key");
    }
    case Shape::count_:
      break;
  }
  return std::nullopt;
}

std::optional<Hit> judge_value(std::string_view name, std::string_view value) {
  const NameClass cls = name_class(name);
  if (cls != NameClass::secret && cls != NameClass::weak) return std::nullopt;
  if (value.empty()) return std::nullopt;
  Hit hit;
  hit.shape = Shape::assignment;
  hit.what = "value of a secret variable";
  hit.name = name;
  hit.end = value.size();
  hit.severity = proof::Severity::high;
  hit.confidence = proof::Confidence::medium;
  if (is_sample(value)) {
    hit.verdict = Verdict::sample;
    return hit;
  }
  if (has(value, "://")) {
    const std::size_t at = value.find('@');
    return at != std::string_view::npos && value.find(':', value.find("://") + 3) < at ? std::optional<Hit>(hit)
                                                                                       : std::nullopt;
  }
  if (value.size() < 8) return std::nullopt;
  if (cls == NameClass::weak && !looks_random(value)) return std::nullopt;
  return hit;
}

}  // namespace gatehouse::audit::secrets
