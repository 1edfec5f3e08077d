#include "net/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/tls/session.h"

namespace gatehouse::net {

Stream::Stream(Reactor& reactor, int fd) : reactor_(reactor), fd_(fd) {
  if (!reactor_.watch(fd_, *this)) dead_ = readable_ = writable_ = true;
}

Stream::~Stream() {
  if (destroyed_) *destroyed_ = true;
  if (reader_) reader_->detach();
  if (writer_) writer_->detach();
  reactor_.forget(fd_, *this);
  tls_.reset();
  ::close(fd_);
}

void Stream::start_tls(std::unique_ptr<tls::Session> session) { tls_ = std::move(session); }

bool Stream::may_read() const { return readable_ || (tls_ && tls_->has_pending()); }

void Stream::Op::attach(bool with_deadline) {
  attached_as_writer_ = wants_write_;
  (wants_write_ ? stream_.writer_ : stream_.reader_) = this;
  attached_ = true;
  if (with_deadline && deadline_ != SteadyTime::max() && !armed()) arm(stream_.reactor_, deadline_);
}

void Stream::Op::detach() {
  if (!attached_) return;
  (attached_as_writer_ ? stream_.writer_ : stream_.reader_) = nullptr;
  attached_ = false;
  disarm();
}

void Stream::on_events(std::uint32_t events) {
  bool gone = false;
  destroyed_ = &gone;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hup_ = true;
  if (events & (EPOLLHUP | EPOLLERR)) dead_ = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
    writable_ = true;
    if (writer_) {
      writer_->retry();
      if (gone) return;
    }
  }
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
    readable_ = true;
    if (reader_) {
      reader_->retry();
      if (gone) return;
    }
  }
  if (hup_ && gone_ && !reader_) {
    std::exchange(gone_, nullptr)->on_gone();
    if (gone) return;
  }
  destroyed_ = nullptr;
}

long Stream::plain_read(char* p, std::size_t n) {
  for (;;) {
    ssize_t r = ::recv(fd_, p, n, 0);
    if (r > 0) {
      // A short read has drained the socket; with edge triggering the next byte brings an event. After a hang-up
      // there is no further event, so keep asking.
      if (static_cast<std::size_t>(r) < n && !hup_) readable_ = false;
      return r;
    }
    if (r == 0) return 0;
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      readable_ = false;
      return tls::kWantRead;
    }
    return IoResult::kError;
  }
}

bool Stream::Read::attempt() {
  Stream& s = stream_;
  if (!s.may_read() && !wants_write_) return false;
  long r = 0;
  if (!s.tls_) {
    r = s.plain_read(p_, n_);
  } else {
    r = s.tls_->read(p_, n_);
    if (s.tls_->drained() && !s.hup_) s.readable_ = false;
  }
  if (r == tls::kWantRead) {
    s.readable_ = false;
    wants_write_ = false;
    return false;
  }
  if (r == tls::kWantWrite) {
    s.writable_ = false;
    wants_write_ = true;
    return false;
  }
  wants_write_ = false;
  result_ = {r};
  return true;
}

void Stream::Write::await_suspend(std::coroutine_handle<> h) {
  if (!held_) return Op::await_suspend(h);
  handle_ = h;
  attach(false);
  stream_.reactor_.at_turn_end(*this);
}

void Stream::Write::turn_ended() {
  if (!attached_) return;  // the stream went
  if (attempt()) return finish();
  detach();
  attach();
}

bool Stream::Write::attempt() {
  Stream& s = stream_;
  if (wants_write_ ? !s.writable_ : !s.readable_) return false;
  while (!v_.empty()) {
    if (v_.front().iov_len == 0) {
      v_ = v_.subspan(1);
      continue;
    }
    long w = 0;
    if (s.tls_) {
      w = s.tls_->write(v_);
    } else if (v_.size() == 1) {
      w = ::send(s.fd_, v_[0].iov_base, v_[0].iov_len, MSG_NOSIGNAL);
    } else {
      msghdr m{};
      m.msg_iov = v_.data();
      m.msg_iovlen = std::min<std::size_t>(v_.size(), 64);
      w = ::sendmsg(s.fd_, &m, MSG_NOSIGNAL);
    }
    if (!s.tls_ && w < 0) {
      if (errno == EINTR) continue;
      w = errno == EAGAIN ? tls::kWantWrite : IoResult::kError;
    }
    if (w == tls::kWantWrite) {
      s.writable_ = false;
      wants_write_ = true;
      return false;
    }
    if (w == tls::kWantRead) {
      s.readable_ = false;
      wants_write_ = false;
      return false;
    }
    if (w <= 0) {
      result_ = {IoResult::kError};
      return true;
    }
    auto left = static_cast<std::size_t>(w);
    while (left > 0) {
      iovec& f = v_.front();
      if (left < f.iov_len) {
        f.iov_base = static_cast<char*>(f.iov_base) + left;
        f.iov_len -= left;
        break;
      }
      left -= f.iov_len;
      v_ = v_.subspan(1);
    }
  }
  result_ = {1};
  return true;
}

bool Stream::Fill::attempt() {
  Stream& s = stream_;
  if (!s.readable_) return false;
  // How much came says nothing of what is left: a pipe is full by pages, not by bytes.
  long r = pipe_.fill(s.fd_, n_);
  if (r == Pipe::kWait) {
    s.readable_ = false;
    return false;
  }
  result_ = {r >= 0 ? r : r == Pipe::kRefused ? IoResult::kRefused : IoResult::kError};
  return true;
}

bool Stream::Drain::attempt() {
  Stream& s = stream_;
  if (!s.writable_) return false;
  while (pipe_.held() > 0) {
    long w = pipe_.drain(s.fd_);
    if (w == Pipe::kWait) {
      s.writable_ = false;
      if (pipe_.held() > left_) return false;
      break;
    }
    if (w < 0) {
      result_ = {IoResult::kError};
      return true;
    }
  }
  result_ = {1};
  return true;
}

bool Stream::Ready::attempt() {
  Stream& s = stream_;
  if (!s.tls_) {
    if (!s.writable_) return false;
    int error = 0;
    socklen_t n = sizeof error;
    ::getsockopt(s.fd_, SOL_SOCKET, SO_ERROR, &error, &n);
    if (error) errno = error;
    result_ = {error ? IoResult::kError : 1};
    return true;
  }
  long r = s.tls_->handshake();
  if (r == tls::kWantRead || r == tls::kWantWrite) {
    wants_write_ = r == tls::kWantWrite;
    (wants_write_ ? s.writable_ : s.readable_) = false;
    return false;
  }
  result_ = {r};
  return true;
}

void Stream::look() {
  if (tls_ || !readable_ || hup_) return;
  char c = 0;
  if (::recv(fd_, &c, 1, MSG_PEEK) < 0 && errno == EAGAIN) readable_ = false;
}

void Stream::shutdown_write() {
  if (tls_) tls_->close_notify();
  ::shutdown(fd_, SHUT_WR);
}

long Stream::write_now(std::string_view bytes) { return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

namespace {

Result<std::unique_ptr<Stream>> dial_any(Reactor& reactor, int family, const sockaddr* address, socklen_t size) {
  int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(Source::us, "connect", std::strerror(errno));
  if (family != AF_UNIX) {
    int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  if (::connect(fd, address, size) < 0 && errno != EINPROGRESS) {
    std::string why = std::strerror(errno);
    ::close(fd);
    return fail(Source::origin, "connect", std::move(why));
  }
  return std::make_unique<Stream>(reactor, fd);
}

}  // namespace

Result<std::unique_ptr<Stream>> dial(Reactor& reactor, const Address& address, std::uint16_t port) {
  if (address.v6) {
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(port);
    std::memcpy(&a.sin6_addr, address.bytes.data(), 16);
    return dial_any(reactor, AF_INET6, reinterpret_cast<const sockaddr*>(&a), sizeof a);
  }
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  std::memcpy(&a.sin_addr, address.bytes.data() + 12, 4);
  return dial_any(reactor, AF_INET, reinterpret_cast<const sockaddr*>(&a), sizeof a);
}

Result<std::unique_ptr<Stream>> dial_unix(Reactor& reactor, const std::string& path) {
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  if (path.size() >= sizeof a.sun_path) return fail(Source::us, "connect", "socket path is too long");
  std::memcpy(a.sun_path, path.data(), path.size());
  return dial_any(reactor, AF_UNIX, reinterpret_cast<const sockaddr*>(&a), sizeof a);
}

}  // namespace gatehouse::net
