#include "app/webhooks_change.h"

#include <gmock/gmock.h>

#include "app/testing/inbox_desk.h"
#include "base/json.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WebhooksChange : public testing::InboxDesk {
 protected:
  int run(std::vector<std::string> words) { return InboxDesk::run(webhooks_change_commands(ask()), std::move(words)); }
};

TEST_F(WebhooksChange, one_event_is_delivered_again_by_its_number) {
  came("evt_1", State::dead), came("evt_2", State::dead);
  EXPECT_EQ(run({"replay", "2"}), kOk) << err;
  EXPECT_EQ(out, "1 to be delivered again\n");
  EXPECT_EQ(state(1), State::dead);
  EXPECT_EQ(state(2), State::pending);
}

TEST_F(WebhooksChange, all_means_the_dead_ones_unless_a_state_is_named) {
  came("evt_1", State::dead), came("evt_2", State::delivered), came("evt_3", State::dead);
  EXPECT_EQ(run({"replay", "--all", "--format", "json"}), kOk) << err;
  EXPECT_EQ(json::parse(out).value().find("changed")->integer(), 2);
  EXPECT_EQ(state(2), State::delivered);
  EXPECT_EQ(run({"replay", "--all", "--state", "delivered"}), kOk);
  EXPECT_EQ(state(2), State::pending);
}

TEST_F(WebhooksChange, a_range_takes_both_its_ends_and_what_is_named_of_it) {
  for (int i = 1; i <= 5; ++i) came("evt_" + std::to_string(i), State::dead, i == 3 ? "user.gone" : "order.paid");
  EXPECT_EQ(run({"discard", "--from", "2", "--to", "4", "--type", "order.*"}), kOk) << err;
  EXPECT_EQ(out, "2 discarded\n");
  for (const auto& [seq, expected] :
       {std::pair{1, State::dead}, {2, State::discarded}, {3, State::dead}, {4, State::discarded}, {5, State::dead}})
    EXPECT_EQ(state(seq), expected) << seq;
  EXPECT_EQ(run({"discard", "--from", "4"}), kOk);
  EXPECT_EQ(out, "1 discarded\n");
  EXPECT_EQ(state(5), State::discarded);
}

// Stops: a range that ends before it begins being read as one without an end.
TEST_F(WebhooksChange, a_range_that_holds_no_number_touches_nothing) {
  came("evt_1", State::dead), came("evt_2", State::dead);
  for (const std::vector<std::string>& range :
       {std::vector<std::string>{"--to", "0"}, {"--from", "0", "--to", "0"}, {"--from", "2", "--to", "1"}}) {
    for (const char* verb : {"discard", "replay"}) {
      std::vector<std::string> words = range;
      words.insert(words.begin(), verb);
      EXPECT_EQ(run(words), kUsage) << verb;
      EXPECT_THAT(err, HasSubstr("not below from"));
    }
  }
  EXPECT_EQ(state(1), State::dead);
  EXPECT_EQ(state(2), State::dead);
}

// Stops: "42, if it is quarantined" ending 42 whatever it is.
TEST_F(WebhooksChange, a_number_stands_alone) {
  came("evt_1", State::dead);
  for (const std::vector<std::string>& more : {std::vector<std::string>{"--state", "quarantined"},
                                               {"--endpoint", "other"},
                                               {"--type", "user.*"},
                                               {"--all"},
                                               {"--from", "1"}}) {
    std::vector<std::string> words = more;
    words.insert(words.begin(), {"discard", "1"});
    EXPECT_EQ(run(words), kUsage) << more[0];
    EXPECT_EQ(state(1), State::dead) << more[0];
  }
}

TEST_F(WebhooksChange, says_how_to_name_events_before_it_asks_anybody) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"replay"},
                                                {"discard", "--state", "dead"},
                                                {"replay", "evt_1"},
                                                {"replay", "-1"},
                                                {"discard", "--from", "first"},
                                                {"replay", "1", "2"},
                                                {"replay", "--all", "--format", "xml"},
                                                {"erase"}}) {
    EXPECT_EQ(run(words), kUsage) << ::testing::PrintToString(words);
    EXPECT_THAT(err, ::testing::StartsWith("gatehouse"));
    EXPECT_THAT(asked, IsEmpty()) << ::testing::PrintToString(words);
    EXPECT_EQ(out, "");
  }
  run({"replay", "evt_1"});
  EXPECT_THAT(err, HasSubstr("gatehouse webhooks list")) << "where numbers come from";
}

TEST_F(WebhooksChange, an_event_that_is_not_there_is_an_answer_and_not_a_failure) {
  EXPECT_EQ(run({"replay", "7"}), kFindings);
  EXPECT_EQ(err, "gatehouse: there is no such event, or its body is gone\n");
  EXPECT_EQ(run({"discard", "7"}), kFindings);
  EXPECT_THAT(err, HasSubstr("there is no such event"));
}

TEST_F(WebhooksChange, what_has_ended_already_is_not_said_to_be_discarded) {
  came("evt_1", State::delivered), came("evt_2", State::skipped);
  EXPECT_EQ(run({"discard", "1"}), kFindings);
  EXPECT_THAT(err, HasSubstr("not one that waits"));
  EXPECT_EQ(run({"discard", "--all", "--state", "delivered"}), kOk);
  EXPECT_EQ(out, "0 discarded\n");
  EXPECT_EQ(state(1), State::delivered);
}

TEST_F(WebhooksChange, erasing_takes_one_users_bodies_and_leaves_the_ids) {
  came("evt_1", State::delivered, "order.paid", "{\"mail\":\"a\"}", "user_1");
  came("evt_2", State::delivered, "order.paid", "{\"mail\":\"b\"}", "user_2");
  EXPECT_EQ(run({"erase", "user_1"}), kOk) << err;
  EXPECT_EQ(out, "1 events erased\n");
  EXPECT_EQ(run({"erase", "user_1", "--format", "json"}), kOk);
  EXPECT_EQ(json::parse(out).value().find("erased")->integer(), 0);
  EXPECT_EQ(state(1), State::delivered) << "known, should it come again";
  EXPECT_EQ(run({"replay", "1"}), kFindings) << "there is nothing to deliver";
  EXPECT_EQ(run({"replay", "2"}), kOk) << "another user's";
  EXPECT_EQ(run({"erase", ""}), kUsage) << "nobody is not everybody";
}

TEST_F(WebhooksChange, tells_where_it_asked_when_nobody_answers) {
  down = true;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"replay", "1"}, {"discard", "1"}, {"erase", "user_1"}}) {
    EXPECT_EQ(run(words), kIncomplete);
    EXPECT_THAT(err, HasSubstr("remedy: name the running gatehouse"));
  }
}

}  // namespace
}  // namespace gatehouse::app
