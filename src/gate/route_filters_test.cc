#include "gate/route_filters.h"

#include <gtest/gtest.h>

#include <list>
#include <vector>

#include "gate/query_filter.h"
#include "gate/testing/exchange_fixture.h"

namespace gatehouse::gate {
namespace {

using testing::ExchangeFixture;

struct Chain final : FilterSink {
  std::vector<std::pair<Step, std::unique_ptr<Filter>>> filters;
  void add(Step step, std::unique_ptr<Filter> f) override { filters.emplace_back(step, std::move(f)); }
  void add_seal(Step step, std::unique_ptr<Filter> f) override { add(step, std::move(f)); }

  // Walks down until one does not pass.
  Verdict down(Exchange& x) const {
    for (const auto& [step, filter] : filters) {
      Verdict v = ExchangeFixture::settle(filter->request(x));
      if (!std::holds_alternative<Pass>(v)) return v;
    }
    return Pass{};
  }
  Code code(Exchange& x) const {
    Verdict v = down(x);
    return std::holds_alternative<Refusal>(v) ? std::get<Refusal>(v).code : Code::none;
  }
  void up(Exchange& x, http::Response& out) const {
    for (auto f = filters.rbegin(); f != filters.rend(); ++f)
      (void)ExchangeFixture::settle(f->second->response(x, out));
  }
};

struct RouteFilters : ::testing::Test {
  RouteConfig route;
  GateConfig config;
  RouteFilters() {
    route.path = "/api/";
    route.upstream = "app";
    UpstreamConfig app;
    app.name = "app";
    app.servers = {{"http", "127.0.0.1", 9000, "http://127.0.0.1:9000"}, {"http", "backend.internal", 80, "x"}};
    config.upstreams = {app};
  }
  // As in the running gate, the filters outlive every exchange.
  const Chain& build() {
    add_route_filters(route, config, built.emplace_back());
    return built.back();
  }
  std::list<Chain> built;
  Code code(ExchangeFixture& f) { return build().code(f.x); }
  // What the client sees of a backend's field.
  std::string seen(std::string_view name, std::string_view value) {
    ExchangeFixture f("GET", "/api/x");
    http::Response& out = f.answer(302);
    out.fields.add(name, value);
    build().up(f.x, out);
    return std::string(out.fields.get(http::FieldName(name)).value_or("-"));
  }
};

TEST_F(RouteFilters, ADeniedRouteAnswersNobody) {
  route.deny = true;
  for (const char* method : {"GET", "POST", "OPTIONS", "HEAD"}) {
    ExchangeFixture f(method, "/api/x");
    EXPECT_EQ(code(f), Code::denied_route);
  }
}

TEST_F(RouteFilters, AMethodThatIsNotListedGetsTheListInAllow) {
  route.methods = {"GET", "POST"};
  ExchangeFixture f("DELETE", "/api/x");
  const Verdict v = build().down(f.x);
  ASSERT_TRUE(std::holds_alternative<Refusal>(v));
  EXPECT_EQ(std::get<Refusal>(v).code, Code::method_not_allowed);
  EXPECT_EQ(std::get<Refusal>(v).headers.allow, "GET, POST, HEAD, OPTIONS");
}

TEST_F(RouteFilters, HeadGoesWithGetAndCaseMatters) {
  route.methods = {"GET"};
  ExchangeFixture head("HEAD", "/api/x"), get("GET", "/api/x"), lower("get", "/api/x");
  EXPECT_EQ(code(head), Code::none);
  EXPECT_EQ(code(get), Code::none);
  EXPECT_EQ(code(lower), Code::method_not_allowed);
}

TEST_F(RouteFilters, OptionsIsAnsweredWithTheList) {
  route.methods = {"POST"};
  const Chain& chain = build();
  ExchangeFixture f("OPTIONS", "/api/x");
  const Verdict v = chain.down(f.x);
  ASSERT_TRUE(std::holds_alternative<Reply>(v));
  EXPECT_EQ(std::get<Reply>(v).response.status, 204);
  EXPECT_EQ(std::get<Reply>(v).response.fields.get("allow"), "POST, OPTIONS");
  route.methods = {"POST", "OPTIONS"};
  ExchangeFixture g("OPTIONS", "/api/x");
  EXPECT_TRUE(std::holds_alternative<Pass>(build().down(g.x)));
}

TEST_F(RouteFilters, AFieldThatReplacesTheMethodDoesNotReachTheBackend) {
  route.methods = {"POST"};
  ExchangeFixture f("POST", "/api/x");
  f.header("X-HTTP-Method-Override", "DELETE").header("x-http-method", "PUT").header("X-METHOD-OVERRIDE", "PATCH");
  f.header("X-Other", "1");
  EXPECT_EQ(code(f), Code::none);
  EXPECT_EQ(f.request.fields.size(), 1u);
}

TEST_F(RouteFilters, ConnectAndTraceAreNeverTaken) {
  ExchangeFixture connect("CONNECT", "/api/x"), trace("TRACE", "/api/x"), other("PROPFIND", "/api/x");
  EXPECT_EQ(code(connect), Code::method_not_allowed);
  EXPECT_EQ(code(trace), Code::method_not_allowed);
  EXPECT_EQ(code(other), Code::none);
}

TEST_F(RouteFilters, HeadersAreRemovedInEverySpellingAndEveryCopy) {
  route.remove_request_headers = {"X-User-Id"};
  ExchangeFixture f("GET", "/api/x");
  f.header("X-User-Id", "1").header("x_user_id", "2").header("X.USER.ID", "3").header("x-user_id", "4");
  f.header("X-User-Id", "5").header("X-User-Idx", "6");
  EXPECT_EQ(code(f), Code::none);
  ASSERT_EQ(f.request.fields.size(), 1u);
  EXPECT_EQ(f.request.fields.begin()->value, "6");
}

TEST_F(RouteFilters, AForcedHeaderReplacesEverySpelling) {
  route.set_request_headers = {{"Accept", "application/json"}};
  ExchangeFixture f("GET", "/api/x");
  f.header("accept", "text/html").header("ACCEPT", "*/*");
  EXPECT_EQ(code(f), Code::none);
  EXPECT_EQ(f.request.fields.count("accept"), 1u);
  EXPECT_EQ(f.request.fields.get("accept"), "application/json");
}

TEST_F(RouteFilters, CookiesAreRemovedByName) {
  route.remove_cookies = {"sessionid"};
  ExchangeFixture f("GET", "/api/x");
  f.header("Cookie", "a=1; sessionid=2; sessionid=3").header("Cookie", "sessionid=4");
  EXPECT_EQ(code(f), Code::none);
  EXPECT_EQ(f.request.fields.get("cookie"), "a=1");
  EXPECT_EQ(f.request.fields.count("cookie"), 1u);
}

TEST_F(RouteFilters, PrefixesAreStrippedAndAddedOnWholeSegments) {
  route.strip_prefix = "/api/";
  route.add_prefix = "/v1";
  auto upstream_path = [&](std::string_view path) {
    ExchangeFixture f("GET", path);
    const Chain& chain = build();
    const Verdict v = chain.down(f.x);
    if (std::holds_alternative<Refusal>(v)) return std::string(info(std::get<Refusal>(v).code).text);
    EXPECT_EQ(f.x.public_path, path) << "for the record";
    return std::string(f.request.path);
  };
  EXPECT_EQ(upstream_path("/api/users"), "/v1/users");
  EXPECT_EQ(upstream_path("/api/"), "/v1/");
  EXPECT_EQ(upstream_path("/api"), "/v1/");
  EXPECT_EQ(upstream_path("/apix/users"), "not_found");
  EXPECT_EQ(upstream_path("/other"), "not_found");
  route.add_prefix = "";
  EXPECT_EQ(upstream_path("/api/users"), "/users");
  route.strip_prefix = "";
  route.add_prefix = "v2/";
  EXPECT_EQ(upstream_path("/api/users"), "/v2/api/users");
}

TEST_F(RouteFilters, RedirectsOfTheBackendBecomePublic) {
  EXPECT_EQ(seen("Location", "http://127.0.0.1:9000/login?a=1"), "https://app.example.com/login?a=1");
  EXPECT_EQ(seen("Location", "http://BACKEND.internal/x#y"), "https://app.example.com/x#y");
  EXPECT_EQ(seen("Location", "//backend.internal:80/x"), "https://app.example.com/x");
  EXPECT_EQ(seen("Location", "http://app.example.com/x"), "https://app.example.com/x");
  EXPECT_EQ(seen("Location", "http://backend.internal"), "https://app.example.com");
  EXPECT_EQ(seen("Content-Location", "http://127.0.0.1:9000/a"), "https://app.example.com/a");
  EXPECT_EQ(seen("Refresh", "5; url=http://127.0.0.1:9000/a"), "5; url=https://app.example.com/a");
  EXPECT_EQ(seen("Refresh", "0;URL='http://127.0.0.1:9000/a'"), "0;URL='https://app.example.com/a'");
  EXPECT_EQ(seen("Refresh", "5"), "5");
}

TEST_F(RouteFilters, RedirectsElsewhereStayAsTheyAre) {
  for (std::string_view location : {"https://accounts.example.org/o", "/local", "next", "?q", "http://127.0.0.1:9001/x",
                                    "http://backend.internal.evil.example/", "mailto:a@b.example"})
    EXPECT_EQ(seen("Location", location), location);
  route.rewrite_locations = false;
  EXPECT_EQ(seen("Location", "http://127.0.0.1:9000/"), "http://127.0.0.1:9000/");
}

TEST_F(RouteFilters, RedirectsAndCookiePathsMoveBackThroughThePrefixes) {
  route.strip_prefix = "/api";
  route.add_prefix = "/v1";
  EXPECT_EQ(seen("Location", "/v1/users"), "/api/users");
  EXPECT_EQ(seen("Location", "/v1"), "/api");
  EXPECT_EQ(seen("Location", "/v1x/users"), "/v1x/users");
  EXPECT_EQ(seen("Location", "http://127.0.0.1:9000/v1/users?a"), "https://app.example.com/api/users?a");
  EXPECT_EQ(seen("Set-Cookie", "a=1; Path=/v1/; Secure"), "a=1; Path=/api/; Secure");
  route.strip_prefix = "";
  EXPECT_EQ(seen("Location", "/v1"), "/");
}

TEST_F(RouteFilters, TakingAPrefixOffNeverMakesAnotherSiteOfAPath) {
  route.add_prefix = "/v1";
  EXPECT_EQ(seen("Location", "/v1//evil.example/x"), "/.//evil.example/x");
  EXPECT_EQ(seen("Location", "/v1/\\evil.example"), "/./\\evil.example");
  EXPECT_EQ(seen("Location", "/v1/\t/evil.example"), "/./\t/evil.example");
  EXPECT_EQ(seen("Refresh", "0; url=/v1//evil.example"), "0; url=/.//evil.example");
  EXPECT_EQ(seen("Location", "http://127.0.0.1:9000/v1//evil.example"), "https://app.example.com//evil.example");
  EXPECT_EQ(seen("Location", "/v1/users"), "/users");
}

TEST_F(RouteFilters, CookieDomainsOfTheBackendAreDropped) {
  EXPECT_EQ(seen("Set-Cookie", "a=1; Domain=backend.internal; Path=/; Secure"), "a=1; Path=/; Secure");
  EXPECT_EQ(seen("Set-Cookie", "a=1; domain=.Backend.Internal"), "a=1");
  EXPECT_EQ(seen("Set-Cookie", "a=1; Domain=example.com; HttpOnly"), "a=1; Domain=example.com; HttpOnly");
  EXPECT_EQ(seen("Set-Cookie", "a=1"), "a=1");
  EXPECT_EQ(seen("Set-Cookie", "a=Domain=backend.internal"), "a=Domain=backend.internal");
}

TEST_F(RouteFilters, DeclaredQueryParametersAreTypedBoundedAndOnce) {
  QueryParameter page;
  page.name = "page", page.type = QueryParameter::Type::integer, page.min = 1, page.max = 100;
  QueryParameter sort;
  sort.name = "sort", sort.type = QueryParameter::Type::choice, sort.values = {"asc", "desc"};
  QueryParameter needed;
  needed.name = "q", needed.required = true, needed.min = 1, needed.max = 5;
  route.query = {page, sort, needed};
  route.query_declared = true;
  auto judge = [&](const std::string& query) {
    ExchangeFixture f("GET", "/api/x?" + query);
    return code(f);
  };
  for (const char* good : {"q=a", "q=a&page=1&sort=asc", "q=%c3%a9%c3%a9%c3%a9%c3%a9%c3%a9", "page=100&q=abcde"})
    EXPECT_EQ(judge(good), Code::none) << good;
  for (const char* bad : {"",
                          "page=1",
                          "q=",
                          "q=abcdef",
                          "q=a&page=0",
                          "q=a&page=101",
                          "q=a&page=+1",
                          "q=a&page=01",
                          "q=a&page=1e1",
                          "q=a&page=-0",
                          "q=a&page=99999999999999999999",
                          "q=a&sort=up",
                          "q=a&q=b",
                          "q=a&Q=b",
                          "q=a&q[]=b",
                          "q=a&q.x=b",
                          "q=a&other=1",
                          "q=a;page=2",
                          "q=%zz",
                          "q=a&page"})
    EXPECT_EQ(judge(bad), Code::bad_query) << bad;
  route.query_declared = false;
  EXPECT_EQ(judge("q=a&other=1"), Code::none);
}

TEST_F(RouteFilters, BooleansAndUuidsHaveOneForm) {
  QueryParameter p;
  p.type = QueryParameter::Type::boolean;
  EXPECT_TRUE(query_value_fits(p, "true"));
  EXPECT_FALSE(query_value_fits(p, "TRUE"));
  p.type = QueryParameter::Type::uuid;
  EXPECT_TRUE(query_value_fits(p, "123e4567-e89b-12d3-a456-426614174000"));
  EXPECT_FALSE(query_value_fits(p, "123e4567e89b12d3a456426614174000"));
  EXPECT_FALSE(query_value_fits(p, "123e4567-e89b-12d3-a456-42661417400g"));
}

TEST_F(RouteFilters, AParameterThatMustEqualAClaimLetsOnlyItsOwnerIn) {
  QueryParameter user;
  user.name = "user", user.equals_claim = "sub";
  route.query = {user};
  auto judge = [&](const std::string& query, bool signed_in = true) {
    ExchangeFixture f("GET", "/api/x?" + query);
    if (signed_in) {
      auto p = std::make_shared<Principal>();
      p->subject = "user_1";
      p->claims.set("sub", "user_1");
      f.x.identity = {Credential::bearer, p};
    }
    return code(f);
  };
  EXPECT_EQ(judge("user=user_1"), Code::none);
  EXPECT_EQ(judge("user=%75ser_1"), Code::none);
  EXPECT_EQ(judge("user=user_2"), Code::not_owner);
  EXPECT_EQ(judge("user=user_1&user=user_2"), Code::bad_query);
  EXPECT_EQ(judge("user=user_1&USER=user_2"), Code::bad_query);
  EXPECT_EQ(judge(""), Code::bad_query);
  EXPECT_EQ(judge("user=user_1", false), Code::unauthenticated);
}

TEST(CheckRoute, AGoodRouteHasNoFindings) {
  RouteConfig r;
  r.methods = {"GET", "POST"};
  r.strip_prefix = "/api", r.add_prefix = "/v1";
  r.remove_request_headers = {"X-User"}, r.remove_cookies = {"sessionid"};
  r.set_request_headers = {{"Accept", "application/json"}};
  QueryParameter p;
  p.name = "page";
  r.query = {p};
  conf::Findings findings;
  check_route(r, findings);
  EXPECT_TRUE(findings.empty());
}

TEST(CheckRoute, EveryFaultIsNamed) {
  auto faults = [](auto&& spoil) {
    RouteConfig r;
    spoil(r);
    conf::Findings findings;
    check_route(r, findings);
    return findings.all().size();
  };
  EXPECT_EQ(faults([](RouteConfig& r) { r.methods = {"get"}; }), 1u);
  EXPECT_EQ(faults([](RouteConfig& r) { r.methods = {"TRACE"}; }), 1u);
  EXPECT_EQ(faults([](RouteConfig& r) { r.remove_request_headers = {"Content-Length"}; }), 1u);
  EXPECT_EQ(faults([](RouteConfig& r) { r.set_request_headers = {{"Host", "x"}}; }), 1u);
  EXPECT_EQ(faults([](RouteConfig& r) { r.set_request_headers = {{"authorization", "Bearer planted"}}; }), 1u);
  EXPECT_EQ(faults([](RouteConfig& r) { r.set_request_headers = {{"X_Api_Key", "planted"}}; }), 1u);
  EXPECT_EQ(faults([](RouteConfig& r) { r.set_request_headers = {{"X-A", "b\r\nX-C: d"}}; }), 1u);
  EXPECT_EQ(faults([](RouteConfig& r) { r.remove_cookies = {"a=b"}; }), 1u);
  EXPECT_EQ(faults([](RouteConfig& r) { r.strip_prefix = "api"; }), 1u);
  EXPECT_EQ(faults([](RouteConfig& r) { r.add_prefix = "/a/../b"; }), 1u);
  EXPECT_EQ(faults([](RouteConfig& r) { r.query.resize(1); }), 1u);
  EXPECT_EQ(faults([](RouteConfig& r) {
              r.query.resize(1);
              r.query[0].name = "a", r.query[0].type = QueryParameter::Type::choice;
            }),
            1u);
  EXPECT_EQ(faults([](RouteConfig& r) {
              r.query.resize(1);
              r.query[0].name = "a", r.query[0].min = 5, r.query[0].max = 1;
            }),
            1u);
}

}  // namespace
}  // namespace gatehouse::gate
