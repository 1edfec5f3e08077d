// One connection to a SQLite file, for one thread at a time, with its prepared statements.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/db.h"

struct sqlite3;
struct sqlite3_stmt;

namespace gatehouse::store {

class Connection final : public Transaction {
 public:
  // `writes` false: every attempt to change something is refused by SQLite itself.
  static Result<std::unique_ptr<Connection>> open(const std::string& file, bool writes, Duration busy);
  ~Connection() override;

  using Transaction::query;
  using Transaction::run;
  Result<std::int64_t> run(std::string_view sql, std::span<const Param> params) override;
  Result<void> query(std::string_view sql, std::span<const Param> params,
                     const std::function<bool(const Row&)>& each) override;

  // No transaction is open (SQLite ends one by itself after some failures).
  bool idle() const;
  // While held, nothing runs outside a transaction.
  // Stops: the rest of a call being committed alone after SQLite undid its beginning.
  void hold(bool on) { held_ = on; }
  // Copies committed pages of the log into the file, as far as no reader needs the old ones.
  void checkpoint();
  int log_frames() const { return log_frames_; }
  // A consistent copy into another open file.
  Result<void> copy_to(Connection& target);

 private:
  struct Statement {
    sqlite3_stmt* handle = nullptr;
    std::vector<int> numbers;  // numbers[i]: which $n stands at SQLite's index i + 1
    int highest = 0;
    bool busy = false;
  };
  class Use;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  static constexpr std::size_t kMostStatements = 256;

  Connection() = default;
  Result<void> settings(bool writes, Duration busy);
  Result<Statement*> statement(std::string_view sql, std::unique_ptr<Statement>& spare);
  Result<Statement> prepare(std::string_view sql) const;
  void bind(const Statement& s, std::string_view sql, std::span<const Param> params) const;
  // What went wrong, in the words of Transaction. Throws for what only a bug can cause.
  Problem problem(int code, std::string_view sql) const;
  static int on_commit(void* self, sqlite3*, const char*, int frames);

  sqlite3* db_ = nullptr;
  std::unordered_map<std::string, Statement, Hash, std::equal_to<>> statements_;
  int log_frames_ = 0;
  bool held_ = false;
};

}  // namespace gatehouse::store
