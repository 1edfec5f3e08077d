// Pipes of the kernel that carry bytes from one cleartext socket to another without a copy (splice(2)).
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace gatehouse::net {

// One pipe, non-blocking at both ends. It holds pages, not copies: what stands in it came from a socket's queue.
// Draining into a connection that is gone raises SIGPIPE, which a program that uses it ignores.
class Pipe {
 public:
  // Null: no descriptors are left, or the system allows no splice.
  static std::unique_ptr<Pipe> open();
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  std::size_t held() const { return held_; }  // bytes filled in and not yet drained

  static constexpr long kWait = -1, kBroken = -2, kRefused = -3;  // nothing now; an error; not with this socket
  long fill(int socket, std::size_t most);                        // bytes (> 0), the end (0), or one of these
  long drain(int socket);                                         // bytes (> 0), or one of these

 private:
  Pipe(int out, int in) : out_(out), in_(in) {}
  int out_, in_;
  std::size_t held_ = 0;
};

// Pipes lent by a thread: at most `live` at once, of which `keep` stay open between loans.
class PipePool {
 public:
  PipePool(std::size_t live, std::size_t keep) : live_(live), keep_(keep) {}

  // A loan: an empty pipe goes back to the pool when dropped, one that still holds bytes is closed.
  class Loan {
   public:
    Loan() = default;
    Loan(PipePool& pool, std::unique_ptr<Pipe> pipe) : pool_(&pool), pipe_(std::move(pipe)) {}
    Loan(Loan&& o) noexcept = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (pipe_) pool_->take_back(std::move(pipe_));
    }
    Pipe& operator*() const { return *pipe_; }
    Pipe* operator->() const { return pipe_.get(); }
    explicit operator bool() const { return pipe_ != nullptr; }

   private:
    PipePool* pool_ = nullptr;
    std::unique_ptr<Pipe> pipe_;
  };

  // An empty loan: there is no pipe, and the bytes are to be copied.
  Loan lend();

 private:
  void take_back(std::unique_ptr<Pipe> pipe);
  std::size_t live_, keep_, lent_ = 0;
  std::vector<std::unique_ptr<Pipe>> free_;
};

}  // namespace gatehouse::net
