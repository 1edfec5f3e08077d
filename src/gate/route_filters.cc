#include "gate/route_filters.h"

#include <algorithm>

#include "base/text.h"
#include "gate/exchange.h"
#include "gate/method_override.h"
#include "gate/names.h"
#include "gate/query_filter.h"
#include "gate/request_rewrite.h"
#include "gate/response_rewrite.h"

namespace gatehouse::gate {
namespace {

class Deny final : public Filter {
 public:
  std::string_view name() const override { return "route"; }
  Outcome request(Exchange&) const override {
    return Verdict(Refusal{Code::denied_route, "this route is denied by configuration", {}});
  }
};

// HEAD goes with GET. OPTIONS is answered here with the list, unless the route names it itself (a preflight never comes
// this far: cors answers it before).
class Methods final : public Filter {
 public:
  explicit Methods(std::vector<std::string> methods) : methods_(std::move(methods)) {
    if (has("GET") && !has("HEAD")) methods_.emplace_back("HEAD");
    options_ = has("OPTIONS");
    for (const std::string& m : methods_) allow_ += (allow_.empty() ? "" : ", ") + m;
    if (!options_) allow_ += ", OPTIONS";
  }
  std::string_view name() const override { return "route"; }
  Outcome request(Exchange& x) const override {
    drop_method_overrides(x.request.fields);
    if (has(x.request.method_name)) return Verdict(Pass{});
    if (x.request.method == http::Method::options) {
      Reply reply{http::Response(x.arena)};
      reply.response.status = 204;
      reply.response.fields.add(std::string_view("Allow"), allow_);
      return Verdict(std::move(reply));
    }
    return Verdict(Refusal{Code::method_not_allowed, x.request.method_name.substr(0, 40), {{}, allow_, -1}});
  }

 private:
  bool has(std::string_view method) const {
    return std::find(methods_.begin(), methods_.end(), method) != methods_.end();
  }
  std::vector<std::string> methods_;
  std::string allow_;
  bool options_ = false;
};

// A route that names no methods takes all but these two.
class NoTunnels final : public Filter {
 public:
  std::string_view name() const override { return "route"; }
  Outcome request(Exchange& x) const override {
    // Stops: our own address used as a forward proxy (CONNECT), and request fields echoed to a page (TRACE).
    if (x.request.method == http::Method::connect || x.request.method == http::Method::trace)
      return Verdict(Refusal{
          Code::method_not_allowed, x.request.method_name, {{}, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", -1}});
    return Verdict(Pass{});
  }
};

}  // namespace

void add_route_filters(const RouteConfig& route, const GateConfig& config, FilterSink& sink) {
  if (route.deny) return sink.add(Step::greet, std::make_unique<Deny>());
  if (route.methods.empty())
    sink.add(Step::limit, std::make_unique<NoTunnels>());
  else
    sink.add(Step::limit, std::make_unique<Methods>(route.methods));
  if (route.query_declared || !route.query.empty())
    sink.add(Step::authorize, std::make_unique<QueryFilter>(route.query, route.query_declared));
  if (RequestRewrite::needed(route)) sink.add(Step::shape, std::make_unique<RequestRewrite>(route));
  if (!route.rewrite_locations) return;
  auto upstream = std::find_if(config.upstreams.begin(), config.upstreams.end(),
                               [&](const UpstreamConfig& u) { return u.name == route.upstream; });
  if (upstream != config.upstreams.end()) sink.add(Step::shape, std::make_unique<ResponseRewrite>(route, *upstream));
}

void check_route(const RouteConfig& route, conf::Findings& findings) {
  auto report = [&](std::string key, std::string message, std::string remedy) {
    findings.add({conf::Severity::error, "bad_value", route.place, "route." + std::move(key), std::move(message),
                  std::move(remedy)});
  };
  auto is_token = [](std::string_view s) {
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
      return text::is_alpha(c) || text::is_digit(c) ||
             std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
  };
  constexpr std::string_view kFraming[] = {
      "host", "content-length", "transfer-encoding", "connection", "upgrade", "keep-alive", "te", "trailer", "expect"};
  auto framing = [&](std::string_view name) {
    return std::any_of(std::begin(kFraming), std::end(kFraming),
                       [&](std::string_view f) { return folded_equal(f, name); });
  };
  constexpr std::string_view kCredentials[] = {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key",
                                               "apikey",        "x-auth-token"};
  auto carries_secret = [&](std::string_view name) {
    return std::any_of(std::begin(kCredentials), std::end(kCredentials),
                       [&](std::string_view c) { return folded_equal(c, name); });
  };
  for (const std::string& m : route.methods)
    if (!is_token(m) || std::any_of(m.begin(), m.end(), [](char c) { return c >= 'a' && c <= 'z'; }) ||
        m == "CONNECT" || m == "TRACE")
      report("methods", "`" + text::printable(m) + "` is no method that a route can take",
             "write methods in capitals, for example methods = [\"GET\", \"POST\"]");
  for (const std::string& name : route.remove_request_headers)
    if (!is_token(name) || framing(name))
      report("remove_request_headers", "`" + text::printable(name) + "` cannot be removed",
             "name a request header that does not frame the message");
  for (const auto& [name, value] : route.set_request_headers) {
    if (!is_token(name) || framing(name))
      report("set_request_headers", "`" + text::printable(name) + "` cannot be set",
             "name a request header that does not frame the message; the Host sent upstream is upstream.host_header");
    // Stops: the backend's key in a file that is committed, copied and shown.
    if (carries_secret(name) && !value.empty())
      findings.add({conf::Severity::error, "literal_secret", route.place, "route.set_request_headers",
                    "the value of `" + name + "` is a credential, and it stands in the file itself",
                    "replace it now, it is in the history of this file; then have the backend read it from its own "
                    "environment"});
    if (std::any_of(value.begin(), value.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
      report("set_request_headers", "the value of `" + name + "` holds a control character", "write it on one line");
  }
  for (const std::string& name : route.remove_cookies)
    if (!is_token(name))
      report("remove_cookies", "`" + text::printable(name) + "` is no cookie name",
             "write the name alone, without a value");
  for (const auto& [key, value] : {std::pair<std::string_view, const std::string&>("strip_prefix", route.strip_prefix),
                                   {"add_prefix", route.add_prefix}})
    if (!value.empty() && (value[0] != '/' || value.find_first_of("?#; \t%\\") != std::string::npos ||
                           value.find("//") != std::string::npos || value.find("/.") != std::string::npos))
      report(std::string(key), "`" + text::printable(value) + "` is no plain path",
             "begin with a slash, for example \"/api\"");
  if (route.query.size() > 64) report("query", "more than 64 declared parameters", "declare at most 64");
  for (const QueryParameter& p : route.query) {
    if (p.name.empty() || p.name.find_first_of("&;=+%[.") != std::string::npos)
      report("query", "`" + text::printable(p.name) + "` cannot be a declared parameter",
             "write its plain, decoded name");
    if (p.min > p.max) report("query", "min of `" + p.name + "` is above its max", "swap them");
    if (p.type == QueryParameter::Type::choice && p.values.empty())
      report("query", "`" + p.name + "` is a choice without values", "list them: values = [\"a\", \"b\"]");
  }
}

}  // namespace gatehouse::gate
