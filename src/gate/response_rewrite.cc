#include "gate/response_rewrite.h"

#include <algorithm>

#include "base/text.h"
#include "gate/exchange.h"

namespace gatehouse::gate {
namespace {

constexpr http::FieldName kLocation{"location"}, kContentLocation{"content-location"}, kRefresh{"refresh"},
    kSetCookie{"set-cookie"};

// Without a port that the scheme implies anyway.
std::string_view without_default_port(std::string_view authority) {
  for (std::string_view port : {":80", ":443"})
    if (authority.ends_with(port)) return authority.substr(0, authority.size() - port.size());
  return authority;
}

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

// The scheme of an absolute http address with its "//", or nothing when it is none; "//host" has an empty one.
bool split(std::string_view s, std::string_view& authority, std::string_view& rest) {
  if (text::istarts_with(s, "http://"))
    s.remove_prefix(7);
  else if (text::istarts_with(s, "https://"))
    s.remove_prefix(8);
  else if (s.starts_with("//"))
    s.remove_prefix(2);
  else
    return false;
  const std::size_t end = std::min(s.find_first_of("/?#"), s.size());
  authority = s.substr(0, end);
  rest = s.substr(end);
  return true;
}

// Would a browser read this as "//host"? It takes '\' for '/', and drops tabs.
bool names_authority(std::string_view s) {
  if (!s.starts_with('/')) return false;
  const std::size_t next = s.find_first_not_of('\t', 1);
  return next != std::string_view::npos && (s[next] == '/' || s[next] == '\\');
}

}  // namespace

ResponseRewrite::ResponseRewrite(const RouteConfig& route, const UpstreamConfig& upstream)
    : paths_(route.strip_prefix, route.add_prefix) {
  for (const conf::ServerUrl& server : upstream.servers) {
    if (server.scheme == "unix") continue;
    std::string host = text::to_lower(server.host);
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    const bool usual = server.port == 0 || server.port == (server.scheme == "https" ? 443 : 80);
    authorities_.push_back(usual ? host : host + ":" + std::to_string(server.port));
    hosts_.push_back(std::move(host));
  }
  if (!upstream.host_header.empty()) {
    const std::string host = text::to_lower(upstream.host_header);
    authorities_.emplace_back(without_default_port(host));
    hosts_.emplace_back(host_of(host));
  }
}

bool ResponseRewrite::own_authority(std::string_view authority) const {
  authority = without_default_port(authority);
  return std::any_of(authorities_.begin(), authorities_.end(),
                     [&](const std::string& own) { return text::iequals(own, authority); });
}

bool ResponseRewrite::own_host(std::string_view host) const {
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& own) { return text::iequals(own, host); });
}

std::string_view ResponseRewrite::path(Exchange& x, std::string_view s) const {
  if (paths_.empty() || !s.starts_with('/')) return s;
  if (!paths_.add.empty()) {
    if (!s.starts_with(paths_.add)) return s;
    const std::string_view rest = s.substr(paths_.add.size());
    if (!rest.empty() && rest.find_first_of("/?#;") != 0) return s;
    s = rest;
  }
  if (paths_.strip.empty() && !s.starts_with('/')) return x.arena.join(std::string_view("/"), s);
  return x.arena.join(paths_.strip, s);
}

std::string_view ResponseRewrite::url(Exchange& x, std::string_view s) const {
  std::string_view authority, rest;
  if (!split(s, authority, rest)) {
    const std::string_view moved = path(x, s);
    // Stops: "/v1//evil.example", a path here, becoming "//evil.example", another site, when the prefix is taken off.
    return moved.data() != s.data() && names_authority(moved) ? x.arena.join(std::string_view("/."), moved) : moved;
  }
  std::string_view public_authority, nothing;
  split(x.scheme_host, public_authority, nothing);
  const bool own = own_authority(authority);
  if (!own && !text::iequals(without_default_port(authority), without_default_port(public_authority)) &&
      !text::iequals(authority, x.request.authority))
    return s;
  if (x.scheme_host.empty()) return s;
  return x.arena.join(x.scheme_host, path(x, rest));
}

// "5; url=http://…", in the forms that browsers read.
std::string_view ResponseRewrite::refresh(Exchange& x, std::string_view s) const {
  std::size_t at = s.find_first_of(";,");
  if (at == std::string_view::npos) return s;
  at = s.find_first_not_of(" \t", at + 1);
  if (at == std::string_view::npos) return s;
  if (text::istarts_with(s.substr(at), "url")) {
    const std::size_t equals = s.find_first_not_of(" \t", at + 3);
    if (equals != std::string_view::npos && s[equals] == '=')
      at = std::min(s.find_first_not_of(" \t", equals + 1), s.size());
  }
  std::string_view target = s.substr(at), tail;
  if (!target.empty() && (target[0] == '"' || target[0] == '\'')) {
    const std::size_t end = target.find(target[0], 1);
    ++at;
    target = s.substr(at, end == std::string_view::npos ? end : end - 1);
    tail = s.substr(at + target.size());
  }
  return x.arena.join(s.substr(0, at), url(x, target), tail);
}

// Domain= of the backend is dropped (a host-only cookie of the public host is what it meant), Path= is moved.
std::string_view ResponseRewrite::set_cookie(Exchange& x, std::string_view s) const {
  std::string_view out;
  std::size_t done = 0;  // bytes of s that are in `out` or were dropped
  for (std::size_t at = s.find(';'); at != std::string_view::npos;) {
    const std::size_t end = std::min(s.find(';', at + 1), s.size());
    const std::string_view attribute = s.substr(at + 1, end - at - 1);
    const std::size_t equals = attribute.find('=');
    if (equals != std::string_view::npos) {
      const std::string_view key = text::trim(attribute.substr(0, equals));
      std::string_view value = text::trim(attribute.substr(equals + 1));
      if (text::iequals(key, "domain")) {
        if (own_host(value.starts_with('.') ? value.substr(1) : value)) {
          out = x.arena.join(out, s.substr(done, at - done));
          done = end;
        }
      } else if (text::iequals(key, "path")) {
        const std::string_view moved = path(x, value);
        if (moved.data() != value.data()) {
          out = x.arena.join(out, s.substr(done, at - done), std::string_view("; Path="), moved);
          done = end;
        }
      }
    }
    at = end == s.size() ? std::string_view::npos : end;
  }
  return done == 0 ? s : x.arena.join(out, s.substr(done));
}

Outcome ResponseRewrite::response(Exchange& x, http::Response& out) const {
  for (http::Field& field : out.fields) {
    if (field.is(kLocation) || field.is(kContentLocation))
      field.value = url(x, field.value);
    else if (field.is(kSetCookie))
      field.value = set_cookie(x, field.value);
    else if (field.is(kRefresh))
      field.value = refresh(x, field.value);
  }
  return Verdict(Pass{});
}

}  // namespace gatehouse::gate
