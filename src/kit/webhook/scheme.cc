#include "kit/webhook/scheme.h"

#include "base/text.h"
#include "kit/webhook/claim.h"
#include "kit/webhook/envelope.h"
#include "kit/webhook/hmac.h"
#include "kit/webhook/sign.h"

namespace gatehouse::kit::webhook {
namespace {

// Does one of the keys make one of the signatures?
bool proved(const Rules& rules, const Claim& claim) {
  std::vector<std::string_view> content(claim.parts.size() + 1);
  std::copy(claim.parts.begin(), claim.parts.end(), content.begin() + 1);
  if (!claim.held.empty()) content.push_back(claim.held);
  for (const std::string_view head : claim.heads) {
    content[0] = head;
    for (const Key& key : rules.keys) {
      std::string mac;  // made once a key, when first needed
      std::string signed_text;
      for (const Candidate& candidate : claim.candidates) {
        if (candidate.kind == Candidate::Kind::ed25519) {
          if (!key.verify) continue;
          if (signed_text.empty()) signed_text = joined(content);
          if (key.verify->verify(crypto::Algorithm::eddsa, signed_text, candidate.bytes)) return true;
          continue;
        }
        if (key.shared.empty()) continue;
        if (candidate.kind == Candidate::Kind::plain) {
          // Digests are compared, so that the time tells nothing about the secret's length either.
          if (equal_constant_time(crypto::sha256(candidate.bytes).view(), crypto::sha256(key.shared.reveal()).view()))
            return true;
          continue;
        }
        if (mac.empty()) mac = hmac(claim.algorithm, key.shared.reveal(), content);
        if (equal_constant_time(mac, candidate.bytes)) return true;
      }
    }
  }
  return false;
}

std::string seconds_text(std::int64_t n) { return std::to_string(n) + " s"; }

// Twilio: what is signed, so that parameters in another order are the same event. Others: the body.
crypto::Digest<32> content_digest(const Rules& rules, const Incoming& request, const Claim& claim) {
  if (rules.config.provider != Provider::twilio) return crypto::sha256(request.body);
  crypto::Sha256Stream stream;
  stream.add(rules.urls[0]);
  for (const std::string_view part : claim.parts) stream.add(part);
  stream.add(claim.held);
  return stream.finish();
}

}  // namespace

struct Scheme::Impl {
  Rules rules;
};

Scheme::Scheme(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Scheme::Scheme(Scheme&&) noexcept = default;
Scheme& Scheme::operator=(Scheme&&) noexcept = default;
Scheme::~Scheme() = default;

Result<Scheme> Scheme::build(const SchemeConfig& config, std::vector<Secret> secrets) {
  auto rules = resolve(config, secrets);
  if (!rules) return fail(std::move(rules.error()));
  return Scheme(std::make_unique<const Impl>(Impl{std::move(*rules)}));
}

Verdict Scheme::verify(const Incoming& request) const {
  const Rules& rules = impl_->rules;
  auto claim = claim_of(rules, request);
  if (!claim) return std::move(claim.error());
  if (claim->candidates.empty()) return Refused{Reason::no_known_version, "no signature of a version known here"};
  // The signature first: who cannot sign learns nothing about clocks.
  if (!proved(rules, *claim)) return Refused{Reason::signature_mismatch, "no secret makes any of the signatures"};
  if (claim->body_sha256 && !equal_constant_time(crypto::sha256(request.body).view(), *claim->body_sha256))
    return Refused{Reason::body_mismatch, "the body is not the one whose hash the signed address holds"};
  if (claim->timestamp) {
    // Stops: an old request sent again, and one signed ahead by a sender whose clock or key was borrowed for a moment.
    const std::int64_t age = request.now - *claim->timestamp;
    if (age > rules.tolerance)
      return Refused{Reason::timestamp_too_old,
                     "signed " + seconds_text(age) + " ago; " + seconds_text(rules.tolerance) + " are allowed"};
    if (-age > rules.tolerance)
      return Refused{Reason::timestamp_too_new,
                     "signed " + seconds_text(-age) + " ahead; " + seconds_text(rules.tolerance) + " are allowed"};
  }
  Accepted accepted;
  accepted.timestamp = claim->timestamp;
  accepted.digest = content_digest(rules, request, *claim);
  accepted.weak = rules.is_static();
  read_envelope(rules, request, *claim, accepted);
  return accepted;
}

Result<Signed> Scheme::sign(const Outgoing& event) const { return webhook::sign(impl_->rules, event); }

Provider Scheme::provider() const { return impl_->rules.config.provider; }

}  // namespace gatehouse::kit::webhook
