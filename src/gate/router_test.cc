#include "gate/router.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace gatehouse::gate {
namespace {

RouteConfig route(std::string path, std::vector<std::string> methods = {}, std::string host = {}) {
  RouteConfig r;
  r.path = std::move(path);
  r.methods = std::move(methods);
  r.host = std::move(host);
  return r;
}

int ask(const std::vector<RouteConfig>& routes, std::string_view path, std::string_view method = "GET",
        std::string_view host = "a.example") {
  return Router(routes).match(host, method, path);
}

TEST(Router, PrefixesEndAtSegments) {
  std::vector<RouteConfig> r = {route("/api"), route("/files/")};
  EXPECT_EQ(ask(r, "/api"), 0);
  EXPECT_EQ(ask(r, "/api/"), 0);
  EXPECT_EQ(ask(r, "/api/x/y"), 0);
  EXPECT_EQ(ask(r, "/apix"), -1);
  EXPECT_EQ(ask(r, "/files"), 1);
  EXPECT_EQ(ask(r, "/files/a"), 1);
  EXPECT_EQ(ask(r, "/"), -1);
}

TEST(Router, ExactMeansExact) {
  std::vector<RouteConfig> r = {route("=/health"), route("=/")};
  EXPECT_EQ(ask(r, "/health"), 0);
  EXPECT_EQ(ask(r, "/health/"), -1);
  EXPECT_EQ(ask(r, "/"), 1);
  EXPECT_EQ(ask(r, "/x"), -1);
}

TEST(Router, TheMostSpecificRouteWinsWhateverTheOrderOfTheFile) {
  std::vector<RouteConfig> r = {route("/"), route("/users/{id}"), route("/users/me"), route("=/users/me"),
                                route("/", {}, "b.example")};
  EXPECT_EQ(ask(r, "/x"), 0);
  EXPECT_EQ(ask(r, "/users/7"), 1);
  EXPECT_EQ(ask(r, "/users/me/x"), 2);
  EXPECT_EQ(ask(r, "/users/me"), 3);
  EXPECT_EQ(ask(r, "/users/me", "GET", "b.example"), 4);
}

TEST(Router, ParametersTakeOneWholeSegment) {
  std::vector<RouteConfig> r = {route("=/users/{id}/notes")};
  EXPECT_EQ(ask(r, "/users/7/notes"), 0);
  EXPECT_EQ(ask(r, "/users/notes"), -1);
  EXPECT_EQ(ask(r, "/users/7/8/notes"), -1);
  EXPECT_EQ(ask(r, "/users/7/notes/x"), -1);
}

TEST(Router, RoutesForOnePlaceShareItByMethod) {
  std::vector<RouteConfig> r = {route("/items/{id}", {"GET"}), route("/items/{name}", {"POST", "PUT"})};
  EXPECT_EQ(ask(r, "/items/1", "GET"), 0);
  EXPECT_EQ(ask(r, "/items/1", "HEAD"), 0);
  EXPECT_EQ(ask(r, "/items/1", "PUT"), 1);
  EXPECT_EQ(ask(r, "/items/1", "DELETE"), 0) << "the first answers 405";
}

TEST(Router, AWiderRouteNeverTakesWhatTheNarrowerOneRefuses) {
  std::vector<RouteConfig> r = {route("/"),
                                route("/api/admin", {"GET"}),
                                route("/api"),
                                route("=/export", {"GET"}),
                                route("/users/{id}", {"GET"}),
                                route("/", {}, "b.example")};
  EXPECT_EQ(ask(r, "/api/admin", "DELETE"), 1);
  EXPECT_EQ(ask(r, "/api/admin/x", "POST"), 1);
  EXPECT_EQ(ask(r, "/export", "POST"), 3);
  EXPECT_EQ(ask(r, "/users/7", "DELETE"), 4);
  EXPECT_EQ(ask(r, "/api/other", "DELETE"), 2);
}

}  // namespace
}  // namespace gatehouse::gate
