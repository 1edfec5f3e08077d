#include "kit/webhook/signed_content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::kit::webhook {
namespace {

using Kind = SignedContent::Piece::Kind;

TEST(SignedContent, ReadsPlaceholdersAndText) {
  const auto c = SignedContent::parse("v0:{timestamp}:{body}").value();
  ASSERT_EQ(c.pieces().size(), 4u);
  EXPECT_EQ(c.pieces()[0].text, "v0:");
  EXPECT_EQ(c.pieces()[1].kind, Kind::timestamp);
  EXPECT_EQ(c.pieces()[3].kind, Kind::body);
  EXPECT_EQ(SignedContent::parse("{{{body}}}").value().pieces()[0].text, "{");
  EXPECT_EQ(SignedContent::parse("{header:X-Event} {body}").value().pieces()[0].text, "X-Event");
}

TEST(SignedContent, RefusesWhatDoesNotCoverTheBodyOnce) {
  for (std::string_view s : {"", "{timestamp}", "{id}", "{body}{body}", "body"})
    EXPECT_FALSE(SignedContent::parse(s)) << s;
}

TEST(SignedContent, RefusesWhatCouldBeSignedAlikeForTwoRequests) {
  for (std::string_view s :
       {"{id}{body}", "{body}{id}", "{header:X-A}{body}", "{id}{timestamp}.{body}", "{id}{header:X-A}.{body}"})
    EXPECT_FALSE(SignedContent::parse(s)) << s;
  EXPECT_TRUE(SignedContent::parse("{timestamp}{body}")) << "a time has ten digits for three centuries";
}

TEST(SignedContent, RefusesUnknownPlaceholdersAndLooseBraces) {
  for (std::string_view s :
       {"{boby}", "{body", "body}", "{body}}", "{}{body}", "{header:}{body}", "{header:a b}.{body}"})
    EXPECT_FALSE(SignedContent::parse(s)) << s;
  EXPECT_FALSE(SignedContent::parse(std::string(513, 'a') + "{body}"));
}

TEST(SignedContent, KnowsAValueThatHoldsItsOwnBorder) {
  const auto c = SignedContent::parse("{id}:{body};{header:X}").value();
  EXPECT_TRUE(c.confusable(0, "a:b"));
  EXPECT_FALSE(c.confusable(0, "a;b"));
  EXPECT_TRUE(c.confusable(4, "a;b"));
  EXPECT_FALSE(c.confusable(4, "a:b"));
  EXPECT_FALSE(c.confusable(2, ":;")) << "the body may hold anything: its borders are found from outside";
}

}  // namespace
}  // namespace gatehouse::kit::webhook
