#include "app/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>

#include "app/testing/little_site.h"
#include "base/testing/temporary_folder.h"
#include "net/http/blocking_client.h"

namespace gatehouse::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::LittleSite;
using ::testing::Not;

// A server on two threads and a free port, before sites that are made here.
class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    auto opened = Wire::open({clock, entropy, [](std::string_view) { return std::nullopt; }, folder.at("state"), 2});
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().text());
    wire = std::move(*opened);
  }
  // The policy of one public route to `upstream`, which is the inside of a TOML table.
  controls::Policy policy(const std::string& upstream, const std::string& listen = "http://127.0.0.1:0") {
    const std::string text = "mode = \"development\"\nlisten = [\"" + listen + "\"]\nstate_dir = \"" +
                             folder.at("state") + "\"\n[log]\nfile = \"" + folder.at("access.log") +
                             "\"\n[upstream.app]\n" + upstream + "\n[[route]]\npath = \"/\"\naccess = \"public\"\n";
    conf::Findings findings;
    auto p = controls::load(text, "g.toml", wire->catalog(), clock, findings);
    EXPECT_FALSE(findings.has_errors()) << conf::render_text(findings, false);
    return p;
  }
  static std::string to(const LittleSite& site) { return "servers = [\"" + site.url() + "\"]"; }
  std::shared_ptr<const gate::Gate> gate(controls::Policy p) {
    auto built = wire->build(std::move(p), ServiceConfigs());
    EXPECT_TRUE(built) << (built ? "" : built.error().text());
    return *built;
  }
  void serve(const std::string& upstream) {
    auto p = policy(upstream);
    auto opened = Server::open(*wire, p.config, nullptr);
    ASSERT_TRUE(opened) << opened.error().text();
    server = std::move(*opened);
    server->start(gate(std::move(p)));
  }
  Result<http::BlockingAnswer> get(const std::string& path = "/") {
    return http::BlockingClient(clock, {}).get(server->listening().at(0).text + path);
  }
  bool soon(const std::function<bool()>& holds) {
    for (int i = 0; i < 1000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  static LittleSite::Answer says(std::string body) {
    return [body = std::move(body)](const std::string&) { return LittleSite::reply(200, "", body); };
  }

  const TemporaryFolder folder;
  SystemClock clock;
  CountingEntropy entropy;
  std::unique_ptr<Wire> wire;
  std::unique_ptr<Server> server;
};

TEST_F(ServerTest, tells_the_port_that_it_was_given_and_answers_there) {
  const LittleSite site(says("hello"));
  serve(to(site));
  ASSERT_EQ(server->listening().size(), 1u);
  EXPECT_NE(server->listening()[0].port, 0);
  EXPECT_THAT(server->listening()[0].text, Not(::testing::EndsWith(":0")));
  for (int i = 0; i < 8; ++i) {  // whichever thread takes it
    const auto answer = get();
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->body, "hello");
  }
}

TEST_F(ServerTest, an_address_that_is_taken_is_a_problem_and_its_owner_goes_on) {
  const LittleSite site(says("mine"));
  auto opened = Server::open(*wire, policy("servers = [\"http://127.0.0.1:9\"]", site.url()).config, nullptr);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "listen");
  EXPECT_EQ(http::BlockingClient(clock, {}).get(site.url() + "/")->body, "mine");
}

TEST_F(ServerTest, a_record_that_cannot_be_written_is_a_problem_before_anything_is_served) {
  auto p = policy("servers = [\"http://127.0.0.1:9\"]");
  p.config.log.file = folder.at("no/such/folder/access.log");
  auto opened = Server::open(*wire, p.config, nullptr);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "log_unwritable");
  EXPECT_THAT(opened.error().detail, HasSubstr("no/such/folder/access.log"));
}

TEST_F(ServerTest, one_that_never_started_ends_without_a_word) {
  auto opened = Server::open(*wire, policy("servers = [\"http://127.0.0.1:9\"]").config, nullptr);
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->gate(), nullptr);
  EXPECT_THAT((*opened)->metrics().render(), Not(HasSubstr("gatehouse_upstream_up")));
  (*opened)->stop();
  opened->reset();
}

TEST_F(ServerTest, a_new_policy_holds_on_every_thread_when_adopt_returns) {
  const LittleSite before(says("before")), after(says("after"));
  serve(to(before));
  EXPECT_EQ(get()->body, "before");
  const auto next = gate(policy(to(after)));
  server->adopt(next, nullptr);
  EXPECT_EQ(server->gate(), next);
  for (int i = 0; i < 16; ++i) EXPECT_EQ(get()->body, "after");
}

TEST_F(ServerTest, draining_waits_for_who_is_being_answered_and_takes_nobody_new) {
  std::promise<void> asked, released;
  const LittleSite site([&](const std::string&) {
    asked.set_value();
    released.get_future().wait();
    return LittleSite::reply(200, "", "late");
  });
  serve(to(site));
  auto answer = std::async(std::launch::async, [&] { return get(); });
  asked.get_future().wait();
  EXPECT_FALSE(server->drain(50ms)) << "one is still being answered";
  EXPECT_TRUE(server->draining());
  EXPECT_FALSE(get()) << "nobody listens any more";
  released.set_value();
  EXPECT_TRUE(server->drain(10s));
  const auto got = answer.get();
  ASSERT_TRUE(got) << got.error().text();
  EXPECT_EQ(got->body, "late");
}

TEST_F(ServerTest, stops_once_however_often_it_is_told) {
  const LittleSite site(says("x"));
  serve(to(site));
  EXPECT_TRUE(get());
  server->stop();
  server->stop();
  EXPECT_TRUE(std::filesystem::exists(folder.at("access.log")));
  server.reset();
}

TEST_F(ServerTest, a_server_that_says_it_is_ill_is_taken_out_and_comes_back) {
  std::atomic<bool> ill = true;
  const LittleSite one([&](const std::string& head) {
    return LittleSite::reply(head.starts_with("GET /health ") && ill ? 503 : 200, "", "one");
  });
  const LittleSite two(says("two"));
  serve("servers = [\"" + one.url() + "\", \"" + two.url() +
        "\"]\nhealth_path = \"/health\"\nhealth_interval = \"100ms\"");
  const auto up = [&](const LittleSite& site, const char* value) {
    return server->metrics().render().find("server=\"" + site.url() + "\"} " + value) != std::string::npos;
  };
  EXPECT_TRUE(soon([&] { return up(one, "0"); })) << server->metrics().render();
  EXPECT_TRUE(up(two, "1"));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(get()->body, "two");
  ill = false;
  EXPECT_TRUE(soon([&] { return up(one, "1"); }));
  EXPECT_TRUE(soon([&] { return get()->body == "one"; }));
}

TEST_F(ServerTest, a_server_that_was_ill_counts_as_well_once_nobody_asks_it_any_more) {
  const LittleSite one([&](const std::string& head) {
    return LittleSite::reply(head.starts_with("GET /health ") ? 503 : 200, "", "one");
  });
  const LittleSite two(says("two"));
  const std::string servers = "servers = [\"" + one.url() + "\", \"" + two.url() + "\"]\n";
  serve(servers + "health_path = \"/health\"\nhealth_interval = \"100ms\"");
  const std::string down = "server=\"" + one.url() + "\"} 0", up = "server=\"" + one.url() + "\"} 1";
  EXPECT_TRUE(soon([&] { return server->metrics().render().find(down) != std::string::npos; }));
  server->adopt(gate(policy(servers)), nullptr);
  EXPECT_THAT(server->metrics().render(), HasSubstr(up));
  std::set<std::string> answered;
  for (int i = 0; i < 16; ++i) answered.insert(get()->body);
  EXPECT_EQ(answered, (std::set<std::string>{"one", "two"}));
}

}  // namespace
}  // namespace gatehouse::app
