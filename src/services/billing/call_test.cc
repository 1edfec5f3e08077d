#include "services/billing/call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::services::billing {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kKey = "sk_test_4eC39HqLyjWDarjtT1";

Call post(std::string path) {
  Call c;
  c.method = "POST";
  c.path = std::move(path);
  c.params.set("email", "a@example.com");
  c.idempotency_key = "k1";
  return c;
}

std::string header(const Composed& c, std::string_view name) {
  for (const auto& [n, v] : c.headers)
    if (n == name) return v;
  return "(none)";
}

TEST(Call, CarriesKeyVersionAccountAndIdempotencyKey) {
  Composed c = compose(post("/v1/customers"), Secret(kKey), "acct_1");
  EXPECT_EQ(c.body, "email=a%40example.com");
  EXPECT_EQ(c.query, "");
  EXPECT_EQ(header(c, "Authorization"), "Bearer " + std::string(kKey));
  EXPECT_EQ(header(c, "Stripe-Version"), kApiVersion);
  EXPECT_EQ(header(c, "Stripe-Account"), "acct_1");
  EXPECT_EQ(header(c, "Idempotency-Key"), "k1");
}

TEST(Call, PutsTheParametersOfAGetIntoTheQuery) {
  Call c;
  c.path = "/v1/prices";
  c.params.set("limit", 100);
  Composed made = compose(c, Secret(kKey), "");
  EXPECT_EQ(made.query, "limit=100");
  EXPECT_EQ(made.body, "");
  EXPECT_EQ(header(made, "Idempotency-Key"), "(none)");
  EXPECT_EQ(header(made, "Stripe-Account"), "(none)");
}

TEST(Call, ASecondTryIsWorthwhileWhereStripeSaysSoOrTheFaultPasses) {
  for (int status : {409, 429, 500, 502, 503}) EXPECT_TRUE(worth_retrying({status, "", "", "", ""})) << status;
  for (int status : {200, 400, 401, 402, 403, 404}) EXPECT_FALSE(worth_retrying({status, "", "", "", ""})) << status;
  EXPECT_FALSE(worth_retrying({500, "", "", "false", ""}));
  EXPECT_TRUE(worth_retrying({400, "", "", "true", ""}));
}

TEST(Call, PausesGrowAndKeepToTheirBounds) {
  using std::chrono::milliseconds;
  EXPECT_EQ(pause_before(1, 255, ""), milliseconds(500));
  EXPECT_EQ(pause_before(2, 255, ""), milliseconds(1000));
  EXPECT_EQ(pause_before(2, 0, ""), milliseconds(500));
  EXPECT_EQ(pause_before(9, 255, ""), milliseconds(5000));
  EXPECT_EQ(pause_before(1, 0, "3"), milliseconds(3000));
  EXPECT_EQ(pause_before(1, 0, "86400"), milliseconds(500));
}

struct Case {
  int status;
  std::string_view error, code;
};

TEST(Call, EveryFailureHasItsCode) {
  for (const Case& c : {
           Case{400, R"({"type":"invalid_request_error","param":"mode"})", "upstream_refused"},
           Case{401, R"({"type":"invalid_request_error"})", "upstream_refused"},
           Case{403, R"({"type":"invalid_request_error"})", "upstream_refused"},
           Case{400, R"({"type":"idempotency_error"})", "upstream_refused"},
           Case{402, R"({"type":"card_error","code":"card_declined","decline_code":"stolen_card"})",
                "payment_declined"},
           Case{404, R"({"type":"invalid_request_error","code":"resource_missing"})", "stripe_missing"},
           Case{400, R"({"type":"invalid_request_error","code":"resource_missing","param":"customer"})",
                "stripe_missing"},
           Case{409, R"({"type":"invalid_request_error","code":"lock_timeout"})", "payment_unavailable"},
           Case{429, R"({"type":"invalid_request_error"})", "payment_unavailable"},
           Case{400, R"({"type":"invalid_request_error","code":"rate_limit"})", "payment_unavailable"},
           Case{500, R"({"type":"api_error"})", "payment_unavailable"},
       }) {
    Answered a{c.status, "{\"error\":" + std::string(c.error) + "}", "req_1", "", ""};
    auto r = judge(post("/v1/x"), a);
    ASSERT_FALSE(r.has_value());
    EXPECT_EQ(r.error().code, c.code) << c.status << c.error;
    EXPECT_EQ(r.error().source, Source::origin);
    EXPECT_THAT(r.error().detail, HasSubstr("POST /v1/x " + std::to_string(c.status)));
    EXPECT_THAT(r.error().detail, HasSubstr("req_1"));
  }
  EXPECT_EQ(judge(post("/v1/x"), {200, "{\"id\": \"cus_", "", "", ""}).error().code, "payment_unavailable");
  EXPECT_EQ(judge(post("/v1/x"), {502, "<html>", "", "", ""}).error().code, "payment_unavailable");
  EXPECT_EQ(judge(post("/v1/x"), {200, R"({"id":"cus_1"})", "", "", ""})->string_at("id"), "cus_1");
}

TEST(Call, TheRecordNeverRepeatsAMessage) {
  Answered a{401, R"({"error":{"type":"invalid_request_error","message":"Invalid API Key provided: sk_test_4eC39"}})",
             "", "", ""};
  EXPECT_THAT(judge(post("/v1/x"), a).error().detail, Not(HasSubstr("sk_test")));
}

TEST(Call, NamesThePermissionThatAKeyLacks) {
  Answered a{403, R"({"error":{"message":"The key lacks it. Having the 'rak_customer_write' permission would help."}})",
             "", "", ""};
  EXPECT_EQ(missing_permission(a), "rak_customer_write");
  EXPECT_EQ(missing_permission({403, "{}", "", "", ""}), "");
  EXPECT_EQ(missing_permission({401, a.body, "", "", ""}), "");
}

}  // namespace
}  // namespace gatehouse::services::billing
