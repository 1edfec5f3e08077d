// Chooses the route: once, on the normalized path.
//
// A path is a prefix on segment boundaries ("/api" and "/api/" take /api and everything below); "=/health" is exact,
// and where it denies it takes the path with a slash at its end and without; "{id}" takes one segment and names it. The
// most specific route wins: its host named, then more segments, then literals before parameters, then exact before
// prefix, then the order of the file. Among routes for the very same place, the one whose methods take the request; a
// wider route never takes what the narrower one refuses.
//
// Case counts, but some backends (Express, IIS, whatever serves files from Windows or macOS) take "/Admin" for
// "/admin": differs_by_case() tells where that would be another route.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gate/config.h"
#include "gate/exchange.h"

namespace gatehouse::gate {

class Router {
 public:
  // Index i of `routes` is what match() answers with.
  explicit Router(const std::vector<RouteConfig>& routes);
  // The route's index, or -1. Fills x.parameters. `host` is without port.
  int match(std::string_view host, Exchange& x) const;
  // The same question without an exchange, for explaining a configuration. `path` is normal.
  int match(std::string_view host, std::string_view method, std::string_view path) const;
  // Would another route than `chosen` take the request, if upper and lower case were one? Asked of what match() chose.
  bool differs_by_case(std::string_view host, const Exchange& x, int chosen) const;
  bool differs_by_case(std::string_view host, std::string_view method, std::string_view path, int chosen) const;
  // Would a more specific route than `chosen` take the request, if its path were read as some backends read what a
  // route keeps of it (gate/canonical_path.h, Reading)? `path_case_exact` as the chosen route has it.
  bool nears_by_reading(std::string_view host, const Exchange& x, int chosen, bool path_case_exact) const;
  bool nears_by_reading(std::string_view host, std::string_view method, std::string_view path, int chosen,
                        bool path_case_exact, Arena& arena) const;

 private:
  struct Segment {
    std::string text;  // literal, or the parameter's name
    bool parameter = false;
  };
  struct Pattern {
    std::string host;
    std::vector<Segment> segments;
    std::string literal;  // the whole path, when there is no parameter
    bool exact = false, has_parameter = false, deny = false;
    std::vector<std::string> methods;
    int index = 0;
  };
  using Parameters = decltype(Exchange::parameters);
  static bool same_place(const Pattern& a, const Pattern& b);
  enum class Case : std::uint8_t { counts, folded };
  static bool matches(const Pattern& p, std::string_view path, Case letters, Parameters& parameters,
                      std::uint8_t& count);
  int match(std::string_view host, std::string_view method, std::string_view path, Case letters, Parameters& parameters,
            std::uint8_t& count) const;
  std::vector<Pattern> patterns_;  // most specific first
  bool upper_case_ = false;        // some pattern holds a capital letter
};

}  // namespace gatehouse::gate
