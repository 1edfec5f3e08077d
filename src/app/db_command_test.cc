#include "app/db_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/json.h"
#include "base/testing/temporary_folder.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;

const std::vector<Migration> kTables = {
    {1, "thing", {"CREATE TABLE thing (name TEXT NOT NULL, size BIGINT NOT NULL)"}}};

class DbCommand : public ::testing::Test {
 protected:
  DbCommand() {
    auto db = store::open_sqlite({.file = folder_.at("gatehouse.db")});
    EXPECT_TRUE(db);
    db_ = std::move(*db);
    EXPECT_TRUE(db_->migrate("test", kTables));
    put(1000);
  }
  void put(int rows) {
    auto done = db_->write_now([rows](Transaction& t) -> Result<bool> {
      for (int i = 0; i < rows; ++i)
        if (auto r = t.run("INSERT INTO thing (name, size) VALUES ($1, $2)", {std::string(200, 'x'), i}); !r)
          return fail(r.error());
      return true;
    });
    ASSERT_TRUE(done);
  }
  static std::int64_t rows_of(const std::string& file) {
    auto db = store::open_sqlite({.file = file});
    EXPECT_TRUE(db) << (db ? "" : db.error().text());
    std::int64_t n = 0;
    auto read = (*db)->read_now([&](Transaction& t) -> Result<bool> {
      auto r = t.query("SELECT count(*) FROM thing", {}, [&](const Row& row) {
        n = row.integer(0);
        return false;
      });
      if (!r) return fail(r.error());
      return true;
    });
    EXPECT_TRUE(read);
    return n;
  }
  int run(std::vector<std::string> words) {
    std::istringstream in;
    std::ostringstream out, err;
    World world{in, out, err, false, [](std::string_view) { return std::nullopt; }, clock_, entropy_};
    words.insert(words.begin(), "db");
    if (std::find(words.begin(), words.end(), "-c") == words.end())
      words.insert(words.end(), {"--state-dir", folder_.path()});
    const int code = dispatch(db_commands(), words, world);
    out_ = out.str(), err_ = err.str();
    return code;
  }
  // Overwrites pages in the middle of a closed database.
  static void damage(const std::string& file) {
    std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(5 * 4096);
    f << std::string(8 * 4096, '\x5a');
  }

  const TemporaryFolder folder_;
  std::string out_, err_;
  SystemClock clock_;
  SystemEntropy entropy_;
  std::unique_ptr<Db> db_;
};

TEST_F(DbCommand, CopiesADatabaseThatIsWrittenMeanwhile) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) put(1);
  });
  const std::string copy = folder_.at("copy.db");
  const int code = run({"backup", copy});
  stop = true;
  writer.join();
  ASSERT_EQ(code, kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("copied, opened and checked"));
  EXPECT_GE(rows_of(copy), 1000);
  struct stat st{};
  ASSERT_EQ(::stat(copy.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
  EXPECT_FALSE(std::filesystem::exists(copy + "-wal")) << "the copy is one file";
}

TEST_F(DbCommand, RefusesAFileThatExistsAndLeavesItAsItIs) {
  const std::string taken = folder_.at("taken");
  std::ofstream(taken) << "precious";
  EXPECT_EQ(run({"backup", taken}), kUsage);
  EXPECT_THAT(err_, HasSubstr("exists"));
  std::string kept;
  std::ifstream(taken) >> kept;
  EXPECT_EQ(kept, "precious");
}

TEST_F(DbCommand, MakesNoBackupOfNothing) {
  EXPECT_EQ(run({"backup", "-c", folder_.at("none.toml"), folder_.at("copy.db")}), kUsage);
  db_.reset();
  std::filesystem::remove(folder_.at("gatehouse.db"));
  EXPECT_EQ(run({"backup", folder_.at("copy.db")}), kIncomplete);
  EXPECT_THAT(err_, HasSubstr("--state-dir"));
  EXPECT_FALSE(std::filesystem::exists(folder_.at("copy.db")));
  EXPECT_FALSE(std::filesystem::exists(folder_.at("gatehouse.db")));
  EXPECT_EQ(run({"check"}), kIncomplete);
}

TEST_F(DbCommand, FindsTheDatabaseByTheConfiguration) {
  std::ofstream(folder_.at("g.toml")) << "state_dir = \"" << folder_.path() << "\"\n";
  EXPECT_EQ(run({"check", "-c", folder_.at("g.toml")}), kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("sound"));
}

TEST_F(DbCommand, CallsADamagedDatabaseDamagedAndKeepsNoCopyOfIt) {
  EXPECT_EQ(run({"check"}), kOk) << err_;
  db_.reset();
  damage(folder_.at("gatehouse.db"));
  EXPECT_EQ(run({"check", "--format", "json"}), kFindings);
  auto answer = json::parse(out_);
  ASSERT_TRUE(answer) << out_;
  EXPECT_EQ(answer->string_at("code"), "store_damaged");
  EXPECT_EQ(run({"backup", folder_.at("copy.db")}), kFindings);
  EXPECT_FALSE(std::filesystem::exists(folder_.at("copy.db")));
}

TEST_F(DbCommand, TellsMachinesTheSame) {
  const std::string copy = folder_.at("copy.db");
  ASSERT_EQ(run({"backup", copy, "--format", "json"}), kOk) << err_;
  auto answer = json::parse(out_);
  ASSERT_TRUE(answer) << out_;
  EXPECT_EQ(answer->string_at("file"), copy);
  EXPECT_GT(answer->find("bytes")->integer(), 4096);
  EXPECT_EQ(run({"check", "--format", "xml"}), kUsage);
}

}  // namespace
}  // namespace gatehouse::app
