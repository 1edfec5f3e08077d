#include "app/admin_guard.h"

#include <gtest/gtest.h>

namespace gatehouse::app {
namespace {

struct Asked {
  explicit Asked(std::string_view authority) : request(arena) { request.authority = authority; }
  Asked& with(std::string_view name, std::string_view value) {
    request.fields.add(name, value);
    return *this;
  }
  Arena arena;
  http::Request request;
};

TEST(AdminGuard, AnswersLoopbackNamesAndNoOthers) {
  for (std::string_view name : {"localhost", "localhost:9901", "127.0.0.1:9901", "127.8.9.1", "[::1]:9901", "[::1]"})
    EXPECT_TRUE(asks_from_this_machine(Asked(name).request)) << name;
  for (std::string_view name : {"", "admin.example.com:9901", "localhost.example.com", "127.0.0.1.example.com",
                                "10.0.0.1:9901", "0.0.0.0:9901", "[2001:db8::1]:9901", "[", "[]"})
    EXPECT_FALSE(asks_from_this_machine(Asked(name).request)) << name;
}

TEST(AdminGuard, AnswersNoWebPage) {
  EXPECT_FALSE(asks_from_this_machine(Asked("localhost").with("Origin", "http://localhost").request));
  EXPECT_FALSE(asks_from_this_machine(Asked("localhost").with("origin", "null").request));
  EXPECT_FALSE(asks_from_this_machine(Asked("localhost").with("Sec-Fetch-Site", "same-origin").request));
  EXPECT_TRUE(asks_from_this_machine(Asked("localhost").with("User-Agent", "curl").request));
}

TEST(AdminGuard, TakesTheTokenOnceAndAsABearerToken) {
  const auto bears = [](Asked& a, std::string_view token) { return bears_admin_token(a.request, token); };
  Asked good("localhost"), lower("localhost"), none("localhost"), other("localhost"), twice("localhost"),
      basic("localhost"), blank("localhost");
  EXPECT_TRUE(bears(good.with("Authorization", "Bearer secret"), "secret"));
  EXPECT_TRUE(bears(lower.with("authorization", "bearer secret"), "secret"));
  EXPECT_FALSE(bears(none, "secret"));
  EXPECT_FALSE(bears(other.with("Authorization", "Bearer secrets"), "secret"));
  EXPECT_FALSE(bears(twice.with("Authorization", "Bearer secret").with("Authorization", "Bearer secret"), "secret"));
  EXPECT_FALSE(bears(basic.with("Authorization", "Basic secret"), "secret"));
  EXPECT_FALSE(bears(blank.with("Authorization", "Bearer "), "")) << "an empty token opens nothing";
}

}  // namespace
}  // namespace gatehouse::app
