#include <algorithm>
#include <array>

#include "net/http/connection.h"

namespace gatehouse::http {

void RequestBody::begin(const RequestFraming& framing) {
  kind_ = framing.kind;
  if (kind_ == BodyKind::length && framing.length == 0) kind_ = BodyKind::none;
  left_ = total_ = framing.length;
  received_ = 0;
  chunked_ = ChunkedDecoder();
  continue_due_ = framing.expect_continue;
  failed_ = pouring_ = refused_ = false;
  begun_ = connection_.now();
}

std::optional<std::uint64_t> RequestBody::length() const {
  return kind_ == BodyKind::chunked ? std::nullopt : std::optional(total_);
}

Result<std::string_view> RequestBody::take(std::string_view bytes, std::size_t& used) {
  if (kind_ == BodyKind::length) {
    auto n = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_));
    used = n;
    left_ -= n;
    if (left_ == 0) kind_ = BodyKind::none;
    return bytes.substr(0, n);
  }
  auto step = chunked_.next(bytes);
  used = step.consumed;
  if (step.state == ParseState::bad) {
    failed_ = true;
    return fail(Source::client, "bad_request", std::string(chunked_.why()));
  }
  if (step.state == ParseState::done) kind_ = BodyKind::none;
  return step.data;
}

Task<Result<std::string_view>> RequestBody::read() {
  Connection& c = connection_;
  Server::Slot& slot = *c.slot_;
  const ServerLimits& limits = c.server_.limits_;
  if (failed_) co_return fail(Source::client, "bad_request", "the body failed before");
  while (!finished()) {
    // What came with the head, then what the last read left behind.
    bool from_head = slot.used < slot.have;
    if (from_head || slot.body_used < slot.body_have) {
      std::string_view waiting =
          from_head ? std::string_view(slot.buffer() + slot.used, slot.have - slot.used)
                    : std::string_view(slot.body.data() + slot.body_used, slot.body_have - slot.body_used);
      std::size_t used = 0;
      auto piece = take(waiting, used);
      (from_head ? slot.used : slot.body_used) += used;
      if (!piece) co_return piece;
      if (!piece->empty()) {
        received_ += piece->size();
        c.slot_->exchange.bytes_received = received_;
        co_return piece;
      }
      continue;
    }
    if (continue_due_) {
      continue_due_ = false;
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      std::array<iovec, 1> v{iovec{const_cast<char*>(kContinue.data()), kContinue.size()}};
      auto write = c.stream_.write(v, c.now() + limits.write_time);
      net::IoResult wrote = co_await write;
      if (!wrote.ok()) co_return fail(Source::client, "client_gone");
    }
    if (!slot.body) slot.body = c.server_.body_buffers_.lend();
    auto read = c.stream_.read(slot.body.data(), slot.body.size(), deadline());
    net::IoResult got = co_await read;
    if (!got.ok()) co_return fail(cut_short(got));
    slot.body_used = 0;
    slot.body_have = static_cast<std::size_t>(got.n);
  }
  co_return std::string_view();
}

// Stops: a body that trickles. Each byte buys a little more time, a pause buys none.
SteadyTime RequestBody::deadline() const {
  const ServerLimits& limits = connection_.server_.limits_;
  SteadyTime by_rate = SteadyTime::max();
  if (limits.min_body_rate) {
    auto earned = Duration(static_cast<std::int64_t>(received_ * 1'000'000'000ull / limits.min_body_rate));
    by_rate = begun_ + limits.body_grace + earned;
  }
  return std::min(by_rate, connection_.now() + limits.body_gap);
}

Problem RequestBody::cut_short(net::IoResult got) {
  failed_ = true;
  if (got.timed_out()) return {Source::client, "timeout", "the request body came too slowly", nullptr};
  return {Source::client, "client_gone", "the connection ended inside the request body", nullptr};
}

bool RequestBody::pours() const {
  const Server::Slot& slot = *connection_.slot_;
  return kind_ == BodyKind::length && (pouring_ || left_ >= kWorthPouring) && !refused_ && !failed_ && !continue_due_ &&
         !connection_.tls_ && slot.used == slot.have && slot.body_used == slot.body_have;
}

Task<Result<std::size_t>> RequestBody::pour(net::Pipe& into) {
  Connection& c = connection_;
  auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left_, kPour));
  auto fill = c.stream_.fill(into, most, deadline());
  net::IoResult got = co_await fill;
  if (got.n == net::IoResult::kRefused) {
    refused_ = true;
    co_return std::size_t{0};
  }
  if (!got.ok()) co_return fail(cut_short(got));
  pouring_ = true;
  auto n = static_cast<std::size_t>(got.n);
  received_ += n;
  c.slot_->exchange.bytes_received = received_;
  left_ -= n;
  if (left_ == 0) {
    kind_ = BodyKind::none;
    c.stream_.look();
  }
  co_return n;
}

bool RequestBody::discard_buffered() {
  Server::Slot& slot = *connection_.slot_;
  while (!finished() && !failed_ && slot.used < slot.have) {
    std::size_t used = 0;
    auto piece = take({slot.buffer() + slot.used, slot.have - slot.used}, used);
    slot.used += used;
    if (!piece || used == 0) break;
  }
  while (!finished() && !failed_ && slot.body_used < slot.body_have) {
    std::size_t used = 0;
    auto piece = take({slot.body.data() + slot.body_used, slot.body_have - slot.body_used}, used);
    slot.body_used += used;
    if (!piece || used == 0) break;
  }
  return finished();
}

}  // namespace gatehouse::http
