#include "gate/request_rewrite.h"

#include "gate/cookies.h"
#include "gate/exchange.h"
#include "gate/names.h"

namespace gatehouse::gate {
namespace {

std::string prefix(std::string_view s) {
  while (s.ends_with('/')) s.remove_suffix(1);
  if (s.empty()) return {};
  return s.starts_with('/') ? std::string(s) : "/" + std::string(s);
}

}  // namespace

PathMap::PathMap(std::string_view strip_prefix, std::string_view add_prefix)
    : strip(prefix(strip_prefix)), add(prefix(add_prefix)) {}

RequestRewrite::RequestRewrite(const RouteConfig& route)
    : remove_fields_(route.remove_request_headers),
      remove_cookies_(route.remove_cookies),
      set_fields_(route.set_request_headers),
      paths_(route.strip_prefix, route.add_prefix) {}

bool RequestRewrite::needed(const RouteConfig& route) {
  return !route.remove_request_headers.empty() || !route.remove_cookies.empty() || !route.set_request_headers.empty() ||
         !PathMap(route.strip_prefix, route.add_prefix).empty();
}

Outcome RequestRewrite::request(Exchange& x) const {
  http::Request& r = x.request;
  if (!remove_fields_.empty() || !set_fields_.empty()) {
    // Stops: a second spelling of the field reaching a backend that folds names.
    r.fields.remove_if([this](const http::Field& field) {
      for (const std::string& name : remove_fields_)
        if (folded_equal(field.name, name)) return true;
      for (const auto& [name, value] : set_fields_)
        if (folded_equal(field.name, name)) return true;
      return false;
    });
    for (const auto& [name, value] : set_fields_) r.fields.add(std::string_view(name), value);
  }
  if (!remove_cookies_.empty()) remove_cookies(r.fields, remove_cookies_);
  if (paths_.empty()) return Verdict(Pass{});

  std::string_view path = x.public_path = r.path;
  if (!paths_.strip.empty()) {
    // Stops: "/apix" being taken for "/api" + "x".
    if (!path.starts_with(paths_.strip) || (path.size() > paths_.strip.size() && path[paths_.strip.size()] != '/'))
      return Verdict(Refusal{Code::not_found, "the path lies outside the prefix that this route strips", {}});
    path.remove_prefix(paths_.strip.size());
    if (path.empty()) path = "/";
  }
  r.path = paths_.add.empty() ? path : x.arena.join(paths_.add, path);
  return Verdict(Pass{});
}

}  // namespace gatehouse::gate
