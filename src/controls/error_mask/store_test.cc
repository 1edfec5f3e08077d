#include "controls/error_mask/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/testing/temporary_folder.h"
#include "controls/error_mask/filter.h"
#include "controls/error_mask/testing/case.h"
#include "net/worker_pool.h"

namespace gatehouse::controls::error_mask {
namespace {

class BodyStoreTest : public ::testing::Test {
 protected:
  std::string folder() const { return root_.at("errors"); }
  std::size_t files() const {
    std::size_t n = 0;
    for (const auto& e : std::filesystem::directory_iterator(folder())) n += e.is_regular_file();
    return n;
  }
  const TemporaryFolder root_;
};

TEST_F(BodyStoreTest, FilesAreForTheOwnerOnlyAndNeverOverwritten) {
  SystemClock clock;
  BodyStore store(folder(), std::chrono::hours(1), clock);
  EXPECT_TRUE(store.keep("0123456789abcdef", "the body"));
  struct stat s{};
  ASSERT_EQ(stat((folder() + "/0123456789abcdef.txt").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(folder().c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0700u);
  EXPECT_FALSE(store.keep("0123456789abcdef", "another"));
  for (std::string_view evil : {"../../etc/cron.d/x", "a/b/c/d/e", "short", ""}) EXPECT_FALSE(store.keep(evil, "x"));
}

TEST_F(BodyStoreTest, APlantedLinkIsNotFollowed) {
  SystemClock clock;
  std::filesystem::create_directory(folder());
  std::filesystem::create_symlink(root_.at("victim"), folder() + "/0123456789abcdef.txt");
  BodyStore store(folder(), std::chrono::hours(1), clock);
  EXPECT_FALSE(store.keep("0123456789abcdef", "x"));
  EXPECT_FALSE(std::filesystem::exists(root_.at("victim")));
}

TEST_F(BodyStoreTest, OldFilesGo) {
  SystemClock now;
  ManualClock clock(now.unix_seconds());
  BodyStore store(folder(), std::chrono::hours(1), clock);
  EXPECT_TRUE(store.keep("aaaaaaaa", "x"));
  clock.advance(std::chrono::minutes(30));
  EXPECT_EQ(store.sweep(), 0u);
  clock.advance(std::chrono::hours(1));
  EXPECT_TRUE(store.keep("bbbbbbbb", "x"));  // sweeps on the way
  EXPECT_FALSE(std::filesystem::exists(folder() + "/aaaaaaaa.txt"));
}

TEST_F(BodyStoreTest, ThereAreNeverTooMany) {
  SystemClock now;
  ManualClock clock(now.unix_seconds());
  BodyStore store(folder(), std::chrono::hours(1), clock);
  for (std::size_t i = 0; i < BodyStore::kMaxFiles + 5; ++i) store.keep("request-" + std::to_string(i), "x");
  store.sweep();
  EXPECT_LT(files(), BodyStore::kMaxFiles);
}

TEST_F(BodyStoreTest, AMaskedBodyIsKeptUnderItsRequestId) {
  SystemClock clock;
  Case f;
  {
    net::WorkerPool pool(1);
    gate::Worker worker{f.worker.reactor, pool, f.clock, f.entropy};
    gate::Exchange x(f.request, f.arena, worker);
    ErrorMaskFilter filter({}, std::make_shared<BodyStore>(folder(), std::chrono::hours(1), clock));
    http::Response& out = f.answer(500, "text/plain", kTrace);
    EXPECT_TRUE(f.passes(filter.response(x, out)));
    std::string path = folder() + "/" + std::string(x.id) + ".txt";
    for (int i = 0; i < 500 && !std::filesystem::exists(path); ++i) usleep(10000);
    EXPECT_TRUE(std::filesystem::exists(path));
    EXPECT_EQ(out.bytes.find("planted"), std::string_view::npos);
  }  // the pool has ended its job
  std::ifstream in(folder() + "/000102030405060708090a0b0c0d0e0f.txt");
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_EQ(text.str(), kTrace);
}

}  // namespace
}  // namespace gatehouse::controls::error_mask
