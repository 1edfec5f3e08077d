#include "net/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace gatehouse::net {

namespace {

constexpr int kCapacity = 256 * 1024;  // of pages: four times the usual, half the calls
constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

// Some containers forbid the call. Asked with descriptors that do not exist: only who may ask is told so.
bool allowed() { return ::splice(-1, nullptr, -1, nullptr, 1, kFlags) < 0 && errno == EBADF; }

long judged() {
  if (errno == EAGAIN) return Pipe::kWait;
  return errno == EINVAL || errno == ENOSYS || errno == EPERM ? Pipe::kRefused : Pipe::kBroken;
}

}  // namespace

std::unique_ptr<Pipe> Pipe::open() {
  int ends[2];
  if (!allowed() || ::pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) return nullptr;
  ::fcntl(ends[1], F_SETPIPE_SZ, kCapacity);  // past a user's share it stays at 64 KiB or less, and carries less
  return std::unique_ptr<Pipe>(new Pipe(ends[0], ends[1]));
}

Pipe::~Pipe() {
  ::close(out_);
  ::close(in_);
}

long Pipe::fill(int socket, std::size_t most) {
  for (;;) {
    ssize_t n = ::splice(socket, nullptr, in_, nullptr, most, kFlags);
    if (n > 0) held_ += static_cast<std::size_t>(n);
    if (n >= 0) return n;
    if (errno != EINTR) return judged();
  }
}

long Pipe::drain(int socket) {
  for (;;) {
    ssize_t n = ::splice(out_, nullptr, socket, nullptr, held_, kFlags);
    if (n > 0) held_ -= static_cast<std::size_t>(n);
    if (n > 0) return n;
    if (n == 0) return kBroken;  // the pipe holds bytes: a socket that takes none of them is no socket of ours
    if (errno != EINTR) return judged();
  }
}

PipePool::Loan PipePool::lend() {
  if (lent_ >= live_) return {};
  std::unique_ptr<Pipe> pipe;
  if (free_.empty()) {
    pipe = Pipe::open();
    if (!pipe) return {};
  } else {
    pipe = std::move(free_.back());
    free_.pop_back();
  }
  ++lent_;
  return {*this, std::move(pipe)};
}

void PipePool::take_back(std::unique_ptr<Pipe> pipe) {
  --lent_;
  // Stops: bytes of one client's answer reaching another.
  if (pipe->held() == 0 && free_.size() < keep_) free_.push_back(std::move(pipe));
}

}  // namespace gatehouse::net
