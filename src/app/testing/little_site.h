// A web site made of a function, on a free port of this machine: for the tests of commands that look at one.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace gatehouse::app::testing {

class LittleSite {
 public:
  // Gets a request's head and returns the whole answer. Called on the site's own thread, one request at a time.
  using Answer = std::function<std::string(const std::string& head)>;

  explicit LittleSite(Answer answer) : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    // A socket address is passed as the general one it begins like.
    auto* address = reinterpret_cast<sockaddr*>(&at);
    if (::bind(listener_, address, size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, address, &size) != 0)
      throw std::runtime_error("no port for a little site");
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LittleSite() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  LittleSite(const LittleSite&) = delete;
  LittleSite& operator=(const LittleSite&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  static std::string reply(int status, const std::string& fields, const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) + " Said\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
  }
  // Lets whichever origin asks read the answer, with credentials: the fault that CORS-001 is about.
  static std::string any_origin(const std::string& head) {
    std::string fields = "Content-Type: application/json\r\n";
    if (const std::string origin = field(head, "Origin"); !origin.empty())
      fields += "Access-Control-Allow-Origin: " + origin + "\r\nAccess-Control-Allow-Credentials: true\r\n";
    return reply(200, fields, "{}");
  }
  // The value of a field of a head, or nothing.
  static std::string field(const std::string& head, const std::string& name) {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }

 private:
  void serve() {
    for (;;) {
      const int peer = ::accept(listener_, nullptr, nullptr);
      if (peer < 0) return;
      std::string head;
      char piece[4096];
      while (head.find("\r\n\r\n") == std::string::npos) {
        const ssize_t n = ::read(peer, piece, sizeof piece);
        if (n <= 0) break;
        head.append(piece, static_cast<std::size_t>(n));
      }
      const std::string out = answer_(head);
      for (std::size_t sent = 0; sent < out.size();) {
        const ssize_t n = ::send(peer, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) break;
        sent += static_cast<std::size_t>(n);
      }
      ::close(peer);
    }
  }

  Answer answer_;
  int listener_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace gatehouse::app::testing
