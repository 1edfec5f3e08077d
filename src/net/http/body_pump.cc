#include "net/http/body_pump.h"

#include <sys/socket.h>

#include <array>
#include <cstdio>

namespace gatehouse::http {

namespace {

// What pours of a body. False: the pump is at its end, one way or the other.
Task<bool> pump_poured(Pump& pump, Body& body, net::Stream& to, net::PipePool& pipes, Duration gap) {
  net::PipePool::Loan pipe = pipes.lend();
  while (pipe && body.pours()) {
    Task<Result<std::size_t>> pouring = body.pour(*pipe);
    Result<std::size_t> got = co_await pouring;
    if (!got) {
      pump.problem = got.error();
      ::shutdown(to.fd(), SHUT_RDWR);  // as in pump_body
      co_return false;
    }
    auto drain = to.drain(*pipe, 0, to.reactor().now() + gap);
    net::IoResult drained = co_await drain;
    if (!drained.ok()) co_return false;
    pump.progress = to.reactor().now();
  }
  co_return true;
}

}  // namespace

Task<void> pump_body(Pump& pump, Body& body, net::Stream& to, net::PipePool& pipes, bool chunked, Duration gap) {
  std::array<iovec, 3> v;
  std::array<char, 24> size_line;
  net::Reactor& loop = to.reactor();
  for (;;) {
    if (!chunked && !to.tls() && body.pours()) {
      Task<bool> pouring = pump_poured(pump, body, to, pipes, gap);
      bool on = co_await pouring;
      if (!on) co_return;
    }
    Task<Result<std::string_view>> reading = body.read();
    Result<std::string_view> piece = co_await reading;
    if (!piece) {
      pump.problem = piece.error();
      ::shutdown(to.fd(), SHUT_RDWR);  // ends the wait for an answer that can no longer come whole
      co_return;
    }
    std::size_t n = 0;
    if (chunked) {
      int len = std::snprintf(size_line.data(), size_line.size(), "%zx\r\n", piece->size());
      v[n++] = {size_line.data(), static_cast<std::size_t>(len)};
      if (!piece->empty()) v[n++] = {const_cast<char*>(piece->data()), piece->size()};
      v[n++] = {const_cast<char*>("\r\n"), 2};
    } else if (!piece->empty()) {
      v[n++] = {const_cast<char*>(piece->data()), piece->size()};
    }
    if (n) {
      auto write = to.write(std::span(v).first(n), loop.now() + gap);
      net::IoResult wrote = co_await write;
      if (!wrote.ok()) co_return;  // the reader of the answer will find out why
    }
    pump.progress = loop.now();
    if (piece->empty()) {
      pump.done = true;
      co_return;
    }
  }
}

}  // namespace gatehouse::http
