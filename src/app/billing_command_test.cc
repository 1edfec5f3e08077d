#include "app/billing_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <sstream>

#include "app/testing/little_site.h"
#include "app/testing/variables.h"
#include "app/text_file.h"
#include "base/json.h"
#include "base/testing/temporary_folder.h"
#include "services/billing/orders_store.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::app {
namespace {

using namespace services::billing;
using ::testing::HasSubstr;
using testing::LittleSite;
using ::testing::Not;
namespace fs = std::filesystem;

// The commands against a Stripe made of a few answers, and a database with two orders.
class BillingCommand : public ::testing::Test {
 protected:
  BillingCommand() {
    fs::create_directories(at("state"));
    variables["STRIPE_SECRET_KEY"] = std::string("rk_te") + "st_0123456789abcdefghijklmnop";
  }

  std::string at(const std::string& name) const { return folder.at(name); }
  std::string file() { return file_with(stripe.url()); }
  std::string file_with(const std::string& api, const std::string& mode = "development") {
    const std::string text = "mode = \"" + mode + "\"\nlisten = [\"http://127.0.0.1:8080\"]\nstate_dir = \"" +
                             at("state") +
                             "\"\n[upstream.app]\nservers = [\"http://127.0.0.1:9000\"]\n[jwt]\npreset = \"clerk\"\n"
                             "issuer = \"https://clerk.example.com\"\nauthorized_parties = "
                             "[\"https://shop.example.com\"]\n[billing]\nsecret_key = { env = \"STRIPE_SECRET_KEY\" }\n"
                             "api = \"" +
                             api +
                             "\"\nprices = [\"price_1\"]\nreturn_origins = [\"https://shop.example.com\"]\n"
                             "retries = 0\n[billing.endpoints]\ncheckout = \"/billing/checkout\"\n"
                             "[[route]]\npath = \"=/\"\naccess = \"public\"\n";
    EXPECT_TRUE(replace_text_file(at("gatehouse.toml"), text));
    return at("gatehouse.toml");
  }
  void some_orders() {
    auto db = store::open_sqlite({.file = at("state/gatehouse.db")});
    ASSERT_TRUE(db) << db.error().text();
    ASSERT_TRUE((*db)->migrate(kComponent, billing_migrations()));
    auto done = (*db)->write_now([](Transaction& t) -> Result<bool> {
      OrdersStore store(t);
      for (const auto& [id, state] : {std::pair{"ord_a", State::paid}, std::pair{"ord_b", State::expired}}) {
        Order o;
        o.id = id;
        o.person = {"https://clerk.example.com", "user_1\x1b[2J"};
        o.kind = "checkout", o.state = state, o.items = "price_1 x1", o.customer = "cus_1", o.currency = "eur";
        o.amount = 900, o.created = o.updated = 1'700'000'000;
        if (auto r = store.add_order(o, "request r1"); !r) return fail(r.error());
      }
      return true;
    });
    ASSERT_TRUE(done) << done.error().text();
  }
  int run(std::vector<std::string> words) {
    out.str(""), err.str("");
    World world{in, out, err, false, testing::seen_in(variables), clock, entropy};
    words.insert(words.begin(), "billing");
    return dispatch(billing_commands(), words, world);
  }
  // A member of what was printed as JSON; null when there is none.
  json::Value printed(std::string_view member) const {
    const auto doc = json::parse(out.str());
    const json::Value* v = doc ? doc->find(member) : nullptr;
    EXPECT_NE(v, nullptr) << member << " in " << out.str();
    return v ? *v : json::Value();
  }
  std::string answer(const std::string& head) {
    const std::lock_guard lock(mutex);
    const std::string line = head.substr(0, head.find(" HTTP"));
    const std::string path = line.substr(0, line.find('?'));
    asked.push_back(line);
    const auto it = answers.find(path);
    if (it != answers.end()) return LittleSite::reply(it->second.first, kJson, it->second.second);
    if (path == "GET /v1/prices/price_1") return LittleSite::reply(200, kJson, R"({"id":"price_1","active":true})");
    return LittleSite::reply(otherwise, kJson,
                             R"({"error":{"message":"No such thing","type":"invalid_request_error"}})");
  }

  static constexpr const char* kJson = "Content-Type: application/json\r\n";
  const TemporaryFolder folder;
  testing::Variables variables;
  std::istringstream in;
  std::ostringstream out, err;
  SystemClock clock;
  CountingEntropy entropy;
  std::mutex mutex;
  std::vector<std::string> asked;
  std::map<std::string, std::pair<int, std::string>> answers;
  int otherwise = 404;  // what names nobody is not there: the permission is
  LittleSite stripe{[this](const std::string& head) { return answer(head); }};
};

TEST_F(BillingCommand, says_what_keeps_it_from_beginning_and_how_to_mend_that) {
  EXPECT_EQ(run({"check", "-c", at("none.toml")}), kIncomplete);
  EXPECT_THAT(err.str(), HasSubstr("cannot be read; name it with --config FILE"));
  ASSERT_TRUE(replace_text_file(at("bad.toml"), "listen = 3\n"));
  EXPECT_EQ(run({"check", "-c", at("bad.toml")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("`gatehouse check` explains them"));
  variables.clear();
  EXPECT_EQ(run({"check", "-c", file()}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("STRIPE_SECRET_KEY"));
  for (const char* command : {"check", "orders", "reconcile"})
    EXPECT_EQ(run({command, "--format", "xml"}), kUsage) << command;
  EXPECT_TRUE(asked.empty());
}

// Stops: repairing the orders of one world by the other's.
TEST_F(BillingCommand, never_takes_a_key_of_the_other_world) {
  variables["STRIPE_SECRET_KEY"] = std::string("rk_li") + "ve_0123456789abcdefghijklmnop";
  EXPECT_EQ(run({"check", "-c", file()}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("the key is a live key, and this is development"));
  EXPECT_TRUE(asked.empty());
}

TEST_F(BillingCommand, check_tries_each_permission_by_calls_that_change_nothing) {
  EXPECT_EQ(run({"check", "-c", file()}), kOk) << out.str() << err.str();
  EXPECT_THAT(out.str(), HasSubstr("checkout sessions write"));
  EXPECT_THAT(out.str(), HasSubstr("price_1"));
  EXPECT_THAT(out.str(), Not(HasSubstr("rk_te"))) << "the key is named, never shown";
  for (const std::string& line : asked)
    EXPECT_TRUE(line.starts_with("GET ") || line.find("gatehouse_check") != std::string::npos) << line;
  EXPECT_EQ(run({"check", "-c", file(), "--format", "json"}), kOk);
  EXPECT_EQ(printed("ok").boolean(), true);
  EXPECT_EQ(printed("restricted").boolean(), true);
  EXPECT_FALSE(printed("checks").array().empty());
}

TEST_F(BillingCommand, check_names_the_permission_that_is_missing_and_what_needs_it) {
  answers["GET /v1/refunds"] = {
      403,
      R"({"error":{"message":"The provided key does not have the required permissions","type":"invalid_request_error"}})"};
  EXPECT_EQ(run({"check", "-c", file()}), kFindings);
  EXPECT_THAT(out.str(), HasSubstr("missing"));
  EXPECT_THAT(out.str(), HasSubstr("charges and refunds read"));
  EXPECT_THAT(out.str(), HasSubstr("endpoints.checkout needs it"));
  EXPECT_EQ(run({"check", "-c", file(), "--format", "json"}), kFindings);
  EXPECT_EQ(printed("ok").boolean(), false);
}

TEST_F(BillingCommand, check_tells_a_price_that_nobody_can_buy) {
  answers["GET /v1/prices/price_1"] = {200, R"({"id":"price_1","active":false})"};
  EXPECT_EQ(run({"check", "-c", file()}), kFindings);
  EXPECT_THAT(out.str(), HasSubstr("activate it in the dashboard"));
  answers["GET /v1/prices/price_1"] = {404, R"({"error":{"message":"No such price"}})"};
  EXPECT_EQ(run({"check", "-c", file()}), kFindings);
  EXPECT_THAT(out.str(), HasSubstr("no such thing in this account and mode"));
}

TEST_F(BillingCommand, a_key_that_stripe_does_not_know_ends_the_questions) {
  otherwise = 401;
  EXPECT_EQ(run({"check", "-c", file()}), kFindings);
  EXPECT_THAT(out.str(), HasSubstr("copy it again from the dashboard"));
  EXPECT_EQ(asked.size(), 1u);
}

TEST_F(BillingCommand, stripe_that_is_down_or_away_is_incomplete_and_no_verdict) {
  otherwise = 503;
  EXPECT_EQ(run({"check", "-c", file()}), kIncomplete);
  EXPECT_THAT(err.str(), HasSubstr("try again later"));
  EXPECT_EQ(run({"check", "-c", file_with("http://127.0.0.1:1")}), kIncomplete);
  EXPECT_THAT(err.str(), HasSubstr("Stripe cannot be asked"));
}

TEST_F(BillingCommand, orders_are_listed_by_state_and_shown_with_their_steps) {
  some_orders();
  const std::string c = file();
  EXPECT_EQ(run({"orders", "-c", c}), kOk) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("ord_a  2023-11-14T22:13:20Z  paid  900 eur"));
  EXPECT_EQ(out.str().find('\x1b'), std::string::npos) << "names cannot write over the terminal";
  EXPECT_EQ(run({"orders", "list", "--state", "expired", "-c", c}), kOk);
  EXPECT_THAT(out.str(), HasSubstr("ord_b"));
  EXPECT_THAT(out.str(), Not(HasSubstr("ord_a")));
  EXPECT_EQ(run({"orders", "list", "--state", "lost", "-c", c}), kOk);
  EXPECT_EQ(out.str(), "no orders\n");
  EXPECT_EQ(run({"orders", "list", "--limit", "1", "--format", "json", "-c", c}), kOk);
  EXPECT_EQ(printed("orders").array().size(), 1u);
  EXPECT_EQ(run({"orders", "show", "ord_a", "-c", c}), kOk);
  EXPECT_THAT(out.str(), HasSubstr("customer cus_1"));
  EXPECT_THAT(out.str(), HasSubstr("request r1"));
  EXPECT_EQ(run({"orders", "show", "ord_a", "--format", "json", "-c", c}), kOk);
  EXPECT_EQ(printed("customer").string().value_or(""), "cus_1");
  EXPECT_TRUE(asked.empty()) << "the database is enough";
}

TEST_F(BillingCommand, orders_say_what_is_wrong_with_the_question) {
  some_orders();
  const std::string c = file();
  EXPECT_EQ(run({"orders", "show", "ord_x", "-c", c}), kFindings);
  EXPECT_THAT(err.str(), HasSubstr("there is no order ord_x"));
  EXPECT_EQ(run({"orders", "show", "-c", c}), kUsage);
  EXPECT_EQ(run({"orders", "drop", "-c", c}), kUsage);
  EXPECT_EQ(run({"orders", "--state", "happy", "-c", c}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("there is no state `happy`"));
  for (const char* limit : {"0", "10001", "many"})
    EXPECT_EQ(run({"orders", "--limit", limit, "-c", c}), kUsage) << limit;
}

TEST_F(BillingCommand, a_database_that_is_not_there_is_incomplete_and_not_made) {
  EXPECT_EQ(run({"orders", "-c", file()}), kIncomplete);
  EXPECT_THAT(err.str(), HasSubstr("nothing was ordered yet, or state_dir is another one"));
  EXPECT_FALSE(fs::exists(folder.at("state/gatehouse.db")));
}

TEST_F(BillingCommand, reconcile_compares_and_changes_nothing_until_it_is_told_to) {
  some_orders();
  for (const char* path : {"refunds", "disputes", "subscriptions"})
    answers["GET /v1/" + std::string(path)] = {200, R"({"data":[],"has_more":false})"};
  EXPECT_EQ(run({"reconcile", "-c", file()}), kOk) << out.str() << err.str();
  EXPECT_THAT(out.str(), HasSubstr("0 different"));
  EXPECT_EQ(run({"reconcile", "-c", file(), "--format", "json"}), kOk);
  EXPECT_EQ(printed("applied").boolean(), false);
  EXPECT_EQ(run({"reconcile", "--since", "soon", "-c", file()}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("--since is a duration such as 30d"));
  for (const std::string& line : asked) EXPECT_TRUE(line.starts_with("GET ")) << line;
}

}  // namespace
}  // namespace gatehouse::app
