#include "net/http/blocking_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>

namespace gatehouse::http {
namespace {

using std::chrono::milliseconds;

// A server that says what it is told, one connection after the other.
class Scripted {
 public:
  using Talk = std::function<void(int fd, const std::string& request)>;
  explicit Scripted(std::vector<Talk> talks) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t n = sizeof a;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&a), n), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&a), &n), 0);
    port_ = ntohs(a.sin_port);
    thread_ = std::thread([this, talks = std::move(talks)] {
      for (const Talk& talk : talks) {
        int c = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
        std::string request;
        char block[4096];
        while (request.find("\r\n\r\n") == request.npos) {
          auto got = ::recv(c, block, sizeof block, 0);
          if (got <= 0) break;
          request.append(block, static_cast<std::size_t>(got));
        }
        requests.push_back(request);
        talk(c, request);
        ::close(c);
      }
    });
  }
  ~Scripted() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  void finish() {
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
  }
  std::string url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  std::uint16_t port() const { return port_; }
  std::vector<std::string> requests;

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

void say(int fd, std::string_view s) { ::send(fd, s.data(), s.size(), MSG_NOSIGNAL); }
Scripted::Talk answer(std::string s) {
  return [s](int fd, const std::string&) { say(fd, s); };
}

const SystemClock kClock;
BlockingOptions quick() {
  BlockingOptions o;
  o.silence = milliseconds(150);
  return o;
}

TEST(BlockingClient, SendsHeadersInTheirOrderAndReadsTheAnswer) {
  Scripted server({answer("HTTP/1.1 201 Created\r\nX-One: 1\r\nX-TWO: 2\r\nContent-Length: 5\r\n\r\nhello")});
  BlockingClient client(kClock, quick());
  auto a = client.send({"POST", server.url("/a?b"), {{"zeta", "1"}, {"Alpha", "2"}}, "body"});
  ASSERT_TRUE(a) << a.error().text();
  EXPECT_EQ(a->status, 201);
  EXPECT_EQ(a->header("x-two"), "2");
  EXPECT_EQ(a->body, "hello");
  server.finish();
  EXPECT_EQ(server.requests[0], "POST /a?b HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                                    "\r\nzeta: 1\r\nAlpha: 2\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody");
}

TEST(BlockingClient, ReadsEveryFraming) {
  Scripted server({answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
                   answer("HTTP/1.1 200 OK\r\n\r\nuntil the end"), answer("HTTP/1.1 204 No Content\r\n\r\n"),
                   answer("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
  BlockingClient client(kClock, quick());
  EXPECT_EQ(client.get(server.url())->body, "abcde");
  EXPECT_EQ(client.get(server.url())->body, "until the end");
  EXPECT_EQ(client.get(server.url())->status, 204);
  EXPECT_EQ(client.get(server.url())->status, 200);
}

TEST(BlockingClient, AHeadAnswerHasNoBody) {
  Scripted server({answer("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")});
  auto a = BlockingClient(kClock, quick()).send({"HEAD", server.url(), {}, {}});
  ASSERT_TRUE(a) << a.error().text();
  EXPECT_EQ(a->body, "");
}

std::string_view code_for(std::string reply, BlockingOptions options = quick()) {
  Scripted server({answer(std::move(reply))});
  auto a = BlockingClient(kClock, options).get(server.url());
  return a ? "none" : a.error().code;
}

TEST(BlockingClient, NamesWhatWentWrong) {
  EXPECT_EQ(code_for(""), "closed");
  EXPECT_EQ(code_for("HTTP/1.1 200 OK\r\nContent-Le"), "closed");
  EXPECT_EQ(code_for("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"), "closed");
  EXPECT_EQ(code_for("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), "closed");
  EXPECT_EQ(code_for("SSH-2.0-OpenSSH_9.2\r\n"), "bad_response");
  EXPECT_EQ(code_for("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"), "bad_response");
  EXPECT_EQ(code_for("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), "bad_response");
  EXPECT_EQ(code_for("HTTP/1.1 200 OK\r\nX: " + std::string(40000, 'x') + "\r\n\r\n"), "bad_response");
  BlockingClient client(kClock, quick());
  EXPECT_EQ(client.get("ftp://a/").error().code, "bad_url");
  EXPECT_EQ(client.get("http://user@a/").error().code, "bad_url");
  EXPECT_EQ(client.get("http://name.invalid/").error().code, "resolve");
  std::string gone;
  {
    gone = Scripted({}).url();
  }
  EXPECT_EQ(client.get(gone).error().code, "connect");
}

TEST(BlockingClient, ASilentServerIsLeftInTime) {
  Scripted server({[](int fd, const std::string&) {
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    std::this_thread::sleep_for(milliseconds(400));
  }});
  auto before = std::chrono::steady_clock::now();
  auto a = BlockingClient(kClock, quick()).get(server.url());
  ASSERT_FALSE(a);
  EXPECT_EQ(a.error().code, "timeout");
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(390));
}

TEST(BlockingClient, ADrippingServerIsLeftAtTheTotal) {
  Scripted server({[](int fd, const std::string&) {
    say(fd, "HTTP/1.1 200 OK\r\n\r\n");
    for (int i = 0; i < 40; ++i) {
      say(fd, "x");
      std::this_thread::sleep_for(milliseconds(10));
    }
  }});
  BlockingOptions o = quick();
  o.total = milliseconds(100);
  auto a = BlockingClient(kClock, o).get(server.url());
  ASSERT_FALSE(a);
  EXPECT_EQ(a.error().code, "timeout");
}

TEST(BlockingClient, BoundsTheBody) {
  BlockingOptions o = quick();
  o.max_body = 4;
  for (std::string s : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\n\r\nhello",
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"}) {
    o.cut_body = false;
    EXPECT_EQ(code_for(s, o), "too_large") << s;
    o.cut_body = true;
    Scripted server({answer(s)});
    auto a = BlockingClient(kClock, o).get(server.url());
    ASSERT_TRUE(a) << a.error().text();
    EXPECT_EQ(a->body, "hell");
    EXPECT_TRUE(a->cut);
  }
}

TEST(BlockingClient, FollowsRedirectsOnlyWhenAsked) {
  const std::string there = "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
  const std::string here = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere";
  {
    Scripted server({answer(there)});
    EXPECT_EQ(BlockingClient(kClock, quick()).get(server.url())->status, 302);
  }
  BlockingOptions o = quick();
  o.redirects = 1;
  {
    Scripted server({answer(there), answer(here)});
    auto a = BlockingClient(kClock, o).get(server.url());
    ASSERT_TRUE(a) << a.error().text();
    EXPECT_EQ(a->body, "here");
    EXPECT_EQ(a->url, server.url("/there"));
  }
  {
    Scripted server({answer(there), answer(there)});
    EXPECT_EQ(BlockingClient(kClock, o).get(server.url())->status, 302) << "the bound holds";
  }
  {
    Scripted server({answer(there)});
    EXPECT_EQ(BlockingClient(kClock, o).send({"POST", server.url(), {}, "x"})->status, 302);
  }
}

TEST(BlockingClient, ARedirectElsewhereLosesTheCredentials) {
  Scripted other({answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
  Scripted first({answer("HTTP/1.1 302 Found\r\nLocation: " + other.url("/x") + "\r\nContent-Length: 0\r\n\r\n")});
  BlockingOptions o = quick();
  o.redirects = 1;
  auto a = BlockingClient(kClock, o).send({"GET", first.url(), {{"Authorization", "Bearer x"}, {"X-A", "1"}}, {}});
  ASSERT_TRUE(a) << a.error().text();
  other.finish();
  EXPECT_EQ(other.requests[0].find("Bearer"), std::string::npos);
  EXPECT_NE(other.requests[0].find("X-A: 1"), std::string::npos);
}

TEST(BlockingClient, AValueCannotWriteLinesOfItsOwn) {
  BlockingClient client(kClock, quick());
  for (const char* v : {"a\r\nX: y", "a\nb", "a\rb"})
    EXPECT_EQ(client.send({"GET", "http://127.0.0.1:1/", {{"X-A", v}}, {}}).error().code, "bad_header");
  EXPECT_EQ(client.send({"GET / HTTP/1.1\r\nX:", "http://127.0.0.1:1/", {}, {}}).error().code, "bad_header");
}

TEST(BlockingClient, ConnectsElsewhereUnderTheSameName) {
  Scripted server({answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
  BlockingOptions o = quick();
  o.connect_host = "127.0.0.1";
  o.connect_port = server.port();
  ASSERT_TRUE(BlockingClient(kClock, o).get("http://app.example.com/x"));
  server.finish();
  EXPECT_NE(server.requests[0].find("\r\nHost: app.example.com\r\n"), std::string::npos);
}

TEST(RawWriter, WritesWhatItIsGivenAndTellsHowItEnded) {
  BlockingClient client(kClock, quick());
  const std::string bytes = "GET / HTTP/1.1\r\nHost : a\r\nX:\x01\r\n\r\n";
  {
    Scripted server({answer("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")});
    auto r = client.raw(*Url::parse(server.url()), bytes);
    ASSERT_TRUE(r) << r.error().text();
    ASSERT_TRUE(r->answer);
    EXPECT_EQ(r->answer->status, 400);
    EXPECT_EQ(r->answer->body, "no");
    server.finish();
    EXPECT_EQ(server.requests[0], bytes);
  }
  {
    Scripted server({answer("")});
    auto r = client.raw(*Url::parse(server.url()), bytes);
    ASSERT_TRUE(r);
    EXPECT_FALSE(r->answer);
    EXPECT_TRUE(r->closed);
  }
  {
    Scripted server({[](int, const std::string&) { std::this_thread::sleep_for(milliseconds(300)); }});
    auto r = client.raw(*Url::parse(server.url()), bytes);
    ASSERT_TRUE(r);
    EXPECT_TRUE(r->timed_out);
    EXPECT_FALSE(r->closed);
  }
}

TEST(RawWriter, SeesEveryAnswerUntilTheClose) {
  const std::string one = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
  Scripted server({answer(one + one)});
  auto r = BlockingClient(kClock, quick()).raw(*Url::parse(server.url()), "GET / HTTP/1.1\r\n\r\n", true);
  ASSERT_TRUE(r);
  EXPECT_TRUE(r->closed);
  EXPECT_EQ(r->received, one + one);
  EXPECT_EQ(r->answer->status, 200);
}

TEST(Url, ReadsAddresses) {
  auto u = Url::parse("HTTPS://App.Example:8443/a?b");
  ASSERT_TRUE(u);
  EXPECT_TRUE(u->tls);
  EXPECT_EQ(u->host, "app.example");
  EXPECT_EQ(u->port, 8443);
  EXPECT_EQ(u->authority, "app.example:8443");
  EXPECT_EQ(u->target, "/a?b");
  EXPECT_EQ(Url::parse("http://a:80")->authority, "a");
  EXPECT_EQ(Url::parse("http://a:443")->authority, "a:443");
  EXPECT_EQ(Url::parse("http://a?q")->target, "/?q");
  EXPECT_EQ(Url::parse("http://[::1]:81/")->host, "::1");
  EXPECT_EQ(Url::parse("http://[::1]:81/")->authority, "[::1]:81");
  for (auto s : {"", "a", "//a", "http:/a", "http://", "http://u:p@a/", "http://a/ b", "http://a/#f", "http://a:0/",
                 "http://\xc3\xa4/", "javascript:x", "http://a\r\n/"})
    EXPECT_FALSE(Url::parse(s)) << s;
}

TEST(Url, FollowsLocations) {
  Url u = *Url::parse("https://a.example/x/y");
  EXPECT_EQ(u.follow("/z")->target, "/z");
  EXPECT_EQ(u.follow("//b.example/z")->host, "b.example");
  EXPECT_EQ(u.follow("http://c/")->tls, false);
  EXPECT_FALSE(u.follow("relative"));
}

}  // namespace
}  // namespace gatehouse::http
