#include "kit/webhook/claim.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::kit::webhook {
namespace {

constexpr std::size_t kMaxHeaderValue = 1024;  // of a header that is signed or names the event
constexpr std::string_view kBodyHash = "bodySHA256=";

tl::unexpected<Refused> refuse(Reason reason, std::string detail) {
  return tl::unexpected<Refused>(Refused{reason, std::move(detail)});
}
template <class T>
tl::unexpected<Refused> pass_on(Read<T>& read) {
  return tl::unexpected<Refused>(std::move(read.error()));
}

Read<std::string_view> signature_header(const http::Fields& fields, std::string_view name) {
  auto value = lone(fields, name);
  if (!value) return pass_on(value);
  if (!*value || (*value)->empty()) return refuse(Reason::signature_missing, "no " + std::string(name));
  return **value;
}

Read<std::string_view> needed(const http::Fields& fields, std::string_view name) {
  auto value = lone(fields, name);
  if (!value) return pass_on(value);
  if (!*value || (*value)->empty()) return refuse(Reason::header_missing, "no " + std::string(name));
  if ((*value)->size() > kMaxHeaderValue) return refuse(Reason::header_too_long, std::string(name));
  return **value;
}

Read<void> take_timestamp(Claim& claim, std::string_view digits) {
  claim.timestamp = read_timestamp(digits);
  if (!claim.timestamp)
    return refuse(Reason::timestamp_malformed, "the time is not 1 to 12 digits without leading zeros");
  return {};
}

// An id that the signature does not cover. Its absence is no fault; its form is.
Read<void> take_unsigned_id(Claim& claim, const http::Fields& fields, std::string_view name) {
  auto value = lone(fields, name);
  if (!value) return pass_on(value);
  if (!*value) return {};
  if (!is_plain_id(**value)) return refuse(Reason::id_malformed, std::string(name));
  claim.id = **value;
  return {};
}

Read<Claim> pairs(const Incoming& r, std::string_view header_name, const PairSyntax& syntax, std::string_view between) {
  auto header = signature_header(r.fields, header_name);
  if (!header) return pass_on(header);
  auto list = read_pairs(*header, syntax);
  if (!list) return pass_on(list);
  Claim claim;
  if (auto ok = take_timestamp(claim, list->timestamp); !ok) return pass_on(ok);
  claim.candidates = std::move(list->candidates);
  claim.parts = {list->timestamp, between, r.body};
  return claim;
}

Read<Claim> standard(const Rules& rules, const Incoming& r) {
  const Provider provider = rules.config.provider;
  // Stops: an id of one family beside a signature of the other. All three names come from one family.
  const bool svix = provider == Provider::clerk ||
                    (provider == Provider::svix &&
                     (r.fields.has("svix-signature") || r.fields.has("svix-id") || r.fields.has("svix-timestamp")));
  auto header = signature_header(r.fields, svix ? "svix-signature" : "webhook-signature");
  if (!header) return pass_on(header);
  auto id = needed(r.fields, svix ? "svix-id" : "webhook-id");
  if (!id) return pass_on(id);
  auto time = needed(r.fields, svix ? "svix-timestamp" : "webhook-timestamp");
  if (!time) return pass_on(time);
  // Stops: a border moved between id and time; the dot is what separates them.
  if (!is_plain_id(*id) || id->find('.') != id->npos) return refuse(Reason::id_malformed, "the message id");
  auto list = read_versions(*header, provider == Provider::supabase);
  if (!list) return pass_on(list);
  Claim claim;
  if (auto ok = take_timestamp(claim, *time); !ok) return pass_on(ok);
  claim.candidates = std::move(list->candidates);
  claim.parts = {*id, ".", *time, ".", r.body};
  claim.id = *id;
  claim.id_signed = true;
  return claim;
}

Read<Claim> body_only(const Incoming& r, std::string_view header_name, std::string_view prefix,
                      SignatureEncoding encoding, std::string_view id_header) {
  auto header = signature_header(r.fields, header_name);
  if (!header) return pass_on(header);
  auto list = read_single(*header, prefix, encoding, 32);
  if (!list) return pass_on(list);
  Claim claim;
  claim.candidates = std::move(list->candidates);
  claim.parts = {r.body};
  if (!id_header.empty())
    if (auto ok = take_unsigned_id(claim, r.fields, id_header); !ok) return pass_on(ok);
  return claim;
}

Read<Claim> slack(const Incoming& r) {
  auto header = signature_header(r.fields, "X-Slack-Signature");
  if (!header) return pass_on(header);
  auto time = needed(r.fields, "X-Slack-Request-Timestamp");
  if (!time) return pass_on(time);
  auto list = read_single(*header, "v0=", SignatureEncoding::hex, 32);
  if (!list) return pass_on(list);
  Claim claim;
  if (auto ok = take_timestamp(claim, *time); !ok) return pass_on(ok);
  claim.candidates = std::move(list->candidates);
  claim.parts = {"v0:", *time, ":", r.body};
  return claim;
}

bool is_form(const http::Fields& fields) {
  const auto type = fields.get("content-type");
  return type && text::iequals(text::trim(type->substr(0, type->find(';'))), "application/x-www-form-urlencoded");
}

// The value of bodySHA256 in the query; empty when it is not there. Twice is malformed.
Read<std::string_view> body_hash(std::string_view query) {
  std::string_view found;
  for (const std::string_view pair : text::split(query, '&')) {
    if (!pair.starts_with(kBodyHash)) continue;
    const std::string_view value = pair.substr(kBodyHash.size());
    const bool plain = value.size() == 64 && std::all_of(value.begin(), value.end(), [](char c) {
                         return text::is_digit(c) || (c >= 'a' && c <= 'f');
                       });
    if (!found.empty() || !plain) return refuse(Reason::body_hash_malformed, "bodySHA256 is not one SHA-256 in hex");
    found = value;
  }
  return found;
}

// What is signed: the address the operator gave to Twilio, then the form's parameters; for other bodies the address
// with the body's digest in it.
Read<Claim> twilio(const Rules& rules, const Incoming& r) {
  auto header = signature_header(r.fields, "X-Twilio-Signature");
  if (!header) return pass_on(header);
  auto list = read_single(*header, "", SignatureEncoding::base64, 20);
  if (!list) return pass_on(list);
  auto hash = body_hash(r.query);
  if (!hash) return pass_on(hash);
  if (!rules.config.request_query) {
    // Stops: parameters moved between address and form, which are signed without a border between them.
    std::string expected = rules.url_query;
    if (!hash->empty()) expected += (expected.empty() ? "" : "&") + std::string(kBodyHash) + std::string(*hash);
    if (r.query != expected) return refuse(Reason::query_mismatch, "the query is not that of public_url");
  }
  Claim claim;
  claim.algorithm = HmacAlgorithm::sha1;
  claim.candidates = std::move(list->candidates);
  claim.heads.assign(rules.urls.begin(), rules.urls.end());
  if (!r.query.empty()) claim.parts = {"?", r.query};
  if (!hash->empty()) {
    claim.body_sha256 = text::unhex(*hash);
    return claim;
  }
  auto type = lone(r.fields, "content-type");
  if (!type) return pass_on(type);
  // Stops: a body that nothing signs. Twilio hashes every body that is no form.
  if (!is_form(r.fields)) return refuse(Reason::body_hash_malformed, "neither a form nor bodySHA256 in the address");
  auto form = FormParameters::read(r.body);
  if (!form) return pass_on(form);
  claim.held = form->joined();
  claim.form = std::move(*form);
  return claim;
}

Read<Claim> generic(const Rules& rules, const Incoming& r) {
  using Kind = SignedContent::Piece::Kind;
  const SchemeConfig& c = rules.config;
  auto header = signature_header(r.fields, c.header);
  if (!header) return pass_on(header);
  auto list = read_single(*header, c.prefix, c.encoding, digest_size(c.algorithm));
  if (!list) return pass_on(list);
  Claim claim;
  claim.algorithm = c.algorithm;
  claim.candidates = std::move(list->candidates);
  if (!c.id_header.empty())
    if (auto ok = take_unsigned_id(claim, r.fields, c.id_header); !ok) return pass_on(ok);
  const auto& pieces = rules.content.pieces();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string_view value = pieces[i].text;
    if (pieces[i].kind == Kind::body) {
      value = r.body;
    } else if (pieces[i].kind == Kind::url) {
      if (r.query != rules.url_query) return refuse(Reason::query_mismatch, "the query is not that of public_url");
      value = c.public_url;
    } else if (pieces[i].kind != Kind::literal) {
      const bool time = pieces[i].kind == Kind::timestamp, id = pieces[i].kind == Kind::id;
      auto found = needed(r.fields, time ? c.timestamp_header : id ? c.id_header : pieces[i].text);
      if (!found) return pass_on(found);
      if (time)
        if (auto ok = take_timestamp(claim, *found); !ok) return pass_on(ok);
      if (rules.content.confusable(i, *found))
        return refuse(Reason::header_malformed, "a signed header holds what separates it from the next value");
      if (id || (!time && text::iequals(pieces[i].text, c.id_header))) claim.id_signed = true;
      value = *found;
    }
    claim.parts.push_back(value);
  }
  return claim;
}

Read<Claim> static_secret(const Rules& rules, const Incoming& r) {
  auto header = signature_header(r.fields, rules.config.static_header);
  if (!header) return pass_on(header);
  if (header->size() > kMaxHeaderValue) return refuse(Reason::header_too_long, rules.config.static_header);
  Claim claim;
  claim.candidates.push_back({Candidate::Kind::plain, std::string(*header)});
  claim.parts = {r.body};
  return claim;
}

}  // namespace

bool is_plain_id(std::string_view s) {
  return !s.empty() && s.size() <= 256 && std::all_of(s.begin(), s.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Read<std::optional<std::string_view>> lone(const http::Fields& fields, std::string_view name) {
  // Stops: two readers that each take another one of two fields.
  if (fields.count(name) > 1) return refuse(Reason::header_repeated, std::string(name));
  return fields.get(name);
}

Read<Claim> claim_of(const Rules& rules, const Incoming& r) {
  // Stops: a signed body that an unsigned header turns into another one for whoever reads it next.
  for (const http::Field& f : r.fields)
    if (f.is("content-encoding") && !text::iequals(f.value, "identity"))
      return refuse(Reason::content_encoded, "Content-Encoding " + text::printable(f.value, 40));
  if (rules.is_static()) return static_secret(rules, r);
  switch (rules.config.provider) {
    case Provider::stripe:
      return pairs(r, "Stripe-Signature", kStripePairs, ".");
    case Provider::paddle:
      return pairs(r, "Paddle-Signature", kPaddlePairs, ":");
    case Provider::svix:
    case Provider::clerk:
    case Provider::standard_webhooks:
    case Provider::supabase:
      return standard(rules, r);
    case Provider::github:
      return body_only(r, "X-Hub-Signature-256", "sha256=", SignatureEncoding::hex, "X-GitHub-Delivery");
    case Provider::lemonsqueezy:
      return body_only(r, "X-Signature", "", SignatureEncoding::hex, "");
    case Provider::shopify:
      return body_only(r, "X-Shopify-Hmac-SHA256", "", SignatureEncoding::base64, "X-Shopify-Webhook-Id");
    case Provider::slack:
      return slack(r);
    case Provider::twilio:
      return twilio(rules, r);
    case Provider::generic_hmac:
      return generic(rules, r);
  }
  return refuse(Reason::signature_missing, "no such provider");
}

}  // namespace gatehouse::kit::webhook
