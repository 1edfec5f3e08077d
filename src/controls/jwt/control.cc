#include "controls/jwt/control.h"

#include <algorithm>
#include <fstream>

#include "base/crypto/dev_issuer.h"
#include "base/crypto/key_file.h"
#include "base/entropy.h"
#include "base/text.h"
#include "controls/jwt/card.h"
#include "controls/jwt/filter.h"
#include "controls/weakness.h"
#include "net/http/url.h"

namespace gatehouse::controls::jwt {
namespace {

constexpr int kCwe[] = {287, 345, 347, 384};
constexpr std::string_view kAsvs[] = {"v5.0.0-9.1.1", "v5.0.0-9.1.2", "v5.0.0-9.1.3",
                                      "v5.0.0-9.2.1", "v5.0.0-9.2.2", "v5.0.0-9.2.3"};
constexpr std::string_view kRequirements[] = {"ID-1", "ID-2", "ID-3", "ID-5", "ID-12"};
constexpr gate::Code kCodes[] = {gate::Code::unauthenticated, gate::Code::token_invalid, gate::Code::token_expired,
                                 gate::Code::identity_unavailable, gate::Code::revoked};

}  // namespace

constexpr proof::Card kCard{
    .id = "jwt",
    .title = "Tokens are not verified, or not fully",
    .attack =
        "Someone forges a token, replays one that was made for another application, or uses one past its time, and "
        "acts "
        "as whichever user he names. A token in a cookie lets any page on the web act for whoever visits it.",
    .severity = proof::Severity::critical,
    .cwe = kCwe,
    .owasp_2021 = "A07",
    .owasp_2025 = "A07",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Any account can be entered without its password.",
    .fix =
        "Verify the signature with a key and an algorithm of your own choosing, then issuer, audience or authorized "
        "party, expiry and type, with one library and one configuration for all routes.",
    .mitigation =
        "[jwt] with a preset or with issuer, audience and a key set. Tokens that are presented are judged on every "
        "route, public ones too; a token cookie is taken out unless the route names it.",
    .false_positive =
        "The routes need no identity, or another gate in front verifies tokens and this one cannot be "
        "reached around it.",
};

namespace {

bool is_loopback_http(std::string_view url) {
  for (std::string_view start : {"http://127.0.0.1", "http://localhost", "http://[::1]"})
    if (url.starts_with(start) && (url.size() == start.size() || url[start.size()] == ':' || url[start.size()] == '/'))
      return true;
  return false;
}

std::string quoted(std::string_view s) { return "`" + text::printable(s, 80) + "`"; }

void check_names(conf::Form& f, const JwtSettings& c) {
  switch (c.preset) {
    case Preset::clerk:
      if (c.publishable_key.empty() && c.issuer.empty())
        f.bad("preset", "clerk needs to know which instance signs", "add publishable_key = \"pk_live_…\" or issuer");
      if (!c.publishable_key.empty() && !clerk_host(c.publishable_key))
        f.bad("publishable_key", quoted(c.publishable_key) + " is no publishable key of Clerk",
              "copy the one that begins with pk_live_ or pk_test_ from the dashboard");
      if (c.authorized_parties.empty())
        f.unsafe("authorized_parties", "tokens that other pages of the same instance obtained would be believed",
                 "add authorized_parties = [\"https://app.example.com\"], the origins of your own pages");
      break;
    case Preset::supabase:
      if (c.project_url.empty() && c.issuer.empty())
        f.bad("preset", "supabase needs to know the project", "add project_url = \"https://<ref>.supabase.co\"");
      break;
    case Preset::auth0:
      if (c.domain.empty() && c.issuer.empty())
        f.bad("preset", "auth0 needs to know the tenant", "add domain = \"tenant.eu.auth0.com\"");
      break;
    case Preset::custom:
      if (c.issuer.empty())
        f.unsafe("issuer", "without an issuer any token of the key's owner would be believed",
                 "add issuer = \"https://issuer.example.com\", exactly as the tokens say it");
      break;
  }
  if ((c.preset == Preset::custom || c.preset == Preset::auth0) && c.audience.empty())
    f.unsafe("audience", "a token that the issuer gave to another application would be believed",
             "add audience = \"…\", what your tokens carry in aud");
  for (const std::string& issuer : c.issuer)
    if (issuer == crypto::kDevIssuer)
      f.unsafe("issuer", quoted(issuer) + " is the issuer of development tokens",
               "remove it: mode = \"development\" believes it by itself, and production must not");
  for (std::string_view value : {std::string_view(c.project_url)})
    if (!value.empty() && !conf::WebOrigin::parse(value))
      f.bad("project_url", quoted(value) + " is not an address like https://ref.supabase.co", "remove path and slash");
  if (!c.domain.empty() && !conf::WebOrigin::parse("https://" + c.domain))
    f.bad("domain", quoted(c.domain) + " is no host name", "write it without https:// and without a slash");
}

void check_keys(conf::Form& f, const JwtSettings& c, const Resolved& r) {
  if (!c.jwks.empty() && c.secret.set()) f.bad("jwks", "two sources of keys", "keep either jwks or secret");
  if (c.preset == Preset::custom && c.jwks.empty() && !c.secret.set())
    f.bad("jwks", "there is nothing to verify tokens with",
          "add jwks = \"https://…/.well-known/jwks.json\", a file, or secret = { env = \"…\" }");
  if (!r.jwks_url.empty() && !http::Url::parse(r.jwks_url))
    // Not repeated: it may hold a password.
    f.bad("jwks", "the address of the key set cannot be asked", "write https://host/path, without user, password or #");
  else if (!r.jwks_url.empty() && !r.jwks_url.starts_with("https://") && !is_loopback_http(r.jwks_url))
    f.unsafe("jwks", quoted(r.jwks_url) + " would bring the keys in the clear", "use https");
  for (const std::string& name : c.algorithms) {
    const auto a = crypto::algorithm_of(name);
    if (!a) {
      f.bad("algorithms", quoted(name) + " is no signature algorithm",
            "choose among " + crypto::AlgorithmSet::all().text());
    } else if (crypto::AlgorithmSet::symmetric().has(*a) != c.secret.set()) {
      f.unsafe("algorithms",
               name + (c.secret.set() ? " cannot be used with a shared secret"
                                      : " needs a shared secret, and the keys here are public"),
               c.secret.set() ? "use HS256, HS384 or HS512" : "use RS256, ES256 or EdDSA");
    }
  }
  if (!c.require_expiry)
    f.report(conf::Severity::warning, "unsafe", "require_expiry", "a token that leaks stays good for ever",
             "let the issuer set exp and remove this line");
}

std::shared_ptr<KeySource> fixed(Result<crypto::KeySet> set, std::string_view content) {
  // Stops: a key that could not be read meaning that none is needed. Without keys every token is refused.
  if (!set) return std::make_shared<FixedKeys>(nullptr, set.error().text());
  std::string fault;
  for (const std::string& warning : set->warnings()) fault += warning + "; ";
  return std::make_shared<FixedKeys>(keep_keys(std::move(*set), content), std::move(fault));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(crypto::kMaxKeySetBytes + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return content;
}

// What survives a reload: fetched keys and verified tokens.
struct Kept {
  Kept(const Clock& clock, Entropy& entropy, Fetch fetch)
      : shelf(std::make_shared<KeyShelf>(clock, std::move(fetch))),
        cache(std::make_shared<VerifiedCache>(entropy.bytes<16>())) {}
  std::shared_ptr<KeyShelf> shelf;
  std::shared_ptr<VerifiedCache> cache;
};

// Age and size of every fetched key set: an issuer that is down shows here long before its keys grow stale.
std::string key_set_metrics(const KeyShelf& shelf) {
  std::string age =
      "# HELP gatehouse_key_set_age_seconds Since the issuer's last good answer; -1: there was none.\n"
      "# TYPE gatehouse_key_set_age_seconds gauge\n";
  std::string keys = "# HELP gatehouse_key_set_keys Usable keys of an issuer.\n# TYPE gatehouse_key_set_keys gauge\n";
  for (const auto& s : shelf.status()) {
    std::string label = "{url=\"";
    for (char c : s.url)
      if (c != '"' && c != '\\' && c != '\n') label += c;
    label += "\"} ";
    age += "gatehouse_key_set_age_seconds" + label + std::to_string(s.age_seconds) + "\n";
    keys += "gatehouse_key_set_keys" + label + std::to_string(s.keys) + "\n";
  }
  return age + keys;
}

std::shared_ptr<Kept> kept(const Site& site) {
  const auto fresh = [&site]() -> std::shared_ptr<void> {
    return std::make_shared<Kept>(site.clock, site.entropy, site.fetch);
  };
  if (!site.keep) return std::static_pointer_cast<Kept>(fresh());
  auto mine = std::static_pointer_cast<Kept>(site.keep("jwt", fresh));
  if (site.metrics) site.metrics("jwt", [shelf = mine->shelf] { return key_set_metrics(*shelf); });
  return mine;
}

struct KeysFrom {
  std::shared_ptr<KeySource> keys;
  std::string name;
};

KeysFrom keys_from(const JwtSettings& c, const Resolved& r, const Site& site, Kept& state) {
  if (!r.jwks_file.empty()) {
    const std::string content = read_file(r.jwks_file);
    if (content.empty())
      return {fixed(fail(Source::us, "bad_key_set", r.jwks_file + " cannot be read"), ""), "file " + r.jwks_file};
    const bool pem = content.find("-----BEGIN") != std::string::npos;
    return {fixed(pem ? crypto::KeySet::from_pem(content, r.rules.algorithms)
                      : crypto::KeySet::parse(content, crypto::KeyTrust::remote),
                  content),
            "file " + r.jwks_file};
  }
  if (c.secret.set()) {
    Result<std::string> secret = site.secret ? site.secret(c.secret) : fail(Source::us, "no_secret");
    if (!secret) return {fixed(fail(std::move(secret.error())), ""), "secret"};
    const std::string content = "secret " + *secret;
    return {fixed(crypto::KeySet::from_secret(Secret(*secret), r.rules.algorithms), content),
            "secret " + c.secret.text()};
  }
  RemoteOptions options;
  options.refresh = c.refresh;
  options.stale = c.stale;
  return {state.shelf->take(r.jwks_url, options), "url " + r.jwks_url};
}

std::optional<DevIssuer> dev_issuer(const Site& site, Kept& state) {
  // Stops: a development token that opens production.
  if (site.config.mode != gate::Mode::development || site.config.state_dir.empty()) return std::nullopt;
  auto key = crypto::read_or_make_key_file(crypto::dev_key_path(site.config.state_dir), crypto::KeyKind::ed25519);
  if (!key) return std::nullopt;
  const crypto::VerifyKey verify = key->public_key();
  crypto::KeySet set;
  crypto::KeyRecord record;
  record.kid = verify.thumbprint();
  record.algorithms = {crypto::Algorithm::eddsa};
  record.key = verify;
  const std::string kid = record.kid;
  set.add(std::move(record));
  crypto::JwtRules rules;
  rules.issuers = {std::string(crypto::kDevIssuer)};
  rules.audiences = {std::string(crypto::kDevAudience)};
  rules.algorithms = {crypto::Algorithm::eddsa};
  rules.subject_required = true;
  return DevIssuer{kid, std::make_unique<const Verifier>(Preset::custom, std::move(rules),
                                                         ClaimNames{{"roles"}, {"sid"}}, "development " + kid,
                                                         std::make_shared<FixedKeys>(keep_keys(std::move(set), kid)),
                                                         state.cache, site.revocations)};
}

class JwtControl final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<JwtSettings>(); }

  void describe(conf::Form& f, Settings& settings) const override {
    auto& c = static_cast<JwtSettings&>(settings);
    f.choice({"preset", "Whose tokens they are; fills in what is known of that issuer"}, c.preset,
             {{"custom", static_cast<int>(Preset::custom)},
              {"clerk", static_cast<int>(Preset::clerk)},
              {"supabase", static_cast<int>(Preset::supabase)},
              {"auth0", static_cast<int>(Preset::auth0)}});
    f.field(
        {"publishable_key", "Clerk's public key of the instance (pk_live_…): issuer, key set and cookie names follow"},
        c.publishable_key);
    f.field({"project_url", "Supabase's project, https://<ref>.supabase.co: issuer and key set follow"}, c.project_url);
    f.field({"domain", "Auth0's tenant or custom domain: issuer and key set follow"}, c.domain);
    f.field({"issuer", "What iss must be, to the byte (a trailing slash counts)"}, c.issuer);
    f.field({"audience", "What aud must hold one of; supabase: authenticated when absent"}, c.audience);
    f.field({"authorized_parties", "What azp must be one of: the origins of your own pages"}, c.authorized_parties);
    int absent = c.azp_absent_allow ? 1 : 0;
    f.choice({"azp_absent", "A token without azp, when authorized_parties is set"}, absent,
             {{"refuse", 0}, {"allow", 1}});
    c.azp_absent_allow = absent == 1;
    f.field({"jwks",
             "The issuer's public keys: a URL, or a file with a key set (JSON), one public key or a certificate (PEM)"},
            c.jwks);
    f.secret({"secret", "The secret shared with the issuer, for HS256; at least 32 bytes"}, c.secret);
    f.field({"algorithms", "Signature algorithms to accept; what the keys are for when absent"}, c.algorithms);
    f.field({"typ", "What typ must be one of, for example at+jwt; JWT, at+jwt or absent when not set"}, c.typ);
    f.duration({"skew", "Difference of clocks to bear"}, c.skew, Duration::zero(), std::chrono::seconds(120));
    f.field({"require_expiry", "Refuse tokens without exp"}, c.require_expiry);
    f.field({"cookie", "A cookie that may carry the token on this route (with csrf), for example __session"}, c.cookie);
    f.field({"drop_cookies", "Cookies that are no credential here and are taken out; __session when absent"},
            c.drop_cookies);
    f.field({"roles_claim", "Claims that hold roles, dotted: a string or a list of strings"}, c.roles_claim);
    f.field({"session_claim", "Claims that name the session, the first that is there"}, c.session_claim);
    f.duration({"refresh", "How often the key set is fetched"}, c.refresh, std::chrono::seconds(30),
               std::chrono::hours(24));
    f.duration({"stale", "How long fetched keys are used while the issuer does not answer"}, c.stale, Duration::zero(),
               std::chrono::hours(24));
    if (!f.reading()) return;
    const bool all_absent = !f.has("preset") && !f.has("issuer") && !f.has("jwks") && !f.has("secret");
    if (all_absent && f.has("enabled")) return;  // switched off: nothing to judge
    const Resolved r = resolve(c);
    check_names(f, c);
    check_keys(f, c, r);
  }

  void build(const Settings& settings, const Site& site, const RouteScope& scope, Builder& builder) const override {
    const auto& c = static_cast<const JwtSettings&>(settings);
    if (scope.route.path.empty()) return;  // nobody is needed for "not found" and "malformed"
    const auto state = kept(site);
    std::unique_ptr<const Verifier> main;
    const Resolved r = resolve(c);
    if (c.written) {
      KeysFrom source = keys_from(c, r, site, *state);
      main = std::make_unique<const Verifier>(c.preset, r.rules, r.claims, source.name, std::move(source.keys),
                                              state->cache, site.revocations);
    }
    auto dev = dev_issuer(site, *state);
    if (!main && !dev) return;
    CookieRules cookies;
    cookies.accepted = r.cookies;
    cookies.signed_out = r.clock_cookies;
    if (c.written && r.cookies.empty()) {
      cookies.dropped = c.drop_cookies;
      if (cookies.dropped.empty()) {
        cookies.dropped.emplace_back("__session");
        cookies.prefixes.emplace_back("__session_");
        if (c.preset == Preset::supabase) cookies.dropped.emplace_back("sb-access-token");
      }
    }
    builder.add(gate::Step::identify,
                std::make_unique<JwtFilter>(c.preset, std::move(main), std::move(dev), std::move(cookies)));
  }

  void check(const Settings& settings, const gate::GateConfig& config, const gate::RouteConfig& route,
             std::vector<proof::Finding>& out) const override {
    if (report_absence(kCard, "GH-JWT", settings, route, out)) return;
    const auto& c = static_cast<const JwtSettings&>(settings);
    if (!c.written) return;  // whether a route needs an identity is for `access` to say
    const auto add = [&](std::string id, std::string evidence, proof::Severity severity, std::string mitigation) {
      auto f = weakness(kCard, std::move(id), settings, route, std::move(evidence));
      f.severity = severity;
      f.mitigation = std::move(mitigation);
      out.push_back(std::move(f));
    };
    if (!c.require_expiry)
      add("GH-JWT-EXPIRY", "tokens without exp are accepted", proof::Severity::medium, "remove require_expiry = false");
    if (c.azp_absent_allow)
      add("GH-JWT-AZP", "tokens without azp are accepted although authorized parties are listed",
          proof::Severity::medium, "remove azp_absent = \"allow\"");
    if (config.mode == gate::Mode::production && is_loopback_http(resolve(c).jwks_url))
      add("GH-JWT-KEYS", "the key set is fetched over plain http from this machine", proof::Severity::low,
          "jwks over https, or from a file");
    if (c.secret.set())
      add("GH-JWT-SHARED", "tokens are signed with a shared secret: whoever verifies could also sign",
          proof::Severity::low, "let the issuer sign with RS256, ES256 or EdDSA and set jwks");
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
  std::span<const gate::Code> codes() const override { return kCodes; }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<JwtControl>(); }

}  // namespace gatehouse::controls::jwt
