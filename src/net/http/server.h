// The server's side of HTTP/1.1: one connection, one coroutine, one exchange at a time.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "net/buffer_pool.h"
#include "net/http/chunked.h"
#include "net/http/head_parser.h"
#include "net/http/message.h"
#include "net/stream.h"
#include "net/tls/session.h"

namespace gatehouse::http {

struct ServerLimits {
  HeadLimits head;
  Duration header_time{std::chrono::seconds(10)};  // for a whole head, and for the TLS handshake
  Duration idle{std::chrono::seconds(60)};         // between requests
  Duration body_gap{std::chrono::seconds(30)};     // between two pieces of a request body
  Duration body_grace{std::chrono::seconds(5)};    // before min_body_rate counts
  std::uint64_t min_body_rate = 500;               // bytes a second, of a body that comes or a response that is taken
  Duration write_time{std::chrono::seconds(60)};   // for one piece of a response, however large
  std::int64_t connections = 20000;
  std::int64_t connections_per_address = 200;
};

// Connections by address and in all, over all threads.
class ConnectionLedger {
 public:
  enum class Answer : std::uint8_t { welcome, too_many, too_many_from_address };
  Answer enter(const net::Address& address, std::int64_t limit, std::int64_t per_address, bool exempt);
  void leave(const net::Address& address, bool exempt);
  std::int64_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  struct Hash {
    std::size_t operator()(const net::Address& a) const;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<net::Address, std::int64_t, Hash> count;
  };
  std::array<Shard, 16> shards_;
  std::atomic<std::int64_t> open_{0};
};

class Connection;

// Why a connection was answered before any request was read.
enum class Early : std::uint8_t { none, too_many_connections, header_timeout };

// One request and the way to answer it. Everything it lends lives until serve() has returned.
class ServerExchange {
 public:
  ServerExchange() : arena(8 * 1024), request(arena) {}
  Arena arena;
  Request request;
  bool malformed = false;  // request holds what could be read; the connection closes after the answer
  ParseError error;
  Early early = Early::none;
  net::Address peer;
  bool tls = false;
  SteadyTime started{};
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  int status = 0;  // sent
  bool head_sent = false;
  bool failed = false;  // the answer could not be delivered whole

  // Sends the answer. Once an exchange. False: the client went away or a stream broke; the connection closes.
  Task<bool> send(Response& response);
  // No keep-alive after this exchange.
  void close_after() { close_ = true; }

 private:
  friend class Connection;
  Connection* connection_ = nullptr;
  bool close_ = false;
};

// Serves every request of one thread. Its task may be dropped at any wait: the client has gone.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Task<void> serve(ServerExchange& exchange) = 0;
  // The exchange was dropped because the client went away; runs after the task's frame is gone.
  virtual void abandoned(ServerExchange& exchange) noexcept = 0;
};

// All connections of one listener address on one thread.
class Server {
 public:
  struct Setup {
    net::Reactor& reactor;
    Handler& handler;
    ConnectionLedger& ledger;
    std::function<bool(const net::Address&)> exempt;  // from the per-address limit: loopback, trusted proxies
    bool loopback_only = false;                       // development: other peers are turned away
  };
  Server(Setup setup, const ServerLimits& limits);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Takes a listening, non-blocking descriptor. `tls` may be swapped later (certificate reload).
  void listen(int fd, std::shared_ptr<net::tls::ServerContext> tls);
  void set_tls(std::shared_ptr<net::tls::ServerContext> tls);
  void set_limits(const ServerLimits& limits) { limits_ = limits; }
  // Accepts what waits, closes the listeners and idle connections; running exchanges end and then close.
  void drain();
  std::size_t connections() const { return open_; }
  std::uint64_t accepted() const { return accepted_; }
  std::uint64_t tls_failures() const { return tls_failures_; }

 private:
  friend class Connection;
  friend class RequestBody;
  class Listener;
  struct IdleLink {
    IdleLink* prev = this;
    IdleLink* next = this;
    net::Stream* stream = nullptr;
    void unlink() {
      prev->next = next;
      next->prev = prev;
      prev = next = this;
    }
    ~IdleLink() { unlink(); }
  };
  struct Slot;  // what a connection holds only while a request is there
  std::unique_ptr<Slot> borrow();
  void give_back(std::unique_ptr<Slot> slot);
  Task<void> connection(int fd, net::Address peer, bool exempt, bool refuse, std::shared_ptr<net::tls::ServerContext>);

  Setup setup_;
  ServerLimits limits_;
  net::BufferPool head_buffers_{16 * 1024, 512};
  net::BufferPool body_buffers_{16 * 1024, 64};
  net::PipePool pipes_{128, 16};
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  IdleLink idle_;
  bool draining_ = false;
  std::size_t open_ = 0;
  std::uint64_t accepted_ = 0, tls_failures_ = 0;
};

}  // namespace gatehouse::http
