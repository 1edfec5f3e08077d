#include "kit/webhook/config.h"

#include "base/text.h"
#include "kit/webhook/keys.h"
#include "kit/webhook/signed_content.h"
#include "net/http/url.h"

namespace gatehouse::kit::webhook {
namespace {

using Kind = SignedContent::Piece::Kind;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kWidestTolerance{15};

std::string quoted(std::string_view s) { return "\"" + text::printable(s, 80) + "\""; }

bool is_loopback(const http::Url& url) {
  const auto server = conf::ServerUrl::parse(url.origin());
  return server && server->loopback();
}

void check_header(conf::Form& f, std::string_view key, const std::string& name) {
  if (!name.empty() && !conf::is_token(name))
    f.bad(key, quoted(name) + " is no header name", "write a name such as \"X-Signature\"");
}

void check_tolerance(conf::Form& f, const SchemeConfig& c, bool signs_time) {
  if (!f.has("tolerance") || f.faulty("tolerance")) return;
  if (!signs_time)
    return f.bad("tolerance", std::string(traits(c.provider).title) + " signs no time here",
                 "remove it: ids and digests that are remembered stop repeated events");
  // Stops: a captured request that stays good for hours.
  if (c.tolerance > kWidestTolerance)
    f.unsafe("tolerance", conf::format_duration(c.tolerance) + " would let old requests pass",
             "15m at most; mend the clock instead (retries are signed anew)");
}

void check_address(conf::Form& f, const SchemeConfig& c, bool wanted) {
  if (c.public_url.empty()) {
    if (wanted && !f.faulty("public_url"))
      f.bad("public_url", "the sender signs the address it was given, and that is not known here",
            "add public_url = \"https://api.example.com/webhooks/…\", exactly as the sender has it");
    return;
  }
  if (!wanted) return f.bad("public_url", "this provider does not sign its address", "remove it");
  const auto url = http::Url::parse(c.public_url);
  if (!url)
    return f.bad("public_url", url.error().detail,
                 "write it as the sender has it, for example \"https://api.example.com/webhooks/twilio\"");
  if (!url->tls && !is_loopback(*url))
    f.unsafe("public_url", quoted(c.public_url) + " brings events in the clear", "use https");
}

void check_generic(conf::Form& f, const SchemeConfig& c, const Result<SignedContent>& content) {
  if (c.header.empty() && !f.faulty("header"))
    f.bad("header", "the header that carries the signature is not named", "add header = \"X-Signature\"");
  for (const auto& [key, name] : {std::pair<std::string_view, const std::string&>{"header", c.header},
                                  {"timestamp_header", c.timestamp_header},
                                  {"id_header", c.id_header},
                                  {"type_header", c.type_header}})
    check_header(f, key, name);
  if (!c.id_header.empty() && !c.id_field.empty())
    f.bad("id_field", "two places for the id", "keep id_header or id_field");
  if (!c.type_header.empty() && !c.type_field.empty())
    f.bad("type_field", "two places for the type", "keep type_header or type_field");
  if (!content) {
    // Stops: a signature that covers a header and leaves the body to whoever sends it.
    return f.unsafe("content", content.error().detail, "for example content = \"{timestamp}.{body}\"");
  }
  if (content->has(Kind::timestamp) && c.timestamp_header.empty())
    f.bad("timestamp_header", "content signs {timestamp}, and no header carries it", "add timestamp_header = \"…\"");
  // Stops: a time that anybody can write, believed.
  if (!content->has(Kind::timestamp) && !c.timestamp_header.empty())
    f.unsafe("timestamp_header", "the time in it is not signed", "put {timestamp} into content, or remove this line");
  if (content->has(Kind::id) && c.id_header.empty())
    f.bad("id_header", "content signs {id}, and no header carries it", "add id_header = \"…\"");
}

void only(conf::Form& f, std::initializer_list<std::string_view> keys, std::string_view whose) {
  for (const std::string_view key : keys)
    if (f.has(key)) f.bad(key, "only " + std::string(whose) + " has this key", "remove it");
}

void check(conf::Form& f, const SchemeConfig& c) {
  const bool generic = c.provider == Provider::generic_hmac, twilio = c.provider == Provider::twilio;
  if (c.secrets.empty() && !f.faulty("secret"))
    f.bad("secret", "nothing could be verified", "add secret = { env = \"…\" }: the signing secret of this endpoint");
  if (c.secrets.size() > kMaxSecrets) f.bad("secret", "more than 8 secrets", "remove those that are no longer in use");
  if (f.faulty("provider")) return;
  auto content = SignedContent::parse(generic ? std::string_view(c.content) : "{body}");
  check_tolerance(
      f, c, c.static_header.empty() && (traits(c.provider).signs_time || (content && content->has(Kind::timestamp))));
  if (content) check_address(f, c, twilio || content->has(Kind::url));
  if (generic)
    check_generic(f, c, content);
  else
    only(f,
         {"header", "algorithm", "encoding", "prefix", "content", "timestamp_header", "id_header", "id_field",
          "type_header", "type_field"},
         "generic-hmac");
  if (!twilio) only(f, {"request_query"}, "twilio");
  if (c.provider != Provider::supabase) only(f, {"static_header"}, "supabase (database hooks)");
  check_header(f, "static_header", c.static_header);
}

}  // namespace

void describe(conf::Form& f, SchemeConfig& c) {
  f.choice(conf::required("provider", "Who sends: decides what is signed, where the id stands and how retries look"),
           c.provider,
           {{"stripe", static_cast<int>(Provider::stripe)},
            {"svix", static_cast<int>(Provider::svix)},
            {"clerk", static_cast<int>(Provider::clerk)},
            {"standard-webhooks", static_cast<int>(Provider::standard_webhooks)},
            {"github", static_cast<int>(Provider::github)},
            {"supabase", static_cast<int>(Provider::supabase)},
            {"paddle", static_cast<int>(Provider::paddle)},
            {"lemonsqueezy", static_cast<int>(Provider::lemonsqueezy)},
            {"shopify", static_cast<int>(Provider::shopify)},
            {"slack", static_cast<int>(Provider::slack)},
            {"twilio", static_cast<int>(Provider::twilio)},
            {"generic-hmac", static_cast<int>(Provider::generic_hmac)}});
  f.secrets({"secret", "The endpoint's signing secret; a list while it is rolled, any of them verifies"}, c.secrets);
  f.duration({"tolerance",
              "Age a request may have, and how far ahead its clock may be; the provider's own when absent "
              "(300s, paddle 30s)"},
             c.tolerance, seconds(1), hours(24));
  f.field({"public_url", "twilio, or {url} in content: the address exactly as the sender has it"}, c.public_url);
  f.field({"request_query", "twilio: addresses differ in their query, so take it from the request"}, c.request_query);
  f.field({"static_header", "supabase database hooks, which are unsigned: the header that carries the secret itself"},
          c.static_header);
  f.field({"header", "generic-hmac: the header that carries the signature"}, c.header);
  f.choice({"algorithm", "generic-hmac: the digest of the HMAC"}, c.algorithm,
           {{"sha256", static_cast<int>(HmacAlgorithm::sha256)},
            {"sha384", static_cast<int>(HmacAlgorithm::sha384)},
            {"sha512", static_cast<int>(HmacAlgorithm::sha512)},
            {"sha1", static_cast<int>(HmacAlgorithm::sha1)}});
  f.choice({"encoding", "generic-hmac: how the signature is written"}, c.encoding,
           {{"hex", static_cast<int>(SignatureEncoding::hex)},
            {"base64", static_cast<int>(SignatureEncoding::base64)},
            {"base64url", static_cast<int>(SignatureEncoding::base64url)}});
  f.field({"prefix", "generic-hmac: what stands before the signature, for example sha256="}, c.prefix);
  f.field(
      {"content", "generic-hmac: what is signed, of {body}, {timestamp}, {id}, {url}, {header:NAME} and plain text"},
      c.content);
  f.field({"timestamp_header", "generic-hmac: the header with unix seconds that {timestamp} stands for"},
          c.timestamp_header);
  f.field({"id_header", "generic-hmac: the header with the event's id"}, c.id_header);
  f.field({"id_field", "generic-hmac: the event's id in the JSON body, dotted; the body's digest when absent"},
          c.id_field);
  f.field({"type_header", "generic-hmac: the header with the event's type"}, c.type_header);
  f.field({"type_field", "generic-hmac: the event's type in the JSON body, dotted"}, c.type_field);
  if (f.reading()) check(f, c);
}

std::string_view weakness(const SchemeConfig& c) {
  if (!c.static_header.empty())
    return "a static header proves the sender but neither the body nor the time: who reads one request can send any";
  if (c.provider == Provider::generic_hmac && c.algorithm == HmacAlgorithm::sha1)
    return "HMAC with SHA-1 still holds, but nothing new should be built on it";
  return {};
}

}  // namespace gatehouse::kit::webhook
