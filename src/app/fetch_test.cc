#include "app/fetch.h"

#include <gtest/gtest.h>

#include "app/testing/little_site.h"

namespace gatehouse::app {
namespace {

using testing::LittleSite;

const SystemClock kClock;

TEST(Fetch, gets_a_document_of_this_machine) {
  const LittleSite site([](const std::string&) { return LittleSite::reply(200, "", "{\"keys\":[]}"); });
  const auto document = fetch_document(site.url() + "/keys", kClock);
  ASSERT_TRUE(document) << document.error().text();
  EXPECT_EQ(*document, "{\"keys\":[]}");
}

TEST(Fetch, believes_no_plain_http_of_another_machine) {
  const auto document = fetch_document("http://keys.example.com/jwks.json", kClock);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, "bad_url");
}

TEST(Fetch, follows_no_redirect_and_takes_no_answer_but_200) {
  const LittleSite site([](const std::string& head) {
    return head.starts_with("GET /moved ") ? LittleSite::reply(302, "Location: /keys\r\n", "")
                                           : LittleSite::reply(500, "", "sorry");
  });
  for (const char* path : {"/moved", "/broken"}) {
    const auto document = fetch_document(site.url() + path, kClock);
    ASSERT_FALSE(document) << path;
    EXPECT_EQ(document.error().code, "bad_response") << path;
  }
}

TEST(Fetch, is_bounded) {
  const LittleSite site(
      [](const std::string&) { return LittleSite::reply(200, "", std::string(std::size_t{512} * 1024, 'x')); });
  EXPECT_FALSE(fetch_document(site.url() + "/large", kClock));
  EXPECT_FALSE(fetch_document("no url", kClock));
}

}  // namespace
}  // namespace gatehouse::app
