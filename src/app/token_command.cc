#include "app/token_command.h"

#include <fstream>
#include <istream>
#include <iterator>
#include <ostream>

#include "base/crypto/dev_issuer.h"
#include "base/crypto/jwt.h"
#include "base/crypto/key_file.h"
#include "base/text.h"

namespace gatehouse::app {
namespace {

using crypto::AlgorithmSet;
using crypto::KeySet;
using crypto::KeyTrust;

constexpr std::int64_t kEndOfYear9999 = 253402300799;
constexpr std::size_t kMaxInput = 64 * 1024;
constexpr std::string_view kDefaultStateDir = "./gatehouse-state";

int mistake(World& world, std::string_view what) {
  world.err << "gatehouse: " << what << "\n";
  return kUsage;
}

// What may be given more than once and also as a comma list. (Issuers and audiences hold no commas in practice; one
// that does cannot be told from two, so only --alg and --azp are split.)
std::vector<std::string> comma_list(const std::vector<std::string>& given) {
  std::vector<std::string> out;
  for (const std::string& words : given)
    for (std::string_view word : text::split(words, ','))
      if (!text::trim(word).empty()) out.emplace_back(text::trim(word));
  return out;
}

int answer(World& world, bool valid, std::string_view code, std::string_view detail, json::Value claims) {
  json::Value line;
  line.set("valid", valid);
  line.set("code", code);
  line.set("detail", detail);
  line.set("claims", std::move(claims));
  world.out << json::write(line) << "\n";
  return valid ? kOk : kFindings;
}
int refuse(World& world, const Problem& problem) {
  return answer(world, false, problem.code, problem.detail, json::Object{});
}

// The one line of standard input. A single line end belongs to the pipe, not to the token.
std::string read_token(std::istream& in) {
  std::string token(kMaxInput, '\0');
  in.read(token.data(), static_cast<std::streamsize>(token.size()));
  token.resize(static_cast<std::size_t>(in.gcount()));
  if (token.ends_with('\n')) token.pop_back();
  return token;
}

bool is_url(std::string_view s) { return s.starts_with("https://") || s.starts_with("http://"); }

struct Keys {
  KeySet set;
  int exit = kOk;  // otherwise it was said already
};

Keys load_keys(const std::string& source, AlgorithmSet allowed, const FetchKeys& fetch, World& world) {
  Keys keys;
  Result<KeySet> set = fail(Source::us, "bad_key_set", "not read");
  if (is_url(source)) {
    auto body = fetch(source);
    if (!body) {
      keys.exit = answer(world, false, "identity_unavailable", "key set: " + body.error().text(), json::Object{});
      return keys;
    }
    set = KeySet::parse(*body, KeyTrust::remote);
  } else {
    std::ifstream file(source, std::ios::binary);
    if (!file) {
      keys.exit =
          mistake(world, "cannot read the key set " + text::printable(source) + "; give --jwks a file or an https URL");
      return keys;
    }
    std::string body(crypto::kMaxKeySetBytes + 1, '\0');
    file.read(body.data(), static_cast<std::streamsize>(body.size()));
    body.resize(static_cast<std::size_t>(file.gcount()));
    set = body.find("-----BEGIN") != std::string::npos ? KeySet::from_pem(body, allowed)
                                                       : KeySet::parse(body, KeyTrust::local);
  }
  if (!set) {
    keys.exit = answer(world, false, "identity_unavailable", "key set: " + set.error().text(), json::Object{});
    return keys;
  }
  for (const std::string& warning : set->warnings()) world.err << "gatehouse: key set: " << warning << "\n";
  keys.set = std::move(*set);
  return keys;
}

// Nothing when the text is no whole number in the range.
std::optional<std::int64_t> whole(const std::string& s, std::int64_t most) {
  const auto n = text::parse_u64(s);
  if (!n || *n > static_cast<std::uint64_t>(most)) return std::nullopt;
  return static_cast<std::int64_t>(*n);
}

int verify(const Arguments& arguments, World& world, const FetchKeys& fetch) {
  crypto::JwtRules rules;
  rules.issuers = arguments.values("issuer");
  rules.audiences = arguments.values("audience");
  rules.authorized_parties = comma_list(arguments.values("azp"));
  if (arguments.has("alg")) {
    rules.algorithms = {};
    for (const std::string& word : comma_list(arguments.values("alg"))) {
      const auto algorithm = crypto::algorithm_of(word);
      if (!algorithm)
        return mistake(world, "--alg " + text::printable(word, 40) +
                                  " is no signature algorithm; known: " + AlgorithmSet::all().text());
      rules.algorithms.add(*algorithm);
    }
    if (rules.algorithms.empty()) return mistake(world, "--alg names no algorithm");
  }
  if (const auto types = comma_list(arguments.values("typ")); !types.empty()) {
    rules.types = types;
    rules.typ_required = true;
  }
  std::int64_t now = world.clock.unix_seconds();
  if (const auto given = arguments.value("now")) {
    const auto seconds = whole(*given, kEndOfYear9999);
    if (!seconds) return mistake(world, "--now needs seconds since 1970, for example --now 1700000000");
    now = *seconds;
  }
  if (const auto given = arguments.value("skew")) {
    const auto seconds = whole(*given, 120);
    if (!seconds) return mistake(world, "--skew needs 0 to 120 seconds");
    rules.skew = *seconds;
  }
  const auto source = arguments.value("jwks");
  if (!source) return mistake(world, "--jwks is missing: the file or URL of the key set to verify with");

  const std::string token = read_token(world.in);
  Keys keys = load_keys(*source, rules.algorithms, fetch, world);
  if (keys.exit != kOk) return keys.exit;

  if (arguments.has("jws-only")) {
    if (token.empty()) return refuse(world, Problem{Source::client, crypto::kUnauthenticated, "no token", nullptr});
    auto jws = crypto::parse_jws(token);
    if (!jws) return refuse(world, jws.error());
    if (auto key = crypto::verify_jws(*jws, keys.set, rules.algorithms); !key) return refuse(world, key.error());
    return answer(world, true, "ok", "the signature verifies; the payload was not looked at", json::Object{});
  }
  auto jwt = crypto::verify_jwt(token, keys.set, rules, now);
  if (!jwt) return refuse(world, jwt.error());
  return answer(world, true, "ok", "", std::move(jwt->claims));
}

int issue(const Arguments& arguments, World& world) {
  if (!arguments.has("dev"))
    return mistake(world, "only development tokens can be issued here: add --dev (production refuses them)");
  json::Value claims{json::Object{}};
  if (const auto given = arguments.value("claims")) {
    json::Limits limits;
    limits.depth = crypto::kMaxTokenDepth;
    auto parsed = json::parse(*given, limits);
    if (!parsed || !parsed->is_object())
      return mistake(world, "--claims needs a JSON object, for example --claims '{\"roles\":[\"admin\"]}'");
    claims = std::move(*parsed);
  }
  const auto lifetime = whole(arguments.value_or("lifetime", "3600"), 86400);
  if (!lifetime || *lifetime == 0) return mistake(world, "--lifetime needs 1 to 86400 seconds");
  for (std::string_view fixed : {"iss", "exp", "iat"})
    if (claims.find(fixed) != nullptr) return mistake(world, "--claims may not set " + std::string(fixed));
  const std::int64_t now = world.clock.unix_seconds();
  if (arguments.has("sub") || claims.find("sub") == nullptr) claims.set("sub", arguments.value_or("sub", "dev-user"));
  claims.set("iss", crypto::kDevIssuer);
  json::Value audience;
  audience.push(crypto::kDevAudience);
  for (const std::string& a : arguments.values("audience")) audience.push(a);
  claims.set("aud", std::move(audience));
  if (claims.find("sid") == nullptr) claims.set("sid", "dev-" + text::hex(world.entropy.bytes<8>()));
  claims.set("iat", now);
  claims.set("exp", now + *lifetime);

  const std::string path = crypto::dev_key_path(arguments.value_or("state-dir", kDefaultStateDir));
  auto key = crypto::read_or_make_key_file(path, crypto::KeyKind::ed25519);
  if (!key) return mistake(world, "the development key cannot be used: " + key.error().detail);
  auto token =
      crypto::sign_jws(*key, crypto::Algorithm::eddsa, key->public_key().thumbprint(), "JWT", json::write(claims));
  if (!token) return mistake(world, token.error().text());
  world.out << *token << "\n";
  return kOk;
}

}  // namespace

std::vector<Command> token_commands(FetchKeys fetch) {
  std::vector<Command> commands;
  commands.push_back(
      {"token verify",
       "Judge a token from standard input as the gate would",
       "< TOKEN",
       0,
       0,
       {{"jwks", 0, "FILE|URL", "Key set (JSON), one key (JSON), or a PEM public key", false},
        {"issuer", 'i', "ISSUER", "The token's iss must be one of these; not checked when absent", true},
        {"audience", 'a', "AUDIENCE", "The token's aud must hold one of these; not checked when absent", true},
        {"azp", 0, "LIST", "The token's azp must be one of these; not checked when absent", true},
        {"alg", 0, "LIST", "Algorithms to allow, for example RS256,ES256; what the keys are for when absent", true},
        {"typ", 0, "LIST", "The token's typ must be one of these, for example at+jwt", true},
        {"now", 0, "UNIX", "Judge as of this time (seconds since 1970)", false},
        {"skew", 0, "SECONDS", "Clock difference to bear, 0 to 120; 30 when absent", false},
        {"jws-only", 0, "", "Check header and signature and leave the payload alone", false}},
       "Prints one line of JSON: {\"valid\":bool,\"code\":\"…\",\"detail\":\"…\",\"claims\":{…}}. Claims are shown of\n"
       "valid tokens only. Codes: ok, unauthenticated, token_invalid, token_expired, identity_unavailable (no key "
       "set).\n"
       "Shared secrets (kty oct, for HS256 and kin) are taken from a file, never from a URL.\n\n"
       "  gatehouse token verify --jwks https://clerk.example.com/.well-known/jwks.json --azp https://app.example.com "
       "< token\n\n"
       "exit codes: 0 valid, 1 refused, 2 the command line cannot be used",
       [fetch = std::move(fetch)](const Arguments& a, World& w) { return verify(a, w, fetch); }});
  commands.push_back(
      {"token issue",
       "Mint a development token from a local key",
       "",
       0,
       0,
       {{"dev", 0, "", "A development token; there is no other kind", false},
        {"sub", 's', "SUBJECT", "Who it is for; dev-user when absent", false},
        {"claims", 0, "JSON", "More claims, for example '{\"roles\":[\"admin\"]}'", false},
        {"audience", 'a', "AUDIENCE", "Besides \"gatehouse-dev\", which is always in aud", true},
        {"lifetime", 0, "SECONDS", "1 to 86400; 3600 when absent", false},
        {"state-dir", 0, "DIR", "Where the key is kept (dev-token-key.pem, 0600); ./gatehouse-state when absent",
         false}},
       "The issuer is always https://dev.gatehouse.invalid. A gate in development mode that uses the same state "
       "folder\n"
       "believes it; production never does.\n\n"
       "  curl -H \"Authorization: Bearer $(gatehouse token issue --dev --sub alice)\" http://127.0.0.1:8080/api/me\n\n"
       "exit codes: 0 printed, 2 the command line or the key file cannot be used",
       [](const Arguments& a, World& w) { return issue(a, w); }});
  return commands;
}

}  // namespace gatehouse::app
