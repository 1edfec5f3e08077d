#include "store/sqlite/connection.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "base/text.h"

namespace gatehouse::store {
namespace {

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* s) : s_(s) {}
  bool null(int column) const override { return sqlite3_column_type(s_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(s_, column); }
  std::string_view text(int column) const override {
    const void* bytes = sqlite3_column_blob(s_, column);
    int n = sqlite3_column_bytes(s_, column);
    return bytes ? std::string_view(static_cast<const char*>(bytes), static_cast<std::size_t>(n)) : std::string_view();
  }

 private:
  sqlite3_stmt* s_;
};

}  // namespace

// Ready for the next run, whatever happened in this one.
class Connection::Use {
 public:
  explicit Use(Statement& s) : s_(s) { s_.busy = true; }
  ~Use() {
    sqlite3_reset(s_.handle);
    sqlite3_clear_bindings(s_.handle);
    s_.busy = false;
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  Statement& s_;
};

Result<std::unique_ptr<Connection>> Connection::open(const std::string& file, bool writes, Duration busy) {
  std::unique_ptr<Connection> c(new Connection);
  int code = sqlite3_open_v2(file.c_str(), &c->db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    Problem p = c->problem(code, "opening " + file);
    return fail(std::move(p));
  }
  if (auto set = c->settings(writes, busy); !set) return fail(std::move(set.error()));
  return c;
}

Connection::~Connection() {
  for (auto& [sql, s] : statements_) sqlite3_finalize(s.handle);
  if (db_) sqlite3_close_v2(db_);
}

Result<void> Connection::settings(bool writes, Duration busy) {
  sqlite3_extended_result_codes(db_, 1);
  sqlite3_busy_timeout(db_, static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(busy).count()));
  // Stops: a planted database file running code of its own through views, triggers or virtual tables.
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  // "x" is a name, never silently a text.
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  std::vector<std::string_view> wanted = {"PRAGMA foreign_keys = ON",    "PRAGMA cell_size_check = ON",
                                          "PRAGMA temp_store = MEMORY",  "PRAGMA synchronous = FULL",
                                          "PRAGMA secure_delete = FAST", "PRAGMA wal_autocheckpoint = 0"};
  wanted.push_back(writes ? "PRAGMA cache_size = -16384" : "PRAGMA cache_size = -4096");
  wanted.push_back(writes ? "PRAGMA journal_size_limit = 67108864" : "PRAGMA query_only = ON");
  for (std::string_view sql : wanted)
    if (auto done = query(sql, {}, [](const Row&) { return true; }); !done) return done;
  if (writes) sqlite3_wal_hook(db_, &Connection::on_commit, this);
  return {};
}

int Connection::on_commit(void* self, sqlite3*, const char*, int frames) {
  static_cast<Connection*>(self)->log_frames_ = frames;
  return SQLITE_OK;
}

Problem Connection::problem(int code, std::string_view sql) const {
  std::string why = db_ ? sqlite3_errmsg(db_) : sqlite3_errstr(code);
  int system = db_ ? sqlite3_system_errno(db_) : errno;
  Problem p{Source::store, "store_down", {}, nullptr};
  switch (code & 0xff) {
    case SQLITE_FULL:
      p.code = "store_full";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      p.code = "store_damaged";
      break;
    case SQLITE_CONSTRAINT:
      p.code = "store_conflict";
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      p.code = "store_busy";
      break;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH:
    case SQLITE_SCHEMA:
      throw std::logic_error("SQL: " + why + ": " + std::string(sql.substr(0, 200)));
    default:
      if (system == ENOSPC || system == EDQUOT) p.code = "store_full";
      if (system) why += std::string(" (") + std::strerror(system) + ")";
  }
  p.detail = why + ": " + text::printable(sql, 80);
  return p;
}

Result<Connection::Statement> Connection::prepare(std::string_view sql) const {
  Statement s;
  const char* rest = nullptr;
  int code =
      sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &s.handle, &rest);
  if (code != SQLITE_OK) return fail(problem(code, sql));
  // Stops: a second statement carried in the text of the first.
  std::string_view left(rest, static_cast<std::size_t>(sql.data() + sql.size() - rest));
  if (!s.handle || left.find_first_not_of(" \n\t;") != left.npos) {
    sqlite3_finalize(s.handle);
    throw std::logic_error("SQL: one statement a call: " + std::string(sql.substr(0, 200)));
  }
  for (int i = 1, n = sqlite3_bind_parameter_count(s.handle); i <= n; ++i) {
    const char* name = sqlite3_bind_parameter_name(s.handle, i);
    auto number = name && *name == '$' ? text::parse_u64(name + 1) : std::nullopt;
    if (!number || *number < 1 || *number > 100) {
      sqlite3_finalize(s.handle);
      throw std::logic_error("SQL: parameters are $1, $2 …: " + std::string(sql.substr(0, 200)));
    }
    s.numbers.push_back(static_cast<int>(*number));
    s.highest = std::max(s.highest, s.numbers.back());
  }
  return s;
}

Result<Connection::Statement*> Connection::statement(std::string_view sql, std::unique_ptr<Statement>& spare) {
  auto it = statements_.find(sql);
  if (it != statements_.end() && !it->second.busy) return &it->second;
  auto fresh = prepare(sql);
  if (!fresh) return fail(std::move(fresh.error()));
  if (it != statements_.end()) {  // the same statement is being walked further up
    spare = std::make_unique<Statement>(std::move(*fresh));
    return spare.get();
  }
  if (statements_.size() >= kMostStatements) {
    std::erase_if(statements_, [](auto& entry) {
      if (entry.second.busy) return false;
      sqlite3_finalize(entry.second.handle);
      return true;
    });
  }
  return &statements_.emplace(std::string(sql), std::move(*fresh)).first->second;
}

void Connection::bind(const Statement& s, std::string_view sql, std::span<const Param> params) const {
  if (static_cast<std::size_t>(s.highest) != params.size())
    throw std::logic_error("SQL: " + std::to_string(params.size()) + " parameters for $" + std::to_string(s.highest) +
                           ": " + std::string(sql.substr(0, 200)));
  for (std::size_t i = 0; i < s.numbers.size(); ++i) {
    const Param& p = params[static_cast<std::size_t>(s.numbers[i] - 1)];
    int index = static_cast<int>(i) + 1;
    const char* data = p.text().data() ? p.text().data() : "";  // a null pointer would bind NULL
    auto size = static_cast<sqlite3_uint64>(p.text().size());
    switch (p.kind()) {
      case Param::Kind::null:
        sqlite3_bind_null(s.handle, index);
        break;
      case Param::Kind::integer:
        sqlite3_bind_int64(s.handle, index, p.integer());
        break;
      case Param::Kind::text:
        sqlite3_bind_text64(s.handle, index, data, size, SQLITE_STATIC, SQLITE_UTF8);
        break;
      case Param::Kind::bytes:
        sqlite3_bind_blob64(s.handle, index, data, size, SQLITE_STATIC);
        break;
    }
  }
}

Result<void> Connection::query(std::string_view sql, std::span<const Param> params,
                               const std::function<bool(const Row&)>& each) {
  if (held_ && idle()) return fail(Source::store, "store_down", "the transaction was given up");
  std::unique_ptr<Statement> spare;
  auto found = statement(sql, spare);
  if (!found) return fail(std::move(found.error()));
  Statement& s = **found;
  struct Finalize {
    std::unique_ptr<Statement>& spare;
    ~Finalize() {
      if (spare) sqlite3_finalize(spare->handle);
    }
  } finalize{spare};
  Use use(s);
  bind(s, sql, params);
  for (;;) {
    int code = sqlite3_step(s.handle);
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return fail(problem(code, sql));
    if (!each(SqliteRow(s.handle))) return {};
  }
}

Result<std::int64_t> Connection::run(std::string_view sql, std::span<const Param> params) {
  std::int64_t before = sqlite3_total_changes64(db_);
  auto done = query(sql, params, [](const Row&) { return true; });
  if (!done) return fail(std::move(done.error()));
  // Of a statement that changes nothing (BEGIN, SAVEPOINT …) SQLite would tell the changes of the one before.
  if (sqlite3_total_changes64(db_) == before) return 0;
  return sqlite3_changes64(db_);
}

bool Connection::idle() const { return sqlite3_get_autocommit(db_) != 0; }

void Connection::checkpoint() {
  int log = 0, copied = 0;
  // A failure here loses nothing: the log keeps what could not be copied, and the next call tries again.
  sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &log, &copied);
  log_frames_ = log > copied ? log - copied : 0;
}

Result<void> Connection::copy_to(Connection& target) {
  sqlite3_backup* b = sqlite3_backup_init(target.db_, "main", db_, "main");
  if (!b) return fail(target.problem(sqlite3_errcode(target.db_), "backup"));
  int code = sqlite3_backup_step(b, -1);
  int end = sqlite3_backup_finish(b);
  if (code != SQLITE_DONE) return fail(target.problem(end == SQLITE_OK ? code : end, "backup"));
  return {};
}

}  // namespace gatehouse::store
