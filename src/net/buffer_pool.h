// Byte buffers lent by a thread. An idle connection holds none.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace gatehouse::net {

class BufferPool {
 public:
  explicit BufferPool(std::size_t size, std::size_t keep) : size_(size), keep_(keep) {}

  // A loan: goes back to the pool when dropped.
  class Loan {
   public:
    Loan() = default;
    Loan(BufferPool& pool, std::unique_ptr<char[]> p) : pool_(&pool), p_(std::move(p)) {}
    Loan(Loan&&) = default;
    Loan& operator=(Loan&& o) noexcept {
      give_back();
      pool_ = o.pool_;
      p_ = std::move(o.p_);
      return *this;
    }
    ~Loan() { give_back(); }
    char* data() const { return p_.get(); }
    std::size_t size() const { return p_ ? pool_->size_ : 0; }
    explicit operator bool() const { return p_ != nullptr; }
    void give_back() {
      if (!p_) return;
      if (pool_->free_.size() < pool_->keep_) {
        pool_->free_.push_back(std::move(p_));
      }
      p_.reset();
    }

   private:
    BufferPool* pool_ = nullptr;
    std::unique_ptr<char[]> p_;
  };

  Loan lend() {
    if (free_.empty()) return Loan(*this, std::unique_ptr<char[]>(new char[size_]));
    auto p = std::move(free_.back());
    free_.pop_back();
    return Loan(*this, std::move(p));
  }
  std::size_t buffer_size() const { return size_; }

 private:
  std::size_t size_, keep_;
  std::vector<std::unique_ptr<char[]>> free_;
};

}  // namespace gatehouse::net
