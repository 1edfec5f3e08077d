// Server and client against each other over loopback, and the server against raw bytes.
#include "net/http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "net/http/client.h"
#include "net/http/listener.h"
#include "net/worker_pool.h"

namespace gatehouse::http {
namespace {

using std::chrono::milliseconds;

// "/echo" returns the body, "/slow" never answers, "/stream" has no length, anything else tells its path.
class TestHandler final : public Handler {
 public:
  explicit TestHandler(net::Reactor& loop) : loop_(loop) {}
  Task<void> serve(ServerExchange& t) override {
    Response r(t.arena);
    if (t.malformed) {
      r.status = t.early == Early::header_timeout ? 408 : 400;
      r.bytes = "bad";
    } else if (t.request.path == "/slow") {
      struct Gone {
        int& n;
        ~Gone() { ++n; }
      } gone{left};
      net::Sleep forever(loop_, loop_.now() + std::chrono::hours(1));
      co_await forever;
    } else if (t.request.path == "/split") {
      r.fields.add(FieldName("X-Name"), "a\r\nX-Injected: 1");
      r.bytes = "never";
    } else if (t.request.path == "/untold") {
      // as a backend's HEAD answer comes: no body, and no word of its length
    } else if (t.request.path == "/stream") {
      r.stream = t.arena.make<Three>();
    } else if (t.request.body && t.request.path != "/ignore") {
      std::string_view all;
      for (;;) {
        auto reading = t.request.body->read();
        auto piece = co_await reading;
        if (!piece) {
          r.status = 400;
          break;
        }
        if (piece->empty()) break;
        all = t.arena.join(all, *piece);
      }
      r.bytes = all;
    } else {
      r.bytes = t.request.path;
    }
    auto sending = t.send(r);
    co_await sending;
  }
  void abandoned(ServerExchange&) noexcept override { ++abandoned_count; }
  int left = 0, abandoned_count = 0;

 private:
  struct Three final : Body {
    Task<Result<std::string_view>> read() override {
      static constexpr std::string_view kPieces[] = {"one", "two", "three", ""};
      co_return kPieces[at++];
    }
    std::size_t at = 0;
  };
  net::Reactor& loop_;
};

class ServerTest : public ::testing::Test {
 protected:
  void begin(ServerLimits limits = {}) {
    auto url = conf::ServerUrl::parse("http://127.0.0.1:0");
    auto fd = open_listener(*url);
    ASSERT_TRUE(fd.has_value());
    port = local_port(*fd);
    server = std::make_unique<Server>(
        Server::Setup{loop, handler, ledger, [](const net::Address&) { return false; }, false}, limits);
    server->listen(*fd, nullptr);
    thread = std::thread([this] { loop.run(); });
  }
  void TearDown() override {
    if (thread.joinable()) {
      loop.stop();
      thread.join();
    }
    loop.drop_tasks();
  }
  int dial() const {
    int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    timeval limit{5, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
  }
  // Sends, and reads until the connection closes (or 5 s).
  std::string talk(std::string_view bytes, bool half_close = false) const {
    int fd = dial();
    EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    if (half_close) ::shutdown(fd, SHUT_WR);
    std::string all;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;)
      all.append(buffer, static_cast<std::size_t>(n));
    ::close(fd);
    return all;
  }
  template <class F>
  auto on_loop(F f) {
    std::promise<decltype(f())> p;
    loop.post([&] { p.set_value(f()); });
    return p.get_future().get();
  }

  SystemClock clock;
  net::Reactor loop{clock};
  TestHandler handler{loop};
  ConnectionLedger ledger;
  std::unique_ptr<Server> server;
  std::thread thread;
  std::uint16_t port = 0;
};

int count(const std::string& all, std::string_view piece) {
  int n = 0;
  for (std::size_t at = 0; (at = all.find(piece, at)) != std::string::npos; ++at) ++n;
  return n;
}

TEST_F(ServerTest, pipelined_requests_are_answered_in_order) {
  begin();
  auto all = talk(
      "GET /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz"
      "GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(count(all, "HTTP/1.1 200 OK"), 3);
  auto a = all.find("\r\n\r\n/a"), x = all.find("\r\n\r\nxyz"), b = all.find("\r\n\r\n/b");
  EXPECT_LT(a, x);
  EXPECT_LT(x, b);
  EXPECT_NE(b, std::string::npos);
}

TEST_F(ServerTest, ten_thousand_pipelined_requests_do_not_grow_the_stack) {
  begin();
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
  many += "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  int fd = dial();
  std::thread writer([&] {
    std::size_t at = 0;
    while (at < many.size()) {
      ssize_t w = ::send(fd, many.data() + at, many.size() - at, MSG_NOSIGNAL);
      if (w <= 0) break;
      at += static_cast<std::size_t>(w);
    }
  });
  std::string all;
  char buffer[65536];
  for (ssize_t n = 0; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) all.append(buffer, static_cast<std::size_t>(n));
  writer.join();
  ::close(fd);
  EXPECT_EQ(count(all, "HTTP/1.1 200 OK"), 10'001);
}

TEST_F(ServerTest, a_malformed_head_is_answered_once_and_the_connection_closes) {
  begin();
  auto all = talk(
      "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(count(all, "HTTP/1.1 "), 1);
  EXPECT_EQ(count(all, "HTTP/1.1 400"), 1);
  EXPECT_EQ(count(all, "Connection: close"), 1);
}

TEST_F(ServerTest, a_chunked_body_is_decoded_and_what_follows_it_is_the_next_request) {
  begin();
  auto all = talk(
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n"
      "T: dropped\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_NE(all.find("\r\n\r\nabcde"), std::string::npos);
  EXPECT_NE(all.find("\r\n\r\n/next"), std::string::npos);
}

TEST_F(ServerTest, a_body_nobody_read_is_eaten_when_it_is_here_and_ends_the_connection_when_not) {
  begin();
  auto here = talk(
      "POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
      "GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(count(here, "HTTP/1.1 200"), 2);
  auto missing = talk("POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\nabc");
  EXPECT_EQ(count(missing, "HTTP/1.1 200"), 1);
  EXPECT_EQ(count(missing, "Connection: close"), 1);
}

TEST_F(ServerTest, a_client_that_waits_for_100_gets_it_before_it_sends) {
  begin();
  int fd = dial();
  std::string_view head =
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
  ::send(fd, head.data(), head.size(), MSG_NOSIGNAL);
  char buffer[4096];
  ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
  ASSERT_GT(n, 0);
  EXPECT_EQ(std::string(buffer, static_cast<std::size_t>(n)), "HTTP/1.1 100 Continue\r\n\r\n");
  ::send(fd, "ok", 2, MSG_NOSIGNAL);
  std::string all;
  while ((n = ::recv(fd, buffer, sizeof buffer, 0)) > 0) all.append(buffer, static_cast<std::size_t>(n));
  ::close(fd);
  EXPECT_TRUE(all.ends_with("\r\n\r\nok"));
}

TEST_F(ServerTest, a_stream_without_length_is_chunked_for_1_1_and_ends_with_the_connection_for_1_0) {
  begin();
  auto modern = talk("GET /stream HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_NE(modern.find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_NE(modern.find("3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n"), std::string::npos);
  auto old = talk("GET /stream HTTP/1.0\r\nHost: h\r\n\r\n");
  EXPECT_EQ(old.find("chunked"), std::string::npos);
  EXPECT_TRUE(old.ends_with("\r\n\r\nonetwothree"));
}

TEST_F(ServerTest, a_head_answer_tells_a_length_only_when_somebody_knew_it) {
  begin();
  auto known = talk("HEAD /four HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_NE(known.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(known.ends_with("\r\n\r\n"));
  auto untold = talk("HEAD /untold HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(untold.find("Content-Length"), std::string::npos);
  auto empty = talk("GET /untold HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_NE(empty.find("Content-Length: 0\r\n"), std::string::npos);
}

TEST_F(ServerTest, a_field_with_a_line_break_never_leaves) {
  begin();
  auto all = talk("GET /split HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(all, "");
}

TEST_F(ServerTest, a_client_that_leaves_cancels_what_runs_for_it) {
  begin();
  int fd = dial();
  std::string_view head = "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";
  ::send(fd, head.data(), head.size(), MSG_NOSIGNAL);
  std::this_thread::sleep_for(milliseconds(100));
  ::close(fd);
  int left = 0;
  for (int i = 0; i < 100 && !left; ++i) {
    std::this_thread::sleep_for(milliseconds(20));
    left = on_loop([&] { return handler.left; });
  }
  EXPECT_EQ(left, 1);
  EXPECT_EQ(on_loop([&] { return handler.abandoned_count; }), 1);
}

TEST_F(ServerTest, a_head_that_trickles_is_told_408_and_closed) {
  ServerLimits limits;
  limits.header_time = milliseconds(200);
  begin(limits);
  auto all = talk("GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ");
  EXPECT_EQ(count(all, "HTTP/1.1 408"), 1);
}

TEST_F(ServerTest, a_body_below_the_least_rate_ends) {
  ServerLimits limits;
  limits.body_grace = milliseconds(100);
  limits.min_body_rate = 1'000'000;
  begin(limits);
  auto all = talk("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(count(all, "HTTP/1.1 400"), 1);
}

TEST_F(ServerTest, one_address_may_hold_only_so_many_connections) {
  ServerLimits limits;
  limits.connections_per_address = 2;
  begin(limits);
  int a = dial(), b = dial();
  std::this_thread::sleep_for(milliseconds(100));
  auto third = talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(count(third, "HTTP/1.1 400"), 1);
  ::close(a);
  ::close(b);
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(ledger.open(), 0);
}

TEST_F(ServerTest, draining_closes_idle_connections_and_lets_the_running_one_end) {
  begin();
  int idle = dial();
  std::this_thread::sleep_for(milliseconds(50));
  on_loop([&] {
    server->drain();
    return 0;
  });
  char c = 0;
  EXPECT_EQ(::recv(idle, &c, 1, 0), 0);
  ::close(idle);
}

struct ClientTest : ServerTest {
  // Runs one request through a pool on the loop and returns status and body.
  std::pair<int, std::string> ask(ClientPool& pool, ClientRequest request) {
    std::promise<std::pair<int, std::string>> done;
    auto result = done.get_future();
    loop.post([&] { loop.spawn(run(pool, request, done)); });
    return result.get();
  }
  static Task<void> run(ClientPool& pool, ClientRequest request, std::promise<std::pair<int, std::string>>& done) {
    Arena arena;
    auto sending = pool.send(request, arena);
    auto answer = co_await sending;
    if (!answer) {
      done.set_value({0, std::string(answer.error().code)});
      co_return;
    }
    std::string body(answer->response.bytes);
    while (answer->response.stream) {
      auto reading = answer->response.stream->read();
      auto piece = co_await reading;
      if (!piece || piece->empty()) break;
      body.append(*piece);
    }
    done.set_value({answer->response.status, body});
  }
  ClientSetup setup() const {
    ClientSetup s;
    s.name = "test";
    s.servers = {*conf::ServerUrl::parse("http://127.0.0.1:" + std::to_string(port))};
    return s;
  }
};

TEST_F(ClientTest, a_connection_is_kept_and_used_again) {
  begin();
  net::WorkerPool workers(1);
  net::Resolver resolver(loop, workers);
  ClientPool pool(loop, resolver, setup(), std::make_shared<ServerHealth>(1));
  ClientRequest r;
  r.host = "h";
  r.path = "/a";
  EXPECT_EQ(ask(pool, r), (std::pair<int, std::string>{200, "/a"}));
  r.path = "/stream";
  EXPECT_EQ(ask(pool, r), (std::pair<int, std::string>{200, "onetwothree"}));
  r.path = "/echo";
  r.method = "POST";
  r.bytes = "body";
  EXPECT_EQ(ask(pool, r), (std::pair<int, std::string>{200, "body"}));
  EXPECT_EQ(on_loop([&] { return server->accepted(); }), 1u);
  EXPECT_EQ(on_loop([&] { return pool.idle(); }), 1u);
  loop.stop();
  thread.join();
  loop.drop_tasks();
}

TEST_F(ClientTest, a_closed_door_is_unreachable_and_a_silent_one_times_out) {
  begin();
  net::WorkerPool workers(1);
  net::Resolver resolver(loop, workers);
  auto closed = setup();
  closed.servers = {*conf::ServerUrl::parse("http://127.0.0.1:1")};
  ClientPool nobody(loop, resolver, closed, std::make_shared<ServerHealth>(1));
  ClientRequest r;
  r.host = "h";
  EXPECT_EQ(ask(nobody, r).second, "upstream_unreachable");
  auto silent = setup();
  silent.times.first_byte = milliseconds(100);
  ClientPool slow(loop, resolver, silent, std::make_shared<ServerHealth>(1));
  r.path = "/slow";
  EXPECT_EQ(ask(slow, r).second, "upstream_timeout");
  loop.stop();
  thread.join();
  loop.drop_tasks();
}

}  // namespace
}  // namespace gatehouse::http
