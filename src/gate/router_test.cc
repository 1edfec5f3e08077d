#include "gate/router.h"

#include <gtest/gtest.h>

#include "gate/testing/exchange_fixture.h"

namespace gatehouse::gate {
namespace {

std::vector<RouteConfig> routes(std::initializer_list<const char*> paths) {
  std::vector<RouteConfig> all;
  for (const char* p : paths) {
    RouteConfig r;
    r.path = p;
    all.push_back(r);
  }
  return all;
}

int match(const Router& router, std::string_view path, std::string_view method = "GET", std::string_view host = "h") {
  testing::ExchangeFixture f(method, path);
  return router.match(host, f.x);
}

TEST(Router, a_prefix_ends_at_a_segment) {
  Router r(routes({"/", "/api", "/api/admin/"}));
  EXPECT_EQ(match(r, "/"), 0);
  EXPECT_EQ(match(r, "/apiary"), 0);
  EXPECT_EQ(match(r, "/api"), 1);
  EXPECT_EQ(match(r, "/api/x"), 1);
  EXPECT_EQ(match(r, "/api/admin"), 2);
  EXPECT_EQ(match(r, "/api/admin/x/y"), 2);
  EXPECT_EQ(match(r, "/api/administrator"), 1);
}

TEST(Router, the_most_specific_wins_whatever_the_order) {
  Router r(routes({"/users/{id}", "/users/me", "/", "=/users"}));
  EXPECT_EQ(match(r, "/users/me"), 1);
  EXPECT_EQ(match(r, "/users/7"), 0);
  EXPECT_EQ(match(r, "/users"), 3);
  EXPECT_EQ(match(r, "/other"), 2);
}

TEST(Router, an_exact_route_takes_nothing_below_or_beside_it) {
  Router r(routes({"=/health"}));
  EXPECT_EQ(match(r, "/health"), 0);
  EXPECT_EQ(match(r, "/health/"), -1);
  EXPECT_EQ(match(r, "/health/x"), -1);
}

TEST(Router, an_exact_route_that_denies_does_so_with_a_slash_at_the_end_and_without) {
  auto all = routes({"/", "=/admin", "=/old/", "=/u/{id}/keys", "=/"});
  for (std::size_t i = 1; i < 4; ++i) all[i].deny = true;
  Router r(all);
  EXPECT_EQ(match(r, "/admin"), 1);
  EXPECT_EQ(match(r, "/admin/"), 1);
  EXPECT_EQ(match(r, "/admin/x"), 0);
  EXPECT_EQ(match(r, "/old"), 2);
  EXPECT_EQ(match(r, "/old/"), 2);
  EXPECT_EQ(match(r, "/older"), 0);
  EXPECT_EQ(match(r, "/u/7/keys/"), 3);
  EXPECT_EQ(match(r, "/u/7/keys/x"), 0);
  EXPECT_EQ(match(r, "/"), 4);
  auto both = routes({"=/old/", "=/old"});
  both[0].deny = true;
  EXPECT_EQ(match(Router(both), "/old"), 1) << "what is written out comes first";
  EXPECT_EQ(match(Router(both), "/old/"), 0);
}

TEST(Router, parameters_are_named_and_never_empty) {
  Router r(routes({"/users/{id}/notes/{note}"}));
  testing::ExchangeFixture f("GET", "/users/u-1/notes/n%2D2/x");
  ASSERT_EQ(r.match("h", f.x), 0);
  EXPECT_EQ(f.x.parameter("id"), "u-1");
  EXPECT_EQ(f.x.parameter("note"), "n%2D2");
  EXPECT_EQ(f.x.parameter("other"), "");
  EXPECT_EQ(match(r, "/users//notes/x"), -1);
  EXPECT_EQ(match(r, "/users/u/notes/"), -1);
  EXPECT_EQ(match(r, "/users/u/notes"), -1);
}

TEST(Router, a_route_of_the_host_comes_before_one_of_every_host) {
  auto all = routes({"/a/b/c", "/"});
  all[1].host = "admin.example.com";
  Router r(all);
  EXPECT_EQ(match(r, "/a/b/c", "GET", "admin.example.com"), 1);
  EXPECT_EQ(match(r, "/a/b/c", "GET", "www.example.com"), 0);
  EXPECT_EQ(match(r, "/x", "GET", "www.example.com"), -1);
}

TEST(Router, methods_choose_between_routes_of_one_path_and_the_first_one_answers_for_the_rest) {
  auto all = routes({"/items", "/items"});
  all[0].methods = {"GET"};
  all[1].methods = {"POST"};
  Router r(all);
  EXPECT_EQ(match(r, "/items", "GET"), 0);
  EXPECT_EQ(match(r, "/items", "HEAD"), 0);
  EXPECT_EQ(match(r, "/items", "POST"), 1);
  EXPECT_EQ(match(r, "/items", "DELETE"), 0);
}

RouteConfig route(std::string path, std::vector<std::string> methods) {
  RouteConfig r;
  r.path = std::move(path);
  r.methods = std::move(methods);
  return r;
}

TEST(RouterPreflight, IsTheMatterOfTheRouteThatTakesTheAnnouncedMethod) {
  Router router({route("/api/", {"GET"}), route("/api/", {"POST"})});
  testing::ExchangeFixture ask("OPTIONS", "/api/notes");
  ask.header("Origin", "https://shop.example.com").header("Access-Control-Request-Method", "POST");
  EXPECT_EQ(router.match("app.example.com", ask.x), 1);
}

TEST(RouterPreflight, OptionsThatIsNoPreflightIsRoutedByItsOwnMethod) {
  Router router({route("/api/", {"POST"}), route("/api/", {"OPTIONS"})});
  testing::ExchangeFixture plain("OPTIONS", "/api/notes");
  plain.header("Access-Control-Request-Method", "POST");
  EXPECT_EQ(router.match("app.example.com", plain.x), 1);
  testing::ExchangeFixture post("POST", "/api/notes");
  post.header("Origin", "https://shop.example.com").header("Access-Control-Request-Method", "OPTIONS");
  EXPECT_EQ(router.match("app.example.com", post.x), 0);
}

TEST(Router, AMethodLeftOutDoesNotFallToALessSpecificRoute) {
  auto all = std::vector{route("/", {}), route("/admin", {"GET"}), route("=/admin/keys", {"GET"}), route("/", {"GET"})};
  all[3].host = "shop.example.com";
  Router r(all);
  EXPECT_EQ(r.match("h", "POST", "/admin/users"), 1);
  EXPECT_EQ(r.match("h", "DELETE", "/admin/keys"), 2);
  EXPECT_EQ(r.match("shop.example.com", "POST", "/x"), 3);
  EXPECT_EQ(r.match("h", "POST", "/x"), 0);
}

bool differs(const Router& router, std::string_view path, std::string_view method = "GET") {
  testing::ExchangeFixture f(method, path);
  const int chosen = router.match("h", f.x);
  return router.differs_by_case("h", f.x, chosen);
}

TEST(RouterCase, IsToldWhereOtherLettersWouldLeadToAnotherRoute) {
  Router r(routes({"/", "/admin", "/users/{id}", "/users/me", "=/Keys"}));
  for (auto other : {"/Admin", "/ADMIN/users", "/aDmin", "/Users/7", "/users/ME", "/keys", "/KEYS"})
    EXPECT_TRUE(differs(r, other)) << other;
  for (auto same : {"/", "/admin", "/admin/USERS", "/users/Anna", "/users/me/Notes", "/Keys", "/Keys/x", "/Adminx",
                    "/Other", "/favicon.ICO"})
    EXPECT_FALSE(differs(r, same)) << same;
}

TEST(RouterCase, LooksAtMethodsAsRoutingDoes) {
  Router r({route("/", {}), route("/items", {"POST"}), route("/items", {"GET"})});
  EXPECT_TRUE(differs(r, "/Items", "POST"));
  EXPECT_FALSE(differs(r, "/items/A", "POST"));
  EXPECT_FALSE(differs(r, "/items/A", "GET"));
}

TEST(RouterReading, IsToldWhereDecodingWouldLeadToAMoreSpecificRoute) {
  Router r(routes({"/", "/keep", "/keep/closed", "/files/{id}", "/files/{id}/meta", "=/items/{id}", "/Old"}));
  const auto nears = [&](std::string_view path, bool exact = false) {
    testing::ExchangeFixture f("GET", path);
    return r.nears_by_reading("h", f.x, r.match("h", f.x), exact);
  };
  for (auto path :
       {"/keep/%2F/closed", "/keep/%2Fclosed", "/keep%2Fclosed", "/keep;x/closed", "/keep/closed;x",
        "/keep/%252Fclosed/x", "/keep/;a/closed", "/files/a%2Fmeta", "/files/a%2Fmeta/x", "/keep/%2FClosed", "/old;x"})
    EXPECT_TRUE(nears(path)) << path;
  for (auto path : {"/keep/a%2Fb", "/keep/x;closed", "/files/a%2Fb", "/items/a%2Fb", "/items/a;b", "/files/metadata;x",
                    "/keep/x%2Fclosed", "/a;b"})
    EXPECT_FALSE(nears(path)) << path;
  EXPECT_FALSE(nears("/keep/%2FClosed", true));
}

}  // namespace
}  // namespace gatehouse::gate
