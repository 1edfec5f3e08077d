#include "services/webhooks/inbox.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "net/worker_pool.h"
#include "services/webhooks/inbox_api.h"
#include "store/memory/memory_fast.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::services::webhooks {
namespace {

// An inbox is there from the first reload that asks for one, also when that reload is refused for its secrets.
TEST(InboxTest, AnswersItsOperatorBeforeAnyConfigurationWasAdopted) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "gatehouse-inbox-api";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    SystemClock clock;
    SystemEntropy entropy;
    net::Reactor reactor(clock);
    net::WorkerPool pool(1);
    net::Resolver resolver(reactor, pool);
    store::MemoryFast fast(clock, entropy);
    auto db = store::open_sqlite({.file = (folder / "t.db").string()});
    ASSERT_TRUE(db);
    auto inbox = Inbox::open({**db, fast, clock, entropy, reactor, resolver, folder.string()});
    ASSERT_TRUE(inbox);
    auto ask = [&](std::string_view path, std::string_view body) {
      return inbox_api(**inbox, "POST", path, "", body, entropy).status;
    };
    EXPECT_EQ(ask("/webhooks/replay", R"({"all":true})"), 200);
    EXPECT_EQ(ask("/webhooks/erase", R"({"user":"user_1"})"), 200);
    EXPECT_EQ(ask("/webhooks/test", R"({"endpoint":"stripe"})"), 404);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gatehouse::services::webhooks
