// Long bodies through server and client together, as the gate forwards them: what is moved inside the kernel arrives
// whole, waits, fails and is counted like what is copied.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <future>
#include <thread>

#include "net/http/client.h"
#include "net/http/listener.h"
#include "net/http/server.h"
#include "net/worker_pool.h"

namespace gatehouse::http {
namespace {

using std::chrono::milliseconds;

// Hands every request to the pool and its answer back.
class Relay final : public Handler {
 public:
  Task<void> serve(ServerExchange& t) override {
    ClientRequest out;
    out.method = t.request.method_name;
    out.path = t.request.path;
    out.host = "h";
    out.fields = &t.request.fields;
    out.body = t.request.body;
    out.length = t.request.content_length;
    auto asking = pool->send(out, t.arena);
    auto answer = co_await asking;
    Response response(t.arena);
    if (answer) {
      response = std::move(answer->response);
      poured |= response.stream && response.stream->pours();
    } else {
      response.status = 502;
      response.bytes = answer.error().code;
    }
    auto sending = t.send(response);
    co_await sending;
    sent = t.bytes_sent;
    received = t.bytes_received;
    ++served;
  }
  void abandoned(ServerExchange&) noexcept override { ++abandoned_count; }
  ClientPool* pool = nullptr;
  bool poured = false;
  std::uint64_t sent = 0, received = 0;
  int served = 0, abandoned_count = 0;
};

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string head_of(int fd, std::string& rest) {
  char buffer[4096];
  while (rest.find("\r\n\r\n") == std::string::npos) {
    ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) return {};
    rest.append(buffer, static_cast<std::size_t>(n));
  }
  std::size_t end = rest.find("\r\n\r\n") + 4;
  std::string head = rest.substr(0, end);
  rest.erase(0, end);
  return head;
}

// `n` bytes of a body of which `rest` is here already; what follows them stays in `rest`. Shorter when it broke off.
std::string body_of(int fd, std::string& rest, std::size_t n) {
  std::vector<char> buffer(64 * 1024);
  while (rest.size() < n) {
    ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    rest.append(buffer.data(), static_cast<std::size_t>(got));
  }
  std::string body = rest.substr(0, n);
  rest.erase(0, body.size());
  return body;
}

std::string pattern(std::size_t n) {
  std::string s(n, ' ');
  std::uint32_t x = 1;
  for (char& c : s) c = static_cast<char>((x = x * 1664525u + 1013904223u) >> 24);
  return s;
}

std::string long_head(std::size_t n) { return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(n) + "\r\n\r\n"; }

class RelayTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ::signal(SIGPIPE, SIG_IGN); }

  // `backend` talks on one accepted connection after the other, each on its own thread's turn.
  void begin(std::function<void(int)> backend, ServerLimits limits = {}, ClientTimes times = {}) {
    auto any = conf::ServerUrl::parse("http://127.0.0.1:0");
    auto behind = open_listener(*any);
    auto front = open_listener(*any);
    ASSERT_TRUE(behind && front);
    backend_fd = *behind;
    ::fcntl(backend_fd, F_SETFL, 0);
    port = local_port(*front);
    backend_thread = std::thread([this, backend = std::move(backend)] {
      for (;;) {
        int fd = ::accept(backend_fd, nullptr, nullptr);
        if (fd < 0) return;
        ++dialled;
        backend(fd);
        ::close(fd);
      }
    });
    ClientSetup setup;
    setup.name = "test";
    setup.servers = {*conf::ServerUrl::parse("http://127.0.0.1:" + std::to_string(local_port(backend_fd)))};
    setup.times = times;
    pool = std::make_unique<ClientPool>(loop, resolver, setup, std::make_shared<ServerHealth>(1));
    relay.pool = pool.get();
    server = std::make_unique<Server>(
        Server::Setup{loop, relay, ledger, [](const net::Address&) { return true; }, false}, limits);
    server->listen(*front, nullptr);
    thread = std::thread([this] { loop.run(); });
  }
  void TearDown() override {
    loop.stop();
    if (thread.joinable()) thread.join();
    loop.drop_tasks();
    server.reset();
    pool.reset();
    ::shutdown(backend_fd, SHUT_RDWR);
    if (backend_thread.joinable()) backend_thread.join();
    ::close(backend_fd);
  }
  int dial() const {
    int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    timeval limit{20, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
  }
  template <class F>
  auto on_loop(F f) {
    std::promise<decltype(f())> p;
    loop.post([&] { p.set_value(f()); });
    return p.get_future().get();
  }
  template <class F>
  bool soon(F f) {
    for (int i = 0; i < 500; ++i) {
      if (on_loop(f)) return true;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }

  SystemClock clock;
  net::Reactor loop{clock};
  net::WorkerPool workers{1};
  net::Resolver resolver{loop, workers};
  Relay relay;
  ConnectionLedger ledger;
  std::unique_ptr<ClientPool> pool;
  std::unique_ptr<Server> server;
  std::thread thread, backend_thread;
  // What the backend tells; it may still run when a test's own variables are gone.
  std::atomic<int> dialled{0};
  std::atomic<bool> equal{true};
  std::atomic<std::size_t> pushed{0};
  int backend_fd = -1;
  std::uint16_t port = 0;
};

TEST_F(RelayTest, long_answers_arrive_whole_and_both_connections_are_used_again) {
  const std::string body = pattern(3 * 1024 * 1024 + 77);
  begin([=](int fd) {
    std::string rest;
    for (int i = 0; !head_of(fd, rest).empty(); ++i) {
      send_all(fd, long_head(body.size()));
      if (i) std::this_thread::sleep_for(milliseconds(20));
      // Once in one go, then in odd pieces with pauses, also after the head.
      for (std::size_t at = 0, step = i == 0 ? body.size() : 130'001; at < body.size(); at += step) {
        send_all(fd, std::string_view(body).substr(at, step));
        if (i) std::this_thread::sleep_for(milliseconds(2));
      }
    }
  });
  int fd = dial();
  std::string rest;
  for (int i = 0; i < 3; ++i) {
    send_all(fd, "GET /long HTTP/1.1\r\nHost: h\r\n\r\n");
    std::string head = head_of(fd, rest);
    EXPECT_NE(head.find("Content-Length: " + std::to_string(body.size())), std::string::npos);
    EXPECT_TRUE(body_of(fd, rest, body.size()) == body);
    EXPECT_TRUE(soon([&] { return relay.served == i + 1; }));
    EXPECT_EQ(on_loop([&] { return relay.sent; }), head.size() + body.size());
  }
  EXPECT_TRUE(on_loop([&] { return relay.poured; }));
  EXPECT_EQ(rest, "");
  EXPECT_EQ(dialled, 1);
  EXPECT_EQ(on_loop([&] { return server->accepted(); }), 1u);
  ::close(fd);
}

TEST_F(RelayTest, long_requests_arrive_whole_are_counted_and_the_next_request_follows) {
  const std::string body = pattern(2 * 1024 * 1024 + 5);
  begin([this, body](int fd) {
    std::string rest;
    while (!head_of(fd, rest).empty()) {
      if (body_of(fd, rest, body.size()) != body) equal = false;
      send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  int fd = dial();
  std::string rest;
  for (int i = 0; i < 2; ++i) {
    send_all(fd, "POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    for (std::size_t at = 0; at < body.size(); at += 300'007) send_all(fd, std::string_view(body).substr(at, 300'007));
    EXPECT_TRUE(head_of(fd, rest).starts_with("HTTP/1.1 200"));
    EXPECT_EQ(body_of(fd, rest, 2), "ok");
    EXPECT_TRUE(soon([&] { return relay.served == i + 1; }));
    EXPECT_EQ(on_loop([&] { return relay.received; }), body.size());
  }
  EXPECT_TRUE(equal);
  EXPECT_EQ(dialled, 1);
  ::close(fd);
}

TEST_F(RelayTest, an_answer_that_breaks_off_ends_the_clients_connection_short) {
  begin([=](int fd) {
    std::string rest;
    head_of(fd, rest);
    send_all(fd, long_head(1024 * 1024));
    send_all(fd, pattern(400'000));
  });
  int fd = dial();
  std::string rest;
  send_all(fd, "GET /long HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_FALSE(head_of(fd, rest).empty());
  EXPECT_LE(body_of(fd, rest, 1024 * 1024).size(), 400'000u);
  EXPECT_TRUE(soon([&] { return server->connections() == 0; }));
  ::close(fd);
}

TEST_F(RelayTest, an_answer_that_pauses_too_long_ends) {
  ClientTimes times;
  times.gap = milliseconds(200);
  begin(
      [&](int fd) {
        std::string rest;
        head_of(fd, rest);
        send_all(fd, long_head(1024 * 1024));
        send_all(fd, pattern(400'000));
        char c = 0;
        EXPECT_LE(::recv(fd, &c, 1, 0), 0);  // until the gate gives up
      },
      {}, times);
  int fd = dial();
  std::string rest;
  send_all(fd, "GET /long HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_FALSE(head_of(fd, rest).empty());
  EXPECT_EQ(body_of(fd, rest, 1024 * 1024).size(), 400'000u);
  ::close(fd);
}

TEST_F(RelayTest, a_client_that_takes_nothing_stops_the_backend_and_is_let_go) {
  ServerLimits limits;
  limits.write_time = milliseconds(1500);
  static constexpr std::size_t kAll = 256 * 1024 * 1024;
  begin(
      [&](int fd) {
        std::string rest, block = pattern(64 * 1024);
        head_of(fd, rest);
        send_all(fd, long_head(kAll));
        while (pushed < kAll) {
          ssize_t n = ::send(fd, block.data(), block.size(), MSG_NOSIGNAL);
          if (n <= 0) break;
          pushed += static_cast<std::size_t>(n);
        }
      },
      limits);
  int fd = dial();
  send_all(fd, "GET /long HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(700));
  std::size_t early = pushed;
  std::this_thread::sleep_for(milliseconds(400));
  EXPECT_LT(pushed - early, 4u * 1024 * 1024);  // it stands: what the kernels' buffers hold, and no more
  EXPECT_LT(pushed, kAll / 2);
  EXPECT_TRUE(soon([&] { return server->connections() == 0 && pool->open() == 0; }));
  ::close(fd);
}

TEST_F(RelayTest, a_full_pipe_buys_a_slow_reader_no_more_time_than_a_piece_of_a_copy) {
  ServerLimits limits;
  limits.body_grace = milliseconds(0);
  limits.min_body_rate = 32 * 1024;  // 64 KiB in 2 s; all that a pipe holds would take 8
  begin(
      [](int fd) {
        std::string rest, block = pattern(64 * 1024);
        head_of(fd, rest);
        send_all(fd, long_head(256u << 20));
        while (::send(fd, block.data(), block.size(), MSG_NOSIGNAL) > 0) {
        }
      },
      limits);
  int fd = dial();
  send_all(fd, "GET /long HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(soon([&] { return server->accepted() == 1; }));
  EXPECT_TRUE(soon([&] { return server->connections() == 0 && pool->open() == 0; }));  // within 5 s
  ::close(fd);
}

TEST_F(RelayTest, a_client_that_leaves_in_the_middle_frees_the_backend) {
  begin([=](int fd) {
    std::string rest, block = pattern(64 * 1024);
    head_of(fd, rest);
    send_all(fd, long_head(1ull << 30));
    while (::send(fd, block.data(), block.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  int fd = dial();
  std::string rest;
  send_all(fd, "GET /long HTTP/1.1\r\nHost: h\r\n\r\n");
  head_of(fd, rest);
  EXPECT_EQ(body_of(fd, rest, 900'000).size(), 900'000u);
  ::close(fd);
  EXPECT_TRUE(soon([&] { return server->connections() == 0 && pool->open() == 0; }));
}

TEST_F(RelayTest, a_long_request_that_trickles_ends) {
  ServerLimits limits;
  limits.body_grace = milliseconds(200);
  limits.min_body_rate = 100'000'000;
  begin(
      [&](int fd) {
        std::string rest;
        head_of(fd, rest);
        body_of(fd, rest, 1024 * 1024);
      },
      limits);
  int fd = dial();
  std::string rest;
  send_all(fd, "POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n");
  send_all(fd, pattern(200'000));
  std::string head = head_of(fd, rest);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 502")) << head;
  EXPECT_EQ(body_of(fd, rest, 7), "timeout");
  ::close(fd);
}

}  // namespace
}  // namespace gatehouse::http
