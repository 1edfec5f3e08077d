// Keys of providers, tokens, private keys and addresses: what tells by its own form.
#include <algorithm>
#include <array>

#include "audit/secrets/judges.h"
#include "audit/secrets/look.h"
#include "base/json.h"

namespace gatehouse::audit::secrets {

using text::is_alpha;
using text::is_digit;

namespace {

// How often a letter of the other case follows a letter.
std::size_t case_changes(std::string_view value) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  std::size_t changes = 0;
  for (std::size_t i = 1; i < value.size(); ++i)
    if (is_alpha(value[i - 1]) && is_alpha(value[i]) && upper(value[i - 1]) != upper(value[i])) ++changes;
  return changes;
}

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
  if (has(n, "firebase") || has(n, "maps") || has(n, "public") || has(n, "vite_") || n == "current_key") return true;
  const std::string around = text::to_lower(line_around(text, at)) + text::to_lower(before(text, at, 300));
  const std::string after = text::to_lower(text.substr(at, 400));
  if (has(around, "firebase") || has(after, "authdomain") || has(after, "projectid") || has(around, "maps") ||
      has(around, "<key>api_key") || has(around, "com.google.android"))  // what apps carry for their phone's services
    return true;
  return kind == Kind::html || kind == Kind::javascript || kind == Kind::jsx || kind == Kind::tsx;
}

bool local_host(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "0.0.0.0" || host == "[" ||
         host == "host.docker.internal";
}

}  // namespace

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
  // Words with underscores ("re_export_default_handler_for_node") carry no randomness. One key in thirty of twenty
  // letters is drawn without a digit, though: its case changes more often than that of words.
  const bool digits = std::any_of(body.begin(), body.end(), is_digit);
  if (!digits && entropy(body) < 4.2 && case_changes(body) * 20 < body.size() * 7) return std::nullopt;
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

}  // namespace gatehouse::audit::secrets
