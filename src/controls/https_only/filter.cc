#include "controls/https_only/filter.h"

#include <algorithm>

#include "net/address.h"

namespace gatehouse::controls::https_only {
namespace {

constexpr http::FieldName kCacheControl{"Cache-Control"};
constexpr http::FieldName kLocation{"Location"};
constexpr http::FieldName kHsts{"Strict-Transport-Security"};

// Certificate authorities ask here over http (RFC 8555 §8.3).
constexpr std::string_view kAcme = "/.well-known/acme-challenge/";

std::string write(const Hsts& h) {
  std::string out = "max-age=" + std::to_string(h.max_age);
  if (h.include_subdomains) out += "; includeSubDomains";
  if (h.preload) out += "; preload";
  return out;
}

// host[:port] without the port; an IPv6 literal keeps its brackets.
std::string_view host_of(std::string_view authority) {
  auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) return authority;
  return authority.substr(0, colon);
}

}  // namespace

Hsts parse_hsts(std::string_view value) {
  Hsts out;
  bool age = false;
  while (!value.empty()) {
    auto semicolon = value.find(';');
    std::string_view directive = text::trim(value.substr(0, semicolon));
    value = semicolon == std::string_view::npos ? std::string_view() : value.substr(semicolon + 1);
    auto equals = directive.find('=');
    std::string_view name = text::trim(directive.substr(0, equals));
    std::string_view argument = equals == std::string_view::npos ? "" : text::trim(directive.substr(equals + 1));
    if (text::iequals(name, "max-age")) {
      if (argument.size() >= 2 && argument.front() == '"' && argument.back() == '"')
        argument = argument.substr(1, argument.size() - 2);
      auto seconds = text::parse_u64(argument);
      if (age || !seconds) return {};
      age = true;
      out.max_age = *seconds;
    } else if (text::iequals(name, "includeSubDomains")) {
      out.include_subdomains = true;
    } else if (text::iequals(name, "preload")) {
      out.preload = true;
    }
  }
  out.valid = age;
  return out;
}

bool is_public_name(std::string_view host) {
  if (host.empty() || host.front() == '[' || net::Address::parse(host)) return false;
  auto dot = host.rfind('.');
  if (dot == std::string_view::npos) return false;
  static constexpr std::string_view kPrivate[] = {"localhost", "local",    "test", "invalid",
                                                  "internal",  "intranet", "lan",  "arpa"};
  std::string_view top = host.substr(dot + 1);
  return std::none_of(std::begin(kPrivate), std::end(kPrivate),
                      [top](std::string_view p) { return text::iequals(top, p); });
}

HttpsOnlyFilter::HttpsOnlyFilter(const HttpsOnlySettings& settings, const gate::GateConfig& config)
    : exempt_(settings.exempt) {
  for (const std::string& name : config.site.hosts) {
    std::string location = "https://" + name;
    if (settings.port != 443 && host_of(name) == name) location += ":" + std::to_string(settings.port);
    hosts_.push_back({name, std::move(location), is_public_name(host_of(name))});
  }
  ours_ = {true,
           static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(settings.hsts_max_age).count()),
           settings.include_subdomains, settings.preload};
  hsts_ = write(ours_);
}

const HttpsOnlyFilter::Host* HttpsOnlyFilter::find(std::string_view authority) const {
  std::string_view bare = host_of(authority);
  for (const Host& host : hosts_)
    if (host.name == authority || host.name == bare) return &host;
  return nullptr;
}

bool HttpsOnlyFilter::exempt(std::string_view path) const {
  if (path.starts_with(kAcme)) return true;
  for (const std::string& e : exempt_)
    if (e.ends_with('/') ? path.starts_with(e) : path == e) return true;
  return false;
}

gate::Outcome HttpsOnlyFilter::request(gate::Exchange& x) const {
  if (x.secure || x.development || exempt(x.request.path)) return gate::Verdict(gate::Pass{});
  // Stops: a redirect that hides that the body and the credentials have already travelled in the clear.
  if (!http::is_safe(x.request.method) || hosts_.empty())
    return gate::Verdict(gate::Refusal{gate::Code::https_required, "plain http"});
  // Stops: a poisoned Host header that sends people elsewhere. Only a configured name is ever written.
  const Host* host = find(x.request.authority);
  if (!host) host = &hosts_.front();
  http::Response out(x.arena);
  out.status = 308;
  out.fields.add(kLocation,
                 x.arena.join(host->location, x.request.path, x.request.has_query ? "?" : "", x.request.query));
  out.fields.add(kCacheControl, "no-store");
  return gate::Verdict(gate::Reply{std::move(out)});
}

gate::Outcome HttpsOnlyFilter::response(gate::Exchange& x, http::Response& out) const {
  const Host* host = x.secure && !x.development ? find(x.request.authority) : nullptr;
  if (!host || !host->is_public) {
    // Stops: a development machine or a bare address that browsers refuse to open over http for a year.
    out.fields.remove(kHsts);
    return gate::Verdict(gate::Pass{});
  }
  std::string_view value = hsts_;
  if (auto theirs = out.fields.get(kHsts); theirs && *theirs != value) {
    Hsts h = parse_hsts(*theirs);
    if (h.at_least(ours_)) {
      value = *theirs;
    } else if (h.valid && (h.max_age > ours_.max_age || h.include_subdomains || h.preload)) {
      h.max_age = std::max(h.max_age, ours_.max_age);
      h.include_subdomains |= ours_.include_subdomains;
      h.preload |= ours_.preload;
      value = x.arena.copy(write(h));  // rare: a backend that is stricter in one part and weaker in another
    }
  }
  out.fields.set(kHsts, value);
  return gate::Verdict(gate::Pass{});
}

}  // namespace gatehouse::controls::https_only
