#include "services/billing/form.h"

#include <gtest/gtest.h>

namespace gatehouse::services::billing {
namespace {

std::string encoded(std::string_view text) { return encode_form(json::parse(text).value()); }

TEST(Form, NestsWithBracketsAndNumbersLists) {
  EXPECT_EQ(encoded(R"({"mode":"subscription","line_items":[{"price":"price_123","quantity":1}],
                        "metadata":{"user_id":"u_1","note":"a b&c=d'"},"expand":["line_items"],"cancel_url":null})"),
            "mode=subscription&line_items[0][price]=price_123&line_items[0][quantity]=1&metadata[user_id]=u_1&"
            "metadata[note]=a%20b%26c%3Dd%27&expand[0]=line_items&cancel_url=");
}

TEST(Form, EncodesTheAddressOfAReturn) {
  EXPECT_EQ(encoded(R"({"success_url":"https://app.example.com/ok?session_id={CHECKOUT_SESSION_ID}"})"),
            "success_url=https%3A%2F%2Fapp.example.com%2Fok%3Fsession_id%3D%7BCHECKOUT_SESSION_ID%7D");
}

TEST(Form, LetsNoNameBreakOutOfItsBrackets) {
  EXPECT_EQ(encoded(R"({"metadata":{"a]=1&customer":"x"},"b&c":true})"), "metadata[a%5D%3D1%26customer]=x&b%26c=true");
}

TEST(Form, LeavesNothingOfEmptyThings) { EXPECT_EQ(encoded(R"({"a":{},"b":[],"c":false,"d":1.5})"), "c=false&d=1.5"); }

}  // namespace
}  // namespace gatehouse::services::billing
