#include "app/webhooks_test_event.h"

#include <gmock/gmock.h>

#include <fstream>

#include "app/testing/inbox_desk.h"
#include "app/testing/little_site.h"
#include "base/json.h"

namespace gatehouse::app {
namespace {

using kit::webhook::Provider;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using testing::LittleSite;
using ::testing::Not;

// The command between the real inbox, which signs, and a door that is made here.
class WebhooksTestEvent : public testing::InboxDesk {
 protected:
  int run(std::vector<std::string> words) {
    sent.reset();
    const SendTest send = [this](const TestRequest& r) -> Result<AdminAnswerText> {
      sent = r;
      if (door.status == 0) return fail(Source::origin, "connect", "refused");
      return door;
    };
    return InboxDesk::run(webhooks_test_commands(ask(), send), std::move(words));
  }
  std::string file(const std::string& name, std::string_view text) {
    std::ofstream(folder.at(name), std::ios::binary) << text;
    return folder.at(name);
  }
  // A configuration that listens there.
  std::string config(const std::string& listen, const std::string& more = "") {
    return file("gatehouse.toml", "listen = [" + listen + "]\n" + more);
  }

  AdminAnswerText door{200, ""};
  std::optional<TestRequest> sent;
};

TEST_F(WebhooksTestEvent, sends_a_signed_event_through_the_door_and_tells_what_became_of_it) {
  serve("stripe", Provider::stripe);
  EXPECT_EQ(run({"test", "stripe", "--url", "https://app.example.com/webhooks/stripe"}), kOk) << err;
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->url, "https://app.example.com/webhooks/stripe");
  EXPECT_THAT(sent->headers, Contains(Key("Stripe-Signature")));
  EXPECT_THAT(sent->headers, Contains(Key("Content-Type")));
  EXPECT_TRUE(json::parse(sent->body).has_value()) << sent->body;
  EXPECT_THAT(out, HasSubstr(" to https://app.example.com/webhooks/stripe: 200, stored\n"));
  EXPECT_EQ(run({"test", "stripe", "--url", "https://a.example/", "--format", "json"}), kOk);
  const auto line = json::parse(out).value();
  EXPECT_EQ(line.find("status")->integer(), 200);
  EXPECT_NE(line.string_at("id").value_or(""), "");
}

TEST_F(WebhooksTestEvent, a_door_that_refuses_is_an_answer_and_its_words_are_shown) {
  serve("stripe", Provider::stripe);
  door = {401, "{\"error\":\x1b[2J}"};
  EXPECT_EQ(run({"test", "stripe", "--url", "https://a.example/"}), kFindings);
  EXPECT_THAT(out, HasSubstr(": 401\n{\"error\":"));
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
}

TEST_F(WebhooksTestEvent, a_door_that_nobody_opens_is_told_with_its_address_and_a_remedy) {
  serve("stripe", Provider::stripe);
  door.status = 0;
  EXPECT_EQ(run({"test", "stripe", "--url", "https://a.example/x"}), kIncomplete);
  EXPECT_THAT(err, HasSubstr("https://a.example/x: "));
  EXPECT_THAT(err, HasSubstr("remedy: name the address with --url"));
  EXPECT_EQ(out, "");
}

TEST_F(WebhooksTestEvent, takes_a_type_and_a_body_of_ones_own) {
  serve("stripe", Provider::stripe, gate::Mode::development);
  const std::string body = "{\"id\":\"evt_9\",\"object\":\"event\",\"type\":\"x.y\"}";
  EXPECT_EQ(run({"test", "stripe", "--url", "http://a.example/", "--body", file("event.json", body)}), kOk) << err;
  EXPECT_EQ(sent->body, body);
  EXPECT_EQ(run({"test", "stripe", "--url", "http://a.example/", "--type", "order.paid"}), kOk) << err;
  EXPECT_THAT(sent->body, HasSubstr("order.paid"));
}

TEST_F(WebhooksTestEvent, a_body_that_cannot_be_sent_as_it_is_is_not_sent) {
  serve("stripe", Provider::stripe, gate::Mode::development);
  for (const auto& [name, words] : {std::pair{folder.at("absent"), "cannot be read"},
                                    {folder.path(), "cannot be read"},
                                    {file("empty", ""), "is empty"},
                                    {file("binary", "{\"a\":\"\xff\"}"), "is no text"}}) {
    EXPECT_EQ(run({"test", "stripe", "--url", "http://a.example/", "--body", name}), kUsage) << name;
    EXPECT_THAT(err, HasSubstr(name));
    EXPECT_THAT(err, HasSubstr(words));
    EXPECT_THAT(asked, IsEmpty());
    EXPECT_FALSE(sent);
  }
}

TEST_F(WebhooksTestEvent, an_endpoint_that_is_not_there_is_named_by_nobody) {
  EXPECT_EQ(run({"test", "stripe", "--url", "http://a.example/"}), kFindings);
  EXPECT_EQ(err, "gatehouse: there is no endpoint of that name\n");
  EXPECT_FALSE(sent);
  down = true;
  EXPECT_EQ(run({"test", "stripe", "--url", "http://a.example/"}), kIncomplete);
  EXPECT_FALSE(sent);
}

TEST_F(WebhooksTestEvent, finds_the_door_in_the_configuration) {
  serve("stripe", Provider::stripe);
  const auto door_of = [&](const std::string& listen, const std::string& more = "") {
    EXPECT_EQ(run({"test", "stripe", "-c", config(listen, more)}), kOk) << err;
    return sent ? sent->url + " at " + sent->connect_host + ":" + std::to_string(sent->connect_port) : "nowhere";
  };
  EXPECT_EQ(door_of(R"("http://0.0.0.0:80", "https://0.0.0.0:8443")", "[site]\nhosts = [\"app.example.com\"]\n"),
            "https://app.example.com:8443/webhooks/stripe at 127.0.0.1:8443")
      << "the encrypted one, by the site's name, on this machine";
  EXPECT_EQ(door_of(R"("https://127.0.0.1:8443", "http://127.0.0.1:8080")", "mode = \"development\"\n"),
            "http://127.0.0.1:8080/webhooks/stripe at 127.0.0.1:8080")
      << "in development nobody trusts our authority yet";
  EXPECT_EQ(door_of(R"("https://[::]:8443")"), "https://[::1]:8443/webhooks/stripe at ::1:8443");
  EXPECT_EQ(door_of(R"("unix:/run/g.sock", "http://127.0.0.1:81")"),
            "http://127.0.0.1:81/webhooks/stripe at 127.0.0.1:81");
}

TEST_F(WebhooksTestEvent, trusts_the_local_authority_in_development_alone) {
  serve("stripe", Provider::stripe);
  file("local-ca.pem", "x");
  const std::string state = "state_dir = \"" + folder.path() + "\"\n";
  EXPECT_EQ(run({"test", "stripe", "-c", config(R"("https://127.0.0.1:8443")", state + "mode = \"development\"\n")}),
            kOk);
  EXPECT_EQ(sent->ca_file, folder.at("local-ca.pem"));
  EXPECT_EQ(run({"test", "stripe", "-c", config(R"("https://127.0.0.1:8443")", state)}), kOk);
  EXPECT_EQ(sent->ca_file, "");
}

TEST_F(WebhooksTestEvent, asks_for_the_address_when_no_configuration_tells_it) {
  serve("stripe", Provider::stripe);
  for (const std::string& file : {folder.at("none.toml"), folder.path(), config("\"unix:/run/g.sock\"")}) {
    EXPECT_EQ(run({"test", "stripe", "-c", file}), kUsage) << file;
    EXPECT_THAT(err, HasSubstr("name the address with --url, or the configuration with --config"));
    EXPECT_FALSE(sent);
  }
}

TEST_F(WebhooksTestEvent, a_signed_query_goes_along_and_one_that_was_given_stays) {
  serve("twilio", Provider::twilio);
  EXPECT_EQ(run({"test", "twilio", "-c", config("\"https://127.0.0.1:8443\"")}), kOk) << err;
  EXPECT_EQ(sent->url, "https://127.0.0.1:8443/webhooks/twilio?a=1");
  EXPECT_EQ(run({"test", "twilio", "--url", "https://app.example.com/webhooks/twilio"}), kOk) << err;
  EXPECT_EQ(sent->url, "https://app.example.com/webhooks/twilio?a=1");
  EXPECT_EQ(run({"test", "twilio", "--url", "https://app.example.com/webhooks/twilio?a=1"}), kOk) << err;
  EXPECT_EQ(sent->url, "https://app.example.com/webhooks/twilio?a=1");
}

TEST(SendOverNetwork, posts_to_the_given_machine_under_the_name_of_the_site) {
  std::string head;
  SystemClock clock;
  {
    const LittleSite site([&](const std::string& h) {
      head = h;
      return LittleSite::reply(202, "", "kept");
    });
    TestRequest r;
    r.url = "http://app.example.com:80/webhooks/stripe";
    r.connect_host = "127.0.0.1";
    r.connect_port = static_cast<std::uint16_t>(std::stoi(site.url().substr(site.url().rfind(':') + 1)));
    r.headers = {{"Stripe-Signature", "t=1,v1=00"}};
    const auto answer = send_over_network(clock)(r);
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->status, 202);
    EXPECT_EQ(answer->body, "kept");
  }
  EXPECT_THAT(head, ::testing::StartsWith("POST /webhooks/stripe HTTP/1.1\r\n"));
  EXPECT_THAT(LittleSite::field(head, "Host"), HasSubstr("app.example.com"));
  EXPECT_EQ(LittleSite::field(head, "Stripe-Signature"), "t=1,v1=00");
}

}  // namespace
}  // namespace gatehouse::app
