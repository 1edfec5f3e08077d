#include "kit/webhook/sign.h"

#include "base/crypto/digest.h"
#include "base/text.h"
#include "kit/webhook/claim.h"
#include "kit/webhook/hmac.h"

namespace gatehouse::kit::webhook {
namespace {

tl::unexpected<Problem> cannot(std::string why) { return fail(Source::us, "cannot_sign", std::move(why)); }

std::string mac_of(const Key& key, HmacAlgorithm algorithm, std::initializer_list<std::string_view> pieces) {
  const std::vector<std::string_view> all(pieces);
  return hmac(algorithm, key.shared.reveal(), all);
}

std::string encoded(std::string_view bytes, SignatureEncoding encoding) {
  switch (encoding) {
    case SignatureEncoding::hex:
      return text::hex(bytes);
    case SignatureEncoding::base64:
      return text::base64(bytes);
    case SignatureEncoding::base64url:
      break;
  }
  return text::base64url(bytes);
}

Result<Signed> pairs(const Rules& rules, const Outgoing& e, std::string_view header, const PairSyntax& syntax,
                     std::string_view between) {
  const std::string time = std::to_string(e.timestamp);
  std::string value = std::string(syntax.time_key) + "=" + time;
  for (const Key& key : rules.keys) {
    value += syntax.separator;
    value.append(syntax.signature_key).append("=");
    value += text::hex(mac_of(key, HmacAlgorithm::sha256, {time, between, e.body}));
  }
  return Signed{{{std::string(header), std::move(value)}}, {}};
}

Result<Signed> standard(const Rules& rules, const Outgoing& e) {
  const bool svix = rules.config.provider == Provider::svix || rules.config.provider == Provider::clerk;
  if (!is_plain_id(e.id) || e.id.find('.') != e.id.npos) return cannot("the id must be plain text without a dot");
  const std::string time = std::to_string(e.timestamp);
  std::string value;
  for (const Key& key : rules.keys) {
    std::string one;
    if (!key.shared.empty()) {
      one = "v1," + text::base64(mac_of(key, HmacAlgorithm::sha256, {e.id, ".", time, ".", e.body}));
    } else if (key.sign) {
      const std::vector<std::string_view> pieces{e.id, ".", time, ".", e.body};
      auto made = key.sign->sign(crypto::Algorithm::eddsa, joined(pieces));
      if (!made) return fail(std::move(made.error()));
      one = "v1a," + text::base64(*made);
    } else {
      continue;  // a public key only verifies
    }
    value += (value.empty() ? "" : " ") + one;
  }
  if (value.empty()) return cannot("there are public keys only");
  const std::string family = svix ? "svix-" : "webhook-";
  return Signed{{{family + "id", std::string(e.id)}, {family + "timestamp", time}, {family + "signature", value}}, {}};
}

void add_named(Signed& out, std::string_view header, std::string_view value) {
  if (!header.empty() && !value.empty()) out.headers.emplace_back(header, value);
}

Result<Signed> body_only(const Rules& rules, const Outgoing& e, std::string_view header, std::string_view prefix,
                         SignatureEncoding encoding) {
  const std::string mac = mac_of(rules.keys[0], HmacAlgorithm::sha256, {e.body});
  return Signed{{{std::string(header), std::string(prefix) + encoded(mac, encoding)}}, {}};
}

Result<Signed> slack(const Rules& rules, const Outgoing& e) {
  const std::string time = std::to_string(e.timestamp);
  const std::string mac = mac_of(rules.keys[0], HmacAlgorithm::sha256, {"v0:", time, ":", e.body});
  return Signed{{{"X-Slack-Request-Timestamp", time}, {"X-Slack-Signature", "v0=" + text::hex(mac)}}, {}};
}

Result<Signed> twilio(const Rules& rules, const Outgoing& e) {
  Signed out;
  out.query = rules.url_query;
  std::string tail;
  if (text::istarts_with(e.content_type, "application/x-www-form-urlencoded")) {
    auto form = FormParameters::read(e.body);
    if (!form) return cannot("the form cannot be read: " + form.error().detail);
    tail = form->joined();
  } else {
    out.query += (out.query.empty() ? "" : "&") + ("bodySHA256=" + text::hex(crypto::sha256(e.body)));
  }
  const std::string mac =
      mac_of(rules.keys[0], HmacAlgorithm::sha1, {rules.urls[0], out.query.empty() ? "" : "?", out.query, tail});
  out.headers.emplace_back("X-Twilio-Signature", text::base64(mac));
  return out;
}

Result<Signed> generic(const Rules& rules, const Outgoing& e) {
  using Kind = SignedContent::Piece::Kind;
  const SchemeConfig& c = rules.config;
  Signed out;
  out.query = rules.content.has(Kind::url) ? rules.url_query : std::string();
  const std::string time = std::to_string(e.timestamp);
  std::vector<std::string_view> content;
  const auto& pieces = rules.content.pieces();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string_view value = pieces[i].text;
    switch (pieces[i].kind) {
      case Kind::literal:
        break;
      case Kind::body:
        value = e.body;
        break;
      case Kind::timestamp:
        value = time;
        break;
      case Kind::id:
        value = e.id;
        break;
      case Kind::url:
        value = c.public_url;
        break;
      case Kind::header:
        if (text::iequals(value, c.id_header))
          value = e.id;
        else if (text::iequals(value, c.type_header))
          value = e.type;
        else
          return cannot("the signature covers the header " + pieces[i].text + ", whose value only its sender knows");
        break;
    }
    if (value.empty() || rules.content.confusable(i, value))
      if (pieces[i].kind != Kind::body) return cannot("id or type is empty, or holds what separates the signed values");
    content.push_back(value);
  }
  add_named(out, c.timestamp_header, time);
  add_named(out, c.id_header, e.id);
  add_named(out, c.type_header, e.type);
  out.headers.emplace_back(c.header,
                           c.prefix + encoded(hmac(c.algorithm, rules.keys[0].shared.reveal(), content), c.encoding));
  return out;
}

}  // namespace

Result<Signed> sign(const Rules& rules, const Outgoing& e) {
  if (rules.is_static()) return Signed{{{rules.config.static_header, std::string(rules.keys[0].shared.reveal())}}, {}};
  const auto with = [](Result<Signed> out, std::string_view id_header, std::string_view id,
                       std::string_view type_header, std::string_view type) {
    if (out) add_named(*out, id_header, id), add_named(*out, type_header, type);
    return out;
  };
  switch (rules.config.provider) {
    case Provider::stripe:
      return pairs(rules, e, "Stripe-Signature", kStripePairs, ".");
    case Provider::paddle:
      return pairs(rules, e, "Paddle-Signature", kPaddlePairs, ":");
    case Provider::svix:
    case Provider::clerk:
    case Provider::standard_webhooks:
    case Provider::supabase:
      return standard(rules, e);
    case Provider::github:
      return with(body_only(rules, e, "X-Hub-Signature-256", "sha256=", SignatureEncoding::hex), "X-GitHub-Delivery",
                  e.id, "X-GitHub-Event", e.type);
    case Provider::lemonsqueezy:
      return with(body_only(rules, e, "X-Signature", "", SignatureEncoding::hex), "", "", "X-Event-Name", e.type);
    case Provider::shopify:
      return with(body_only(rules, e, "X-Shopify-Hmac-SHA256", "", SignatureEncoding::base64), "X-Shopify-Webhook-Id",
                  e.id, "X-Shopify-Topic", e.type);
    case Provider::slack:
      return slack(rules, e);
    case Provider::twilio:
      return twilio(rules, e);
    case Provider::generic_hmac:
      return generic(rules, e);
  }
  return cannot("no such provider");
}

}  // namespace gatehouse::kit::webhook
