// One connected socket, plain or TLS, with reads and writes that are awaited under a deadline.
#pragma once

#include <sys/uio.h>

#include <coroutine>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "net/address.h"
#include "net/pipe.h"
#include "net/reactor.h"

namespace gatehouse::net {

namespace tls {
class Session;
}

// What an I/O step brought: bytes (> 0), the orderly end (0), or one of these.
struct IoResult {
  static constexpr long kError = -1, kTimeout = -2, kRefused = -3;
  long n = kError;
  bool ok() const { return n > 0; }
  bool eof() const { return n == 0; }
  bool timed_out() const { return n == kTimeout; }
};

// Told once when the other end hangs up while nobody reads.
class GoneListener {
 public:
  virtual void on_gone() = 0;

 protected:
  ~GoneListener() = default;
};

class Stream final : public EventTarget {
 public:
  // Takes the descriptor, which is non-blocking already.
  Stream(Reactor& reactor, int fd);
  ~Stream() override;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // One waiting step. Lives in the awaiting coroutine's frame; dropping the coroutine takes it off the stream.
  class Op : public Timer {
   public:
    ~Op() override { detach(); }
    bool await_ready() { return attempt(); }
    void await_suspend(std::coroutine_handle<> h) {
      handle_ = h;
      attach();
    }

   protected:
    Op(Stream& s, SteadyTime deadline) : stream_(s), deadline_(deadline) {}
    virtual bool attempt() = 0;  // true: finished, one way or the other
    void fire() final {
      timed_out_ = true;
      finish();
    }
    Stream& stream_;
    SteadyTime deadline_;
    bool wants_write_ = false;
    bool timed_out_ = false;

    void attach(bool with_deadline = true);
    void detach();
    void finish() {
      detach();
      handle_.resume();
    }
    void retry() {
      if (attempt()) {
        finish();
      } else if (attached_as_writer_ != wants_write_) {
        detach();
        attach();
      }
    }
    std::coroutine_handle<> handle_;
    bool attached_ = false;

   private:
    friend class Stream;
    bool attached_as_writer_ = false;
  };

  // Some bytes into the buffer.
  class Read final : public Op {
   public:
    Read(Stream& s, char* p, std::size_t n, SteadyTime d) : Op(s, d), p_(p), n_(n) {}
    IoResult await_resume() const { return timed_out_ ? IoResult{IoResult::kTimeout} : result_; }

   private:
    bool attempt() override;
    char* p_;
    std::size_t n_;
    IoResult result_;
  };

  // When a write is tried first. `together` is for what ends a step of work: the writes of one loop turn leave one
  // after the other at its end, and a reader on the other side is woken once, not once for each of them.
  enum class When : std::uint8_t { now, together };

  // All of the pieces. The array is consumed. n is 1 on success.
  class Write final : public Op, private TurnEnd {
   public:
    Write(Stream& s, std::span<iovec> v, SteadyTime d, When when)
        : Op(s, d), v_(v), held_(when == When::together && s.reactor_.gathers()) {
      wants_write_ = true;
    }
    bool await_ready() { return !held_ && attempt(); }
    void await_suspend(std::coroutine_handle<> h);
    IoResult await_resume() const { return timed_out_ ? IoResult{IoResult::kTimeout} : result_; }

   private:
    void turn_ended() override;
    bool attempt() override;
    std::span<iovec> v_;
    bool held_;
    IoResult result_;
  };

  // Some bytes into a pipe that holds none, at most n: a read without a copy. kRefused: not from this socket; nothing
  // was taken, and read() works. Cleartext only.
  class Fill final : public Op {
   public:
    Fill(Stream& s, Pipe& pipe, std::size_t n, SteadyTime d) : Op(s, d), pipe_(pipe), n_(n) {}
    IoResult await_resume() const { return timed_out_ ? IoResult{IoResult::kTimeout} : result_; }

   private:
    bool attempt() override;
    Pipe& pipe_;
    std::size_t n_;
    IoResult result_;
  };

  // Out of the pipe until it holds no more than `left`; more goes when it goes at once. n is 1 on success. Cleartext
  // only.
  class Drain final : public Op {
   public:
    Drain(Stream& s, Pipe& pipe, std::size_t left, SteadyTime d) : Op(s, d), pipe_(pipe), left_(left) {
      wants_write_ = true;
    }
    IoResult await_resume() const { return timed_out_ ? IoResult{IoResult::kTimeout} : result_; }

   private:
    bool attempt() override;
    Pipe& pipe_;
    std::size_t left_;
    IoResult result_;
  };

  // Until something can be read (or the end, or an error). n is 1 then.
  class Readable final : public Op {
   public:
    Readable(Stream& s, SteadyTime d) : Op(s, d) {}
    IoResult await_resume() const { return timed_out_ ? IoResult{IoResult::kTimeout} : IoResult{1}; }

   private:
    bool attempt() override { return stream_.may_read(); }
  };

  // The TLS handshake, or (for a connecting plain socket) the connection. n is 1 on success.
  class Ready final : public Op {
   public:
    Ready(Stream& s, SteadyTime d) : Op(s, d) { wants_write_ = true; }
    IoResult await_resume() const { return timed_out_ ? IoResult{IoResult::kTimeout} : result_; }

   private:
    bool attempt() override;
    IoResult result_;
  };

  Read read(char* p, std::size_t n, SteadyTime deadline) { return Read(*this, p, n, deadline); }
  Write write(std::span<iovec> v, SteadyTime deadline, When when = When::now) {
    return Write(*this, v, deadline, when);
  }
  Fill fill(Pipe& pipe, std::size_t n, SteadyTime deadline) { return Fill(*this, pipe, n, deadline); }
  Drain drain(Pipe& pipe, std::size_t left, SteadyTime deadline) { return Drain(*this, pipe, left, deadline); }
  Readable readable(SteadyTime deadline) { return Readable(*this, deadline); }
  Ready connected(SteadyTime deadline) { return Ready(*this, deadline); }
  Ready handshaken(SteadyTime deadline) { return Ready(*this, deadline); }

  // Wraps what follows in TLS; await handshaken() next.
  void start_tls(std::unique_ptr<tls::Session> session);
  tls::Session* tls() const { return tls_.get(); }

  bool may_read() const;  // data, the end or an error wait, as far as known without asking
  // Asks the kernel, where may_read() knows it only roughly: after bytes were moved, not read.
  void look();
  bool hung_up() const { return hup_; }
  void set_gone_listener(GoneListener* l) { gone_ = l; }
  int fd() const { return fd_; }
  Reactor& reactor() const { return reactor_; }
  void shutdown_write();
  // A write attempt that never waits: bytes taken, or < 0. For a last word on a connection that is refused.
  long write_now(std::string_view bytes);

 private:
  friend class Op;
  void on_events(std::uint32_t events) override;
  long plain_read(char* p, std::size_t n);

  Reactor& reactor_;
  int fd_;
  bool readable_ = false, writable_ = false, hup_ = false, dead_ = false;
  bool* destroyed_ = nullptr;
  Op* reader_ = nullptr;
  Op* writer_ = nullptr;
  GoneListener* gone_ = nullptr;
  std::unique_ptr<tls::Session> tls_;
};

// A new non-blocking connection being made; await connected(). Problem code "connect".
Result<std::unique_ptr<Stream>> dial(Reactor& reactor, const Address& address, std::uint16_t port);
Result<std::unique_ptr<Stream>> dial_unix(Reactor& reactor, const std::string& path);

}  // namespace gatehouse::net
