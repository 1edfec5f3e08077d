// What names and values tell by themselves.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "audit/secrets/judge.h"
#include "base/text.h"

namespace gatehouse::audit::secrets {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// "whsec_" and a sentence in base64: made up by somebody who needed one. What providers make is random, and 24 random
// bytes are all printable once in twenty thousand million times.
bool is_text_in_base64(std::string_view value) {
  constexpr std::string_view kPrefix = "whsec_";
  if (!value.starts_with(kPrefix)) return false;
  const auto bytes = text::unbase64(value.substr(kPrefix.size()));
  return bytes && bytes->size() >= 16 && has(*bytes, " ") &&
         std::all_of(bytes->begin(), bytes->end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

// camelCase, kebab-case and dotted names to UPPER_SNAKE, so that one list of words serves all.
std::string to_upper_snake(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '-' || c == '.' || c == ' ') {
      out += '_';
      continue;
    }
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z') out += '_';
    out += upper ? c : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  return out;
}

}  // namespace

double entropy(std::string_view value) {
  if (value.empty()) return 0;
  std::array<int, 256> seen{};
  for (char c : value) ++seen[static_cast<unsigned char>(c)];
  double bits = 0;
  for (int n : seen) {
    if (n == 0) continue;
    const double p = static_cast<double>(n) / static_cast<double>(value.size());
    bits -= p * std::log2(p);
  }
  return bits;
}

bool looks_random(std::string_view v) {
  bool digit = false, lower = false, upper = false;
  for (char c : v) {
    digit |= text::is_digit(c);
    lower |= c >= 'a' && c <= 'z';
    upper |= c >= 'A' && c <= 'Z';
  }
  return digit && (lower || upper) && v.size() >= 12 && entropy(v) >= 3.2;
}

bool is_sample(std::string_view value) {
  if (value.empty()) return true;
  const std::string v = text::to_lower(value);
  static constexpr std::array<std::string_view, 34> kWords = {
      "example",  "sample",   "placeholder", "changeme", "change-me",  "change_me",  "your-",
      "your_",    "yourkey",  "yoursec",     "xxxx",     "dummy",      "replace",    "redacted",
      "insert",   "todo",     "...",         "***",      "<",          "${",         "{{",
      "%(",       "fake",     "notreal",     "not-real", "not_a_real", "notasecret", "secret-here",
      "key-here", "key_here", "token-here",  "…",        "put-",       "goes-here"};
  for (std::string_view w : kWords)
    if (has(v, w)) return true;
  if (v.starts_with("$") || v.starts_with("your") || v == "null" || v == "none" || v == "undefined") return true;
  // Published in providers' own manuals.
  static constexpr std::array<std::string_view, 4> kKnown = {
      "sk_test_"
      "4ec39hqlyjwdarjtt1zdp7dc",
      "sk_test_"
      "bqokikjovbii2hlwgh4olfq2",
      "sk_test_"
      "tr3pygogsjcqbjvmwmn48opb",
      "whsec_"
      "mfkq9r8gksqrqwfrw1fkhlqzrcxq4eyg"};
  if (std::find(kKnown.begin(), kKnown.end(), v) != kKnown.end()) return true;
  if (is_text_in_base64(value)) return true;
  std::size_t run = 1;
  for (std::size_t i = 1; i < v.size(); ++i) {
    run = v[i] == v[i - 1] ? run + 1 : 1;
    if (run >= 6) return true;
  }
  if (value.size() >= 16) {
    std::array<bool, 256> seen{};
    int kinds = 0;
    for (char c : value)
      if (!std::exchange(seen[static_cast<unsigned char>(c)], true)) ++kinds;
    if (kinds < 7) return true;
  }
  return false;
}

NameClass name_class(std::string_view name) {
  const std::string n = to_upper_snake(name);
  static constexpr std::array<std::string_view, 18> kPublic = {
      "PUBLISHABLE",      "PUBLIC_KEY", "ANON_KEY",       "SITE_KEY",     "SITEKEY",      "CLIENT_ID",
      "MEASUREMENT_ID",   "DSN",        "PUBLIC_TOKEN",   "VAPID_PUBLIC", "MAPS_API_KEY", "MAPS_KEY",
      "FIREBASE_API_KEY", "POSTHOG",    "ALGOLIA_SEARCH", "MAPBOX",       "SEARCH_KEY",   "ANALYTICS"};
  for (std::string_view w : kPublic)
    if (has(n, w) && !has(n, "SECRET")) return NameClass::publish;
  // What is said about a secret is not the secret.
  static constexpr std::array<std::string_view, 74> kAbout = {
      "_NAME",      "_ID",        "_HEADER",     "_FIELD",       "_PATH",     "_FILE",    "_TYPE",    "_TTL",
      "_LENGTH",    "_REGEX",     "_ERROR",      "_MESSAGE",     "_LABEL",    "_PREFIX",  "_EXPIRES", "_EXPIRY",
      "_ALGORITHM", "_ENDPOINT",  "_PARAM",      "_COOKIE",      "_MINUTES",  "_SECONDS", "_DAYS",    "_HOURS",
      "_LIFETIME",  "_MAX_AGE",   "_URI",        "_PLACEHOLDER", "_HINT",     "_TITLE",   "_TEXT",    "_INPUT",
      "_VALIDATOR", "_EXPIRE",    "_EXPIRATION", "_ISSUER",      "_COUNT",    "_CHARS",   "_CHARSET", "_ALPHABET",
      "_ATTR",      "_ATTRIBUTE", "_CHECK",      "_CLASS",       "_BACKEND",  "_PATTERN", "_FORMAT",  "_POLICY",
      "_HASHER",    "_KIND",      "_CATEGORY",   "_MODE",        "_STRATEGY", "_SCOPE",   "_ALIAS",   "_CODE",
      "_REASON",    "_ROUTE",     "_ENCODING",   "_SELECTOR",    "_ICON",     "_STATUS",  "_EVENT",   "_ACTION",
      "_SUFFIX",    "_SOURCE",    "_STORAGE",    "_VERSION",     "_LOCATION", "_URLS",    "_INVALID", "_MISSING",
      "_REQUIRED",  "_EXPIRED"};
  for (std::string_view w : kAbout)
    if (n.ends_with(w)) return NameClass::ordinary;
  // Names of errors and of kinds: InvalidSecretKey, TOKEN_TYPE_ACCESS, JWT_CATEGORY_SESSION_TOKEN.
  for (std::string_view word : {"INVALID_", "MISSING_", "NO_", "WRONG_", "EXPIRED_", "BAD_", "UNKNOWN_"})
    if (n.starts_with(word)) return NameClass::ordinary;
  for (std::string_view word : {"_EXPIRES_", "_EXPIRE_", "_EXPIRY_", "_EXPIRATION_", "_VALID_FOR_", "_CATEGORY_",
                                "_TYPE_", "_KIND_", "_ERROR_", "_EVENT_", "_HEADER_"})
    if (has(n, word)) return NameClass::ordinary;
  if (n.ends_with("_URL") && !has(n, "DATABASE_URL") && !has(n, "REDIS_URL") && !has(n, "MONGO"))
    return NameClass::ordinary;
  static constexpr std::array<std::string_view, 9> kHarmless = {"CSRF_TOKEN", "NEXT_TOKEN",        "PAGE_TOKEN",
                                                                "TOKEN_TYPE", "CANCEL_TOKEN",      "MAX_TOKENS",
                                                                "TOKENIZER",  "ALLOW_CREDENTIALS", "TOKENS"};
  for (std::string_view w : kHarmless)
    if (has(n, w)) return NameClass::ordinary;
  static constexpr std::array<std::string_view, 24> kSecret = {
      "SECRET",     "PASSWORD",     "PASSWD",      "PASSPHRASE", "TOKEN",       "API_KEY",
      "APIKEY",     "PRIVATE_KEY",  "ACCESS_KEY",  "AUTH_KEY",   "SIGNING_KEY", "ENCRYPTION_KEY",
      "CREDENTIAL", "SERVICE_ROLE", "SERVICE_KEY", "JWT_KEY",    "MASTER_KEY",  "ADMIN_KEY",
      "SECRETKEY",  "PRIVATEKEY",   "ACCESSKEY",   "FAL_KEY",    "OPENAI_KEY",  "STRIPE_KEY"};
  for (std::string_view w : kSecret)
    if (has(n, w)) return NameClass::secret;
  if (n.ends_with("_PASS") || n.ends_with("_PWD") || n == "PASS" || n == "PWD") return NameClass::secret;
  if (n == "DATABASE_URL" || n.ends_with("_DATABASE_URL") || n.ends_with("_KEY") || n.ends_with("_SALT"))
    return NameClass::weak;
  return NameClass::ordinary;
}

std::string redact(std::string_view value) {
  // Enough to find it again at the provider, far too little to use it.
  std::size_t shown = std::min<std::size_t>(value.size() / 4, 4);
  std::size_t prefix = 0;
  if (std::size_t mark = value.substr(0, std::min<std::size_t>(value.size() / 2, 16)).find_last_of("_-");
      mark != std::string_view::npos)
    prefix = mark + 1;
  return text::printable(value.substr(0, std::min(value.size() / 2, prefix + shown))) + "… (" +
         std::to_string(value.size()) + " characters)";
}

}  // namespace gatehouse::audit::secrets
