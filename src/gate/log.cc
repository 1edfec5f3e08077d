#include "gate/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace gatehouse::gate {

namespace {
int open_file(const std::string& file) {
  if (file == "-") return STDOUT_FILENO;
  return ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}
}  // namespace

Result<std::unique_ptr<LogSink>> LogSink::open(const std::string& file) {
  int fd = open_file(file);
  if (fd < 0) return fail(Source::us, "log_unwritable", file + ": " + std::strerror(errno));
  return std::unique_ptr<LogSink>(new LogSink(file, fd));
}

LogSink::LogSink(std::string file, int fd) : file_(std::move(file)), fd_(fd), thread_(&LogSink::work, this) {}

LogSink::~LogSink() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_one();
  thread_.join();
  if (fd_ >= 0 && fd_ != STDOUT_FILENO) ::close(fd_);
}

bool LogSink::exchange(std::unique_ptr<Block>& block) {
  // Stops: the 65th thread of a large machine finding no block to write into.
  if (!block) {
    block = std::make_unique<Block>();
    return true;
  }
  std::unique_ptr<Block> fresh;
  {
    std::lock_guard lock(mutex_);
    if (!empty_.empty()) {
      fresh = std::move(empty_.back());
      empty_.pop_back();
    } else if (made_ < kBlocks) {
      fresh = std::make_unique<Block>();
      ++made_;
    }
    if (fresh) full_.push_back(std::move(block));
  }
  if (!fresh) {
    // Stops: a full or slow disk stopping traffic. Lines are lost, and that is counted.
    dropped_.fetch_add(block->lines, std::memory_order_relaxed);
    block->used = 0;
    block->lines = 0;
    return false;
  }
  block = std::move(fresh);
  ready_.notify_one();
  return true;
}

void LogSink::work() {
  std::vector<std::unique_ptr<Block>> batch;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !full_.empty(); });
      if (full_.empty()) return;
      batch.swap(full_);
    }
    if (reopen_.exchange(false, std::memory_order_acq_rel) && file_ != "-") {
      int fd = open_file(file_);
      if (fd >= 0) {
        ::close(fd_);
        fd_ = fd;
        torn_ = false;
      }
    }
    for (auto& block : batch) write(*block);
    std::lock_guard lock(mutex_);
    for (auto& block : batch) {
      block->used = 0;
      block->lines = 0;
      empty_.push_back(std::move(block));
    }
    batch.clear();
  }
}

void LogSink::write(const Block& block) {
  const std::string_view all(block.data.get(), block.used);
  std::string_view rest = all;
  // Stops: the half line that a full disk left behind swallowing the first line after it.
  bool torn = torn_;
  while (!rest.empty()) {
    ssize_t w = torn ? ::write(fd_, "\n", 1) : ::write(fd_, rest.data(), rest.size());
    if (w > 0) {
      if (torn)
        torn = false;
      else
        rest.remove_prefix(static_cast<std::size_t>(w));
      continue;
    }
    if (w < 0 && errno == EINTR) continue;
    break;
  }
  const std::string_view done = all.substr(0, all.size() - rest.size());
  torn_ = torn || (!done.empty() && done.back() != '\n');
  const auto whole = static_cast<std::uint64_t>(std::count(done.begin(), done.end(), '\n'));
  written_.fetch_add(rest.empty() ? block.lines : whole, std::memory_order_relaxed);
  if (!rest.empty()) dropped_.fetch_add(block.lines - std::min(block.lines, whole), std::memory_order_relaxed);
}

LogBuffer::LogBuffer(LogSink& sink, net::Reactor& reactor) : sink_(sink), reactor_(reactor) { sink_.exchange(block_); }

LogBuffer::~LogBuffer() {
  if (block_ && block_->used) sink_.exchange(block_);
}

char* LogBuffer::room(std::size_t n) {
  if (block_->used + n > LogSink::Block::kSize) flush();
  return block_->data.get() + block_->used;
}

void LogBuffer::commit(std::size_t used) {
  block_->used += used;
  ++block_->lines;
  if (!armed()) arm(reactor_, reactor_.now() + std::chrono::milliseconds(200));
}

void LogBuffer::flush() {
  disarm();
  if (block_->used) sink_.exchange(block_);
}

}  // namespace gatehouse::gate
