// The backend of the bench: answers GET with 200 bytes of JSON, /big with 1 MiB, as fast as one core can.
//   bench_upstream PORT
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "socket.h"

namespace {

struct Connection {
  int fd = -1;
  std::array<char, 8192> in{};
  std::size_t have = 0;
  std::size_t skip = 0;  // of a body, still to be thrown away
  std::string_view out;  // what is still to be sent of the current answer
};

std::string answer_of(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json\r\nCache-Control: "
         "no-store\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Server {
 public:
  explicit Server(int port) : listener_(bench::listen_on(port)), poll_(epoll_create1(EPOLL_CLOEXEC)) {
    std::string body = R"({"id":12345,"name":"bench","items":[1,2,3,4,5,6,7,8],"pad":")";
    body.append(198 - body.size(), 'x').append("\"}");
    small_ = answer_of(body);
    big_ = answer_of(std::string(1 << 20, 'b'));
    watch(listener_, nullptr, EPOLLIN);
  }

  void run() {
    std::array<epoll_event, 256> events{};
    for (;;) {
      const int n = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < n; ++i) {
        auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (connection == nullptr) {
          accept_all();
        } else if (!serve(*connection)) {
          close(connection->fd);
          std::unique_ptr<Connection> ended(connection);
        }
      }
    }
  }

 private:
  void watch(int fd, Connection* connection, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.ptr = connection;
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      bench::no_delay(fd);
      auto connection = std::make_unique<Connection>();
      connection->fd = fd;
      watch(fd, connection.release(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
  }

  // Of the body that follows; 0 when the head names none.
  static std::size_t length_in(std::string_view head) {
    for (const char* name : {"\r\nContent-Length: ", "\r\ncontent-length: "})
      if (const std::size_t at = head.find(name); at != std::string_view::npos)
        return std::strtoul(head.data() + at + 18, nullptr, 10);
    return 0;
  }

  static void drop(Connection& c, std::size_t n) {
    c.have -= n;
    std::memmove(c.in.data(), c.in.data() + n, c.have);
  }

  // False when the connection is over.
  bool serve(Connection& c) {
    for (;;) {
      while (!c.out.empty()) {
        const ssize_t n = send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
        if (n < 0) return errno == EAGAIN;
        c.out.remove_prefix(static_cast<std::size_t>(n));
      }
      if (c.skip > 0 && c.have > 0) {
        const std::size_t gone = std::min(c.skip, c.have);
        c.skip -= gone;
        drop(c, gone);
        continue;
      }
      const std::string_view got(c.in.data(), c.have);
      if (const std::size_t end = got.find("\r\n\r\n"); end != std::string_view::npos) {
        c.out = got.starts_with("GET /big") ? big_ : small_;
        c.skip = length_in(got.substr(0, end + 2));
        drop(c, end + 4);
        continue;
      }
      if (c.have == c.in.size()) return false;
      const ssize_t n = recv(c.fd, c.in.data() + c.have, c.in.size() - c.have, 0);
      if (n == 0) return false;
      if (n < 0) return errno == EAGAIN;
      c.have += static_cast<std::size_t>(n);
    }
  }

  int listener_;
  int poll_;
  std::string small_, big_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bench_upstream PORT\n", stderr);
    return 2;
  }
  Server(std::atoi(argv[1])).run();
}
