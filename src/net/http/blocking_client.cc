#include "net/http/blocking_client.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "net/http/chunked.h"
#include "net/http/scan.h"
#include "net/tls/blocking_tls.h"

namespace gatehouse::http {

namespace {

constexpr int kMaxInterim = 8;

// A socket with its TLS session, if any. Every wait ends by `deadline` or after `silence`.
class Connection {
 public:
  Connection(const Clock& clock, const BlockingOptions& options, SteadyTime deadline)
      : clock_(clock), options_(options), deadline_(deadline) {}
  ~Connection() { close_socket(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<void> open(const Url& url);
  Result<void> write(std::string_view bytes);
  // Appends what is there, at least one byte; 0 at the end.
  Result<std::size_t> read(std::string& into);
  std::string tls_version() const { return tls_ ? std::string(tls_->version()) : std::string(); }
  std::string tls_suite() const { return tls_ ? std::string(tls_->suite()) : std::string(); }

 private:
  void close_socket() {
    tls_.reset();
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  Result<void> wait(short events, SteadyTime until);
  SteadyTime soon(Duration d) const { return std::min(deadline_, clock_.steady() + d); }
  Result<void> connect_one(const addrinfo& a, SteadyTime until);

  const Clock& clock_;
  const BlockingOptions& options_;
  SteadyTime deadline_;
  int fd_ = -1;
  std::unique_ptr<net::tls::Session> tls_;
};

std::string system_error() { return std::generic_category().message(errno); }

Result<void> Connection::wait(short events, SteadyTime until) {
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock_.steady()).count();
    if (left <= 0) return fail(Source::origin, "timeout", "no answer in time");
    pollfd p{fd_, events, 0};
    int n = ::poll(&p, 1, static_cast<int>(std::min<decltype(left)>(left, 1 << 30)));
    if (n > 0) return {};
    if (n < 0 && errno != EINTR) return fail(Source::us, "connect", "poll: " + system_error());
  }
}

Result<void> Connection::connect_one(const addrinfo& a, SteadyTime until) {
  close_socket();
  fd_ = ::socket(a.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return fail(Source::us, "connect", "socket: " + system_error());
  int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, a.ai_addr, a.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return fail(Source::origin, "connect", system_error());
  if (auto w = wait(POLLOUT, until); !w) return w;
  socklen_t n = sizeof errno;
  int error = 0;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &n);
  if (error == 0) return {};
  errno = error;
  return fail(Source::origin, "connect", system_error());
}

Result<void> Connection::open(const Url& url) {
  const std::string& host = options_.connect_host.empty() ? url.host : options_.connect_host;
  const std::string port = std::to_string(options_.connect_port != 0 ? options_.connect_port : url.port);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (int e = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list); e != 0)
    return fail(Source::origin, "resolve", host + ": " + gai_strerror(e));
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, ::freeaddrinfo);

  const SteadyTime until = soon(options_.connect);
  Result<void> r = fail(Source::origin, "connect", host + " has no address");
  for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
    r = connect_one(*a, until);
    if (r) break;
  }
  if (!r) {
    r.error().detail = host + ":" + port + ": " + r.error().detail;
    return r;
  }
  if (!url.tls) return {};

  auto session = net::tls::probe_session(fd_, url.host, {options_.verify, options_.offer, options_.ca_file});
  if (!session) return fail(std::move(session.error()));
  tls_ = std::move(*session);
  for (;;) {
    long n = tls_->handshake();
    if (n == 1) return {};
    if (n == -1) return fail(Source::origin, "tls", host + ":" + port + ": " + tls_->error());
    if (auto w = wait(n == net::tls::kWantWrite ? POLLOUT : POLLIN, until); !w) return w;
  }
}

Result<void> Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    long n = 0;
    short event = POLLOUT;
    if (tls_) {
      iovec v{const_cast<char*>(bytes.data()), bytes.size()};
      n = tls_->write({&v, 1});
      if (n == net::tls::kWantRead) event = POLLIN;
    } else {
      n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) n = net::tls::kWantWrite;
    }
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (n == net::tls::kWantRead || n == net::tls::kWantWrite) {
      if (auto w = wait(event, soon(options_.silence)); !w) return w;
    } else {
      return fail(Source::origin, "closed", "the other side closed while we wrote");
    }
  }
  return {};
}

Result<std::size_t> Connection::read(std::string& into) {
  char block[16 * 1024];
  for (;;) {
    long n = 0;
    short event = POLLIN;
    if (tls_) {
      n = tls_->read(block, sizeof block);
      if (n == net::tls::kWantWrite) event = POLLOUT;
    } else {
      n = ::recv(fd_, block, sizeof block, 0);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) n = net::tls::kWantRead;
    }
    if (n >= 0) {
      into.append(block, static_cast<std::size_t>(n));
      return static_cast<std::size_t>(n);
    }
    if (n != net::tls::kWantRead && n != net::tls::kWantWrite)
      return fail(Source::origin, "closed", tls_ ? tls_->error() : system_error());
    if (auto w = wait(event, soon(options_.silence)); !w) return fail(std::move(w.error()));
  }
}

// Reads one final response from bytes that grow. The same code serves send() and raw().
class AnswerReader {
 public:
  AnswerReader(bool to_head, const BlockingOptions& options) : to_head_(to_head), options_(options) {}

  // Looks at all bytes so far. True once the answer is whole; a Problem when it never can be.
  Result<bool> look(std::string_view all, bool ended);
  BlockingAnswer& answer() { return answer_; }

 private:
  Result<bool> head(std::string_view all);
  // Takes payload; false when the bound is reached and the body is cut.
  Result<bool> take(std::string_view data);

  bool to_head_;
  const BlockingOptions& options_;
  BlockingAnswer answer_;
  ResponseFraming framing_;
  HeadCursor cursor_;
  ChunkedDecoder chunks_;
  std::size_t at_ = 0;  // bytes used
  int interim_ = 0;
  bool have_head_ = false;
};

Result<bool> AnswerReader::head(std::string_view all) {
  for (;;) {
    Arena arena;
    Response response(arena);
    ParseError why;
    switch (parse_response_head(all.substr(at_), {}, to_head_, response, framing_, why, cursor_)) {
      case ParseState::incomplete:
        return false;
      case ParseState::bad:
        return fail(Source::origin, "bad_response", std::string(why.text));
      case ParseState::done:
        break;
    }
    at_ += cursor_.consumed;
    cursor_ = {};
    if (response.status < 200 && response.status != 101) {
      if (++interim_ > kMaxInterim) return fail(Source::origin, "bad_response", "too many interim responses");
      continue;
    }
    answer_.status = response.status;
    for (const Field& f : response.fields) answer_.headers.emplace_back(text::to_lower(f.name), f.value);
    return true;
  }
}

Result<bool> AnswerReader::take(std::string_view data) {
  const std::size_t room = options_.max_body - answer_.body.size();
  answer_.body.append(data.substr(0, room));
  if (data.size() <= room) return true;
  if (!options_.cut_body)
    return fail(Source::origin, "too_large", "the body is larger than " + std::to_string(options_.max_body) + " bytes");
  answer_.cut = true;
  return false;
}

Result<bool> AnswerReader::look(std::string_view all, bool ended) {
  if (!have_head_) {
    auto h = head(all);
    if (!h) return h;
    if (!*h) {
      if (ended) return fail(Source::origin, "closed", at_ == all.size() ? "closed without an answer" : "cut answer");
      return false;
    }
    have_head_ = true;
  }
  std::string_view rest = all.substr(at_);
  switch (framing_.kind) {
    case BodyKind::none:
      return true;
    case BodyKind::length: {
      const std::uint64_t missing = framing_.length - answer_.body.size();
      rest = rest.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(missing, rest.size())));
      at_ += rest.size();
      auto t = take(rest);
      if (!t) return t;
      if (!*t || answer_.body.size() == framing_.length) return true;
      break;
    }
    case BodyKind::until_close: {
      at_ += rest.size();
      auto t = take(rest);
      if (!t) return t;
      if (!*t || ended) return true;
      break;
    }
    case BodyKind::chunked:
      while (!rest.empty()) {
        auto step = chunks_.next(rest);
        rest.remove_prefix(step.consumed);
        at_ += step.consumed;
        auto t = take(step.data);
        if (!t) return t;
        if (!*t || step.state == ParseState::done) return true;
        if (step.state == ParseState::bad) return fail(Source::origin, "bad_response", std::string(chunks_.why()));
      }
      break;
  }
  if (ended) return fail(Source::origin, "closed", "the body ended early");
  return false;
}

bool has(const HeaderList& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& h) { return text::iequals(h.first, name); });
}

// The request as bytes; a failure when a part could end a line.
Result<std::string> written(const BlockingRequest& request, const Url& url) {
  auto safe = [](std::string_view s) { return s.find_first_of(std::string_view("\r\n\0", 3)) == s.npos; };
  if (!scan::is_token(request.method)) return fail(Source::us, "bad_header", "the method is not a token");
  std::string out = request.method + " " + url.target + " HTTP/1.1\r\n";
  if (!has(request.headers, "host")) out.append("Host: ").append(url.authority).append("\r\n");
  for (const auto& [name, value] : request.headers) {
    // Stops: a value from outside that writes header lines, or a request, of its own.
    if (!safe(name) || !safe(value))
      return fail(Source::us, "bad_header", "a line end inside " + text::printable(name, 40));
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!request.body.empty() && !has(request.headers, "content-length") && !has(request.headers, "transfer-encoding"))
    out.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  if (!has(request.headers, "connection")) out.append("Connection: close\r\n");
  return out.append("\r\n").append(request.body);
}

}  // namespace

std::string_view BlockingAnswer::header(std::string_view lower_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_name) return value;
  return {};
}

Result<BlockingAnswer> BlockingClient::once(const BlockingRequest& request, const Url& url, SteadyTime deadline) const {
  auto bytes = written(request, url);
  if (!bytes) return fail(std::move(bytes.error()));
  Connection connection(clock_, options_, deadline);
  if (auto opened = connection.open(url); !opened) return fail(std::move(opened.error()));
  // A server may refuse early and close: what it said counts more than that we could not write on.
  auto wrote = connection.write(*bytes);
  if (!wrote && wrote.error().code != "closed") return fail(std::move(wrote.error()));

  AnswerReader reader(request.method == "HEAD", options_);
  std::string received;
  for (;;) {
    auto n = connection.read(received);
    if (!n) return fail(std::move(n.error()));
    auto whole = reader.look(received, *n == 0);
    if (!whole) return fail(std::move(whole.error()));
    if (!*whole) continue;
    reader.answer().tls_version = connection.tls_version();
    reader.answer().url = url.origin() + url.target;
    return std::move(reader.answer());
  }
}

Result<BlockingAnswer> BlockingClient::send(const BlockingRequest& request) const {
  const SteadyTime deadline = clock_.steady() + options_.total;
  auto url = Url::parse(request.url);
  if (!url) return fail(std::move(url.error()));
  BlockingRequest next = request;
  for (int left = options_.redirects;; --left) {
    auto answer = once(next, *url, deadline);
    const bool safe = request.method == "GET" || request.method == "HEAD";
    if (!answer || left <= 0 || !safe || answer->status < 301 || answer->status > 308 || answer->status == 304 ||
        answer->header("location").empty())
      return answer;
    auto to = url->follow(answer->header("location"));
    if (!to) return fail(std::move(to.error()));
    // Stops: a redirect that takes the request, or the trust put in its answer, out of TLS.
    if (url->tls && !to->tls) return fail(Source::origin, "bad_response", "redirected from https to http");
    // Stops: credentials carried to another host.
    if (to->origin() != url->origin())
      std::erase_if(next.headers, [](const auto& h) {
        return text::iequals(h.first, "authorization") || text::iequals(h.first, "cookie") ||
               text::iequals(h.first, "host");
      });
    url = std::move(to);
  }
}

Result<std::string> BlockingClient::handshake(const Url& url) const {
  if (!url.tls) return fail(Source::us, "tls", url.origin() + " is no https address");
  Connection connection(clock_, options_, clock_.steady() + options_.total);
  if (auto opened = connection.open(url); !opened) return fail(std::move(opened.error()));
  return connection.tls_version() + " " + connection.tls_suite();
}

Result<RawAnswer> BlockingClient::raw(const Url& url, std::string_view bytes, bool until_close) const {
  Connection connection(clock_, options_, clock_.steady() + options_.total);
  if (auto opened = connection.open(url); !opened) return fail(std::move(opened.error()));
  RawAnswer out;
  if (auto wrote = connection.write(bytes); !wrote && wrote.error().code != "closed")
    return fail(std::move(wrote.error()));
  BlockingOptions lenient = options_;
  lenient.cut_body = true;
  AnswerReader reader(bytes.starts_with("HEAD "), lenient);
  bool looking = true;
  const std::size_t most = options_.max_body + HeadLimits{}.bytes;
  while (out.received.size() < most) {
    auto n = connection.read(out.received);
    if (!n && n.error().code == "timeout") {
      out.timed_out = true;
      break;
    }
    out.closed = !n || *n == 0;
    if (looking) {
      auto whole = reader.look(out.received, out.closed);
      if (!whole) looking = false;
      if (whole && *whole) {
        out.answer = reader.answer();
        out.answer->tls_version = connection.tls_version();
        looking = false;
      }
    }
    if (out.closed || (!until_close && !looking)) break;
  }
  if (out.received.size() > most) out.received.resize(most);
  return out;
}

}  // namespace gatehouse::http
