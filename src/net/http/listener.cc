#include "net/http/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "net/address.h"

namespace gatehouse::http {

namespace {

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
};

// Nothing, with errno set, for what is no address.
std::optional<SocketAddress> socket_address(const conf::ServerUrl& url) {
  SocketAddress out;
  if (url.scheme == "unix") {
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    if (url.host.size() >= sizeof a.sun_path) {
      errno = ENAMETOOLONG;
      return std::nullopt;
    }
    std::memcpy(a.sun_path, url.host.data(), url.host.size());
    std::memcpy(&out.bytes, &a, out.size = sizeof a);
    return out;
  }
  const auto address = net::Address::parse(url.host == "localhost" ? "127.0.0.1" : url.host);
  if (!address) {
    errno = EADDRNOTAVAIL;
    return std::nullopt;
  }
  if (address->v6) {
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(url.port);
    std::memcpy(&a.sin6_addr, address->bytes.data(), 16);
    std::memcpy(&out.bytes, &a, out.size = sizeof a);
  } else {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(url.port);
    std::memcpy(&a.sin_addr, address->bytes.data() + 12, 4);
    std::memcpy(&out.bytes, &a, out.size = sizeof a);
  }
  return out;
}

tl::unexpected<Problem> trouble(const conf::ServerUrl& url, std::string_view why) {
  return fail(Source::us, "listen", url.text + ": " + std::string(why));
}

// A socket that is closed again unless it is taken out.
class Socket {
 public:
  explicit Socket(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return fd_; }
  int take() { return std::exchange(fd_, -1); }
  bool set(int option) const {
    const int one = 1;
    return ::setsockopt(fd_, SOL_SOCKET, option, &one, sizeof one) == 0;
  }

 private:
  int fd_;
};

constexpr std::string_view kTaken = "another program listens there; stop it, or give this one another address";

bool left_over(const std::string& path) {
  struct stat st{};
  return ::lstat(path.c_str(), &st) == 0 && S_ISSOCK(st.st_mode);
}

}  // namespace

Result<void> nobody_listens(const conf::ServerUrl& url) {
  const auto address = socket_address(url);
  if (!address) return trouble(url, std::strerror(errno));
  const Socket socket(address->bytes.ss_family);
  if (socket.get() < 0) return trouble(url, std::strerror(errno));
  if (url.scheme == "unix") {
    const bool answers = ::connect(socket.get(), address->get(), address->size) == 0 || errno == EAGAIN;
    return answers ? Result<void>(trouble(url, kTaken)) : Result<void>();
  }
  if (url.port == 0) return {};
  // Without SO_REUSEPORT the system refuses where anybody listens, and says so.
  socket.set(SO_REUSEADDR);
  if (::bind(socket.get(), address->get(), address->size) == 0) return {};
  return trouble(url, errno == EADDRINUSE ? kTaken : std::strerror(errno));
}

Result<int> open_listener(const conf::ServerUrl& url) {
  const auto address = socket_address(url);
  if (!address) return trouble(url, std::strerror(errno));
  Socket socket(address->bytes.ss_family);
  if (socket.get() < 0) return trouble(url, std::strerror(errno));
  if (url.scheme == "unix") {
    if (left_over(url.host)) ::unlink(url.host.c_str());
  } else {
    socket.set(SO_REUSEADDR);
    socket.set(SO_REUSEPORT);
  }
  if (::bind(socket.get(), address->get(), address->size) < 0) return trouble(url, std::strerror(errno));
  if (url.scheme == "unix") ::chmod(url.host.c_str(), 0660);
  if (::listen(socket.get(), 4096) < 0) return trouble(url, std::strerror(errno));
  return socket.take();
}

std::uint16_t local_port(int fd) {
  sockaddr_storage a{};
  socklen_t n = sizeof a;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &n) < 0) return 0;
  if (a.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in&>(a).sin_port);
  if (a.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6&>(a).sin6_port);
  return 0;
}

}  // namespace gatehouse::http
