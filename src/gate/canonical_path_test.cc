#include "gate/canonical_path.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace gatehouse::gate {
namespace {

std::string normal(std::string_view raw, Opaque opaque = Opaque::refuse) {
  Arena arena;
  auto p = canonical_path(raw, opaque, arena);
  return p.good() ? std::string(p.path) : "refused: " + std::string(p.fault);
}
bool refused(std::string_view raw, Opaque opaque = Opaque::refuse) {
  Arena arena;
  auto p = canonical_path(raw, opaque, arena);
  EXPECT_EQ(p.good(), !p.path.empty());
  return !p.good();
}

TEST(CanonicalPath, LeavesAnOrdinaryPathWhereItStands) {
  Arena arena;
  for (std::string_view s :
       {"/", "/a", "/a/", "/a/b.html", "/.well-known/x", "/a/...", "/a/..b", "/a/.b", "/a.", "/~u", "/a!$&'()*+,=:@",
        "/a[0]|^", "/a%20b", "/%E2%82%AC", "/a%3Fb", "/100%25", "/a%25zz", "/a%2520b"}) {
    auto p = canonical_path(s, Opaque::refuse, arena);
    ASSERT_TRUE(p.good()) << s << ": " << p.fault;
    EXPECT_EQ(p.path.data(), s.data()) << s << " is a view of the input";
    EXPECT_EQ(p.path, s);
    EXPECT_FALSE(p.opaque);
  }
}

TEST(CanonicalPath, DecodesUnreservedBytesOnceAndWritesHexInUpperCase) {
  EXPECT_EQ(normal("/%61%5A%30%2d%2E%5f%7Ex"), "/aZ0-._~x");
  EXPECT_EQ(normal("/a%3fb%c3%a4"), "/a%3Fb%C3%A4");
  EXPECT_EQ(normal("/%61dmin"), "/admin");
  EXPECT_EQ(normal("/a%20%21"), "/a%20%21") << "reserved bytes stay encoded";
  EXPECT_EQ(normal("/a%2520"), "/a%2520") << "never twice";
}

TEST(CanonicalPath, RefusesWhatServersReadDifferently) {
  using namespace std::string_literals;
  const std::string all[] = {"",
                             "a",
                             "?",
                             "*",
                             "//",
                             "//a",
                             "/a//b",
                             "/a//",
                             "/.",
                             "/..",
                             "/a/.",
                             "/a/..",
                             "/a/./b",
                             "/a/../b",
                             "/../a",
                             "/a/%2e",
                             "/a/%2E%2e/b",
                             "/a/.%2e/b",
                             "/%2e/a",
                             "/a/..;/b",
                             "/a/..;x=y/b",
                             "/a/.;/b",
                             "/a/%2e%2e;/b",
                             "/..%3b/a",
                             "/..%3B/",
                             "/a;b",
                             "/a;jsessionid=1",
                             "/;",
                             "/a%3Bb",
                             "/a%2Fb",
                             "/a%2fb",
                             "/%2f",
                             "/..%2f..%2fetc/passwd",
                             "/a%5Cb",
                             "/a%5cb",
                             "/a\\b",
                             "/..\\a",
                             "/a%00",
                             "/a%00.html",
                             "/%0d%0aX:y",
                             "/%0a",
                             "/%09",
                             "/%1f",
                             "/%7f",
                             "/a\0b"s,
                             "/a\x01",
                             "/a b",
                             "/a\tb",
                             "/a\r\n",
                             "/a\x7f",
                             "/\xc3\xa4",
                             "/a#b",
                             "/a?b",
                             "/a\"b",
                             "/<a>",
                             "/{a}",
                             "/`a",
                             "/%",
                             "/%4",
                             "/%zz",
                             "/%4g",
                             "/%u002e",
                             "/a%",
                             "/a%2",
                             "/%c0%af",
                             "/%c0%ae%c0%ae/",
                             "/%e0%80%af",
                             "/%f0%80%80%af",
                             "/%ff",
                             "/%80",
                             "/%c3",
                             "/%c3/%a4",
                             "/%c3a",
                             "/%c3%41",
                             "/%ed%a0%80",
                             "/%f4%90%80%80",
                             "/%f8%88%80%80%80",
                             "/%252e%252e/a",
                             "/%252E",
                             "/a%252fb",
                             "/a%255cb",
                             "/a%2500",
                             "/a%253Bb",
                             "/a%25252e",
                             "/a%25%32F",
                             "/a%25%32%65",
                             "/a%252%46",
                             "/%2561dmin",
                             "/%2%3561dmin",
                             "/admin%2541"};
  for (const std::string& s : all) EXPECT_TRUE(refused(s)) << s;
}

TEST(CanonicalPath, ARouteMayKeepEncodedSlashesAndParameters) {
  for (auto [raw, kept] : {std::pair{"/a%2fb", "/a%2Fb"},
                           {"/a;v=1/b", "/a;v=1/b"},
                           {"/x/https%3A%2F%2Fa.example%2F", "/x/https%3A%2F%2Fa.example%2F"},
                           {"/a%252Fb", "/a%252Fb"},
                           {"/a%252525", "/a%252525"},
                           {"/a%3bb", "/a%3Bb"}}) {
    EXPECT_EQ(normal(raw, Opaque::keep), kept);
    Arena arena;
    EXPECT_TRUE(canonical_path(raw, Opaque::keep, arena).opaque) << raw;
  }
}

TEST(CanonicalPath, KeepingStillRefusesDotSegmentsBehindAnyOfThem) {
  for (auto s : {"/a/..;/b", "/a/..;x/b", "/a%2F..%2Fb", "/a%2f%2e%2e/b", "/..%2fa", "/a%2f..", "/a;/../b", "/a;x/..",
                 "/a/.%2fb", "/..%3Bx", "/a%2F.%3B", "/a;..", "/a//b", "/a%5Cb", "/a%00", "/a\\b", "/%c0%af"})
    EXPECT_TRUE(refused(s, Opaque::keep)) << s;
}

TEST(CanonicalPath, KeepingStillRefusesAWayUpForWhoeverDecodesTwice) {
  for (auto s : {"/%252e%252e/a", "/a%252F..", "/a%252f%2e%2e%252fb", "/..%252fa", "/a%2F%252E%252E%2Fb", "/a%255c..",
                 "/a%2500", "/a%250d", "/%2561dmin", "/a;%252e%252e", "/..%253Bx"})
    EXPECT_TRUE(refused(s, Opaque::keep)) << s;
}

TEST(ReadPlainly, IsWhatLenientBackendsMakeOfAKeptPath) {
  Arena arena;
  const auto read = [&](std::string_view path, Reading how) { return std::string(read_plainly(path, how, arena)); };
  EXPECT_EQ(read("/a%2Fb%252fc", Reading::parameters_stay), "/a/b/c");
  EXPECT_EQ(read("/keep/%2F/closed%2F%2F", Reading::parameters_stay), "/keep/closed/");
  EXPECT_EQ(read("/a;x=1%2Fy/b", Reading::parameters_stay), "/a;x=1/y/b");
  EXPECT_EQ(read("/a;x=1%2Fy/b", Reading::parameters_to_slash), "/a/b");
  EXPECT_EQ(read("/a;x=1%2Fy/b", Reading::parameters_to_any_slash), "/a/y/b");
  EXPECT_EQ(read("/a%3Bx%253By/b", Reading::parameters_to_slash), "/a/b");
  EXPECT_EQ(read("/;x/a%20b%25c", Reading::parameters_to_slash), "/a%20b%25c");
}

TEST(CanonicalPath, ASecondRoundChangesNothing) {
  for (auto s : {"/%61/%7e", "/a%3fb", "/%e2%82%ac%20", "/a%2520"}) {
    std::string once = normal(s);
    EXPECT_EQ(normal(once), once);
  }
}

TEST(CanonicalPath, EveryByteIsDecidedOn) {
  const std::string_view kPlain = "!$&'()*+,-./0123456789:=@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz|~";
  for (int c = 0; c < 256; ++c) {
    std::string s = std::string("/x") + static_cast<char>(c) + "y";
    EXPECT_EQ(!refused(s), kPlain.find(static_cast<char>(c)) != kPlain.npos) << c;
  }
}

TEST(Query, IsJudgedAndNeverChanged) {
  EXPECT_EQ(query_fault(""), "");
  EXPECT_EQ(query_fault("a=1&b[]=%2F{\"x\"}|\\^`<>;?/"), "");
  for (std::string_view s : {"a b", "a#b", "a\tb", "a\r\n", "\x7f", "\xc3\xa4", "\x01"})
    EXPECT_NE(query_fault(s), "") << s;
}

}  // namespace
}  // namespace gatehouse::gate
