// The body of an origin's answer, and what it needs until it is read. Private to the client.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "net/http/body_pump.h"
#include "net/http/client.h"

namespace gatehouse::http {

// Owns the connection and the buffer of one answer until its body has been read or is dropped.
class AnswerBody final : public Body {
 public:
  AnswerBody(ClientPool& pool, std::unique_ptr<ClientConnection> connection)
      : pool_(pool), connection_(std::move(connection)), buffer_(pool.buffers_.lend()) {}
  ~AnswerBody() override {
    pump.task.drop();
    if (connection_) pool_.release(std::move(connection_), false);
  }

  Task<Result<std::string_view>> read() override;
  std::optional<std::uint64_t> length() const override {
    return framing.kind == BodyKind::length ? std::optional(left) : std::nullopt;
  }
  bool ready() const override { return have_ > used_ || kind_left_ == BodyKind::none; }
  bool pours() const override {
    return kind_left_ == BodyKind::length && (pouring_ || left >= kWorthPouring) && !refused_ && have_ == used_ &&
           more_have_ == more_used_ && !connection_->stream->tls();
  }
  Task<Result<std::size_t>> pour(net::Pipe& into) override;

  // After the head: how the body will be read. Everything already here that ends the body ends it now.
  void begin(std::size_t consumed) {
    used_ = consumed;
    kind_left_ = framing.kind;
    left = framing.length;
    if (kind_left_ == BodyKind::length && left == 0) kind_left_ = BodyKind::none;
  }
  // The whole body, when it stands in the buffer already.
  std::optional<std::string_view> all_here() {
    if (kind_left_ == BodyKind::none) {
      finish(framing.keep_alive && have_ == used_);
      return std::string_view();
    }
    if (kind_left_ != BodyKind::length || have_ - used_ < left) return std::nullopt;
    std::string_view all(buffer_.data() + used_, static_cast<std::size_t>(left));
    bool exact = have_ - used_ == left;
    kind_left_ = BodyKind::none;
    finish(framing.keep_alive && exact);
    return all;
  }
  void finish(bool reusable) {
    if (!connection_) return;
    bool sent = !pump.task || pump.done;
    pump.task.drop();
    pool_.release(std::move(connection_), reusable && sent);
  }

  net::Stream& stream() { return *connection_->stream; }
  ClientConnection& connection() { return *connection_; }
  char* room() { return buffer_.data() + have_; }
  std::size_t space() const { return buffer_.size() - have_; }
  void got(std::size_t n) { have_ += n; }
  std::string_view bytes() const { return {buffer_.data(), have_}; }
  void drop_front(std::size_t n) {
    std::memmove(buffer_.data(), buffer_.data() + n, have_ - n);
    have_ -= n;
  }
  bool grow(std::size_t limit) {
    if (large_ || buffer_.size() >= limit) return false;
    large_ = true;
    auto bigger = pool_.big_buffers_.lend();
    std::memcpy(bigger.data(), buffer_.data(), have_);
    buffer_ = std::move(bigger);
    return true;
  }

  ResponseFraming framing;
  Pump pump;
  std::uint64_t left = 0;

 private:
  Problem cut_short(net::IoResult got) const;
  ClientPool& pool_;
  std::unique_ptr<ClientConnection> connection_;
  net::BufferPool::Loan buffer_;
  net::BufferPool::Loan more_;
  ChunkedDecoder chunked_;
  std::size_t have_ = 0, used_ = 0;
  std::size_t more_have_ = 0, more_used_ = 0;
  BodyKind kind_left_ = BodyKind::none;
  bool large_ = false, pouring_ = false, refused_ = false;
};

}  // namespace gatehouse::http
