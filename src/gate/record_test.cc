#include "gate/record.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "gate/metrics.h"
#include "gate/testing/exchange_fixture.h"

namespace gatehouse::gate {
namespace {

struct RecordTest : ::testing::Test {
  RecordTest() : file(std::filesystem::temp_directory_path() / ("record-" + std::to_string(::getpid()))) {
    std::filesystem::remove(file);
  }
  ~RecordTest() override { std::filesystem::remove(file); }
  // Writes one record and returns the whole file.
  std::string write(const Ending& ending) {
    {
      auto sink = LogSink::open(file.string());
      net::Reactor loop(clock);
      LogBuffer buffer(**sink, loop);
      Recorder(config, "salt").write(buffer, f.x, ending, 0, 1'700'000'000'123, f.x.started);
    }
    std::ifstream in(file);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  std::filesystem::path file;
  LogConfig config;
  ManualClock clock;
  testing::ExchangeFixture f{"GET", "/a?page=2&token=s3cret&x=%0a"};
};

TEST_F(RecordTest, is_one_line_of_json_with_the_facts) {
  f.x.id = "abc";
  auto text = write({.status = 429, .code = Code::rate_limited, .bytes_sent = 7});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  auto v = json::parse(text);
  ASSERT_TRUE(v.has_value()) << text;
  EXPECT_EQ(v->string_at("time"), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(v->string_at("id"), "abc");
  EXPECT_EQ(v->string_at("code"), "rate_limited");
  EXPECT_EQ(v->string_at("level"), "warning");
  EXPECT_EQ(v->find("status")->integer(), 429);
}

TEST_F(RecordTest, hides_query_values_that_are_named_like_secrets_and_hashes_users) {
  auto p = std::make_shared<Principal>();
  p->subject = "user_42";
  f.x.identity.principal = p;
  auto text = write({.status = 200});
  EXPECT_EQ(text.find("s3cret"), std::string::npos);
  EXPECT_NE(text.find("/a?page=2&token=***"), std::string::npos);
  EXPECT_EQ(text.find("user_42"), std::string::npos);
}

TEST_F(RecordTest, cannot_be_forged_by_what_a_client_sends) {
  f.request.path = "/x\"}\n{\"id\":\"forged\x1b[31m\xff";
  f.request.has_query = false;
  auto text = write({.status = 400, .code = Code::bad_path});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_TRUE(json::parse(text).has_value()) << text;
  for (char c : text.substr(0, text.size() - 1)) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
}

TEST_F(RecordTest, stays_within_its_bound_however_long_the_request_is) {
  std::string huge(30'000, '"');
  std::string query;
  for (int i = 0; i < 2000; ++i) query += "\x01\x01\x01\x01=\x02&";
  f.request.path = huge;
  f.request.query = query;
  f.request.authority = huge;
  f.request.method_name = huge;
  f.x.facts.upstream_error = huge;
  f.x.facts.place = huge;
  f.x.facts.trace_link = huge;
  f.x.facts.dropped_headers = 1;
  f.x.facts.dropped_example = huge;
  f.x.facts.upstream_ns = 1;
  f.x.facts.upstream = huge;
  f.x.facts.detail = Detail(huge);
  f.x.facts.control = "x";
  auto text = write({.status = 400, .code = Code::bad_path});
  EXPECT_LT(text.size(), 32u * 1024);
  EXPECT_TRUE(json::parse(text).has_value());
}

TEST_F(RecordTest, the_log_file_is_private) {
  write({.status = 200});
  EXPECT_EQ(std::filesystem::status(file).permissions() & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(LogSink, a_full_disk_costs_lines_that_are_counted_and_stops_nothing) {
  ManualClock clock;
  auto sink = LogSink::open("/dev/full");
  ASSERT_TRUE(sink.has_value());
  net::Reactor loop(clock);
  {
    LogBuffer buffer(**sink, loop);
    for (int i = 0; i < 10'000; ++i) {
      char* at = buffer.room(1000);
      std::fill_n(at, 1000, 'x');
      buffer.commit(1000);
    }
  }
  for (int i = 0; i < 200 && (*sink)->dropped() < 10'000; ++i) ::usleep(10'000);
  EXPECT_EQ((*sink)->dropped(), 10'000u);
  EXPECT_EQ((*sink)->written(), 0u);
}

TEST(Metrics, adds_up_what_the_threads_counted) {
  Metrics metrics;
  ThreadMetrics& a = metrics.thread();
  ThreadMetrics& b = metrics.thread();
  a.count(a.route("/api"), 200, std::chrono::milliseconds(3), 10);
  b.count(b.route("/api"), 503, std::chrono::milliseconds(30), 5);
  b.refused(Code::rate_limited);
  metrics.add("x_gauge", "gauge", "Help.", [] { return 2.5; });
  auto text = metrics.render();
  EXPECT_NE(text.find("gatehouse_requests_total{route=\"/api\",status=\"2xx\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("gatehouse_requests_total{route=\"/api\",status=\"5xx\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("gatehouse_refusals_total{code=\"rate_limited\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("gatehouse_request_seconds_bucket{route=\"/api\",le=\"0.005\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("gatehouse_request_seconds_count{route=\"/api\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("x_gauge 2.5\n"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::gate
