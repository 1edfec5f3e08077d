#include "app/admin_client.h"

#include <gtest/gtest.h>

#include "app/testing/little_site.h"
#include "app/text_file.h"
#include "base/testing/temporary_folder.h"

namespace gatehouse::app {
namespace {

using testing::LittleSite;

class AdminClient : public ::testing::Test {
 protected:
  AdminClient() { replace_text_file(token(), "sesame\n"); }
  std::string token() const { return folder.at("admin-token"); }

  const TemporaryFolder folder;
  SystemClock clock;
  AskAdmin ask = admin_over_loopback(clock);
};

TEST_F(AdminClient, sends_the_token_of_the_file_with_what_was_asked) {
  std::string head;
  {
    const LittleSite site([&](const std::string& h) {
      head = h;
      return LittleSite::reply(200, "", "{}");
    });
    const auto answer = ask({site.url(), token()}, "POST", "/revocations", "{\"kind\":\"all\"}");
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "{}");
  }
  EXPECT_TRUE(head.starts_with("POST /revocations HTTP/1.1\r\n")) << head;
  EXPECT_EQ(LittleSite::field(head, "Authorization"), "Bearer sesame");
}

TEST_F(AdminClient, never_takes_the_token_to_another_machine) {
  for (const char* url :
       {"http://192.0.2.1:9100", "https://127.0.0.1:9100", "http://gate.example.com:9100", "nowhere"}) {
    const auto answer = ask({url, token()}, "GET", "/revocations", "");
    ASSERT_FALSE(answer) << url;
    EXPECT_NE(answer.error().code, "timeout") << url;
  }
  EXPECT_EQ(ask({"http://192.0.2.1:9100", token()}, "GET", "/", "").error().code, "not_loopback");
}

TEST_F(AdminClient, names_the_token_file_that_it_cannot_read) {
  const auto answer = ask({"http://127.0.0.1:1", token() + ".none"}, "GET", "/", "");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "file_unreadable");
  EXPECT_NE(answer.error().detail.find(".none"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::app
