// The lasting door: transactions over prepared statements, and nothing that knows a table.
//
// Who keeps data owns its table: row types, port and SQL stand together in one x_store.{h,cc}. SQL is written in the
// dialect that PostgreSQL and SQLite share: parameters as $1, $2 …; `ON CONFLICT … DO NOTHING | UPDATE`; `RETURNING`;
// times as unix seconds or milliseconds in BIGINT; bytes in BYTEA; no AUTOINCREMENT, no PRAGMA, no booleans.
//
//   auto storing = db.write(reactor, [e = std::move(e)](Transaction& t) -> Result<bool> {
//     auto changed = t.run("INSERT INTO thing (id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING", {e.id,
//     Bytes{e.body}}); if (!changed) return fail(changed.error()); return *changed == 1;
//   });
//   Result<bool> fresh = co_await storing;  // resumed on the reactor, when it is on the disk
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/reactor.h"
#include "net/task.h"

namespace gatehouse {

// Bytes that are no text (BYTEA, BLOB), as a parameter.
struct Bytes {
  std::string_view view;
};

// One parameter of a statement. Texts and bytes are views: they must live until the call returns.
class Param {
 public:
  enum class Kind : std::uint8_t { null, integer, text, bytes };
  Param(std::nullptr_t) {}  // NOLINT: implicit by design, as all below
  template <std::integral T>
  Param(T n) : kind_(Kind::integer), integer_(static_cast<std::int64_t>(n)) {}  // NOLINT
  Param(std::string_view s) : kind_(Kind::text), text_(s) {}                    // NOLINT
  Param(const std::string& s) : Param(std::string_view(s)) {}                   // NOLINT
  Param(const char* s) : Param(std::string_view(s)) {}                          // NOLINT
  Param(Bytes b) : kind_(Kind::bytes), text_(b.view) {}                         // NOLINT
  template <class T>
  Param(const std::optional<T>& v) {  // NOLINT
    if (v) *this = Param(*v);
  }
  Kind kind() const { return kind_; }
  std::int64_t integer() const { return integer_; }
  std::string_view text() const { return text_; }

 private:
  Kind kind_ = Kind::null;
  std::int64_t integer_ = 0;
  std::string_view text_;
};

// One row of an answer; columns from 0. Views live until the row function returns.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;   // 0 for NULL
  virtual std::string_view text(int column) const = 0;  // text or bytes; empty for NULL
  std::string string(int column) const { return std::string(text(column)); }
};

// What a function given to write() or read() works with, on the database's own thread. Never kept beyond the call.
//
// Problem codes, all with Source::store: store_full (no room on the disk), store_down (the disk or the database
// fails), store_damaged (the file is no sound database), store_conflict (a constraint says no), store_busy (another
// process holds the file). A statement that does not compile is a bug and throws std::logic_error.
class Transaction {
 public:
  virtual ~Transaction() = default;
  // Runs one statement that returns no rows; says how many rows it changed. Its text is the key of the cache of
  // prepared statements, so it is a literal or made once.
  virtual Result<std::int64_t> run(std::string_view sql, std::span<const Param> params) = 0;
  // Runs one statement and calls `each` a row, until there are no more or it returns false.
  virtual Result<void> query(std::string_view sql, std::span<const Param> params,
                             const std::function<bool(const Row&)>& each) = 0;

  Result<std::int64_t> run(std::string_view sql, std::initializer_list<Param> params = {}) {
    return run(sql, std::span<const Param>(params.begin(), params.size()));
  }
  Result<void> query(std::string_view sql, std::initializer_list<Param> params,
                     const std::function<bool(const Row&)>& each) {
    return query(sql, std::span<const Param>(params.begin(), params.size()), each);
  }
};

// One step of a component's tables. Written in PostgreSQL's words; SQLite's backend reads BIGINT as INTEGER, BYTEA as
// BLOB, `BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY` as its own, and makes every table STRICT.
// A step that has been released is never changed: its digest is kept, and another one is refused.
struct Migration {
  int version = 0;  // from 1, without gaps
  std::string_view name;
  std::vector<std::string_view> statements;
};

struct DbStats {
  std::uint64_t commits = 0;   // batches that were made durable
  std::uint64_t writes = 0;    // calls in them
  std::uint64_t failures = 0;  // calls lost to a batch that could not be made durable
  std::uint64_t waiting = 0;   // calls in the queue now
  std::uint64_t bytes = 0;     // what the database holds on the disk, its log included
};

namespace detail {
// Shared by the database's thread and the waiting coroutine; whoever is last frees it.
template <class T>
struct DbParcel {
  std::optional<Result<T>> value;
  std::coroutine_handle<> waiter;  // touched on the reactor's thread only
};
template <class T>
struct DbAwaiter {
  std::shared_ptr<DbParcel<T>> parcel;
  bool await_ready() const { return parcel->value.has_value(); }
  void await_suspend(std::coroutine_handle<> h) { parcel->waiter = h; }
  Result<T> await_resume() { return std::move(*parcel->value); }
  ~DbAwaiter() {
    if (parcel) parcel->waiter = {};  // dropped while waiting: nobody to resume
  }
};
template <class R>
struct DbValue;
template <class T>
struct DbValue<Result<T>> {
  using Type = T;
};
template <class F>
using DbResult = typename DbValue<std::invoke_result_t<F&, Transaction&>>::Type;
}  // namespace detail

// A database. Every call may be made from any thread, but for destruction.
class Db {
 public:
  virtual ~Db() = default;

  // Runs `work(Transaction&) -> Result<T>` on the one writing thread. Calls that wait together are committed together
  // (group commit), each inside a savepoint of its own: a call that returns a Problem leaves nothing behind and does
  // not disturb the others. The task goes on only when the commit is durable: what it returns as a value survives a
  // crash of the machine. When the commit fails, every call of the batch fails with its code, and none is kept.
  // `store_busy`: the queue is full (the caller answers 503). `work` owns what it touches: it runs to its end even when
  // the task that waits for it is dropped. A throw in it is a Problem "internal".
  template <class F>
  Task<Result<detail::DbResult<F>>> write(net::Reactor& reactor, F work) {
    return wait<F>(reactor, std::move(work), true);
  }
  // The same on one of the reading threads, over a snapshot of what was committed. It cannot change anything.
  template <class F>
  Task<Result<detail::DbResult<F>>> read(net::Reactor& reactor, F work) {
    return wait<F>(reactor, std::move(work), false);
  }
  // The same for commands, wiring and tests: they block. Never on a reactor's thread.
  template <class F>
  Result<detail::DbResult<F>> write_now(F work) {
    return block<F>(std::move(work), true);
  }
  template <class F>
  Result<detail::DbResult<F>> read_now(F work) {
    return block<F>(std::move(work), false);
  }

  // Brings a component's tables up to date, in one transaction; blocks. Problem code store_schema: the database was
  // made by a newer program, or a released step was changed.
  virtual Result<void> migrate(std::string_view component, std::span<const Migration> steps) = 0;
  // Blocks until every call made so far has ended and its result has been posted. A reactor goes only after this.
  virtual void settle() = 0;
  virtual DbStats stats() const = 0;
  // A consistent copy in a new file (0600), while everything goes on; blocks. Problem codes: exists, store_full,
  // store_down, unsupported.
  virtual Result<void> backup(const std::string& file) = 0;

 protected:
  // One call. run() happens on the database's thread; then exactly one finish() on whatever thread, with what went
  // wrong with the batch (null: it is durable, or it was a read).
  class Job {
   public:
    virtual ~Job() = default;
    virtual bool run(Transaction&) noexcept = 0;  // false: undo what this call did
    virtual void finish(const Problem* lost) noexcept = 0;
  };
  // Takes the job, or finishes it at once with store_busy.
  virtual void submit(std::unique_ptr<Job> job, bool writes) = 0;

 private:
  template <class F, class Done>
  class Work final : public Job {
   public:
    using T = detail::DbResult<F>;
    Work(F work, Done done) : work_(std::move(work)), done_(std::move(done)) {}
    bool run(Transaction& t) noexcept override {
      try {
        result_.emplace(work_(t));
      } catch (const std::exception& e) {
        result_.emplace(fail(Source::us, "internal", e.what()));
      }
      return result_->has_value();
    }
    void finish(const Problem* lost) noexcept override {
      // A call's own Problem tells more than the batch's.
      if (lost && (!result_ || result_->has_value())) result_.emplace(fail(*lost));
      done_(std::move(*result_));
    }

   private:
    F work_;
    Done done_;
    std::optional<Result<T>> result_;
  };

  template <class F>
  Task<Result<detail::DbResult<F>>> wait(net::Reactor& reactor, F work, bool writes) {
    using T = detail::DbResult<F>;
    auto parcel = std::make_shared<detail::DbParcel<T>>();
    auto done = [parcel, loop = &reactor](Result<T> result) {
      auto carried = std::make_shared<Result<T>>(std::move(result));
      loop->post([parcel, carried] {
        parcel->value.emplace(std::move(*carried));
        if (parcel->waiter) std::exchange(parcel->waiter, {}).resume();
      });
    };
    submit(std::make_unique<Work<F, decltype(done)>>(std::move(work), std::move(done)), writes);
    detail::DbAwaiter<T> awaiter{parcel};
    Result<T> result = co_await awaiter;
    co_return result;
  }
  template <class F>
  Result<detail::DbResult<F>> block(F work, bool writes) {
    using T = detail::DbResult<F>;
    std::promise<Result<T>> promise;
    auto answer = promise.get_future();
    auto done = [&promise](Result<T> result) { promise.set_value(std::move(result)); };
    submit(std::make_unique<Work<F, decltype(done)>>(std::move(work), std::move(done)), writes);
    return answer.get();
  }
};

}  // namespace gatehouse
