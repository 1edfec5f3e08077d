#include "net/http/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/http/connection.h"

namespace gatehouse::http {

std::size_t ConnectionLedger::Hash::operator()(const net::Address& a) const {
  std::uint64_t h = 14695981039346656037ull;
  for (auto b : a.bytes) h = (h ^ b) * 1099511628211ull;
  return static_cast<std::size_t>(h ^ (h >> 32));
}

ConnectionLedger::Answer ConnectionLedger::enter(const net::Address& address, std::int64_t limit,
                                                 std::int64_t per_address, bool exempt) {
  // Counted even when refused: leave() is called for every connection that entered.
  std::int64_t open = open_.fetch_add(1, std::memory_order_relaxed) + 1;
  std::int64_t mine = 0;
  if (!exempt) {
    net::Address key = address.client_prefix();
    Shard& shard = shards_[Hash()(key) % shards_.size()];
    std::lock_guard lock(shard.mutex);
    mine = ++shard.count[key];
  }
  if (open > limit) return Answer::too_many;
  if (!exempt && mine > per_address) return Answer::too_many_from_address;
  return Answer::welcome;
}

void ConnectionLedger::leave(const net::Address& address, bool exempt) {
  open_.fetch_sub(1, std::memory_order_relaxed);
  if (exempt) return;
  net::Address key = address.client_prefix();
  Shard& shard = shards_[Hash()(key) % shards_.size()];
  std::lock_guard lock(shard.mutex);
  auto it = shard.count.find(key);
  if (it != shard.count.end() && --it->second <= 0) shard.count.erase(it);
}

class Server::Listener final : public net::EventTarget {
 public:
  Listener(Server& server, int fd, std::shared_ptr<net::tls::ServerContext> tls)
      : tls_(std::move(tls)), server_(server), fd_(fd), again_(*this) {
    server_.setup_.reactor.watch(fd_, *this);
  }
  ~Listener() override { close(); }
  void accept_all();
  void close() {
    if (fd_ < 0) return;
    server_.setup_.reactor.forget(fd_, *this);
    ::close(fd_);
    fd_ = -1;
  }
  std::shared_ptr<net::tls::ServerContext> tls_;

 private:
  // Out of descriptors: edge-triggered epoll will not tell us again, so look again in a moment.
  class Again final : public net::Timer {
   public:
    explicit Again(Listener& l) : listener_(l) {}
    void fire() override { listener_.accept_all(); }

   private:
    Listener& listener_;
  };
  void on_events(std::uint32_t) override { accept_all(); }
  Server& server_;
  int fd_;
  Again again_;
};

namespace {

// Bytes of an answer that the kernel takes beyond those on their way to the client.
constexpr int kUnsent = 256 * 1024;

net::Address address_of(const sockaddr_storage& from) {
  net::Address a;
  if (from.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(from);
    a.bytes[10] = a.bytes[11] = 0xff;
    std::memcpy(a.bytes.data() + 12, &in.sin_addr, 4);
  } else if (from.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(from);
    std::memcpy(a.bytes.data(), &in.sin6_addr, 16);
    a.v6 = !IN6_IS_ADDR_V4MAPPED(&in.sin6_addr);
  } else {
    a.local_socket = true;
  }
  return a;
}

}  // namespace

void Server::Listener::accept_all() {
  for (;;) {
    if (fd_ < 0) return;
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN)
        again_.arm(server_.setup_.reactor, server_.setup_.reactor.now() + std::chrono::milliseconds(100));
      return;
    }
    net::Address peer = address_of(from);
    // Stops: a development server (debug detail, local keys) answering a network.
    if (server_.setup_.loopback_only && !peer.loopback() && !peer.local_socket) {
      ::close(fd);
      continue;
    }
    if (!peer.local_socket) {
      int one = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      // Stops: slow readers that make the kernel hold megabytes for each of them, until TCP has no memory for anybody.
      // Bytes beyond what is on its way wait here or at the origin, which is held back.
      int unsent = kUnsent;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    }
    bool exempt = peer.local_socket || server_.setup_.exempt(peer);
    auto answer =
        server_.setup_.ledger.enter(peer, server_.limits_.connections, server_.limits_.connections_per_address, exempt);
    ++server_.accepted_;
    server_.setup_.reactor.spawn(
        server_.connection(fd, peer, exempt, answer != ConnectionLedger::Answer::welcome, tls_));
  }
}

Server::Server(Setup setup, const ServerLimits& limits) : setup_(std::move(setup)), limits_(limits) {}

Server::~Server() = default;

void Server::listen(int fd, std::shared_ptr<net::tls::ServerContext> tls) {
  listeners_.push_back(std::make_unique<Listener>(*this, fd, std::move(tls)));
}

void Server::set_tls(std::shared_ptr<net::tls::ServerContext> tls) {
  for (auto& l : listeners_)
    if (l->tls_) l->tls_ = tls;
}

void Server::drain() {
  if (draining_) return;
  draining_ = true;
  for (auto& l : listeners_) {
    l->accept_all();
    l->close();
  }
  // A waiting read ends, and with it the connection.
  for (IdleLink* i = idle_.next; i != &idle_; i = i->next) ::shutdown(i->stream->fd(), SHUT_RD);
}

std::unique_ptr<Server::Slot> Server::borrow() {
  if (slots_.empty()) return std::make_unique<Slot>(*this);
  auto slot = std::move(slots_.back());
  slots_.pop_back();
  slot->head = head_buffers_.lend();
  return slot;
}

void Server::give_back(std::unique_ptr<Slot> slot) {
  slot->exchange.request.fields.reset();
  slot->exchange.arena.reset();
  slot->head.give_back();
  slot->body.give_back();
  slot->big.reset();
  slot->have = slot->used = slot->body_have = slot->body_used = slot->capacity = 0;
  if (slots_.size() < 512) slots_.push_back(std::move(slot));
}

Task<void> Server::connection(int fd, net::Address peer, bool exempt, bool refuse,
                              std::shared_ptr<net::tls::ServerContext> tls) {
  // Leaves the ledger however this ends, also when the task is dropped.
  struct Guest {
    Server& server;
    net::Address peer;
    bool exempt;
    Guest(Server& s, const net::Address& p, bool e) : server(s), peer(p), exempt(e) { ++server.open_; }
    ~Guest() {
      --server.open_;
      server.setup_.ledger.leave(peer, exempt);
    }
  } guest(*this, peer, exempt);
  Connection connection(*this, fd, peer);
  Task<void> life = connection.run(refuse, std::move(tls));
  co_await life;
}

}  // namespace gatehouse::http
