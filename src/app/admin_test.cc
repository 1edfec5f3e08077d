#include "app/admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/testing/little_site.h"
#include "base/json.h"
#include "base/testing/temporary_folder.h"
#include "net/http/blocking_client.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;

// The admin listener on a free port, over a real policy whose doors are open to nobody yet.
class AdminTest : public ::testing::Test {
 protected:
  AdminTest() {
    auto opened = Wire::open({clock, entropy, [](std::string_view) { return std::nullopt; }, folder.path(), 1});
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().text());
    wire = std::move(*opened);
    conf::Findings findings;
    const std::vector<std::string> listen = {"http://127.0.0.1:0"};
    policy = controls::dev_policy(listen, "http://127.0.0.1:9", wire->catalog(), clock, findings);
    EXPECT_FALSE(findings.has_errors()) << conf::render_text(findings, false);
    policy.config.state_dir = folder.path();
    auto made = Server::open(*wire, policy.config, nullptr);
    EXPECT_TRUE(made) << (made ? "" : made.error().text());
    server = std::move(*made);
    ServiceConfigs services;
    auto gate = wire->build(std::move(policy), services);
    EXPECT_TRUE(gate) << (gate ? "" : gate.error().text());
    server->start(std::move(*gate));
    admin = open("sesame");
  }
  ~AdminTest() override {
    admin.reset();
    server.reset();
    wire.reset();
  }
  AdminTest(const AdminTest&) = delete;
  AdminTest& operator=(const AdminTest&) = delete;

  std::unique_ptr<Admin> open(std::string token) {
    auto url = conf::ServerUrl::parse("http://127.0.0.1:0");
    EXPECT_TRUE(url);
    auto opened = Admin::open({*wire, *server, std::move(token),
                               [this]() -> Result<std::string> {
                                 ++reloads;
                                 if (!reload_fault.empty()) return fail(Source::us, "bad_configuration", reload_fault);
                                 return "the new policy serves";
                               }},
                              *url);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().text());
    return std::move(*opened);
  }
  http::BlockingAnswer ask(const std::string& method, const std::string& path, http::HeaderList headers = {},
                           const std::string& body = {}) {
    http::BlockingClient client(clock, {});
    http::BlockingRequest request{method, admin->listening().text + path, std::move(headers), body};
    auto answer = client.send(request);
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().text());
    return answer ? *answer : http::BlockingAnswer{};
  }
  http::BlockingAnswer as_operator(const std::string& method, const std::string& path, const std::string& body = {}) {
    return ask(method, path, {{"Authorization", "Bearer sesame"}}, body);
  }
  static std::string code(const http::BlockingAnswer& a) {
    const auto doc = json::parse(a.body);
    const json::Value* error = doc ? doc->find("error") : nullptr;
    return error ? std::string(error->string_at("code").value_or("")) : "";
  }

  const TemporaryFolder folder;
  SystemClock clock;
  CountingEntropy entropy;
  std::unique_ptr<Wire> wire;
  controls::Policy policy;
  std::unique_ptr<Server> server;
  std::unique_ptr<Admin> admin;
  int reloads = 0;
  std::string reload_fault;
};

TEST_F(AdminTest, tells_whether_it_lives_is_ready_and_how_it_fares_without_a_token) {
  EXPECT_EQ(ask("GET", "/.gatehouse/live").status, 200);
  EXPECT_EQ(ask("GET", "/.gatehouse/ready").body, "{\"ready\":true}\n");
  const auto metrics = ask("GET", "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(std::string(metrics.header("content-type")), HasSubstr("text/plain"));
  EXPECT_THAT(metrics.body, HasSubstr("gatehouse_buffered_bytes_left"));
  for (const auto& a : {ask("GET", "/.gatehouse/live"), ask("GET", "/nothing")}) {
    EXPECT_EQ(a.header("cache-control"), "no-store");
    EXPECT_EQ(a.header("x-content-type-options"), "nosniff");
  }
}

// Stops: a scrape that comes a moment too early and ends the program.
TEST_F(AdminTest, is_not_ready_before_there_is_a_policy_and_can_be_scraped_all_the_same) {
  conf::Findings findings;
  const std::vector<std::string> listen = {"http://127.0.0.1:0"};
  auto early = controls::dev_policy(listen, "http://127.0.0.1:9", wire->catalog(), clock, findings);
  early.config.state_dir = folder.path();
  auto made = Server::open(*wire, early.config, nullptr);
  ASSERT_TRUE(made) << made.error().text();
  admin.reset();
  server = std::move(*made);
  admin = open("sesame");
  EXPECT_EQ(ask("GET", "/.gatehouse/live").status, 200);
  EXPECT_EQ(ask("GET", "/.gatehouse/ready").status, 503);
  EXPECT_EQ(ask("GET", "/metrics").status, 200);
}

TEST_F(AdminTest, says_that_it_is_not_ready_while_it_drains) {
  EXPECT_TRUE(server->drain(std::chrono::seconds(0)));
  const auto a = ask("GET", "/.gatehouse/ready");
  EXPECT_EQ(a.status, 503);
  EXPECT_EQ(a.body, "{\"ready\":false}\n");
  EXPECT_EQ(ask("GET", "/.gatehouse/live").status, 200) << "it lives on until the last request ended";
}

// Stops: any program of this machine that reloads, revokes or reads events.
TEST_F(AdminTest, everything_else_needs_the_token_once_and_whole) {
  for (const char* path : {"/.gatehouse/reload", "/revocations", "/webhooks/events", "/nothing"}) {
    EXPECT_EQ(ask("POST", path).status, 401) << path;
    EXPECT_EQ(ask("POST", path, {{"Authorization", "Bearer sesam"}}).status, 401) << path;
    EXPECT_EQ(ask("POST", path, {{"Authorization", "Basic sesame"}}).status, 401) << path;
    EXPECT_EQ(code(ask("GET", path, {{"Authorization", "Bearer sesame"}, {"Authorization", "Bearer sesame"}})),
              "unauthenticated");
  }
  EXPECT_EQ(reloads, 0);
  admin.reset();
  admin = open("");
  EXPECT_EQ(ask("POST", "/.gatehouse/reload", {{"Authorization", "Bearer "}}).status, 401) << "no token, no door";
  EXPECT_EQ(reloads, 0);
}

// Stops: a page in a browser of this machine that talks to the port.
TEST_F(AdminTest, answers_no_browser_and_no_other_name) {
  for (const http::HeaderList& headers :
       {http::HeaderList{{"Origin", "http://evil.example"}}, http::HeaderList{{"Sec-Fetch-Site", "cross-site"}},
        http::HeaderList{{"Host", "evil.example"}}}) {
    const auto a = ask("GET", "/metrics", headers);
    EXPECT_EQ(a.status, 403) << headers.front().first;
    EXPECT_EQ(code(a), "forbidden");
  }
  EXPECT_EQ(ask("GET", "/metrics", {{"Host", "localhost"}}).status, 200);
}

TEST_F(AdminTest, reloads_by_post_and_tells_why_not) {
  EXPECT_EQ(code(as_operator("GET", "/.gatehouse/reload")), "method_not_allowed");
  EXPECT_EQ(reloads, 0);
  const auto done = as_operator("POST", "/.gatehouse/reload");
  EXPECT_EQ(done.status, 200);
  EXPECT_THAT(done.body, HasSubstr("the new policy serves"));
  reload_fault = "the new file has findings";
  const auto refused = as_operator("POST", "/.gatehouse/reload");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(code(refused), "bad_configuration");
  EXPECT_THAT(refused.body, HasSubstr("the new file has findings"));
  EXPECT_EQ(reloads, 2);
}

TEST_F(AdminTest, keeps_the_list_of_revocations) {
  EXPECT_EQ(as_operator("POST", "/revocations", R"({"kind":"session","value":"sess_1"})").status, 201);
  gate::Principal p;
  p.session = "sess_1", p.issued_at = 1;
  EXPECT_TRUE(wire->revocations().refuses(p));
  EXPECT_THAT(as_operator("GET", "/revocations").body, HasSubstr("sess_1"));
  EXPECT_EQ(as_operator("DELETE", "/revocations", R"({"kind":"session","value":"sess_1"})").status, 200);
  EXPECT_FALSE(wire->revocations().refuses(p));
  EXPECT_EQ(as_operator("POST", "/revocations", "{").status, 400);
}

TEST_F(AdminTest, says_that_there_is_nothing_where_there_is_nothing) {
  EXPECT_EQ(code(as_operator("GET", "/nothing")), "not_found");
  const auto a = as_operator("GET", "/webhooks/events");
  EXPECT_EQ(a.status, 404);
  EXPECT_THAT(a.body, HasSubstr("No webhook endpoint is configured"));
}

TEST_F(AdminTest, a_body_over_the_bound_does_nothing) {
  const auto a = as_operator("POST", "/revocations", std::string(70'000, ' ') + R"({"kind":"everything"})");
  EXPECT_EQ(a.status, 413);
  EXPECT_EQ(code(a), "too_large");
  EXPECT_EQ(as_operator("GET", "/revocations").body.find("everything"), std::string::npos);
}

TEST_F(AdminTest, a_port_that_is_taken_is_a_problem_and_no_crash) {
  const testing::LittleSite other([](const std::string&) { return std::string(); });
  const auto url = conf::ServerUrl::parse(other.url());
  ASSERT_TRUE(url);
  auto again = Admin::open({*wire, *server, "x", [] { return Result<std::string>("x"); }}, *url);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "listen");
}

}  // namespace
}  // namespace gatehouse::app
