#include "gate/identity.h"

#include <gtest/gtest.h>

namespace gatehouse::gate {
namespace {

Principal with(std::string_view json) {
  Principal p;
  p.claims = json::parse(json).value();
  return p;
}

TEST(PrincipalClaim, WalksADottedPath) {
  const Principal p = with(R"({"o":{"id":"org_1","per":{"a":1}},"sub":"u"})");
  EXPECT_EQ(p.claim("o.id")->string(), "org_1");
  EXPECT_EQ(p.claim("o.per.a")->integer(), 1);
  EXPECT_EQ(p.claim("sub")->string(), "u");
  EXPECT_EQ(p.claim("o.nothing"), nullptr);
  EXPECT_EQ(p.claim("sub.x"), nullptr);
  EXPECT_EQ(p.claim(""), nullptr);
  EXPECT_EQ(p.claim("."), nullptr);
}

TEST(PrincipalClaim, FindsNamesThatHoldDotsAndPrefersThem) {
  const Principal p = with(R"({"https://example.com/roles":["a"],"https://example.com/meta":{"role":"r"},
                               "a.b":"whole","a":{"b":"walked"}})");
  EXPECT_TRUE(p.claim("https://example.com/roles")->is_array());
  EXPECT_EQ(p.claim("https://example.com/meta.role")->string(), "r");
  EXPECT_EQ(p.claim("a.b")->string(), "whole");
}

TEST(PrincipalClaim, ClaimsThatAreNoObjectHoldNothing) { EXPECT_EQ(with("[1]").claim("0"), nullptr); }

TEST(ClaimIs, ComparesStringsAndWholeNumbersByteForByte) {
  const Principal p = with(R"({"s":"42","n":42,"e":4.2e1,"f":42.0,"empty":"","list":["42"],"t":true})");
  EXPECT_TRUE(claim_is(p.claim("s"), "42"));
  EXPECT_TRUE(claim_is(p.claim("n"), "42"));
  EXPECT_FALSE(claim_is(p.claim("n"), "042"));
  EXPECT_FALSE(claim_is(p.claim("e"), "42"));
  EXPECT_FALSE(claim_is(p.claim("f"), "42"));
  EXPECT_FALSE(claim_is(p.claim("empty"), ""));
  EXPECT_FALSE(claim_is(p.claim("list"), "42"));
  EXPECT_FALSE(claim_is(p.claim("t"), "true"));
  EXPECT_FALSE(claim_is(nullptr, "42"));
}

}  // namespace
}  // namespace gatehouse::gate
