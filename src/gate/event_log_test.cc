#include "gate/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/testing/temporary_folder.h"

namespace gatehouse::gate {
namespace {

using testing::HasSubstr;
using testing::Not;

class EventLogTest : public testing::Test {
 protected:
  void SetUp() override {
    sink_ = *LogSink::open(file_);
    log_.attach(sink_.get());
  }
  // What was written, once the sink has let go of its file.
  std::string written() {
    log_.attach(nullptr);
    sink_.reset();
    std::ifstream in(file_);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  static json::Value order() {
    json::Value v;
    v.set("order", "ord_1").set("state", "paid\nforged");
    return v;
  }

  ManualClock clock_{1700000000};
  const TemporaryFolder folder_;
  const std::string file_ = folder_.at("events");
  std::unique_ptr<LogSink> sink_;
  EventLog log_{clock_, "salt"};
};

TEST_F(EventLogTest, WritesOneLineWithTheUserHashed) {
  log_.write("order_confirmed", "alice", order());
  const std::string text = written();
  EXPECT_THAT(text,
              HasSubstr(R"({"time":"2023-11-14T22:13:20.000Z","level":"info","event":"order_confirmed","user":")"));
  EXPECT_THAT(text, HasSubstr(R"("order":"ord_1","state":"paid\nforged"})"));
  EXPECT_THAT(text, Not(HasSubstr("alice")));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << "a value cannot begin a line of its own";
}

TEST_F(EventLogTest, FollowsThePolicy) {
  LogConfig plain;
  plain.hash_user = false;
  log_.configure(plain);
  log_.write("one", "alice", order());
  LogConfig quiet;
  quiet.level = 2;
  log_.configure(quiet);
  log_.write("two", "alice", order());
  const std::string text = written();
  EXPECT_THAT(text, HasSubstr(R"("user":"alice")"));
  EXPECT_THAT(text, Not(HasSubstr("two")));
}

TEST_F(EventLogTest, WithoutASinkNothingHappens) {
  log_.attach(nullptr);
  log_.write("one", "alice", order());
  EXPECT_EQ(written(), "");
}

}  // namespace
}  // namespace gatehouse::gate
