#include "net/http/connection.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <utility>

#include "net/http/head_writer.h"

namespace gatehouse::http {

namespace {

constexpr std::size_t kBuffer = 16 * 1024;
constexpr std::size_t kSmallBody = 2048;
constexpr std::size_t kDrainStep = 64 * 1024;

// Runs a task until it ends or the client hangs up; then the task is dropped where it waits.
class UntilGone final : public net::GoneListener {
 public:
  UntilGone(Task<void> task, net::Stream& stream) : task_(std::move(task)), stream_(stream) {}
  ~UntilGone() { stream_.set_gone_listener(nullptr); }
  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) {
    waiter_ = h;
    stream_.set_gone_listener(this);
    return task_.operator co_await().await_suspend(h);
  }
  bool await_resume() {  // false: the client has gone
    if (!gone_) task_.take();
    return !gone_;
  }

 private:
  void on_gone() override {
    gone_ = true;
    task_.drop();
    waiter_.resume();
  }
  Task<void> task_;
  net::Stream& stream_;
  std::coroutine_handle<> waiter_;
  bool gone_ = false;
};

}  // namespace

Task<void> Connection::run(bool refuse, std::shared_ptr<net::tls::ServerContext> tls) {
  const ServerLimits& limits = server_.limits_;
  head_deadline_ = now() + limits.header_time;
  if (tls) {
    if (refuse) co_return;
    tls_ = true;
    stream_.start_tls(tls->accept(stream_.fd()));
    auto shake = stream_.handshaken(head_deadline_);
    net::IoResult done = co_await shake;
    if (!done.ok()) {
      ++server_.tls_failures_;
      co_return;
    }
  }
  if (refuse) {
    slot_ = server_.borrow();
    ServerExchange& x = slot_->exchange;
    renew(x);
    x.malformed = true;
    x.early = Early::too_many_connections;
    x.close_ = true;
    x.started = now();
    co_await server_.setup_.handler.serve(x);
    co_await linger();
    server_.give_back(std::move(slot_));
    co_return;
  }
  for (;;) {
    if (!slot_) {
      // Nothing is held while nothing is asked.
      idle_.stream = &stream_;
      idle_.next = &server_.idle_;
      idle_.prev = server_.idle_.prev;
      idle_.prev->next = &idle_;
      server_.idle_.prev = &idle_;
      auto wait = stream_.readable(first_ ? head_deadline_ : now() + limits.idle);
      net::IoResult woke = co_await wait;
      idle_.unlink();
      if (!woke.ok()) {
        if (!first_) co_return;
        co_return;  // a connection that never spoke
      }
      slot_ = server_.borrow();
      if (!first_) head_deadline_ = now() + limits.header_time;
    } else {
      head_deadline_ = now() + limits.header_time;
    }
    Next next = Next::close;
    {
      Task<Next> step = one();
      next = co_await step;
    }
    if (next == Next::linger) co_await linger();
    if (next != Next::again) break;
    first_ = false;
    // What follows in the buffer is the next request; a quiet connection gives its memory back.
    Server::Slot& s = *slot_;
    std::size_t rest = s.have - s.used, more = s.body_have - s.body_used;
    if (rest + more > (s.big ? s.capacity : kBuffer)) break;  // more pipelined bytes than we hold: let it ask again
    if (rest && s.used) std::memmove(s.buffer(), s.buffer() + s.used, rest);
    if (more) std::memcpy(s.buffer() + rest, s.body.data() + s.body_used, more);
    s.have = rest + more;
    s.used = s.body_have = s.body_used = 0;
    s.body.give_back();
    if (s.have == 0) {
      if (server_.draining_) break;
      if (!stream_.may_read()) server_.give_back(std::move(slot_));
    }
  }
  if (slot_) server_.give_back(std::move(slot_));
}

// Nothing of an earlier exchange is left: not a view, not a flag.
void Connection::renew(ServerExchange& x) {
  x.arena.reset();
  x.request = Request(x.arena);
  x.connection_ = this;
  x.malformed = false;
  x.error = {};
  x.early = Early::none;
  x.peer = peer_;
  x.tls = tls_;
  x.bytes_sent = x.bytes_received = 0;
  x.status = 0;
  x.head_sent = x.failed = x.close_ = false;
}

Task<Connection::Next> Connection::one() {
  Server::Slot& s = *slot_;
  ServerExchange& x = s.exchange;
  const ServerLimits& limits = server_.limits_;
  renew(x);

  RequestFraming framing;
  HeadCursor cursor;
  ParseState state = ParseState::incomplete;
  for (;;) {
    if (s.have) {
      state = parse_request_head({s.buffer(), s.have}, limits.head, x.request, framing, x.error, cursor);
      if (state != ParseState::incomplete) break;
    }
    std::size_t capacity = s.big ? s.capacity : kBuffer;
    if (s.have == capacity) {
      if (capacity > limits.head.bytes) {
        state = ParseState::bad;
        x.error = {ParseFault::too_large, "the head is larger than the limit"};
        break;
      }
      auto larger = std::unique_ptr<char[]>(new char[limits.head.bytes + 1024]);
      std::memcpy(larger.get(), s.buffer(), s.have);
      s.big = std::move(larger);
      s.capacity = capacity = limits.head.bytes + 1024;
    }
    auto read = stream_.read(s.buffer() + s.have, capacity - s.have, head_deadline_);
    net::IoResult got = co_await read;
    if (!got.ok()) {
      if (!got.timed_out() || s.have == 0) co_return Next::close;
      // Stops: slow heads. The client is told, and loses the connection.
      x.early = Early::header_timeout;
      state = ParseState::bad;
      break;
    }
    s.have += static_cast<std::size_t>(got.n);
  }
  x.started = now();
  if (state == ParseState::bad) {
    x.malformed = true;
    x.close_ = true;
    s.used = s.have;
    body_.begin({});
  } else {
    s.used = cursor.consumed;
    body_.begin(framing);
    if (!body_.finished()) x.request.body = &body_;
    if (!framing.keep_alive || server_.draining_) x.close_ = true;
  }

  bool stayed = true;
  {
    UntilGone guarded(server_.setup_.handler.serve(x), stream_);
    stayed = co_await guarded;
  }
  if (!stayed) {
    server_.setup_.handler.abandoned(x);
    co_return Next::close;
  }
  if (x.failed || !x.head_sent) co_return Next::close;
  if (x.malformed || !body_.finished()) co_return Next::linger;
  co_return x.close_ ? Next::linger : Next::again;
}

Task<bool> ServerExchange::send(Response& response) { return connection_->send(*this, response); }

Task<bool> Connection::send(ServerExchange& x, Response& r) {
  // A body the origin did not want: eat what is here already, else the connection cannot go on.
  if (!x.malformed && !body_.discard_buffered()) x.close_ = true;
  if (server_.draining_) x.close_ = true;

  bool head_only = x.request.method == Method::head || r.status < 200 || r.status == 204 || r.status == 304;
  HeadPlan plan;
  plan.http10 = x.request.version == Version::http10;
  plan.unix_seconds = server_.setup_.reactor.unix_seconds();
  if (!r.stream) {
    if (r.stream_length && r.bytes.empty()) {
      plan.length = r.stream_length;  // a HEAD answer that tells what GET would bring
    } else {
      plan.length = r.bytes.size();
    }
  } else if (r.stream_length) {
    plan.length = r.bytes.size() + *r.stream_length;
  } else if (plan.http10) {
    x.close_ = true;
  } else {
    plan.chunked = true;
  }
  if (r.status == 204 || r.status < 200) plan.length.reset();
  // "Content-Length: 0" would be a statement about what GET brings (RFC 9110 §9.3.2), and nobody made it.
  if (head_only && r.bytes.empty() && !r.stream && !r.stream_length) plan.length.reset();
  plan.close = x.close_;
  std::string_view whole = r.stream || head_only ? std::string_view() : r.bytes;
  if (whole.size() <= kSmallBody) plan.tail = std::exchange(whole, {});  // one piece is cheaper to send than two
  std::optional<std::string_view> head = write_response_head(r, plan, x.arena);
  if (!head) {
    // Stops: response splitting. A field with a line break in it never leaves.
    x.failed = true;
    co_return false;
  }
  x.status = r.status;
  x.head_sent = true;
  if (!r.stream || head_only) {
    std::array<iovec, 2> v{iovec{const_cast<char*>(head->data()), head->size()},
                           iovec{const_cast<char*>(whole.data()), whole.size()}};
    x.bytes_sent = v[0].iov_len + v[1].iov_len;
    // What the origin answered comes in bursts and leaves so. What we say ourselves (a refusal under a flood, say) goes
    // at once, while its client is still at work on the one before.
    const auto when = r.keep ? net::Stream::When::together : net::Stream::When::now;
    auto write = stream_.write(std::span(v).first(whole.empty() ? 1 : 2), write_deadline(x.bytes_sent), when);
    net::IoResult wrote = co_await write;
    if (!wrote.ok()) x.failed = true;
    co_return wrote.ok();
  }
  Task<bool> streaming = send_stream(x, r, *head, plan.chunked);
  bool ok = co_await streaming;
  co_return ok;
}

// Stops: a client that asks for much and takes it a few bytes at a time, to hold buffers and backend connections.
SteadyTime Connection::write_deadline(std::uint64_t bytes) const {
  const ServerLimits& limits = server_.limits_;
  Duration patience = limits.write_time;
  if (limits.min_body_rate && bytes < limits.min_body_rate * 3600) {
    auto earned = Duration(static_cast<std::int64_t>(bytes * 1'000'000'000ull / limits.min_body_rate));
    patience = std::min(patience, limits.body_grace + earned);
  }
  return now() + patience;
}

Task<bool> Connection::send_stream(ServerExchange& x, Response& r, std::string_view head, bool chunked) {
  std::array<iovec, 5> v;
  std::array<char, 24> size_line;
  std::uint64_t promised = r.stream_length.value_or(0);
  std::string_view piece = r.bytes;
  bool first = true, last = false;
  while (!last) {
    if (!first && !chunked && !tls_ && r.stream_length && r.stream->pours()) {
      Task<bool> pouring = pour_stream(x, *r.stream, promised);
      bool good = co_await pouring;
      if (!good || promised == 0) co_return good;
    }
    if (!first || (piece.empty() && r.stream->ready())) {
      Task<Result<std::string_view>> reading = r.stream->read();
      Result<std::string_view> next = co_await reading;
      if (!next) {
        // The head is out: only breaking the connection tells the client that this is not the whole.
        x.failed = true;
        co_return false;
      }
      piece = *next;
      if (piece.empty()) last = true;
      if (!chunked && r.stream_length) {
        if (piece.size() > promised) piece = piece.substr(0, static_cast<std::size_t>(promised));
        promised -= piece.size();
        if (last && promised) {
          x.failed = true;
          co_return false;
        }
        if (promised == 0) last = true;
      }
    }
    std::size_t n = 0;
    if (first) v[n++] = {const_cast<char*>(head.data()), head.size()};
    if (chunked) {
      if (!piece.empty()) {
        int len = std::snprintf(size_line.data(), size_line.size(), "%zx\r\n", piece.size());
        v[n++] = {size_line.data(), static_cast<std::size_t>(len)};
        v[n++] = {const_cast<char*>(piece.data()), piece.size()};
        v[n++] = {const_cast<char*>("\r\n"), 2};
      }
      if (last) v[n++] = {const_cast<char*>("0\r\n\r\n"), 5};
    } else if (!piece.empty()) {
      v[n++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    first = false;
    if (n == 0) continue;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < n; ++i) bytes += v[i].iov_len;
    x.bytes_sent += bytes;
    auto write = stream_.write(std::span(v).first(n), write_deadline(bytes));
    net::IoResult wrote = co_await write;
    if (!wrote.ok()) {
      x.failed = true;
      co_return false;
    }
  }
  co_return true;
}

Task<bool> Connection::pour_stream(ServerExchange& x, Body& body, std::uint64_t& promised) {
  net::PipePool::Loan pipe = server_.pipes_.lend();
  while (pipe && promised > 0 && body.pours()) {
    Task<Result<std::size_t>> pouring = body.pour(*pipe);
    Result<std::size_t> got = co_await pouring;
    x.failed = !got || *got > promised;
    if (x.failed) co_return false;
    promised -= *got;
    x.bytes_sent += *got;
    // Stops: a slow reader that a full pipe buys more patience than a piece of a copy would.
    while (pipe->held() > 0) {
      std::size_t step = std::min(pipe->held(), kDrainStep);
      auto drain = stream_.drain(*pipe, pipe->held() - step, write_deadline(step));
      net::IoResult drained = co_await drain;
      x.failed = !drained.ok();
      if (x.failed) co_return false;
    }
  }
  co_return true;
}

Task<void> Connection::linger() {
  // Closing with unread bytes makes the kernel send a reset, which can overtake the answer (RFC 9112 §9.6).
  stream_.shutdown_write();
  SteadyTime until = now() + std::chrono::seconds(2);
  std::array<char, 4096> sink;
  for (std::size_t total = 0; total < 256 * 1024;) {
    auto read = stream_.read(sink.data(), sink.size(), until);
    net::IoResult got = co_await read;
    if (!got.ok()) co_return;
    total += static_cast<std::size_t>(got.n);
  }
}

}  // namespace gatehouse::http
