// The log: lines gathered a thread, written off the hot path, dropped and counted when the disk cannot follow.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "net/reactor.h"

namespace gatehouse::gate {

// One file (or standard output) and the thread that writes it.
class LogSink {
 public:
  // "-" is standard output. Files are made 0600 and appended to. Problem code "log_unwritable".
  static Result<std::unique_ptr<LogSink>> open(const std::string& file);
  ~LogSink();  // writes what it holds
  // Opens the file anew before the next write: after rotation.
  void reopen() { reopen_.store(true, std::memory_order_release); }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  std::uint64_t written() const { return written_.load(std::memory_order_relaxed); }

  // A block of whole lines. Blocks go round: none is allocated once the log is warm.
  struct Block {
    static constexpr std::size_t kSize = 64 * 1024;
    std::unique_ptr<char[]> data{new char[kSize]};
    std::size_t used = 0;
    std::uint64_t lines = 0;
  };
  // Hands a block over and gets an empty one. False: the writer is behind; the block's lines are lost and counted.
  // Who has no block yet always gets one, however many threads there are.
  bool exchange(std::unique_ptr<Block>& block);

 private:
  LogSink(std::string file, int fd);
  void work();
  void write(const Block& block);
  static constexpr std::size_t kBlocks = 64;  // beside the one that each thread holds

  std::string file_;
  int fd_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<std::unique_ptr<Block>> full_, empty_;
  std::size_t made_ = 0;
  bool stopping_ = false;
  bool torn_ = false;  // the file ends in half a line; the writer's own
  std::atomic<bool> reopen_{false};
  std::atomic<std::uint64_t> dropped_{0}, written_{0};
  std::thread thread_;
};

// A thread's share of the log.
class LogBuffer final : private net::Timer {
 public:
  LogBuffer(LogSink& sink, net::Reactor& reactor);
  ~LogBuffer() override;
  // Room for one line of at most `n` (≤ 16 KiB) bytes; commit() what was used.
  char* room(std::size_t n);
  void commit(std::size_t used);
  void flush();

 private:
  void fire() override { flush(); }
  LogSink& sink_;
  net::Reactor& reactor_;
  std::unique_ptr<LogSink::Block> block_;
};

}  // namespace gatehouse::gate
