// The floor that no proxy gets under: bytes copied between two sockets, one upstream connection a client, no policy.
//   raw_forwarder PORT UPSTREAM_PORT
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "socket.h"

namespace {

struct Pair;

struct End {
  Pair* pair = nullptr;
  End* other = nullptr;
  int fd = -1;
  std::string waiting;  // read here, not yet accepted by the other side
};

struct Pair {
  End client, upstream;
  bool over = false;
};

class Forwarder {
 public:
  Forwarder(int port, int upstream) : listener_(bench::listen_on(port)), poll_(epoll_create1(EPOLL_CLOEXEC)) {
    upstream_ = bench::loopback(upstream);
    watch(listener_, nullptr, EPOLLIN);
  }

  void run() {
    std::array<epoll_event, 256> events{};
    for (;;) {
      const int n = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < n; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        auto* end = static_cast<End*>(event.data.ptr);
        if (end == nullptr) {
          accept_all();
          continue;
        }
        if (end->pair->over) continue;
        bool alive = true;
        if (event.events & EPOLLOUT)
          alive = flush(*end->other) && (end->other->waiting.empty() ? forward(*end->other) : true);
        if (alive && (event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) alive = forward(*end);
        if (!alive) finish(*end->pair);
      }
      ended_.clear();  // only now: one turn may still name a pair that ended in it
    }
  }

 private:
  void watch(int fd, End* end, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.ptr = end;
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      auto pair = std::make_unique<Pair>();
      pair->client.fd = fd;
      pair->upstream.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      connect(pair->upstream.fd, reinterpret_cast<const sockaddr*>(&upstream_), sizeof upstream_);
      pair->client.other = &pair->upstream;
      pair->upstream.other = &pair->client;
      Pair* kept = pair.release();
      for (End* end : {&kept->client, &kept->upstream}) {
        end->pair = kept;
        bench::no_delay(end->fd);
        watch(end->fd, end, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
      }
    }
  }

  void finish(Pair& pair) {
    pair.over = true;
    close(pair.client.fd);
    close(pair.upstream.fd);
    ended_.emplace_back(&pair);
  }

  // Sends what waits at `from` to its other side. False: the pair is over.
  static bool flush(End& from) {
    while (!from.waiting.empty()) {
      const ssize_t n = send(from.other->fd, from.waiting.data(), from.waiting.size(), MSG_NOSIGNAL);
      if (n < 0) return errno == EAGAIN;
      from.waiting.erase(0, static_cast<std::size_t>(n));
    }
    return true;
  }

  bool forward(End& from) {
    while (from.waiting.empty()) {
      const ssize_t got = recv(from.fd, scratch_.data(), scratch_.size(), 0);
      if (got == 0) return false;
      if (got < 0) return errno == EAGAIN;
      ssize_t sent = send(from.other->fd, scratch_.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
      if (sent < 0) {
        if (errno != EAGAIN) return false;
        sent = 0;
      }
      if (sent < got) from.waiting.assign(scratch_.data() + sent, static_cast<std::size_t>(got - sent));
      if (static_cast<std::size_t>(got) < scratch_.size()) return true;  // drained: the next edge will tell
    }
    return true;
  }

  int listener_;
  int poll_;
  sockaddr_in upstream_{};
  std::array<char, 65536> scratch_{};
  std::vector<std::unique_ptr<Pair>> ended_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: raw_forwarder PORT UPSTREAM_PORT\n", stderr);
    return 2;
  }
  Forwarder(std::atoi(argv[1]), std::atoi(argv[2])).run();
}
