#include "controls/headers/filter.h"

namespace gatehouse::controls::headers {
namespace {

std::string_view text_of(Frame f) {
  switch (f) {
    case Frame::deny:
      return "DENY";
    case Frame::same_origin:
      return "SAMEORIGIN";
    case Frame::any:
      return "";
  }
  return "DENY";
}

std::string_view text_of(Referrer r) {
  switch (r) {
    case Referrer::no_referrer:
      return "no-referrer";
    case Referrer::same_origin:
      return "same-origin";
    case Referrer::strict_origin:
      return "strict-origin";
    case Referrer::strict_origin_when_cross_origin:
      return "strict-origin-when-cross-origin";
  }
  return "no-referrer";
}

std::string_view text_of(Opener o) {
  switch (o) {
    case Opener::same_origin:
      return "same-origin";
    case Opener::same_origin_allow_popups:
      return "same-origin-allow-popups";
    case Opener::none:
      return "";
  }
  return "same-origin";
}

std::string_view text_of(Resource r) {
  switch (r) {
    case Resource::same_origin:
      return "same-origin";
    case Resource::same_site:
      return "same-site";
    case Resource::cross_origin:
      return "cross-origin";
  }
  return "same-origin";
}

}  // namespace

const std::array<http::FieldName, 22> kTelltales = {"Server",
                                                    "X-Powered-By",
                                                    "X-AspNet-Version",
                                                    "X-AspNetMvc-Version",
                                                    "X-Generator",
                                                    "X-Runtime",
                                                    "X-Version",
                                                    "X-Backend",
                                                    "X-Backend-Server",
                                                    "X-Debug-Token",
                                                    "X-Debug-Token-Link",
                                                    "X-Debug-Exception",
                                                    "X-Debug-Exception-File",
                                                    "X-Drupal-Cache",
                                                    "X-Drupal-Dynamic-Cache",
                                                    "X-Envoy-Upstream-Service-Time",
                                                    "X-OWA-Version",
                                                    "X-Powered-CMS",
                                                    "X-Redirect-By",
                                                    "X-Served-By",
                                                    "X-SourceFiles",
                                                    "Liferay-Portal"};

HeadersFilter::HeadersFilter(const HeadersSettings& s) : extra_(s.remove) {
  auto rule = [this](http::FieldName name, std::string_view value, Compare compare) {
    // A rule with nothing to say takes no part: the backend's own value passes.
    if (!value.empty()) rules_.push_back({name, std::string(value), compare});
  };
  // Stops: content sniffed into a script.
  rule("X-Content-Type-Options", "nosniff", Compare::fixed);
  // Stops: clickjacking.
  rule("X-Frame-Options", text_of(s.frame), Compare::frame);
  // The old filter of browsers could be turned against the page; "0" switches it off where it still exists.
  rule("X-XSS-Protection", s.xss_protection == XssProtection::block ? "1; mode=block" : "0", Compare::fixed);
  // Stops: paths and tokens in them that leak to other sites.
  rule("Referrer-Policy", text_of(s.referrer_policy), Compare::referrer);
  rule("Permissions-Policy", s.permissions_policy, Compare::permissions);
  // Stops: a page that keeps a handle on our window, or draws our answers into its own process.
  rule("Cross-Origin-Opener-Policy", text_of(s.opener_policy), Compare::opener);
  rule("Cross-Origin-Resource-Policy", text_of(s.resource_policy), Compare::resource);
  rule("Content-Security-Policy", s.content_security_policy, Compare::absent);
  rule("Content-Security-Policy-Report-Only", s.content_security_policy_report_only, Compare::absent);
  static_assert(kMaxRules == 9);

  remove_.assign(kTelltales.begin(), kTelltales.end());
  for (const std::string& name : extra_) remove_.emplace_back(std::string_view(name));
  for (const auto& n : remove_) concerned_ |= 1ull << (n.hash >> 26);
  for (const auto& r : rules_) concerned_ |= 1ull << (r.name.hash >> 26);
}

gate::Outcome HeadersFilter::response(gate::Exchange& x, http::Response& out) const {
  std::array<std::string_view, kMaxRules> theirs{};
  std::uint32_t seen = 0;
  // Our rules' fields are taken out and put back once, so that no field ever leaves twice.
  out.fields.remove_if([&](const http::Field& f) {
    if (!concerns(f.hash)) return false;
    for (const http::FieldName& n : remove_)
      if (f.is(n)) return true;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (!f.is(rules_[i].name)) continue;
      bool first = !(seen >> i & 1);
      seen |= 1u << i;
      if (rules_[i].compare == Compare::absent) return false;
      theirs[i] = first ? f.value : stricter(rules_[i].compare, theirs[i], f.value, x.arena);
      return true;
    }
    return false;
  });
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const Rule& r = rules_[i];
    if (r.compare == Compare::absent && (seen >> i & 1)) continue;
    out.fields.add(r.name, stricter(r.compare, r.value, theirs[i], x.arena));
  }
  return gate::Verdict(gate::Pass{});
}

}  // namespace gatehouse::controls::headers
