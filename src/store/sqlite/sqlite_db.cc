#include "store/sqlite/sqlite_db.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "store/migrate.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/dialect.h"

namespace gatehouse::store {
namespace {

constexpr std::int64_t kApplication = 0x47544853;  // "GTHS"
constexpr std::int64_t kFormat = 1;
constexpr off_t kChecked = 512 << 20;
constexpr int kCheckpointFrames = 2000;  // about 8 MiB of log

std::int64_t number(Connection& c, std::string_view sql, Result<void>& failed) {
  std::int64_t value = 0;
  if (auto done = c.query(sql, {},
                          [&](const Row& r) {
                            value = r.integer(0);
                            return false;
                          });
      !done)
    failed = std::move(done);
  return value;
}

Problem errno_problem(std::string_view code, const std::string& what) {
  bool full = errno == ENOSPC || errno == EDQUOT;
  return {Source::store, full ? "store_full" : code, what + ": " + std::strerror(errno), nullptr};
}

// Makes the file when there is none; an existing one must be ours alone. True: it is new.
Result<bool> prepare_file(const std::string& file) {
  int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0) {
    ::close(fd);
    return true;
  }
  if (errno != EEXIST) return fail(errno_problem("store_down", file));
  struct stat st{};
  if (::lstat(file.c_str(), &st) != 0) return fail(errno_problem("store_down", file));
  if (!S_ISREG(st.st_mode)) return fail(Source::store, "store_open", file + " is no regular file");
  // Stops: other accounts of the machine reading events, customers and orders.
  if (st.st_mode & 077)
    return fail(Source::store, "store_open", file + " can be read by others; chmod 600 " + file + "* and start again");
  return st.st_size == 0;
}

// Ours, of a format we know, and sound.
Result<void> judge_file(Connection& c, const std::string& file, bool fresh) {
  Result<void> failed;
  if (fresh) {
    for (const std::string& sql : {"PRAGMA application_id = " + std::to_string(kApplication),
                                   "PRAGMA user_version = " + std::to_string(kFormat)})
      if (auto done = c.run(sql); !done) return fail(std::move(done.error()));
  }
  std::int64_t application = number(c, "PRAGMA application_id", failed);
  std::int64_t format = number(c, "PRAGMA user_version", failed);
  if (!failed) return failed;
  if (application != kApplication)
    return fail(Source::store, "store_foreign", file + " belongs to another program; name another state_dir");
  if (format > kFormat)
    return fail(Source::store, "store_schema", file + " was written by a newer gatehouse; install that version");
  std::string mode, verdict;
  auto wal = c.query("PRAGMA journal_mode = WAL", {}, [&](const Row& r) {
    mode = r.string(0);
    return false;
  });
  if (!wal) return wal;
  if (mode != "wal")
    return fail(Source::store, "store_down", file + ": the file system takes no write-ahead log (mode " + mode + ")");
  // Reading every page of a large file would keep the door shut for long; its faults show when a page is needed.
  struct stat st{};
  if (fresh || ::stat(file.c_str(), &st) != 0 || st.st_size > kChecked) return {};
  auto sound = c.query("PRAGMA quick_check(1)", {}, [&](const Row& r) {
    verdict = r.string(0);
    return false;
  });
  if (!sound) return sound;
  if (verdict != "ok")
    return fail(Source::store, "store_damaged", file + ": " + verdict + "; restore a backup, or mend a copy of it");
  return {};
}

class SqliteDb final : public Db {
 public:
  SqliteDb(SqliteOptions options, std::unique_ptr<Connection> writer, std::vector<std::unique_ptr<Connection>> readers)
      : options_(std::move(options)), writer_(std::move(writer)), readers_(std::move(readers)) {
    threads_.emplace_back([this] { write_loop(); });
    for (auto& r : readers_) threads_.emplace_back([this, c = r.get()] { read_loop(*c); });
  }
  ~SqliteDb() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    writes_ready_.notify_all();
    reads_ready_.notify_all();
    for (auto& t : threads_) t.join();
  }

  Result<void> migrate(std::string_view component, std::span<const Migration> steps) override {
    auto done = write_now([&](Transaction& t) -> Result<bool> {
      if (auto r = store::migrate(t, component, steps, to_sqlite); !r) return fail(std::move(r.error()));
      return true;
    });
    if (!done) return fail(std::move(done.error()));
    return {};
  }

  void settle() override {
    std::unique_lock lock(mutex_);
    settled_.wait(lock, [this] { return writes_.empty() && reads_.empty() && running_ == 0; });
  }

  DbStats stats() const override {
    DbStats s;
    s.commits = commits_.load(std::memory_order_relaxed);
    s.writes = done_.load(std::memory_order_relaxed);
    s.failures = lost_.load(std::memory_order_relaxed);
    {
      std::lock_guard lock(mutex_);
      s.waiting = writes_.size() + reads_.size();
    }
    for (const char* suffix : {"", "-wal"}) {
      struct stat st{};
      if (::stat((options_.file + suffix).c_str(), &st) == 0) s.bytes += static_cast<std::uint64_t>(st.st_size);
    }
    return s;
  }

  Result<void> backup(const std::string& file) override {
    int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST) return fail(Source::client, "exists", file + " exists; a backup takes a new name");
    if (fd < 0) return fail(errno_problem("store_down", file));
    ::close(fd);
    auto from = Connection::open(options_.file, false, options_.busy);
    auto to = from ? Connection::open(file, true, options_.busy) : fail(from.error());
    auto copied = to ? (*from)->copy_to(**to) : fail(to.error());
    if (!copied) ::unlink(file.c_str());
    return copied;
  }

 protected:
  void submit(std::unique_ptr<Job> job, bool writes) override {
    {
      std::lock_guard lock(mutex_);
      auto& queue = writes ? writes_ : reads_;
      if (!stopping_ && queue.size() < options_.queue) {
        queue.push_back(std::move(job));
        (writes ? writes_ready_ : reads_ready_).notify_one();
        return;
      }
    }
    const Problem busy{Source::store, "store_busy", "too many calls wait for the database", nullptr};
    job->finish(&busy);
  }

 private:
  using Jobs = std::vector<std::unique_ptr<Job>>;

  void write_loop() {
    Jobs batch;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        writes_ready_.wait(lock, [this] { return stopping_ || !writes_.empty(); });
        if (writes_.empty()) return;
        while (!writes_.empty() && batch.size() < options_.batch) {
          batch.push_back(std::move(writes_.front()));
          writes_.pop_front();
        }
        ++running_;
      }
      auto lost = commit(batch);
      for (auto& job : batch) job->finish(lost ? &*lost : nullptr);
      (lost ? lost_ : done_).fetch_add(batch.size(), std::memory_order_relaxed);
      batch.clear();
      // Only after the waiters were told: copying the log into the file is nobody's answer.
      if (writer_->log_frames() > kCheckpointFrames) writer_->checkpoint();
      ended();
    }
  }

  // What made the whole batch fail, or nothing: it is durable.
  std::optional<Problem> commit(Jobs& batch) {
    if (auto begun = writer_->run("BEGIN IMMEDIATE"); !begun) return std::move(begun.error());
    for (auto& job : batch) {
      auto marked = writer_->run("SAVEPOINT one");
      writer_->hold(true);
      bool keep = marked && job->run(*writer_);
      writer_->hold(false);
      // SQLite ends the transaction itself after some failures: then everything before is gone, too.
      if (writer_->idle())
        return Problem{Source::store, "store_down", "the transaction was given up after a failing statement", nullptr};
      auto undone = marked && !keep ? writer_->run("ROLLBACK TO one") : Result<std::int64_t>(0);
      auto closed = marked && undone ? writer_->run("RELEASE one") : Result<std::int64_t>(0);
      for (auto* step : {&marked, &undone, &closed})
        if (!*step) return give_up(std::move(step->error()));
    }
    if (auto done = writer_->run("COMMIT"); !done) return give_up(std::move(done.error()));
    commits_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }

  Problem give_up(Problem why) {
    if (!writer_->idle()) {
      auto ignored = writer_->run("ROLLBACK");
      static_cast<void>(ignored);  // it can only say again what `why` says
    }
    return why;
  }

  void read_loop(Connection& c) {
    for (;;) {
      std::unique_ptr<Job> job;
      {
        std::unique_lock lock(mutex_);
        reads_ready_.wait(lock, [this] { return stopping_ || !reads_.empty(); });
        if (reads_.empty()) return;
        job = std::move(reads_.front());
        reads_.pop_front();
        ++running_;
      }
      auto begun = c.run("BEGIN");
      if (begun) job->run(c);
      auto closed = c.idle() ? Result<std::int64_t>(0) : c.run("ROLLBACK");
      job->finish(!begun ? &begun.error() : !closed ? &closed.error() : nullptr);
      job.reset();
      ended();
    }
  }

  void ended() {
    std::lock_guard lock(mutex_);
    --running_;
    if (running_ == 0) settled_.notify_all();
  }

  SqliteOptions options_;
  std::unique_ptr<Connection> writer_;
  std::vector<std::unique_ptr<Connection>> readers_;
  mutable std::mutex mutex_;
  std::condition_variable writes_ready_, reads_ready_, settled_;
  std::deque<std::unique_ptr<Job>> writes_, reads_;
  int running_ = 0;
  bool stopping_ = false;
  std::atomic<std::uint64_t> commits_{0}, done_{0}, lost_{0};
  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<Db>> open_sqlite(const SqliteOptions& options) {
  auto fresh = prepare_file(options.file);
  if (!fresh) return fail(std::move(fresh.error()));
  try {
    auto writer = Connection::open(options.file, true, options.busy);
    if (!writer) return fail(std::move(writer.error()));
    if (auto good = judge_file(**writer, options.file, *fresh); !good) return fail(std::move(good.error()));
    std::vector<std::unique_ptr<Connection>> readers;
    for (std::size_t i = 0; i < std::max<std::size_t>(1, options.readers); ++i) {
      auto reader = Connection::open(options.file, false, options.busy);
      if (!reader) return fail(std::move(reader.error()));
      readers.push_back(std::move(*reader));
    }
    return std::make_unique<SqliteDb>(options, std::move(*writer), std::move(readers));
  } catch (const std::logic_error& e) {  // SQLite says "error" of a file whose schema it cannot read
    return fail(Source::store, "store_damaged", options.file + ": " + e.what());
  }
}

Result<void> check_sqlite(const std::string& file, Duration busy) {
  struct stat st{};
  if (::lstat(file.c_str(), &st) != 0) return fail(Source::store, "store_missing", file + ": " + std::strerror(errno));
  if (st.st_size == 0) return fail(Source::store, "store_damaged", file + " is empty; restore a backup");
  if (auto ours = prepare_file(file); !ours) return fail(std::move(ours.error()));
  auto c = Connection::open(file, true, busy);
  if (!c) return fail(std::move(c.error()));
  if (auto fit = judge_file(**c, file, false); !fit) return fit;
  std::string faults;
  auto note = [&](std::string_view fault) { faults.append(faults.empty() ? "" : "; ").append(fault); };
  auto pages = (*c)->query("PRAGMA integrity_check(3)", {}, [&](const Row& r) {
    if (r.text(0) != "ok") note(r.text(0));
    return true;
  });
  if (!pages) return pages;
  auto links = (*c)->query("PRAGMA foreign_key_check", {}, [&](const Row& r) {
    note("a row of " + r.string(0) + " refers to one of " + r.string(2) + " that is gone");
    return false;
  });
  if (!links) return links;
  if (!faults.empty()) return fail(Source::store, "store_damaged", file + ": " + faults);
  return {};
}

}  // namespace gatehouse::store
