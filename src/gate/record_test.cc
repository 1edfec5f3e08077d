#include "gate/record.h"

#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): POSIX declares more here than <csignal> promises
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include "base/json.h"
#include "base/testing/temporary_folder.h"
#include "gate/metrics.h"
#include "gate/testing/exchange_fixture.h"

namespace gatehouse::gate {
namespace {

struct RecordTest : ::testing::Test {
  // Writes one record and returns the whole file.
  std::string write(const Ending& ending) {
    {
      auto sink = LogSink::open(file);
      net::Reactor loop(clock);
      LogBuffer buffer(**sink, loop);
      Recorder(config, "salt").write(buffer, f.x, ending, 0, 1'700'000'000'123, f.x.started);
    }
    std::ifstream in(file);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  const TemporaryFolder folder;
  const std::string file = folder.at("record");
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

TEST_F(RecordTest, knows_the_names_that_credentials_and_persons_go_by_in_addresses) {
  for (std::string name :
       {"access_token", "code", "api-key", "passwd", "passcode", "sig", "X-Amz-Signature", "X-Amz-Credential",
        "oauth_verifier", "sessionid", "PHPSESSID", "otp", "ticket", "Email", "phone_number", "client_secret"}) {
    const std::string query = "page=2&" + name + "=planted";
    f.request.query = query;
    f.request.has_query = true;
    auto text = write({.status = 200});
    EXPECT_EQ(text.find("planted"), std::string::npos) << name;
    EXPECT_NE(text.find("page=2&" + name + "=***"), std::string::npos) << name;
    std::filesystem::remove(file);
  }
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

void write_line(LogBuffer& buffer, std::size_t bytes) {
  char* at = buffer.room(bytes);
  std::fill_n(at, bytes - 1, 'x');
  at[bytes - 1] = '\n';
  buffer.commit(bytes);
}

TEST(LogSink, has_a_block_for_every_thread_of_a_large_machine) {
  ManualClock clock;
  const TemporaryFolder folder;
  const std::string file = folder.at("access.log");
  constexpr std::size_t kThreads = 200, kLines = 3;
  auto sink = LogSink::open(file);
  ASSERT_TRUE(sink.has_value());
  net::Reactor loop(clock);
  std::vector<std::unique_ptr<LogBuffer>> buffers;
  for (std::size_t i = 0; i < kThreads; ++i) buffers.push_back(std::make_unique<LogBuffer>(**sink, loop));
  for (std::size_t i = 0; i < kLines; ++i)
    for (auto& b : buffers) {
      write_line(*b, 100);
      b->flush();
      while ((*sink)->written() + (*sink)->dropped() + 32 < i * kThreads) ::usleep(1000);
    }
  buffers.clear();
  for (int i = 0; i < 500 && (*sink)->written() + (*sink)->dropped() < kThreads * kLines; ++i) ::usleep(10'000);
  EXPECT_EQ((*sink)->written() + (*sink)->dropped(), kThreads * kLines);
  EXPECT_GT((*sink)->written(), 0u);
}

// No file of this process grows beyond `bytes`, until there is room again.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : told_(::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit small{bytes, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  }
  ~FullDisk() {
    make_room();
    ::signal(SIGXFSZ, told_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  void make_room() const { EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0); }

 private:
  rlimit before_{};
  void (*told_)(int);
};

TEST(LogSink, a_line_that_a_full_disk_cut_short_swallows_no_other) {
  ManualClock clock;
  const TemporaryFolder folder;
  const std::string file = folder.at("access.log");
  auto sink = LogSink::open(file);
  ASSERT_TRUE(sink.has_value());
  net::Reactor loop(clock);
  {
    LogBuffer buffer(**sink, loop);
    const FullDisk disk(250);
    for (int i = 0; i < 4; ++i) write_line(buffer, 100);  // two whole lines, half a line, and one that is lost
    buffer.flush();
    for (int i = 0; i < 500 && (*sink)->dropped() == 0; ++i) ::usleep(10'000);
    disk.make_room();
    write_line(buffer, 100);
  }
  sink->reset();
  std::ifstream in(file);
  std::vector<std::size_t> lengths;
  for (std::string line; std::getline(in, line);) lengths.push_back(line.size());
  EXPECT_EQ(lengths, (std::vector<std::size_t>{99, 99, 50, 99}));
}

TEST(LogSink, counts_the_lines_that_a_full_disk_took_and_those_that_it_did_not) {
  ManualClock clock;
  const TemporaryFolder folder;
  const std::string file = folder.at("access.log");
  auto sink = LogSink::open(file);
  ASSERT_TRUE(sink.has_value());
  net::Reactor loop(clock);
  const FullDisk disk(250);
  {
    LogBuffer buffer(**sink, loop);
    for (int i = 0; i < 4; ++i) write_line(buffer, 100);
  }
  for (int i = 0; i < 500 && (*sink)->dropped() == 0; ++i) ::usleep(10'000);
  disk.make_room();
  EXPECT_EQ((*sink)->written(), 2u);
  EXPECT_EQ((*sink)->dropped(), 2u);
  sink->reset();
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
