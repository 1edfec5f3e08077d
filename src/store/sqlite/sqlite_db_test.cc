#include "store/sqlite/sqlite_db.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "base/testing/temporary_folder.h"
#include "store/sqlite/dialect.h"

namespace gatehouse::store {
namespace {

struct Folder : TemporaryFolder {
  std::string file(const std::string& name = "t.db") const { return at(name); }
};

const std::vector<Migration> kSteps = {
    {1, "things", {"CREATE TABLE thing (id TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL, body BYTEA)"}}};

std::unique_ptr<Db> open(const Folder& folder) {
  auto db = open_sqlite({.file = folder.file()});
  EXPECT_TRUE(db) << (db ? "" : db.error().text());
  auto made = (*db)->migrate("test", kSteps);
  EXPECT_TRUE(made) << (made ? "" : made.error().text());
  return std::move(*db);
}

Result<std::int64_t> put(Transaction& t, std::string_view id, std::int64_t n, std::string_view body = {}) {
  return t.run("INSERT INTO thing (id, n, body) VALUES ($1, $2, $3)", {id, n, Bytes{body}});
}

std::int64_t count(Db& db) {
  auto n = db.read_now([](Transaction& t) -> Result<std::int64_t> {
    std::int64_t all = -1;
    auto done = t.query("SELECT count(*) FROM thing", {}, [&](const Row& r) {
      all = r.integer(0);
      return true;
    });
    if (!done) return fail(done.error());
    return all;
  });
  return n ? *n : -1;
}

TEST(SqliteDb, KeepsWhatWasWrittenAcrossOpenings) {
  Folder folder;
  std::string bytes("\0\xff'; DROP TABLE thing; --", 25);
  {
    auto db = open(folder);
    auto done = db->write_now([&](Transaction& t) { return put(t, "a", -5, bytes); });
    ASSERT_TRUE(done);
    EXPECT_EQ(*done, 1);
  }
  auto db = open(folder);
  auto read = db->read_now([&](Transaction& t) -> Result<bool> {
    bool same = false;
    auto r = t.query("SELECT id, n, body, NULL FROM thing WHERE n = $2 AND id = $1", {"a", -5}, [&](const Row& row) {
      same = row.text(0) == "a" && row.integer(1) == -5 && row.text(2) == bytes && row.null(3) && !row.null(2);
      return true;
    });
    if (!r) return fail(r.error());
    return same;
  });
  ASSERT_TRUE(read);
  EXPECT_TRUE(*read);
}

TEST(SqliteDb, MakesItsFileForItsOwnerAlone) {
  Folder folder;
  auto db = open(folder);
  ASSERT_TRUE(db->write_now([](Transaction& t) { return put(t, "a", 1); }));
  for (const char* name : {"t.db", "t.db-wal", "t.db-shm"}) {
    struct stat st{};
    ASSERT_EQ(::stat(folder.file(name).c_str(), &st), 0) << name;
    EXPECT_EQ(st.st_mode & 0777, 0600) << name;
  }
}

TEST(SqliteDb, RefusesAFileThatOthersMayRead) {
  Folder folder;
  open(folder);
  ::chmod(folder.file().c_str(), 0644);
  auto db = open_sqlite({.file = folder.file()});
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, "store_open");
  EXPECT_NE(db.error().detail.find("chmod 600"), std::string::npos);
}

TEST(SqliteDb, RefusesAForeignOrDamagedFile) {
  Folder folder;
  {
    std::ofstream out(folder.file());
    out << "this is a text of some length and certainly no database of anybody whatsoever, is it?";
  }
  ::chmod(folder.file().c_str(), 0600);
  auto db = open_sqlite({.file = folder.file()});
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, "store_damaged");
}

TEST(SqliteDb, RefusesASymbolicLink) {
  Folder folder;
  open(folder);
  ASSERT_EQ(::symlink(folder.file().c_str(), folder.file("copy.db").c_str()), 0);
  auto db = open_sqlite({.file = folder.file("copy.db")});
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, "store_open");
}

TEST(SqliteDb, FindsAPageThatWasOverwritten) {
  Folder folder;
  {
    auto db = open(folder);
    for (int i = 0; i < 50; ++i)
      ASSERT_TRUE(db->write_now([&](Transaction& t) { return put(t, std::to_string(i), i, std::string(2000, 'x')); }));
  }
  std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 * 4);
  file << std::string(4096, '\x5a');
  file.close();
  auto db = open_sqlite({.file = folder.file()});
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, "store_damaged");
}

TEST(SqliteDb, ACallThatFailsLeavesNothingBehind) {
  Folder folder;
  auto db = open(folder);
  auto done = db->write_now([](Transaction& t) -> Result<int> {
    if (auto r = put(t, "half", 1); !r) return fail(r.error());
    return fail(Source::client, "no", "changed my mind");
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, "no");
  EXPECT_EQ(count(*db), 0);
}

TEST(SqliteDb, TellsAConflictFromAFailure) {
  Folder folder;
  auto db = open(folder);
  ASSERT_TRUE(db->write_now([](Transaction& t) { return put(t, "a", 1); }));
  auto twice = db->write_now([](Transaction& t) { return put(t, "a", 2); });
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, "store_conflict");
  auto mended = db->write_now([](Transaction& t) {
    return t.run("INSERT INTO thing (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = excluded.n", {"a", 3});
  });
  EXPECT_TRUE(mended);
}

TEST(SqliteDb, AReaderCannotWrite) {
  Folder folder;
  auto db = open(folder);
  auto tried = db->read_now([](Transaction& t) { return put(t, "a", 1); });
  ASSERT_FALSE(tried);
  EXPECT_EQ(count(*db), 0);
}

TEST(SqliteDb, AThrowInACallIsAProblemAndNothingElse) {
  Folder folder;
  auto db = open(folder);
  auto bad = db->write_now([](Transaction& t) { return t.run("INSERT INTO nowhere VALUES (1)"); });
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, "internal");
  auto two = db->write_now([](Transaction& t) { return t.run("DELETE FROM thing; DELETE FROM thing"); });
  ASSERT_FALSE(two);
  auto few = db->write_now([](Transaction& t) { return t.run("DELETE FROM thing WHERE n = $1"); });
  ASSERT_FALSE(few);
  EXPECT_TRUE(db->write_now([](Transaction& t) { return put(t, "a", 1); }));
}

TEST(SqliteDb, WalksAStatementInsideItself) {
  Folder folder;
  auto db = open(folder);
  auto pairs = db->write_now([](Transaction& t) -> Result<int> {
    for (int i = 0; i < 3; ++i)
      if (auto r = put(t, std::to_string(i), i); !r) return fail(r.error());
    int seen = 0;
    auto outer = t.query("SELECT n FROM thing", {}, [&](const Row&) {
      auto inner = t.query("SELECT n FROM thing", {}, [&](const Row&) { return ++seen > 0; });
      return inner.has_value();
    });
    if (!outer) return fail(outer.error());
    return seen;
  });
  ASSERT_TRUE(pairs);
  EXPECT_EQ(*pairs, 9);
}

TEST(SqliteDb, AFullDiskFailsTheBatchAndTheNextOneMayPass) {
  Folder folder;
  auto db = open(folder);
  auto limit = [&](const std::string& pages) {
    return db->write_now([&](Transaction& t) -> Result<bool> {
      auto r = t.query("PRAGMA max_page_count = " + pages, {}, [](const Row&) { return true; });
      if (!r) return fail(r.error());
      return true;
    });
  };
  ASSERT_TRUE(limit("10"));
  auto big = db->write_now([](Transaction& t) -> Result<int> {
    if (auto r = put(t, "small", 1); !r) return fail(r.error());
    auto r = put(t, "big", 1, std::string(200000, 'x'));
    if (!r) return fail(r.error());
    return 1;
  });
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().code, "store_full");
  EXPECT_EQ(count(*db), 0);
  ASSERT_TRUE(limit("1000000"));
  EXPECT_TRUE(db->write_now([](Transaction& t) { return put(t, "big", 1, std::string(200000, 'x')); }));
}

TEST(SqliteDb, ManyThreadsAndTasksAreCommittedTogether) {
  Folder folder;
  auto db = open(folder);
  SystemClock clock;
  net::Reactor reactor(clock);
  std::atomic<int> done{0};
  auto task = [](Db& d, net::Reactor& loop, int i, std::atomic<int>& ended) -> Task<void> {
    auto writing = d.write(loop, [i](Transaction& t) { return put(t, "t" + std::to_string(i), i); });
    auto r = co_await writing;
    EXPECT_TRUE(r);
    auto reading = d.read(loop, [i](Transaction& t) -> Result<bool> {
      bool there = false;
      auto q = t.query("SELECT 1 FROM thing WHERE n = $1", {i}, [&](const Row&) { return there = true; });
      if (!q) return fail(q.error());
      return there;
    });
    auto there = co_await reading;
    EXPECT_TRUE(there && *there) << "a committed row is seen by the next reader";
    if (++ended == 200) loop.stop();
  };
  for (int i = 0; i < 200; ++i) reactor.spawn(task(*db, reactor, i, done));
  std::vector<std::thread> others;
  for (int k = 0; k < 4; ++k)
    others.emplace_back([&, k] {
      for (int i = 0; i < 50; ++i)
        EXPECT_TRUE(db->write_now(
            [&](Transaction& t) { return put(t, "o" + std::to_string(k) + "-" + std::to_string(i), 1000 + i); }));
    });
  reactor.run();
  for (auto& t : others) t.join();
  db->settle();
  EXPECT_EQ(count(*db), 400);
  EXPECT_LT(db->stats().commits, 401u);
  EXPECT_EQ(db->stats().failures, 0u);
}

TEST(SqliteDb, ATaskDroppedWhileWaitingLeavesTheCallToItsEnd) {
  Folder folder;
  auto db = open(folder);
  SystemClock clock;
  net::Reactor reactor(clock);
  {
    auto writing = db->write(reactor, [](Transaction& t) { return put(t, "orphan", 1); });
    writing.start();
  }
  db->settle();
  EXPECT_EQ(count(*db), 1);
}

TEST(SqliteDb, CopiesItselfWhileItIsUsed) {
  Folder folder;
  auto db = open(folder);
  ASSERT_TRUE(db->write_now([](Transaction& t) { return put(t, "a", 1); }));
  ASSERT_TRUE(db->backup(folder.file("copy.db")));
  auto again = db->backup(folder.file("copy.db"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "exists");
  auto copy = open_sqlite({.file = folder.file("copy.db")});
  ASSERT_TRUE(copy) << copy.error().text();
  EXPECT_EQ(count(**copy), 1);
}

TEST(Migrations, AreAppliedOnceAndNeverChanged) {
  Folder folder;
  auto db = open(folder);
  EXPECT_TRUE(db->migrate("test", kSteps));
  std::vector<Migration> more = kSteps;
  more.push_back({2, "colour", {"ALTER TABLE thing ADD COLUMN colour TEXT"}});
  EXPECT_TRUE(db->migrate("test", more));
  auto older = db->migrate("test", kSteps);
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, "store_schema");
  more[0].statements[0] = "CREATE TABLE thing (id TEXT)";
  auto changed = db->migrate("test", more);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, "store_schema");
}

TEST(Migrations, AStepThatFailsLeavesNothingOfTheOthers) {
  Folder folder;
  auto db = open(folder);
  std::vector<Migration> steps = {{1, "good", {"CREATE TABLE other (id TEXT)"}},
                                  {2, "bad", {"CREATE TABEL x (id TEXT)"}}};
  ASSERT_FALSE(db->migrate("other", steps));
  steps[1].statements = {"CREATE TABLE another (id TEXT)"};
  EXPECT_TRUE(db->migrate("other", steps));
}

TEST(Dialect, ReplacesWholeWordsOutsideTexts) {
  EXPECT_EQ(to_sqlite("CREATE TABLE a (i BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b BYTEA, BIGINTX BIGINT)"),
            "CREATE TABLE a (i INTEGER PRIMARY KEY AUTOINCREMENT, b BLOB, BIGINTX INTEGER) STRICT");
  EXPECT_EQ(to_sqlite("SELECT 'BIGINT'"), "SELECT 'BIGINT'");
}

}  // namespace
}  // namespace gatehouse::store
