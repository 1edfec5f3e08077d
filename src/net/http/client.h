// The client's side of HTTP/1.1: kept connections to one set of servers, one pool a thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/conf/values.h"
#include "net/buffer_pool.h"
#include "net/http/chunked.h"
#include "net/http/head_parser.h"
#include "net/http/message.h"
#include "net/resolver.h"
#include "net/stream.h"
#include "net/tls/session.h"

namespace gatehouse::http {

struct ClientTimes {
  Duration connect{std::chrono::seconds(2)};
  Duration first_byte{std::chrono::seconds(30)};
  Duration gap{std::chrono::seconds(60)};
  Duration idle{std::chrono::seconds(4)};
};

struct ClientSetup {
  std::string name;
  std::vector<conf::ServerUrl> servers;
  std::shared_ptr<net::tls::ClientContext> tls;  // for https servers
  std::string server_name;                       // SNI and verified name; the server's host when empty
  ClientTimes times;
  std::size_t max_idle = 64;
  std::size_t max_connections = 1024;
  HeadLimits head{64 * 1024, 200, 32 * 1024};
};

// The health of the servers, seen by all threads. Three failures to connect in a row take one out for 5 s.
class ServerHealth {
 public:
  explicit ServerHealth(std::size_t servers) : states_(servers) {}
  bool usable(std::size_t i, SteadyTime now) const;
  void succeeded(std::size_t i);
  void failed(std::size_t i, SteadyTime now);
  void set_checked(std::size_t i, bool healthy) { states_[i].checked_bad.store(!healthy, std::memory_order_relaxed); }
  std::size_t size() const { return states_.size(); }
  std::atomic<std::int64_t> connections{0};  // open to any of them, all threads

 private:
  struct State {
    std::atomic<int> failures{0};
    std::atomic<std::int64_t> out_until{0};
    std::atomic<bool> checked_bad{false};
  };
  std::vector<State> states_;
};

class ClientPool;

// One kept connection. Owned by the pool while idle, by the exchange while in use.
class ClientConnection {
 public:
  std::unique_ptr<net::Stream> stream;
  std::size_t server = 0;
  bool reused = false;
  SteadyTime idle_since{};
};

// The answer to one request: a head in `response`, a body that is pulled.
struct ClientAnswer {
  explicit ClientAnswer(Arena& arena) : response(arena) {}
  Response response;
  std::size_t server = 0;
};

// A request to send. Fields are sent as they are, but for framing.
struct ClientRequest {
  std::string_view method = "GET";
  std::string_view path = "/";
  std::string_view query;
  bool has_query = false;
  std::string_view host;
  const Fields* fields = nullptr;
  Body* body = nullptr;                 // pulled and forwarded with back-pressure
  std::string_view bytes;               // a body that is here already (instead of `body`)
  std::optional<std::uint64_t> length;  // of `body`; chunked when unknown
  bool head = false;                    // HEAD: the answer has no body
  bool may_retry = false;               // safe and without body
};

class ClientPool {
 public:
  ClientPool(net::Reactor& reactor, net::Resolver& resolver, ClientSetup setup, std::shared_ptr<ServerHealth> health);
  ~ClientPool();

  // Sends and waits for the answer's head. Problem codes: upstream_unreachable, upstream_timeout, upstream_error
  // (Source::origin), or the request body's own (Source::client). The answer's text and stream live in `arena`, which
  // must outlive it.
  Task<Result<ClientAnswer>> send(const ClientRequest& request, Arena& arena);

  const ClientSetup& setup() const { return setup_; }
  std::size_t idle() const { return idle_.size(); }
  std::size_t open() const { return open_; }

 private:
  friend class AnswerBody;
  Task<Result<std::unique_ptr<ClientConnection>>> acquire(bool fresh);
  Task<Result<std::unique_ptr<ClientConnection>>> connect(std::size_t server);
  std::unique_ptr<ClientConnection> take_idle();
  void release(std::unique_ptr<ClientConnection> connection, bool reusable);
  Task<Result<ClientAnswer>> attempt(const ClientRequest& request, Arena& arena, bool fresh, bool& can_retry);
  SteadyTime now() const { return reactor_.now(); }
  void reap();
  void count(std::int64_t by);

  class Reaper;
  net::Reactor& reactor_;
  net::Resolver& resolver_;
  ClientSetup setup_;
  std::shared_ptr<ServerHealth> health_;
  std::vector<std::unique_ptr<ClientConnection>> idle_;  // last in, first out
  std::unique_ptr<Reaper> reaper_;
  net::BufferPool buffers_{16 * 1024, 256};
  net::BufferPool big_buffers_{64 * 1024, 32};
  net::PipePool pipes_{128, 16};
  std::size_t open_ = 0;
  std::size_t next_server_ = 0;
};

}  // namespace gatehouse::http
