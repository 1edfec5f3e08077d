#include "kit/webhook/form_parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::kit::webhook {
namespace {

TEST(FormParameters, AreSortedByNameAndJoined) {
  EXPECT_EQ(FormParameters::read("b=2&a=1&B=0").value().joined(), "B0a1b2");
  EXPECT_EQ(FormParameters::read("a=x+y&b=%2B%c3%a9").value().joined(), "ax yb+é");
  EXPECT_EQ(FormParameters::read("a=").value().joined(), "a");
}

TEST(FormParameters, CountEqualPairsOnceAndOtherValuesInOrder) {
  EXPECT_EQ(FormParameters::read("a=2&a=1&a=2").value().joined(), "a1a2");
  const auto form = FormParameters::read("a=2&a=1&b=3").value();
  EXPECT_EQ(form.get("a"), std::nullopt) << "two values are no answer";
  EXPECT_EQ(form.get("b"), "3");
}

TEST(FormParameters, AreRefusedWhenReadersWouldDiffer) {
  using std::string_view_literals::operator""sv;
  for (std::string_view s : {""sv, "a"sv, "=1"sv, "a=1&"sv, "&a=1"sv, "a=1&&b=2"sv, "a=1;b=2"sv, "a=%"sv, "a=%4"sv,
                             "a=%zz"sv, "a=%ff"sv, "a=%00"sv, "a=\0"sv, "%ff=1"sv})
    EXPECT_FALSE(FormParameters::read(s)) << s;
}

TEST(FormParameters, AreFew) {
  std::string many = "a0=1";
  for (int i = 1; i < 512; ++i) many += "&a" + std::to_string(i) + "=1";
  EXPECT_TRUE(FormParameters::read(many));
  EXPECT_FALSE(FormParameters::read(many + "&z=1"));
}

}  // namespace
}  // namespace gatehouse::kit::webhook
