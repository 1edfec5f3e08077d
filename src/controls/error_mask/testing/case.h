// An answer of an origin, and what the mask makes of it: for the tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controls/error_mask/filter.h"
#include "gate/testing/exchange_fixture.h"

namespace gatehouse::controls::error_mask {

inline constexpr std::string_view kTrace =
    "Traceback (most recent call last):\n  File \"/srv/app/views.py\", line 42, in get\n"
    "app.errors.OrderError: planted-detail\n";

// A body that comes in pieces.
class Pieces final : public http::Body {
 public:
  explicit Pieces(std::vector<std::string> pieces, bool breaks = false) : pieces_(std::move(pieces)), breaks_(breaks) {}
  Task<Result<std::string_view>> read() override {
    if (next_ < pieces_.size()) co_return std::string_view(pieces_[next_++]);
    if (breaks_) co_return fail(Source::origin, "upstream_error", "reset");
    co_return std::string_view();
  }

 private:
  std::vector<std::string> pieces_;
  std::size_t next_ = 0;
  bool breaks_;
};

inline std::string field(const http::Response& r, std::string_view name) {
  return std::string(r.fields.get(http::FieldName(name)).value_or("(absent)"));
}

// All of a response's body, as a client would read it; "(cut)" at the end when it failed.
inline std::string read_all(http::Response& r) {
  std::string all(r.bytes);
  while (r.stream) {
    auto reading = r.stream->read();
    reading.start();
    auto piece = reading.take();
    if (!piece) return all + "(cut)";
    if (piece->empty()) break;
    all += *piece;
  }
  return all;
}

struct Case : gate::testing::ExchangeFixture {
  using ExchangeFixture::ExchangeFixture;
  http::Response& masked(int status, std::string_view type, std::string_view body, ErrorMaskSettings settings = {}) {
    http::Response& out = answer(status, type, body);
    EXPECT_TRUE(passes(ErrorMaskFilter(settings, nullptr).response(x, out)));
    return out;
  }
  http::Response& streamed(int status, std::string_view type, std::vector<std::string> pieces, bool breaks = false) {
    http::Response& out = answer(status, type, "");
    out.stream = http::BodyPtr(arena.make<Pieces>(std::move(pieces), breaks).release());
    EXPECT_TRUE(passes(ErrorMaskFilter({}, nullptr).response(x, out)));
    return out;
  }
};

}  // namespace gatehouse::controls::error_mask
