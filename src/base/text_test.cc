#include "base/text.h"

#include <gtest/gtest.h>

namespace gatehouse::text {
namespace {

using namespace std::literals;

TEST(Text, TrimTakesBlanksAndTabsOnly) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim("\na\n"), "\na\n");
  EXPECT_EQ(trim("  "), "");
}

TEST(Text, SplitKeepsEmptyPieces) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(split(",", ','), (std::vector<std::string_view>{"", ""}));
}

TEST(Text, HexGoesBothWaysAndRefusesTheRest) {
  EXPECT_EQ(hex("\x00\xff\x1a"sv), "00ff1a");
  EXPECT_EQ(unhex("00fF1a"), "\x00\xff\x1a"s);
  EXPECT_FALSE(unhex("0"));
  EXPECT_FALSE(unhex("0g"));
  EXPECT_FALSE(unhex("0x"));
}

TEST(Text, Base64FollowsTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (auto [plain, encoded] : vectors) {
    EXPECT_EQ(base64(plain), encoded);
    EXPECT_EQ(unbase64(encoded), plain);
  }
}

TEST(Text, Base64RefusesEveryOtherSpelling) {
  for (auto bad : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "=", "Zm9v\n", "Zm 9v", "Zg==Zg==", "Zm9-"})
    EXPECT_FALSE(unbase64(bad)) << bad;
}

TEST(Text, Base64UrlIsUnpaddedAndCanonical) {
  EXPECT_EQ(base64url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(unbase64url("-__-"), "\xfb\xff\xfe");
  EXPECT_EQ(base64url("fo"), "Zm8");
  EXPECT_EQ(unbase64url("Zm8"), "fo");
  for (auto bad : {"Zm8=", "Zm9", "Zh", "Z", "+//+", "Zm\n8"}) EXPECT_FALSE(unbase64url(bad)) << bad;
}

TEST(Text, PercentCodingIsExact) {
  EXPECT_EQ(percent_decode("a%2Fb%00"), "a/b\0"s);
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  for (auto bad : {"%", "%2", "a%2g", "%%41"}) EXPECT_FALSE(percent_decode(bad)) << bad;
  EXPECT_EQ(percent_encode("a b/ü~-._"), "a%20b%2F%C3%BC~-._");
}

TEST(Text, NumbersAreDigitsWithoutOverflow) {
  EXPECT_EQ(parse_u64("18446744073709551615"), UINT64_MAX);
  for (auto bad : {"", "-1", "+1", " 1", "1 ", "18446744073709551616", "1e3", "0x1"})
    EXPECT_FALSE(parse_u64(bad)) << bad;
}

TEST(Text, Utf8RefusesOverlongSurrogatesAndBeyond) {
  EXPECT_TRUE(is_utf8("häß €\xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf"));
  for (auto bad : {"\x80"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv, "\xf0\x8f\xbf\xbf"sv,
                   "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xe2\x82"sv, "\xc3"sv, "\xff"sv})
    EXPECT_FALSE(is_utf8(bad)) << hex(bad);
  EXPECT_EQ(utf8_prefix("ab\xc3"), 2u);
}

TEST(Text, AppendUtf8AgreesWithTheChecker) {
  for (std::uint32_t c = 0; c < 0x110000; c += 37) {
    if (c >= 0xd800 && c < 0xe000) continue;
    std::string s;
    append_utf8(s, c);
    ASSERT_TRUE(is_utf8(s)) << c;
  }
}

TEST(Text, PrintableShowsWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a\x1b[2J\n"), "a\\x1b[2J\\x0a");
  EXPECT_EQ(printable("\xff ü"), "\\xff ü");
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\xe2\\x80\\xae");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");
  EXPECT_EQ(printable("abcdef", 3), "abc…");
  EXPECT_EQ(printable("abc", 3), "abc");
}

TEST(Text, NearestFindsSlipsOfThePenAndNothingElse) {
  const std::string_view names[] = {"issuer", "audience", "jwks_url", "access", "rate_limit", "csrf"};
  EXPECT_EQ(nearest("isuer", names), "issuer");
  EXPECT_EQ(nearest("jwks-url", names), "jwks_url");
  EXPECT_EQ(nearest("rate_limits", names), "rate_limit");
  EXPECT_EQ(nearest("csfr", names), "csrf");
  EXPECT_EQ(nearest("Access", names), "access");
  EXPECT_FALSE(nearest("favourite", names));
  EXPECT_FALSE(nearest("x", names));
  EXPECT_FALSE(nearest("", names));
}

}  // namespace
}  // namespace gatehouse::text
