#include "app/webhooks_command.h"

#include <gmock/gmock.h>

#include <set>

#include "app/testing/inbox_desk.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WebhooksCommand : public testing::InboxDesk {
 protected:
  std::vector<Command> commands() {
    return webhooks_commands(ask(), [](const TestRequest&) -> Result<AdminAnswerText> {
      ADD_FAILURE() << "nobody asked for a test event";
      return AdminAnswerText{};
    });
  }
};

TEST_F(WebhooksCommand, has_each_command_once) {
  std::set<std::string_view> names;
  for (const Command& c : commands()) EXPECT_TRUE(names.insert(c.name).second) << c.name;
  for (const char* name :
       {"list", "show", "stats", "anomalies", "replay", "discard", "erase", "test", "verify", "sign"})
    EXPECT_EQ(names.count("webhooks " + std::string(name)), 1u) << name;
}

TEST_F(WebhooksCommand, each_command_tells_how_it_may_end_and_asks_nobody_for_its_help) {
  for (const Command& c : commands()) {
    const std::string verb(c.name.substr(c.name.find(' ') + 1));
    EXPECT_EQ(run(commands(), {verb, "--help"}), kOk) << c.name;
    EXPECT_THAT(out, HasSubstr("exit codes: ")) << c.name;
    EXPECT_THAT(asked, IsEmpty()) << c.name;
  }
}

TEST_F(WebhooksCommand, a_slip_of_the_pen_is_told_the_nearest_command) {
  EXPECT_EQ(run(commands(), {"replya", "1"}), kUsage);
  EXPECT_THAT(err, HasSubstr("webhooks replay"));
  EXPECT_EQ(run(commands(), {"discard", "--al"}), kUsage);
  EXPECT_THAT(err, HasSubstr("--all"));
  EXPECT_THAT(asked, IsEmpty());
}

}  // namespace
}  // namespace gatehouse::app
