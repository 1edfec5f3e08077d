// One client connection, from accept to close. Private to the server.
#pragma once

#include "net/http/server.h"

namespace gatehouse::http {

// The request body, pulled from the connection: what came with the head first, then from the socket.
class RequestBody final : public Body {
 public:
  explicit RequestBody(Connection& connection) : connection_(connection) {}
  void begin(const RequestFraming& framing);
  Task<Result<std::string_view>> read() override;
  std::optional<std::uint64_t> length() const override;
  bool finished() const { return kind_ == BodyKind::none; }
  // Eats what is left of the body and stands in the buffer already. True: nothing is left.
  bool discard_buffered();
  bool pours() const override;
  Task<Result<std::size_t>> pour(net::Pipe& into) override;

 private:
  SteadyTime deadline() const;
  Problem cut_short(net::IoResult got);
  Result<std::string_view> take(std::string_view bytes, std::size_t& used);
  Connection& connection_;
  BodyKind kind_ = BodyKind::none;
  std::uint64_t left_ = 0, total_ = 0, received_ = 0;
  ChunkedDecoder chunked_;
  bool continue_due_ = false, failed_ = false, pouring_ = false, refused_ = false;
  SteadyTime begun_{};
};

struct Server::Slot {
  explicit Slot(Server& server) : head(server.head_buffers_.lend()) {}
  ServerExchange exchange;
  net::BufferPool::Loan head;   // the head and what came with it
  std::unique_ptr<char[]> big;  // instead of `head`, for a head that did not fit
  std::size_t capacity = 0;
  net::BufferPool::Loan body;  // later body bytes
  std::size_t have = 0;        // bytes in the head buffer
  std::size_t used = 0;        // of them, consumed by head and body
  std::size_t body_have = 0, body_used = 0;
  char* buffer() const { return big ? big.get() : head.data(); }
};

class Connection {
 public:
  Connection(Server& server, int fd, const net::Address& peer)
      : server_(server), stream_(server.setup_.reactor, fd), peer_(peer), body_(*this) {}
  Task<void> run(bool refuse, std::shared_ptr<net::tls::ServerContext> tls);
  Task<bool> send(ServerExchange& exchange, Response& response);

 private:
  friend class RequestBody;
  enum class Next : std::uint8_t { again, close, linger };
  void renew(ServerExchange& exchange);
  // Reads a head, serves it; the head's bytes and what follows stand in the slot.
  Task<Next> one();
  SteadyTime write_deadline(std::uint64_t bytes) const;
  Task<bool> send_stream(ServerExchange& exchange, Response& response, std::string_view head, bool chunked);
  // The rest of a body that pours. False: it broke.
  Task<bool> pour_stream(ServerExchange& exchange, Body& body, std::uint64_t& promised);
  Task<void> linger();
  SteadyTime now() const { return server_.setup_.reactor.now(); }

  Server& server_;
  net::Stream stream_;
  net::Address peer_;
  std::unique_ptr<Server::Slot> slot_;
  Server::IdleLink idle_;
  RequestBody body_;
  bool tls_ = false, first_ = true;
  SteadyTime head_deadline_{};
};

}  // namespace gatehouse::http
