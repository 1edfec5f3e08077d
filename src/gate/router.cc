#include "gate/router.h"

#include <algorithm>

#include "base/text.h"
#include "gate/canonical_path.h"

namespace gatehouse::gate {
namespace {

bool has_capital(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// What decides the method for routing: a preflight belongs to the route of the request that it announces, whose rules
// answer it.
std::string_view routed_method(const http::Request& r) {
  static constexpr http::FieldName kOrigin{"Origin"}, kAnnounced{"Access-Control-Request-Method"};
  if (r.method == http::Method::options && r.fields.has(kOrigin))
    return r.fields.get(kAnnounced).value_or(r.method_name);
  return r.method_name;
}

}  // namespace

Router::Router(const std::vector<RouteConfig>& routes) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const RouteConfig& r = routes[i];
    Pattern p;
    p.index = static_cast<int>(i);
    p.host = r.host;
    p.methods = r.methods;
    p.deny = r.deny;
    std::string_view path = r.path;
    if (!path.empty() && path[0] == '=') {
      p.exact = true;
      path.remove_prefix(1);
    }
    if (!p.exact && path.size() > 1 && path.back() == '/') path.remove_suffix(1);
    p.literal = path == "/" && !p.exact ? "" : std::string(path);
    upper_case_ |= has_capital(path);
    std::string_view rest = path;
    while (!rest.empty()) {
      rest.remove_prefix(1);
      auto slash = rest.find('/');
      std::string_view piece = rest.substr(0, slash);
      bool parameter = piece.size() > 2 && piece.front() == '{' && piece.back() == '}';
      if (parameter) piece = piece.substr(1, piece.size() - 2);
      if (!piece.empty() || slash != std::string_view::npos) p.segments.push_back({std::string(piece), parameter});
      p.has_parameter |= parameter;
      rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
    }
    patterns_.push_back(std::move(p));
  }
  std::stable_sort(patterns_.begin(), patterns_.end(), [](const Pattern& a, const Pattern& b) {
    if (a.host.empty() != b.host.empty()) return !a.host.empty();
    if (a.segments.size() != b.segments.size()) return a.segments.size() > b.segments.size();
    for (std::size_t i = 0; i < a.segments.size(); ++i)
      if (a.segments[i].parameter != b.segments[i].parameter) return !a.segments[i].parameter;
    if (a.exact != b.exact) return a.exact;
    if (a.exact && a.deny != b.deny) return b.deny;  // which takes a spelling more than its own
    return false;
  });
}

bool Router::matches(const Pattern& p, std::string_view path, Case letters, Parameters& parameters,
                     std::uint8_t& filled) {
  const auto same = [letters](std::string_view a, std::string_view b) {
    return letters == Case::counts ? a == b : text::iequals(a, b);
  };
  if (!p.has_parameter) {
    if (p.exact) {
      if (same(path, p.literal)) return true;
      if (!p.deny || path.size() < 2 || p.literal.size() < 2) return false;
      // Stops: "/admin/" reaching a backend (Express, Flask) that takes it for "/admin", which is denied.
      const auto bare = [](std::string_view s) { return s.substr(0, s.size() - (s.back() == '/' ? 1 : 0)); };
      return same(bare(path), bare(p.literal));
    }
    return path.size() >= p.literal.size() && same(path.substr(0, p.literal.size()), p.literal) &&
           (path.size() == p.literal.size() || path[p.literal.size()] == '/');
  }
  std::uint8_t count = 0;
  for (const Segment& s : p.segments) {
    if (path.empty()) return false;
    path.remove_prefix(1);
    auto slash = path.find('/');
    std::string_view piece = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
    if (!s.parameter) {
      if (!same(piece, s.text)) return false;
      continue;
    }
    // Stops: an empty owner. "/users//notes" never gets here, and "/users/" must not match "/users/{id}".
    if (piece.empty()) return false;
    if (count < parameters.size()) parameters[count++] = {s.text, piece};
  }
  if (p.exact && !path.empty() && !(p.deny && path == "/")) return false;
  filled = count;
  return true;
}

bool Router::same_place(const Pattern& a, const Pattern& b) {
  return a.exact == b.exact && a.host == b.host &&
         std::equal(a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
                    [](const Segment& s, const Segment& t) {
                      return s.parameter == t.parameter && (s.parameter || s.text == t.text);
                    });
}

int Router::match(std::string_view host, Exchange& x) const {
  return match(host, routed_method(x.request), x.request.path, Case::counts, x.parameters, x.parameter_count);
}

int Router::match(std::string_view host, std::string_view method, std::string_view path) const {
  Parameters parameters;
  std::uint8_t count = 0;
  return match(host, method, path, Case::counts, parameters, count);
}

bool Router::differs_by_case(std::string_view host, const Exchange& x, int chosen) const {
  return differs_by_case(host, routed_method(x.request), x.request.path, chosen);
}

bool Router::differs_by_case(std::string_view host, std::string_view method, std::string_view path, int chosen) const {
  if (!upper_case_ && !has_capital(path)) return false;  // nearly always
  Parameters parameters;
  std::uint8_t count = 0;
  return match(host, method, path, Case::folded, parameters, count) != chosen;
}

bool Router::nears_by_reading(std::string_view host, const Exchange& x, int chosen, bool path_case_exact) const {
  return nears_by_reading(host, routed_method(x.request), x.request.path, chosen, path_case_exact, x.arena);
}

bool Router::nears_by_reading(std::string_view host, std::string_view method, std::string_view path, int chosen,
                              bool path_case_exact, Arena& arena) const {
  Parameters parameters;
  std::uint8_t count = 0;
  for (const Reading how : {Reading::parameters_stay, Reading::parameters_to_slash, Reading::parameters_to_any_slash}) {
    const int other = match(host, method, read_plainly(path, how, arena), path_case_exact ? Case::counts : Case::folded,
                            parameters, count);
    if (other < 0 || other == chosen) continue;
    // The first of the two in the order of patterns_ is the more specific one.
    for (const Pattern& p : patterns_)
      if (p.index == other)
        return true;
      else if (p.index == chosen)
        break;
  }
  return false;
}

int Router::match(std::string_view host, std::string_view method, std::string_view path, Case letters,
                  Parameters& parameters, std::uint8_t& count) const {
  const Pattern* first = nullptr;
  std::uint8_t first_count = 0;
  Parameters first_parameters;
  for (const Pattern& p : patterns_) {
    if (!p.host.empty() && p.host != host) continue;
    // Stops: DELETE /api/admin, which the route for /api/admin does not take, going in by the wider route for /api.
    if (first && !same_place(*first, p)) continue;
    count = 0;
    if (!matches(p, path, letters, parameters, count)) continue;
    bool takes = p.methods.empty();
    for (const auto& m : p.methods) takes |= m == method || (m == "GET" && method == "HEAD");
    if (takes) return p.index;
    if (!first) {
      first = &p;
      first_count = count;
      first_parameters = parameters;
    }
  }
  if (!first) return -1;
  count = first_count;
  parameters = first_parameters;
  return first->index;
}

}  // namespace gatehouse::gate
