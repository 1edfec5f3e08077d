#include "net/http/chunked.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::http {
namespace {

struct Decoded {
  ParseState state = ParseState::incomplete;
  std::string payload, rest, why;
};

Decoded decode(std::string_view all, std::size_t piece) {
  ChunkedDecoder d;
  Decoded out;
  while (!all.empty() && out.state == ParseState::incomplete) {
    std::string_view in = all.substr(0, piece);
    while (!in.empty()) {
      auto step = d.next(in);
      in.remove_prefix(step.consumed);
      all.remove_prefix(step.consumed);
      out.payload += step.data;
      out.state = step.state;
      if (step.state != ParseState::incomplete) break;
    }
  }
  out.rest = all;
  out.why = d.why();
  EXPECT_EQ(d.payload(), out.payload.size());
  EXPECT_EQ(d.done(), out.state == ParseState::done);
  return out;
}

TEST(Chunked, GivesThePayloadAndLeavesWhatFollows) {
  for (std::size_t piece : {1, 2, 3, 7, 1000}) {
    auto d = decode("5\r\nhello\r\n00B;a=b;c=\"d e\"\r\n, big world\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\nGET /next", piece);
    EXPECT_EQ(d.state, ParseState::done) << d.why;
    EXPECT_EQ(d.payload, "hello, big world");
    EXPECT_EQ(d.rest, "GET /next");
  }
}

TEST(Chunked, PayloadIsAViewAndNotACopy) {
  std::string in = "3\r\nabc\r\n";
  ChunkedDecoder d;
  auto step = d.next(in);
  EXPECT_EQ(step.data.data(), in.data() + 3);
  EXPECT_EQ(step.consumed, 6u);
}

TEST(Chunked, AnEmptyBodyEndsAtOnce) { EXPECT_EQ(decode("0\r\n\r\n", 100).state, ParseState::done); }

TEST(Chunked, WaitsForTheLastByte) {
  std::string all = "1\r\nx\r\n0\r\n\r\n";
  for (std::size_t n = 0; n < all.size(); ++n) EXPECT_EQ(decode(all.substr(0, n), 100).state, ParseState::incomplete);
}

TEST(Chunked, RefusesWhatTwoServersCouldReadDifferently) {
  using namespace std::string_literals;
  const std::string all[] = {"0x5\r\nhello\r\n",
                             "5 \r\nhello\r\n",
                             " 5\r\nhello\r\n",
                             "5 ;a\r\nhello\r\n",
                             "+5\r\nhello\r\n",
                             "-1\r\n",
                             "\r\n",
                             ";a\r\n",
                             "g\r\n",
                             "5\nhello\r\n",
                             "5\r\nhello\n",
                             "5\r\nhello!\r\n",
                             "5\r\nhell\r\n0\r\n\r\n",
                             "5\rhello\r\n",
                             "5;a\nb\r\nhello\r\n",
                             "5;a\rb\r\nhello\r\n",
                             "5;\0\r\nhello\r\n"s,
                             "5;\xff\r\nhello\r\n",
                             "5\r\n\nhello",
                             "0\n\n",
                             "0\r\n\n",
                             "0\r\n X: y\r\n\r\n",
                             "0\r\nX : y\r\n\r\n",
                             "0\r\nX\r\n\r\n",
                             "0\r\n: y\r\n\r\n",
                             "0\r\nX: y\n\r\n",
                             "0\r\nX: y\rz\r\n\r\n",
                             "0\r\nX: y\r\n z\r\n\r\n",
                             "0\r\nX: \0\r\n\r\n"s,
                             "0\r\n\rx",
                             "00000000000000005\r\nhello\r\n",
                             "10000000000000000\r\n",
                             "ffffffffffffffff\r\n",
                             "8000000000000000\r\n",
                             "5,5\r\nhello\r\n",
                             "5\r\r\nhello\r\n",
                             "5\r\nhello\r\r\n",
                             "5\r\nhello0\r\n\r\n",
                             "\"5\"\r\nhello\r\n"};
  for (const std::string& s : all) {
    for (std::size_t piece : {1, 1000}) {
      auto d = decode(s, piece);
      EXPECT_EQ(d.state, ParseState::bad) << s;
      EXPECT_FALSE(d.why.empty());
    }
  }
}

TEST(Chunked, TheSumOfAllChunksStaysWithin63Bits) {
  ChunkedDecoder d;
  std::string_view in = "1\r\nx\r\n7fffffffffffffff\r\n";
  while (!in.empty()) {
    auto step = d.next(in);
    in.remove_prefix(step.consumed);
    if (step.state != ParseState::incomplete) break;
  }
  EXPECT_EQ(d.why(), "the chunks are beyond 63 bits");
  EXPECT_EQ(decode("7fffffffffffffff\r\nx", 100).state, ParseState::incomplete);
}

TEST(Chunked, BoundsExtensionsAndTrailers) {
  std::string ext(256, 'x');
  EXPECT_EQ(decode("1;" + ext + "\r\nx\r\n0\r\n\r\n", 100).state, ParseState::done);
  EXPECT_EQ(decode("1;" + ext + "x\r\nx\r\n0\r\n\r\n", 100).state, ParseState::bad);
  std::string many;
  for (int i = 0; i < 16; ++i) many += "1;" + ext + "\r\nx\r\n";
  EXPECT_EQ(decode(many + "0\r\n\r\n", 100).state, ParseState::done);
  EXPECT_EQ(decode(many + "0;x\r\n\r\n", 100).state, ParseState::bad);
  EXPECT_EQ(decode("0\r\nX: " + std::string(8100, 'y') + "\r\n\r\n", 100).state, ParseState::done);
  EXPECT_EQ(decode("0\r\nX: " + std::string(8200, 'y') + "\r\n\r\n", 100).state, ParseState::bad);
}

TEST(Chunked, AfterTheEndNothingIsTaken) {
  ChunkedDecoder d;
  std::string_view in = "0\r\n\r\n";
  EXPECT_EQ(d.next(in).state, ParseState::done);
  auto step = d.next("0\r\n\r\n");
  EXPECT_EQ(step.state, ParseState::done);
  EXPECT_EQ(step.consumed, 0u);
}

}  // namespace
}  // namespace gatehouse::http
