// Db over one SQLite file: the store that needs nothing installed.
//
// Write-ahead log with synchronous=FULL: a commit is on the disk before anybody is told. One writing thread, a few
// reading ones, each with its own connection and its own cache of prepared statements.
#pragma once

#include <memory>
#include <string>

#include "store/db.h"

namespace gatehouse::store {

struct SqliteOptions {
  std::string file;                        // made with mode 0600; its folder must exist
  std::size_t readers = 2;                 // threads for read()
  std::size_t batch = 512;                 // calls in one commit, at most
  std::size_t queue = 20000;               // calls that may wait, of each kind
  Duration busy{std::chrono::seconds(5)};  // how long another process may hold the file
};

// Opens or makes the file. Refused: a file of another program (store_foreign: its application id is not ours), of a
// newer format (store_schema), that does not pass the quick integrity check (store_damaged), that others may read
// (store_open: the detail tells the chmod), or that cannot be opened (store_down, store_full).
Result<std::unique_ptr<Db>> open_sqlite(const SqliteOptions& options);

// Reads every page of an existing file of ours, also while a gatehouse uses it; blocks for as long as that takes.
// Problem codes: store_missing, store_damaged (the detail tells the first faults), and those of open_sqlite.
Result<void> check_sqlite(const std::string& file, Duration busy = std::chrono::seconds(5));

}  // namespace gatehouse::store
