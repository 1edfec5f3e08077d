#include "app/webhooks_views.h"

#include <gmock/gmock.h>

#include "app/testing/inbox_desk.h"
#include "base/json.h"

namespace gatehouse::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class WebhooksViews : public testing::InboxDesk {
 protected:
  int run(std::vector<std::string> words) {
    return InboxDesk::run(webhooks_view_commands(ask(),
                                                 [this] {
                                                   ++pauses;
                                                   if (meanwhile) meanwhile();
                                                 }),
                          std::move(words));
  }
  int pauses = 0;
  std::function<void()> meanwhile;  // what happens while a watcher waits
};

TEST_F(WebhooksViews, a_list_reads_like_a_log_and_an_empty_one_says_so) {
  EXPECT_EQ(run({"list"}), kOk) << err;
  EXPECT_EQ(out, "no events\n");
  came("evt_1");
  clock.advance(std::chrono::minutes(1));
  came("evt_2", State::dead, "order.\x1b[2Jpaid");
  EXPECT_EQ(run({"list"}), kOk) << err;
  EXPECT_THAT(out, StartsWith("1  2023-11-14T22:13:20Z  shop  pending  order.paid  evt_1\n"
                              "2  2023-11-14T22:14:20Z  shop  dead  "));
  EXPECT_EQ(out.find('\x1b'), std::string::npos) << "what a stranger sent is shown and not obeyed";
  EXPECT_EQ(pauses, 0);
}

TEST_F(WebhooksViews, what_was_asked_for_is_all_that_is_shown) {
  came("evt_1", State::dead);
  came("evt_2", State::pending, "checkout.done");
  came("evt & 3=", State::dead, "checkout.done");
  const auto ids = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"list", "--format", "json"});
    EXPECT_EQ(run(std::move(words)), kOk) << err;
    const auto answer = json::parse(out).value();
    std::string all;
    for (const json::Value& e : answer.find("events")->array())
      all += std::string(e.string_at("id").value_or("?")) + "|";
    return all;
  };
  EXPECT_EQ(ids({"--state", "dead"}), "evt & 3=|evt_1|");
  EXPECT_EQ(ids({"--type", "checkout.*"}), "evt & 3=|evt_2|");
  EXPECT_EQ(ids({"--id", "evt & 3="}), "evt & 3=|") << "an id is written into the address as it is";
  EXPECT_EQ(ids({"--endpoint", "other"}), "");
  EXPECT_EQ(ids({"--limit", "1"}), "evt & 3=|");
}

TEST_F(WebhooksViews, times_are_days_moments_or_lengths_back_from_now) {
  const auto asks = [&](const std::string& since) {
    EXPECT_EQ(run({"list", "--since", since}), kOk) << since << err;
    return asked.at(0);
  };
  EXPECT_EQ(asks("2h"), "GET /webhooks/events?since=1699992800");
  EXPECT_EQ(asks("2023-11-14"), "GET /webhooks/events?since=1699920000");
  EXPECT_EQ(asks("2023-11-14T22:13:20Z"), "GET /webhooks/events?since=1700000000");
  EXPECT_EQ(asks("2024-02-29"), "GET /webhooks/events?since=1709164800");
  EXPECT_EQ(asks("30000d"), "GET /webhooks/events?since=0") << "longer ago than there were clocks";
}

TEST_F(WebhooksViews, a_time_that_no_calendar_has_is_refused_and_nothing_asked) {
  for (const char* odd : {"yesterday", "2023-02-29", "2023-11-31T10:00:00Z", "2023-13-01", "2023-11-14T25:00:00Z",
                          "2023-11-14 10:00", "1969-12-31", "23-11-14", "", "-2h"}) {
    EXPECT_EQ(run({"list", "--until", odd}), kUsage) << odd;
    EXPECT_THAT(err, HasSubstr("--until is a time (2026-11-22T10:00:00Z), a day, or a length back")) << odd;
    EXPECT_THAT(asked, IsEmpty()) << odd;
  }
}

TEST_F(WebhooksViews, a_word_that_the_inbox_does_not_know_is_its_to_refuse) {
  EXPECT_EQ(run({"list", "--state", "daed"}), kUsage);
  EXPECT_EQ(err, "gatehouse: state is pending, delivered, dead, quarantined, discarded or skipped\n");
  EXPECT_EQ(run({"list", "--limit", "many"}), kUsage);
  EXPECT_EQ(err, "gatehouse: limit is a whole number\n");
}

TEST_F(WebhooksViews, a_watcher_sees_every_event_once_and_in_order_from_an_empty_inbox_on) {
  meanwhile = [this] {
    if (pauses == 1) came("evt_1"), came("evt_2");
    if (pauses == 2) came("evt_3");
    if (pauses == 3) down = true;
  };
  EXPECT_EQ(run({"list", "--watch", "--format", "json", "--endpoint", "shop"}), kIncomplete);
  std::istringstream lines(out);
  std::vector<std::string> ids;
  for (std::string line; std::getline(lines, line);)
    ids.emplace_back(json::parse(line).value().string_at("id").value_or("?"));
  EXPECT_THAT(ids, ElementsAre("evt_1", "evt_2", "evt_3"));
  EXPECT_THAT(err, HasSubstr("remedy"));
}

TEST_F(WebhooksViews, a_watcher_of_a_page_that_is_smaller_than_what_comes_misses_nothing) {
  came("evt_1"), came("evt_2");
  meanwhile = [this] {
    if (pauses == 1) came("evt_3"), came("evt_4");
    if (pauses == 3) down = true;
  };
  run({"list", "--watch", "--limit", "1"});
  EXPECT_THAT(out, Not(HasSubstr("evt_1"))) << "older than the page";
  for (const char* id : {"evt_2", "evt_3", "evt_4"}) EXPECT_THAT(out, HasSubstr(id));
}

TEST_F(WebhooksViews, an_event_is_shown_line_by_line_and_what_came_only_when_asked) {
  came("evt_1", State::dead, "order.paid", "{\"a\":1,\n\"b\":\"\x1b[2J\"}");
  EXPECT_EQ(run({"show", "1"}), kOk) << err;
  EXPECT_THAT(out, HasSubstr("id: evt_1\n"));
  EXPECT_THAT(out, HasSubstr("state: dead\n"));
  EXPECT_THAT(out, HasSubstr("received: 2023-11-14T22:13:20Z\n"));
  EXPECT_THAT(out, HasSubstr("has_body: true\n"));
  EXPECT_THAT(out, Not(HasSubstr("\"a\"")));
  EXPECT_EQ(run({"show", "1", "--body"}), kOk);
  EXPECT_THAT(out, HasSubstr("\"a\":1"));
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
  EXPECT_EQ(run({"show", "1", "--body", "--format", "json"}), kOk);
  EXPECT_THAT(json::parse(out).value().string_at("body").value_or(""), HasSubstr("\x1b[2J")) << "as it came";
}

TEST_F(WebhooksViews, a_body_that_is_no_text_is_not_passed_over_in_silence) {
  came("evt_1", State::pending, "order.paid", "\xff\xfe");
  EXPECT_EQ(run({"show", "1", "--body"}), kOk);
  EXPECT_THAT(out, HasSubstr("the body is no text: --format json prints it in base64"));
  EXPECT_EQ(run({"show", "1", "--body", "--format", "json"}), kOk);
  EXPECT_EQ(json::parse(out).value().string_at("body_base64"), "//4=");
}

TEST_F(WebhooksViews, a_number_that_no_event_has_shows_none) {
  came("evt_1");
  for (const char* number : {"0", "2", "99999999999"}) {
    EXPECT_EQ(run({"show", number}), kFindings) << number;
    EXPECT_EQ(err, "gatehouse: there is no such event\n");
    EXPECT_EQ(out, "") << number;
  }
  for (const char* odd : {"evt_1", "1/../../revocations", "1?body=1", ""}) {
    EXPECT_EQ(run({"show", odd}), kUsage) << odd;
    EXPECT_THAT(err, HasSubstr("show takes the number of an event: gatehouse webhooks list"));
    EXPECT_THAT(asked, IsEmpty()) << odd;
  }
}

TEST_F(WebhooksViews, stats_count_by_endpoint_and_state) {
  EXPECT_EQ(run({"stats"}), kOk);
  EXPECT_EQ(out, "no events\n");
  came("evt_1"), came("evt_2"), came("evt_3", State::dead);
  EXPECT_EQ(run({"stats"}), kOk);
  EXPECT_EQ(out,
            "shop  pending  2 events, 4 bytes, oldest 2023-11-14T22:13:20Z\n"
            "shop  dead  1 events, 2 bytes, oldest 2023-11-14T22:13:20Z\n");
  EXPECT_EQ(run({"stats", "--format", "json"}), kOk);
  EXPECT_EQ(json::parse(out).value().find("endpoints")->array().size(), 2u);
}

TEST_F(WebhooksViews, an_id_that_came_again_with_another_body_is_an_anomaly) {
  EXPECT_EQ(run({"anomalies"}), kOk);
  EXPECT_EQ(out, "no anomalies\n");
  came("evt_1");
  services::webhooks::NewEvent e;
  e.endpoint = "shop", e.id = "evt_1", e.type = "order.paid", e.digest = std::string(32, 'x');
  e.received = clock.unix_seconds() * 1000, e.body = "{\"paid\":true}", e.size = 13;
  ASSERT_TRUE(db->write_now([&](Transaction& t) { return services::webhooks::InboxStore::add(t, e); }));
  EXPECT_EQ(run({"anomalies"}), kOk);
  EXPECT_EQ(out, "1  2023-11-14T22:13:20Z  shop  evt_1  came again with another body of 13 bytes\n");
  EXPECT_EQ(run({"list"}), kOk);
  EXPECT_THAT(out, HasSubstr("anomalies 1"));
}

TEST_F(WebhooksViews, every_view_says_what_to_do_when_nobody_answers_or_somebody_else_does) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"list"}, {"show", "1"}, {"stats"}, {"anomalies"}}) {
    down = true;
    EXPECT_EQ(run(words), kIncomplete) << words[0];
    EXPECT_THAT(err, HasSubstr("remedy: name the running gatehouse")) << words[0];
    down = false;
    EXPECT_EQ(run([&] {
                auto yaml = words;
                yaml.insert(yaml.end(), {"--format", "yaml"});
                return yaml;
              }()),
              kUsage);
    EXPECT_THAT(asked, IsEmpty());
  }
  instead = AdminAnswerText{200, "{}"};
  EXPECT_EQ(run({"list"}), kIncomplete);
  EXPECT_THAT(err, HasSubstr("remedy")) << "an exit code alone helps nobody";
}

}  // namespace
}  // namespace gatehouse::app
