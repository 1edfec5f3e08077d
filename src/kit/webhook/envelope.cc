#include "kit/webhook/envelope.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace gatehouse::kit::webhook {
namespace {

constexpr std::size_t kMaxType = 256, kMaxChallenge = 1024;

bool is_plain_text(std::string_view s, std::size_t most) {
  return !s.empty() && s.size() <= most && text::is_utf8(s) &&
         std::none_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// A dotted path of member names: "data.object.id".
const json::Value* at(const json::Value& root, std::string_view path) {
  const json::Value* v = &root;
  for (const std::string_view name : text::split(path, '.')) {
    v = v->find(name);
    if (v == nullptr) return nullptr;
  }
  return v;
}

// A string or a whole number as text; empty when it is neither.
std::string word(const json::Value* v) {
  if (v == nullptr) return {};
  if (const auto s = v->string()) return std::string(*s);
  return v->integer() ? v->number_text() : std::string();
}

std::string word(const json::Value& root, std::string_view path) { return path.empty() ? "" : word(at(root, path)); }

struct Found {
  std::string id, type;
};

Found slack(const json::Value& body, Accepted& out) {
  if (body.string_at("type") == "url_verification") {
    const auto challenge = body.string_at("challenge");
    if (challenge && is_plain_text(*challenge, kMaxChallenge)) out.challenge = std::string(*challenge);
    return {"", "url_verification"};
  }
  const std::string inner = word(body, "event.type");
  return {word(body, "event_id"), inner.empty() ? word(body, "type") : inner};
}

Found twilio(const Claim& claim) {
  if (!claim.form) return {};
  for (const auto& [name, before] :
       {std::pair{"EventType", ""}, {"MessageStatus", "message."}, {"SmsStatus", "message."}, {"CallStatus", "call."}})
    if (const auto value = claim.form->get(name)) return {"", before + std::string(*value)};
  return {};
}

Found in_body(const Rules& rules, const json::Value& body, Accepted& out) {
  const SchemeConfig& c = rules.config;
  switch (c.provider) {
    case Provider::stripe:
      if (const json::Value* live = body.find("livemode")) out.livemode = live->boolean();
      if (const json::Value* created = body.find("created")) out.created = created->integer();
      return {word(body, "id"), word(body, "type")};
    case Provider::clerk:
      if (const json::Value* ms = body.find("timestamp"))
        if (const auto n = ms->integer()) out.created = *n / 1000;
      return {"", word(body, "type")};
    case Provider::svix:
    case Provider::standard_webhooks:
      return {"", word(body, "type")};
    case Provider::supabase: {
      std::string type = word(body, "type");  // database hooks: INSERT, UPDATE, DELETE
      return {"", type.empty() ? word(body, "metadata.name") : type};
    }
    case Provider::paddle:
      return {word(body, "event_id"), word(body, "event_type")};
    case Provider::lemonsqueezy:
      return {"", word(body, "meta.event_name")};
    case Provider::slack:
      if (const json::Value* time = body.find("event_time")) out.created = time->integer();
      return slack(body, out);
    case Provider::generic_hmac:
      return {word(body, c.id_field), word(body, c.type_field)};
    case Provider::github:
    case Provider::shopify:
    case Provider::twilio:
      break;
  }
  return {};
}

std::string_view type_header(const SchemeConfig& c) {
  switch (c.provider) {
    case Provider::github:
      return "X-GitHub-Event";
    case Provider::shopify:
      return "X-Shopify-Topic";
    case Provider::generic_hmac:
      return c.type_header;
    default:
      return {};
  }
}

bool reads_body(const SchemeConfig& c) {
  return c.provider != Provider::github && c.provider != Provider::shopify && c.provider != Provider::twilio &&
         (c.provider != Provider::generic_hmac || !c.id_field.empty() || !c.type_field.empty());
}

// A generic sender that signs the header its type stands in.
bool signs_header(const Rules& rules, std::string_view name) {
  return std::any_of(rules.content.pieces().begin(), rules.content.pieces().end(), [name](const auto& p) {
    return p.kind == SignedContent::Piece::Kind::header && text::iequals(p.text, name);
  });
}

// How long the vendor repeats an event. Supabase's database hooks are sent once, and a generic sender may do anything.
std::chrono::seconds retry_window(const Rules& rules) {
  return rules.is_static() ? std::chrono::seconds(0) : traits(rules.config.provider).retry_window;
}

}  // namespace

void read_envelope(const Rules& rules, const Incoming& request, const Claim& claim, Accepted& out) {
  const SchemeConfig& c = rules.config;
  Found found;
  if (c.provider == Provider::twilio) {
    found = twilio(claim);
  } else if (reads_body(c)) {
    if (auto body = json::parse(request.body); body && body->is_object()) found = in_body(rules, *body, out);
  }
  if (const auto name = type_header(c); !name.empty()) {
    const auto type = request.fields.get(name);
    if (type && request.fields.count(name) == 1) {
      found.type = std::string(*type);
      out.type_signed = signs_header(rules, name);
    }
  } else {
    out.type_signed = !out.weak;
  }
  if (!is_plain_text(found.type, kMaxType)) found.type.clear();
  out.type = std::move(found.type);
  out.retry_window = retry_window(rules);

  // Supabase makes a new id for every retry: it names the attempt, not the event.
  if (!claim.id.empty() && c.provider != Provider::supabase) {
    out.id = std::string(claim.id);
    out.id_from = claim.id_signed ? IdFrom::signed_header : IdFrom::unsigned_header;
  } else if (is_plain_id(found.id)) {
    out.id = std::move(found.id);
    out.id_from = IdFrom::body;
  } else {
    out.id = "sha256:" + text::hex(out.digest);
    out.id_from = IdFrom::content;
  }
}

}  // namespace gatehouse::kit::webhook
