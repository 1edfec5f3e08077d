#include <gtest/gtest.h>

#include <map>
#include <string>

#include "controls/access/card.h"
#include "controls/access/control.h"
#include "controls/access/filter.h"
#include "controls/testing/probe_of.h"
#include "controls/testing/read_settings.h"
#include "gate/testing/exchange_fixture.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::access {
namespace {

using gate::Code;
using gate::testing::ExchangeFixture;
using std::chrono::minutes;

constexpr std::int64_t kNow = 1700000000;

std::shared_ptr<gate::Principal> person(std::string_view claims = R"({"sub":"user_1"})",
                                        std::vector<std::string> roles = {}) {
  auto p = std::make_shared<gate::Principal>();
  p->claims = json::parse(claims).value();
  p->subject = p->claims.string_at("sub").value_or("user_1");
  p->session = p->claims.string_at("sid").value_or("");
  p->issued_at = kNow - 10;
  p->roles = std::move(roles);
  return p;
}

struct AccessRules : ::testing::Test {
  ManualClock clock{kNow};
  gate::Revocations list{clock};
  gate::Revocations* revoked = &list;
  AccessSettings settings;

  Code judge(std::shared_ptr<const gate::Principal> who, std::string_view method = "GET", std::string_view path = "/",
             std::string_view id = {}) {
    ExchangeFixture f(method, path);
    if (who) f.x.identity = {gate::Credential::bearer, std::move(who)};
    if (!id.empty()) {
      f.x.parameters[0] = {"id", id};
      f.x.parameter_count = 1;
    }
    AccessFilter filter(settings, revoked);
    return ExchangeFixture::refusal(filter.request(f.x));
  }
};

TEST_F(AccessRules, WhatNobodyStatedIsClosedToEverybody) {
  EXPECT_EQ(judge(nullptr), Code::denied_route);
  EXPECT_EQ(judge(person()), Code::denied_route);
}

TEST_F(AccessRules, PublicIsForEverybody) {
  settings.base.allow = Allow::everybody;
  EXPECT_EQ(judge(nullptr), Code::none);
  EXPECT_EQ(judge(person()), Code::none);
}

TEST_F(AccessRules, SignedInNeedsAnIdentityAndSaysHowToBringOne) {
  settings.base.allow = Allow::signed_in;
  EXPECT_EQ(judge(person()), Code::none);
  ExchangeFixture f;
  AccessFilter filter(settings, revoked);
  auto v = ExchangeFixture::settle(filter.request(f.x));
  ASSERT_TRUE(std::holds_alternative<gate::Refusal>(v));
  EXPECT_EQ(std::get<gate::Refusal>(v).code, Code::unauthenticated);
  EXPECT_EQ(std::get<gate::Refusal>(v).headers.www_authenticate, "Bearer");
}

TEST_F(AccessRules, OneOfTheRolesIsNeeded) {
  settings.base.allow = Allow::signed_in;
  settings.base.roles = {"admin", "editor"};
  EXPECT_EQ(judge(person(R"({"sub":"u"})", {"viewer", "editor"})), Code::none);
  EXPECT_EQ(judge(person(R"({"sub":"u"})", {"viewer"})), Code::forbidden);
  EXPECT_EQ(judge(person(R"({"sub":"u"})", {"Admin"})), Code::forbidden);
  EXPECT_EQ(judge(nullptr), Code::unauthenticated);
}

TEST_F(AccessRules, ClaimsEqualHoldOrAreThere) {
  settings.base.allow = Allow::signed_in;
  settings.base.claims = {{"o.id", {"org_1", "org_2"}}, {"email_verified", {"true"}}, {"plan", {}}};
  EXPECT_EQ(judge(person(R"({"sub":"u","o":{"id":"org_2"},"email_verified":true,"plan":"pro"})")), Code::none);
  EXPECT_EQ(judge(person(R"({"sub":"u","o":{"id":["org_9","org_1"]},"email_verified":true,"plan":"pro"})")),
            Code::none);
  for (std::string_view claims :
       {R"({"sub":"u","o":{"id":"org_3"},"email_verified":true,"plan":"pro"})",
        R"({"sub":"u","o":{"id":"org_1"},"email_verified":false,"plan":"pro"})",
        R"({"sub":"u","o":{"id":"org_1"},"email_verified":true})",
        R"({"sub":"u","o":{"id":"org_1"},"email_verified":true,"plan":null})",
        R"({"sub":"u","o":{"id":"org_1"},"email_verified":true,"plan":false})", R"({"sub":"u"})"})
    EXPECT_EQ(judge(person(claims)), Code::forbidden) << claims;
}

TEST_F(AccessRules, ThePathParameterMustBeTheOwners) {
  settings.base.allow = Allow::signed_in;
  settings.base.owner.path = "id";
  settings.base.owner.except_roles = {"support"};
  EXPECT_EQ(judge(person(), "GET", "/users/user_1", "user_1"), Code::none);
  EXPECT_EQ(judge(person(), "GET", "/users/user_2", "user_2"), Code::not_owner);
  EXPECT_EQ(judge(person(), "GET", "/users/USER_1", "USER_1"), Code::not_owner);
  EXPECT_EQ(judge(person(), "GET", "/users/"), Code::not_owner);
  EXPECT_EQ(judge(person(R"({"sub":"user_1"})", {"support"}), "GET", "/users/user_2", "user_2"), Code::none);
  EXPECT_EQ(judge(person(R"({"sub":"a b"})"), "GET", "/users/a%20b", "a%20b"), Code::none);
  EXPECT_EQ(judge(person(R"({"sub":"a"})"), "GET", "/users/%zz", "%zz"), Code::not_owner);
  settings.base.owner.claim = "account.number";
  EXPECT_EQ(judge(person(R"({"sub":"u","account":{"number":42}})"), "GET", "/", "42"), Code::none);
  EXPECT_EQ(judge(person(R"({"sub":"u","account":{"number":42}})"), "GET", "/", "43"), Code::not_owner);
  EXPECT_EQ(judge(person(R"({"sub":"u"})"), "GET", "/", "42"), Code::not_owner) << "no such claim";
}

TEST_F(AccessRules, AnOwnerIsOneSegmentToEveryBackend) {
  settings.base.allow = Allow::signed_in;
  settings.base.owner.path = "id";
  for (std::string_view id : {"a%2Fb", "a%2fb", "a;b", "a%3Bb", "a%5Cb"})
    EXPECT_EQ(judge(person(R"({"sub":"a/b"})"), "GET", "/", id), Code::not_owner) << id;
  EXPECT_EQ(judge(person(R"({"sub":"a;b"})"), "GET", "/", "a;b"), Code::not_owner);
  EXPECT_EQ(judge(person(R"({"sub":"auth0|1"})"), "GET", "/", "auth0%7C1"), Code::none);
}

TEST_F(AccessRules, TheQueryParameterMustBeTheOwnersAndComeOnce) {
  settings.base.allow = Allow::signed_in;
  settings.base.owner.query = "user";
  EXPECT_EQ(judge(person(), "GET", "/r?user=user_1&x=1"), Code::none);
  EXPECT_EQ(judge(person(), "GET", "/r?%75ser=user_1"), Code::none);
  for (std::string_view path :
       {"/r", "/r?user=user_2", "/r?user=", "/r?user=user_1&user=user_2", "/r?user=user_2&user=user_1",
        "/r?user=user_1&USER=user_2", "/r?user=user_1&user[]=user_2", "/r?user=user_1;user=user_2",
        "/r?user=user_1&x=%zz", "/r?user=user_1%00"})
    EXPECT_EQ(judge(person(), "GET", path), Code::not_owner) << path;
  EXPECT_EQ(judge(person(R"({"sub":"a b"})"), "GET", "/r?user=a+b"), Code::not_owner) << "a plus reads two ways";
}

TEST_F(AccessRules, MethodRulesAddToWhatTheRouteAsks) {
  settings.base.allow = Allow::signed_in;
  settings.base.owner.path = "id";
  MethodRule rule;
  rule.methods = {"DELETE"};
  rule.roles = {"admin"};
  settings.rules = {rule};
  const auto user = person(), admin = person(R"({"sub":"user_1"})", {"admin"});
  EXPECT_EQ(judge(user, "GET", "/", "user_1"), Code::none);
  EXPECT_EQ(judge(user, "DELETE", "/", "user_1"), Code::forbidden);
  EXPECT_EQ(judge(admin, "DELETE", "/", "user_1"), Code::none);
  EXPECT_EQ(judge(admin, "DELETE", "/", "user_2"), Code::not_owner);
}

TEST_F(AccessRules, AMethodRuleMayOpenOrCloseItsMethods) {
  settings.base.allow = Allow::signed_in;
  MethodRule read, write;
  read.methods = {"GET"}, read.allow = Allow::everybody, read.allow_written = true;
  write.methods = {"PUT"}, write.allow = Allow::nobody, write.allow_written = true;
  settings.rules = {read, write};
  EXPECT_EQ(judge(nullptr, "GET"), Code::none);
  EXPECT_EQ(judge(nullptr, "HEAD"), Code::none) << "HEAD goes with GET";
  EXPECT_EQ(judge(nullptr, "POST"), Code::unauthenticated);
  EXPECT_EQ(judge(person(), "POST"), Code::none);
  EXPECT_EQ(judge(person(), "PUT"), Code::denied_route);
}

TEST_F(AccessRules, HeadIsNoWayAroundARuleForGet) {
  settings.base.allow = Allow::everybody;
  MethodRule rule;
  rule.methods = {"GET"}, rule.allow = Allow::signed_in, rule.allow_written = true;
  settings.rules = {rule};
  EXPECT_EQ(judge(nullptr, "HEAD"), Code::unauthenticated);
  EXPECT_EQ(judge(nullptr, "POST"), Code::none);
}

TEST_F(AccessRules, WhereMethodsDecideNoFieldReplacesTheMethod) {
  settings.base.allow = Allow::everybody;
  MethodRule rule;
  rule.methods = {"DELETE"}, rule.allow = Allow::nobody, rule.allow_written = true;
  settings.rules = {rule};
  ExchangeFixture f("POST", "/");
  f.header("X-HTTP-Method-Override", "DELETE");
  AccessFilter filter(settings, revoked);
  EXPECT_TRUE(ExchangeFixture::passes(filter.request(f.x)));
  EXPECT_EQ(f.request.fields.size(), 0u);
}

TEST_F(AccessRules, ARevokedSessionOrSubjectIsOutAtOnceEvenOnPublicRoutes) {
  settings.base.allow = Allow::signed_in;
  const auto who = person(R"({"sub":"user_1","sid":"sess_1"})");
  EXPECT_EQ(judge(who), Code::none);
  gate::Revocation r;
  r.kind = gate::Revocation::Kind::session, r.value = "sess_1";
  ASSERT_TRUE(revoked->add(r));
  EXPECT_EQ(judge(who), Code::revoked);
  EXPECT_EQ(judge(person(R"({"sub":"user_1","sid":"sess_2"})")), Code::none);
  settings.base.allow = Allow::everybody;
  EXPECT_EQ(judge(who), Code::revoked);
  EXPECT_EQ(judge(nullptr), Code::none);
  ASSERT_TRUE(revoked->lift(r.kind, "sess_1"));
  EXPECT_EQ(judge(who), Code::none);
}

TEST_F(AccessRules, AStepUpIsAskedForByItsOwnCode) {
  settings.base.allow = Allow::signed_in;
  settings.base.step_up.max_age = minutes(10);
  EXPECT_EQ(judge(person(R"({"sub":"u","auth_time":1699999900})")), Code::none);
  EXPECT_EQ(judge(person(R"({"sub":"u","auth_time":1699990000})")), Code::step_up_required);
  EXPECT_EQ(judge(person(R"({"sub":"u"})")), Code::step_up_required);
}

bool fresh(std::string_view claims, Duration max_age, bool second = false) {
  return satisfies({max_age, second}, *person(claims), kNow);
}

TEST(StepUp, ClerkTellsMinutesSinceEachFactor) {
  EXPECT_TRUE(fresh(R"({"fva":[5,-1]})", minutes(10)));
  EXPECT_FALSE(fresh(R"({"fva":[10,-1]})", minutes(10)))
      << "ten minutes when the token was made, and ten seconds since";
  EXPECT_FALSE(fresh(R"({"fva":[-1,-1]})", minutes(10)));
  EXPECT_FALSE(fresh(R"({"fva":[5,-1]})", {}, true));
  EXPECT_TRUE(fresh(R"({"fva":[500,3]})", minutes(10), true));
  EXPECT_FALSE(fresh(R"({"fva":[3,500]})", minutes(10), true)) << "the second factor is what must be fresh";
  EXPECT_FALSE(fresh(R"({"fva":[5]})", minutes(10)));
  EXPECT_FALSE(fresh(R"({"fva":["5","5"]})", minutes(10)));
}

TEST(StepUp, SupabaseTellsLevelAndTimestamps) {
  EXPECT_TRUE(fresh(
      R"({"aal":"aal2","amr":[{"method":"password","timestamp":1699990000},{"method":"totp","timestamp":1699999900}]})",
      minutes(10), true));
  EXPECT_FALSE(fresh(
      R"({"aal":"aal2","amr":[{"method":"password","timestamp":1699999900},{"method":"totp","timestamp":1699990000}]})",
      minutes(10), true));
  EXPECT_FALSE(fresh(R"({"aal":"aal1","amr":[{"method":"password","timestamp":1699999900}]})", minutes(10), true));
  EXPECT_TRUE(fresh(R"({"aal":"aal1","amr":[{"method":"password","timestamp":1699999900}]})", minutes(10)));
}

TEST(StepUp, OpenIdTellsMethodsAndATime) {
  EXPECT_TRUE(fresh(R"({"amr":["pwd","mfa"],"auth_time":1699999900})", minutes(10), true));
  EXPECT_FALSE(fresh(R"({"amr":["pwd"],"auth_time":1699999900})", minutes(10), true));
  EXPECT_FALSE(fresh(R"({"auth_time":1700009999})", minutes(10))) << "a sign-in of the future";
  EXPECT_FALSE(fresh(R"({"auth_time":"1699999900"})", minutes(10)));
}

TEST(AccessSettings, AreReadFromText) {
  auto r = testing::read_settings(*make(), R"(
allow = "signed_in"
roles = ["staff"]
owner = { path = "id", claim = "sub", except_roles = ["admin"] }
step_up = { max_age = "10m", second_factor = true }
[[claim]]
name = "o.id"
values = ["org_1"]
[[rule]]
methods = ["delete"]
roles = ["admin"]
[[rule]]
methods = ["GET"]
allow = "public"
)");
  EXPECT_EQ(r.keys(), "");
  const auto& s = r.as<AccessSettings>();
  EXPECT_EQ(s.base.allow, Allow::signed_in);
  EXPECT_EQ(s.base.owner.path, "id");
  EXPECT_EQ(s.base.step_up.max_age, minutes(10));
  ASSERT_EQ(s.base.claims.size(), 1u);
  ASSERT_EQ(s.rules.size(), 2u);
  EXPECT_EQ(s.rules[0].methods, std::vector<std::string>{"DELETE"});
  EXPECT_FALSE(s.rules[0].allow_written);
  EXPECT_TRUE(s.rules[1].allow_written);
}

TEST(AccessSettings, WhatContradictsItselfIsNamed) {
  auto keys = [](std::string_view text) { return testing::read_settings(*make(), text).keys(); };
  EXPECT_EQ(keys("roles = [\"a\"]"), "allow");
  EXPECT_EQ(keys("allow = \"public\"\nroles = [\"a\"]"), "allow");
  EXPECT_NE(keys("allow = \"signed_in\"\nowner = { claim = \"sub\" }"), "");
  EXPECT_NE(keys("allow = \"signed_in\"\nowner = { path = \"id\", query = \"id\" }"), "");
  EXPECT_NE(keys("allow = \"signed_in\"\nowner = { path = \"id\", claim = \"unsafe_metadata.id\" }"), "");
  EXPECT_NE(keys("allow = \"signed_in\"\n[[claim]]\nname = \"unsafe_metadata.admin\""), "");
  EXPECT_NE(keys("allow = \"public\"\n[[rule]]\nmethods = [\"DELETE\"]\nroles = [\"a\"]"), "");
  EXPECT_NE(keys("allow = \"signed_in\"\n[[rule]]\nmethods = [\"GET\"]\nallow = \"public\"\nroles = [\"a\"]"), "");
  EXPECT_NE(keys("allow = \"signed_in\"\n[[rule]]\nmethods = []"), "");
  EXPECT_NE(
      keys("[[rule]]\nmethods = [\"GET\"]\nallow = \"public\"\n[[rule]]\nmethods = [\"GET\"]\nallow = \"signed_in\""),
      "");
}

TEST(AccessControl, CannotBeSwitchedOffOrOnlyObserve) {
  EXPECT_FALSE(make()->can_disable());
  EXPECT_FALSE(make()->can_observe());
}

std::string findings(const AccessSettings& s, std::string_view path, bool encoded_slash_keep = false) {
  gate::RouteConfig route;
  route.encoded_slash_keep = encoded_slash_keep;
  route.path = path;
  std::vector<proof::Finding> found;
  make()->check(s, {}, route, found);
  std::string ids;
  for (const auto& f : found) ids += f.id + " ";
  return ids;
}

TEST(AccessCheck, FindsTheUnstatedTheUnownedAndTheUnreachable) {
  AccessSettings s;
  EXPECT_EQ(findings(s, "/api/"), "GH-ACCESS-UNSTATED ");
  s.written = true;
  EXPECT_EQ(findings(s, "/.git/"), "") << "access = \"nobody\" is a statement";
  s.written = false;
  EXPECT_EQ(findings(s, ""), "") << "the built-in routes";
  s.base.allow = Allow::signed_in;
  EXPECT_EQ(findings(s, "/api/"), "");
  EXPECT_EQ(findings(s, "/users/{id}"), "GH-ACCESS-OWNER ");
  s.base.unowned = "  ";
  EXPECT_EQ(findings(s, "/users/{id}"), "GH-ACCESS-OWNER ") << "a reason has words";
  s.base.unowned = "the application looks it up by user and id";
  EXPECT_EQ(findings(s, "/users/{id}"), "");
  s.base.unowned.clear();
  s.base.owner.path = "id";
  EXPECT_EQ(findings(s, "/users/{id}"), "");
  EXPECT_EQ(findings(s, "/users/{user}"), "GH-ACCESS-PARAMETER ");
  EXPECT_EQ(findings(s, "/users/{id}", true), "GH-ACCESS-OPAQUE ");
}

// A site whose protected path answers so, whatever the method.
proof::FakeTarget site(int status, bool challenge, int head_status = 0, std::string options_body = "") {
  proof::FakeTarget t([=](const proof::Sent& s) -> Result<proof::Seen> {
    proof::Seen answer;
    answer.status = s.method == "HEAD" && head_status ? head_status : status;
    if (s.method == "OPTIONS" && !options_body.empty()) answer.status = 200, answer.body = options_body;
    if (challenge) answer.headers = {{"www-authenticate", "Bearer"}};
    return answer;
  });
  t.path("protected", "/api/me");
  return t;
}

proof::Holds probe(std::string_view id, proof::FakeTarget t) {
  return testing::probe_of(probe_list(), id).run(t).holds;
}

TEST(AccessProbes, TellTheGoodSiteFromTheBadOne) {
  EXPECT_EQ(probe("AU-001", site(401, true)), proof::Holds::yes);
  EXPECT_EQ(probe("AU-001", site(302, false)), proof::Holds::yes);
  EXPECT_EQ(probe("AU-001", site(200, false)), proof::Holds::no);
  EXPECT_EQ(probe("AU-001", site(502, false)), proof::Holds::unknown);
  EXPECT_EQ(probe("AU-002", site(401, true)), proof::Holds::yes);
  EXPECT_EQ(probe("AU-002", site(401, false)), proof::Holds::no);
  EXPECT_EQ(probe("AU-002", site(403, false)), proof::Holds::unknown);
  EXPECT_EQ(probe("AU-009", site(401, true)), proof::Holds::yes);
  EXPECT_EQ(probe("AU-009", site(401, true, 200)), proof::Holds::no);
  EXPECT_EQ(probe("AU-009", site(401, true, 0, std::string(600, 'x'))), proof::Holds::no);
}

TEST(AccessProbes, SayWhatTheyCouldNotSee) {
  proof::FakeTarget nowhere([](const proof::Sent&) -> Result<proof::Seen> { return proof::Seen{}; });
  proof::FakeTarget down([](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "down"); });
  down.path("protected", "/api/me");
  for (const auto& p : probe_list()) {
    EXPECT_EQ(p.run(nowhere).holds, proof::Holds::unknown) << p.id;
    EXPECT_EQ(p.run(down).holds, proof::Holds::unknown) << p.id;
  }
}

}  // namespace
}  // namespace gatehouse::controls::access
