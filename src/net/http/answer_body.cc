#include "net/http/answer_body.h"

#include <algorithm>
#include <string>

namespace gatehouse::http {

Task<Result<std::string_view>> AnswerBody::read() {
  while (kind_left_ != BodyKind::none) {
    bool in_head = have_ > used_;
    if (in_head || more_have_ > more_used_) {
      std::string_view waiting = in_head ? std::string_view(buffer_.data() + used_, have_ - used_)
                                         : std::string_view(more_.data() + more_used_, more_have_ - more_used_);
      std::size_t used = waiting.size();
      std::string_view piece = waiting;
      if (kind_left_ == BodyKind::length) {
        used = static_cast<std::size_t>(std::min<std::uint64_t>(used, left));
        piece = waiting.substr(0, used);
        left -= used;
        if (left == 0) kind_left_ = BodyKind::none;
      } else if (kind_left_ == BodyKind::chunked) {
        auto step = chunked_.next(waiting);
        used = step.consumed;
        piece = step.data;
        if (step.state == ParseState::bad)
          co_return fail(Source::origin, "upstream_error", "bad chunk: " + std::string(chunked_.why()));
        if (step.state == ParseState::done) kind_left_ = BodyKind::none;
      }
      (in_head ? used_ : more_used_) += used;
      if (kind_left_ == BodyKind::none) finish(framing.keep_alive && have_ == used_ && more_have_ == more_used_);
      if (!piece.empty()) co_return piece;
      continue;
    }
    if (!more_) more_ = pool_.big_buffers_.lend();
    auto get = stream().read(more_.data(), more_.size(), pool_.now() + pool_.setup_.times.gap);
    net::IoResult got = co_await get;
    more_used_ = more_have_ = 0;
    if (got.eof() && framing.kind == BodyKind::until_close) {
      kind_left_ = BodyKind::none;
      finish(false);
      break;
    }
    if (!got.ok()) co_return fail(cut_short(got));
    more_have_ = static_cast<std::size_t>(got.n);
  }
  co_return std::string_view();
}

Task<Result<std::size_t>> AnswerBody::pour(net::Pipe& into) {
  auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left, kPour));
  auto fill = stream().fill(into, most, pool_.now() + pool_.setup_.times.gap);
  net::IoResult got = co_await fill;
  if (got.n == net::IoResult::kRefused) {
    refused_ = true;
    co_return std::size_t{0};
  }
  if (!got.ok()) co_return fail(cut_short(got));
  pouring_ = true;
  auto n = static_cast<std::size_t>(got.n);
  left -= n;
  if (left == 0) {
    kind_left_ = BodyKind::none;
    stream().look();
    finish(framing.keep_alive);
  }
  co_return n;
}

Problem AnswerBody::cut_short(net::IoResult got) const {
  if (pump.problem) return *pump.problem;
  return {Source::origin, got.timed_out() ? "upstream_timeout" : "upstream_error", "the response body ended early",
          nullptr};
}

}  // namespace gatehouse::http
