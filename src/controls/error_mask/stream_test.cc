#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "controls/error_mask/filter.h"
#include "controls/error_mask/testing/case.h"

// Error answers that come in pieces: how far they are read, what is held back, and where they are cut.
namespace gatehouse::controls::error_mask {
namespace {

using gate::Code;

TEST(ErrorMaskStream, AStreamedServerErrorIsReadForTheRecordAndDropped) {
  Case f;
  http::Response& out =
      f.streamed(500, "text/plain", {std::string(kTrace.substr(0, 50)), std::string(kTrace.substr(50))});
  EXPECT_EQ(f.x.facts.upstream_error, "app.errors.OrderError at app/views.py:42");
  EXPECT_EQ(read_all(out).find("planted"), std::string::npos);
  EXPECT_FALSE(out.stream);
}

TEST(ErrorMaskStream, AnEndlessServerErrorIsReadNoFurtherThanTheBound) {
  Case f;
  std::vector<std::string> flood(1000, std::string(10000, 'x'));
  http::Response& out = f.streamed(500, "text/plain", std::move(flood));
  EXPECT_FALSE(out.stream);
  EXPECT_LT(f.x.facts.detail.view().find("bytes"), 30u);
  EXPECT_LT(read_all(out).size(), 300u);
}

TEST(ErrorMaskStream, ALongClientErrorStreamsOnWholeAndInOrder) {
  Case f;
  std::vector<std::string> pieces;
  std::string whole;
  for (int i = 0; i < 40; ++i) {
    pieces.push_back(std::string(5000, static_cast<char>('a' + i % 26)));
    whole += pieces.back();
  }
  http::Response& out = f.streamed(404, "text/html", pieces);
  EXPECT_TRUE(out.stream);
  EXPECT_EQ(read_all(out), whole);
  EXPECT_EQ(f.x.facts.code, Code::none);
}

TEST(ErrorMaskStream, ATraceBehindTheBoundCutsTheStream) {
  for (bool split : {false, true}) {
    Case f;
    std::vector<std::string> pieces(14, std::string(5000, 'p'));
    if (split) {
      pieces.push_back("pad" + std::string(kTrace.substr(0, 20)));
      pieces.push_back(std::string(kTrace.substr(20)));
    } else {
      pieces.push_back(std::string(kTrace));
    }
    http::Response& out = f.streamed(404, "text/html", pieces);
    std::string seen = read_all(out);
    EXPECT_TRUE(seen.ends_with("(cut)"));
    EXPECT_EQ(seen.find("planted"), std::string::npos);
  }
}

TEST(ErrorMaskStream, AClientErrorThatBreaksOffIsMasked) {
  Case f;
  http::Response& out = f.streamed(404, "text/html", {"<h1>Not"}, true);
  EXPECT_EQ(f.x.facts.code, Code::upstream_error);
  EXPECT_EQ(out.status, 404);
  EXPECT_EQ(read_all(out).find("<h1>Not"), std::string::npos);
}

TEST(ErrorMaskStream, BinaryClientErrorsAreNotRead) {
  Case f;
  http::Response& out = f.streamed(404, "image/png", {"\x89PNG"});
  EXPECT_TRUE(out.stream);
  EXPECT_EQ(read_all(out), "\x89PNG");
}

}  // namespace
}  // namespace gatehouse::controls::error_mask
