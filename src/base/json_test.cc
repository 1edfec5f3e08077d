#include "base/json.h"

#include <gtest/gtest.h>

#include <chrono>

namespace gatehouse::json {
namespace {

using namespace std::literals;

std::string round(std::string_view text) {
  auto v = parse(text);
  return v ? write(*v) : v.error().detail;
}

TEST(Json, ValuesComeBackAsTheyWere) {
  for (auto text : {"null", "true", "false", "0", "-0", "1.50", "12345678901234567890123", "1e-7", R"("a\"b\\c")", "[]",
                    "{}", R"({"b":1,"a":[2,{"c":null}]})", R"("ü€😀")"})
    EXPECT_EQ(round(text), text);
}

TEST(Json, WhiteSpaceIsTheFourBytesOfTheStandard) {
  EXPECT_EQ(round(" \t\r\n[ 1 , 2 ] \n"), "[1,2]");
  EXPECT_EQ(round("\v1"), "1:1: not a JSON value");
  EXPECT_EQ(round("[1\xc2\xa0]"), "1:3: expected ',' or ']'");
}

TEST(Json, EachFaultIsNamedWithItsPlace) {
  const std::pair<std::string_view, std::string_view> faults[] = {
      {"", "1:1: the text ends too early"},
      {"nul", "1:1: not a JSON value"},
      {"01", "1:2: a number with a leading zero"},
      {"1.", "1:3: a number needs digits after its point"},
      {"1e+", "1:4: a number needs digits in its exponent"},
      {"+1", "1:1: not a JSON value"},
      {"NaN", "1:1: not a JSON value"},
      {"[1,]", "1:4: not a JSON value"},
      {"[1 2]", "1:4: expected ',' or ']'"},
      {"{\"a\" 1}", "1:6: expected ':'"},
      {"{a:1}", "1:2: expected a member name in quotes"},
      {"{\"a\":1,}", "1:8: expected a member name in quotes"},
      {"\"a", "1:3: a string does not end"},
      {"\"a\nb\"", "1:3: a control byte in a string"},
      {R"("\x")", "1:3: an unknown escape in a string"},
      {R"("\u12")", "1:4: \\u needs four hexadecimal digits"},
      {R"("\ud800")", "1:8: a lone high surrogate"},
      {R"("\ud800\u0041")", "1:14: a lone high surrogate"},
      {R"("\udc00")", "1:8: a lone low surrogate"},
      {"1 2", "1:3: something follows the value"},
      {"{}\n}", "2:1: something follows the value"},
      {"'a'", "1:1: not a JSON value"},
      {"/* */1", "1:1: not a JSON value"},
      {"\xef\xbb\xbf{}", "1:1: begins with a byte order mark"},
      {"[\"\xff\"]", "1:3: not UTF-8"},
      {"[\"\xed\xa0\x80\"]", "1:3: not UTF-8"},
      {R"({"a":1,"b":2,"a":3})", "1:20: the member \"a\" stands twice"},
      {R"({"a":1,"\u0061":3})", "1:19: the member \"a\" stands twice"},
  };
  for (auto [text, fault] : faults) EXPECT_EQ(round(text), fault) << text;
  EXPECT_EQ(round("\0"sv), "1:1: not a JSON value");
  EXPECT_EQ(round("1\0"sv), "1:2: something follows the value");
  EXPECT_EQ(parse("[").error().code, "bad_json");
}

TEST(Json, EscapesBecomeText) {
  auto v = parse(R"("\u0041\u00e9\u20ac\ud83d\ude00\n\t\/\b\f\r\u0000")");
  ASSERT_TRUE(v);
  EXPECT_EQ(*v->string(), "Aé€😀\n\t/\b\f\r\0"sv);
}

TEST(Json, DepthAndSizeAreBounded) {
  std::string deep(64, '['), closes(64, ']');
  EXPECT_TRUE(parse(deep + closes));
  EXPECT_FALSE(parse("[" + deep + closes + "]"));
  EXPECT_FALSE(parse(std::string(1'000'000, '[')));
  EXPECT_FALSE(parse(std::string(1'000'000, '{')));
  Limits small;
  small.bytes = 4;
  EXPECT_TRUE(parse("1234", small));
  EXPECT_FALSE(parse("12345", small));
}

TEST(Json, DuplicatesAreAllowedOnlyWhenAskedAndTheLastWins) {
  Limits foreign;
  foreign.allow_duplicate_members = true;
  auto v = parse(R"({"a":1,"b":2,"a":3,"a":4})", foreign);
  ASSERT_TRUE(v);
  EXPECT_EQ(write(*v), R"({"b":2,"a":4})");
}

TEST(Json, AHugeObjectIsReadInAboutLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 300'000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  text += "\"k0\":1}";
  auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(parse(text));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);  // the quadratic way takes minutes
}

TEST(Json, IntegersAreExactOrNothing) {
  EXPECT_EQ(parse("9223372036854775807")->integer(), INT64_MAX);
  EXPECT_EQ(parse("-9223372036854775808")->integer(), INT64_MIN);
  for (auto text : {"9223372036854775808", "1.0", "1e3", "\"1\"", "true"}) EXPECT_FALSE(parse(text)->integer()) << text;
  EXPECT_EQ(parse("1.5")->real(), 1.5);
  EXPECT_FALSE(parse("1e999")->real());
  EXPECT_EQ(parse("-0")->integer(), 0);
}

TEST(Json, AValueIsBuiltAndReadByName) {
  Value v;
  v.set("a", 1).set("b", Value().push("x").push(true)).set("a", std::uint64_t{7});
  EXPECT_EQ(write(v), R"({"a":7,"b":["x",true]})");
  EXPECT_EQ(v.find("a")->integer(), 7);
  EXPECT_EQ(v.find("b")->array()[0].string(), "x");
  EXPECT_EQ(v.find("c"), nullptr);
  EXPECT_FALSE(v.string_at("a"));
  Value copy = v;
  v = copy.find("b")->array()[0];
  EXPECT_EQ(write(v), "\"x\"");
  copy = Value(copy.object()[1].second);
  EXPECT_EQ(write(copy), "[\"x\",true]");
  Value moved = std::move(copy);
  EXPECT_EQ(write(moved, 2), "[\n  \"x\",\n  true\n]");
}

TEST(Json, WrittenTextIsAlwaysJson) {
  std::string out;
  write_string(out, "a\"\\\n\x01\x7f\xff\xc3 \xc2\x9b ü \xe2\x82 \xf0\x9f\x98\x80\xe2\x82");
  EXPECT_EQ(out,
            "\"a\\\"\\\\\\n\\u0001\\u007f\xef\xbf\xbd\xef\xbf\xbd \\u009b ü \xef\xbf\xbd\xef\xbf\xbd 😀"
            "\xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_TRUE(parse(out));
  EXPECT_EQ(write(Value::number(0.1)), "0.1");
  EXPECT_EQ(write(Value::number(1.0 / 0.0)), "null");
}

}  // namespace
}  // namespace gatehouse::json
