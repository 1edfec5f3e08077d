#include "app/webhooks_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "app/testing/variables.h"
#include "base/json.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kBody = R"({"id":"evt_1","object":"event","type":"checkout.session.completed"})";
constexpr std::string_view kHeader =
    "Stripe-Signature: t=1700000000,v1=d1e4aa90551919f198c22ba0a9691b35338d4b631d54ce1f1465e93b1d41c430";

class WebhooksSignature : public ::testing::Test {
 protected:
  int run(std::vector<std::string> words, std::string_view input) {
    std::istringstream in{std::string(input)};
    std::ostringstream out, err;
    const testing::Variables variables{{"SECRET", "whsec_test_secret"}, {"EMPTY", ""}};
    World world{in, out, err, false, testing::seen_in(variables), clock_, entropy_};
    words.insert(words.begin(), "webhooks");
    const int code = dispatch(webhooks_signature_commands(), words, world);
    out_ = out.str();
    err_ = err.str();
    return code;
  }

  ManualClock clock_;
  CountingEntropy entropy_;
  std::string out_, err_;
};

TEST_F(WebhooksSignature, TellsIdAndTypeOfAValidRequest) {
  EXPECT_EQ(run({"verify", "-p", "stripe", "-s", "SECRET", "-H", std::string(kHeader)}, kBody), kOk) << out_ << err_;
  const auto line = json::parse(out_).value();
  EXPECT_EQ(line.string_at("id"), "evt_1");
  EXPECT_EQ(line.string_at("type"), "checkout.session.completed");
  EXPECT_EQ(line.string_at("id_from"), "body");
}

TEST_F(WebhooksSignature, RefusesWithReasonAndStatusAndTellsNothingOfTheEvent) {
  EXPECT_EQ(run({"verify", "-p", "stripe", "-s", "SECRET", "-H", std::string(kHeader)}, std::string(kBody) + "\n"),
            kFindings);
  EXPECT_THAT(out_, HasSubstr(R"("code":"signature_mismatch","status":401)"));
  EXPECT_THAT(out_, ::testing::Not(HasSubstr("evt_1")));
  EXPECT_EQ(run({"verify", "-p", "stripe", "-s", "SECRET", "-H", std::string(kHeader), "--now", "1700000301"}, kBody),
            kFindings);
  EXPECT_THAT(out_, HasSubstr("timestamp_too_old"));
}

TEST_F(WebhooksSignature, CannotBeAskedWithoutASecret) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"verify", "-p", "stripe"},
                                                {"verify", "-p", "stripe", "-s", "ABSENT"},
                                                {"verify", "-p", "stripe", "-s", "EMPTY"},
                                                {"verify", "-s", "SECRET"},
                                                {"verify", "-p", "strpe", "-s", "SECRET"},
                                                {"verify", "-p", "twilio", "-s", "SECRET"},
                                                {"verify", "-p", "svix", "-s", "SECRET"},
                                                {"verify", "-p", "stripe", "-s", "SECRET", "-o", "tolerance = \"2h\""},
                                                {"verify", "-p", "stripe", "-s", "SECRET", "-H", "a b: c"}}) {
    EXPECT_EQ(run(words, kBody), kUsage) << ::testing::PrintToString(words);
    EXPECT_EQ(out_, "");
    EXPECT_THAT(err_, HasSubstr("gatehouse: "));
    EXPECT_THAT(err_, ::testing::Not(HasSubstr("whsec_test_secret")));
  }
}

TEST_F(WebhooksSignature, JudgesABatchLineByLine) {
  const std::string line =
      R"({"provider":"stripe","secret_env":["SECRET"],"now":1700000000,"headers":[["stripe-signature",")" +
      std::string(kHeader.substr(18)) + R"("]],"body":)";
  std::string quoted;
  json::write_string(quoted, kBody);
  EXPECT_EQ(run({"verify", "--batch"}, line + quoted + "}\n" + line + "\"other\"}\n{\"what\":1}\n"), kUsage);
  std::istringstream lines(out_);
  std::vector<std::string> codes;
  for (std::string text; std::getline(lines, text);)
    codes.emplace_back(json::parse(text).value().string_at("code").value());
  EXPECT_THAT(codes, ::testing::ElementsAre("ok", "signature_mismatch", "unusable"));
}

TEST_F(WebhooksSignature, SignsWhatItWouldAccept) {
  EXPECT_EQ(run({"sign", "-p", "stripe", "-s", "SECRET"}, kBody), kOk) << err_;
  EXPECT_EQ(out_, std::string(kHeader) + "\nContent-Type: application/json\n");
}

}  // namespace
}  // namespace gatehouse::app
