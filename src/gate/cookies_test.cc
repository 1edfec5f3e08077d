#include "gate/cookies.h"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::gate {
namespace {

// What is left of one Cookie field; "-" when the field is gone.
std::string left(std::string_view cookie, std::vector<std::string> names = {"session_id"}) {
  Arena arena;
  http::Fields fields(arena);
  fields.add(std::string_view("Cookie"), cookie);
  remove_cookies(fields, names);
  return std::string(fields.get("cookie").value_or("-"));
}

TEST(RemoveCookies, TakesTheNamedOneAndLeavesTheRest) {
  EXPECT_EQ(left("a=1; session_id=x; b=2"), "a=1; b=2");
  EXPECT_EQ(left("session_id=x"), "-");
  EXPECT_EQ(left("a=1;b=2"), "a=1;b=2");
  EXPECT_EQ(left("session_id2=x; xsession_id=y"), "session_id2=x; xsession_id=y");
  EXPECT_EQ(left("a=session_id"), "a=session_id");
}

TEST(RemoveCookies, TakesEveryCopyFromEveryField) {
  Arena arena;
  http::Fields fields(arena);
  fields.add(std::string_view("Cookie"), "session_id=1; a=1; session_id=2");
  fields.add(std::string_view("COOKIE"), "session_id=3");
  fields.add(std::string_view("cookie"), "b=2");
  const std::vector<std::string> names{"session_id"};
  EXPECT_EQ(remove_cookies(fields, names), 3u);
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields.begin()->value, "a=1");
  EXPECT_EQ((fields.begin() + 1)->value, "b=2");
  EXPECT_FALSE(has_cookie(fields, "session_id"));
}

TEST(RemoveCookies, TakesEverySpellingThatSomeBackendReadsAsTheName) {
  for (std::string_view cookie : {"Session_Id=x", "session.id=x", "session-id=x", "session id=x", "session%5Fid=x",
                                  "s%65ssion_id=x", " session_id =x", "session_id", "a=1 session_id=x",
                                  "a=1,session_id=x", "a=1, session_id =x", "a=\"session_id=x\"", "a=\"1\"session_id=x",
                                  "a=b=session_id=x", "a=1\tsession_id=x", "sessionid=1;session_id=\"a;b\""})
    EXPECT_EQ(left(cookie).find("session_id"), std::string::npos) << cookie << " -> " << left(cookie);
  EXPECT_EQ(left("session.id=x"), "-");
  EXPECT_EQ(left("session%5Fid=x"), "-");
  EXPECT_EQ(left("session_id"), "-");
}

TEST(RemoveCookies, BlanksBeyondAsciiHideNothing) {
  // What Python's strip() and JavaScript's trim() take away: U+00A0 and U+3000 in UTF-8, U+00A0 and U+0085 in Latin-1.
  for (std::string blank : {"\xc2\xa0", "\xe3\x80\x80", "\xa0", "\x85"}) {
    EXPECT_EQ(left(blank + "session_id=x"), "-") << blank;
    EXPECT_EQ(left("session_id" + blank + "=x; a=1"), "a=1") << blank;
    EXPECT_EQ(left("a=1; " + blank + "session_id"), "a=1") << blank;
  }
}

TEST(RemoveCookies, AQuotedSemicolonHidesNothing) {
  EXPECT_EQ(left("a=\"x; session_id=evil; y\"; b=1"), "a=\"x; y\"; b=1");
}

TEST(JoinCookieFields, MakesOneFieldOfSeveralInTheirOrder) {
  Arena arena;
  http::Fields fields(arena);
  fields.add(std::string_view("Cookie"), "a=1");
  fields.add(std::string_view("Accept"), "*/*");
  fields.add(std::string_view("cookie"), "");
  fields.add(std::string_view("COOKIE"), "b=2; c=3");
  join_cookie_fields(fields);
  EXPECT_EQ(fields.count("cookie"), 1u);
  EXPECT_EQ(fields.get("cookie"), "a=1; b=2; c=3");
  EXPECT_EQ(fields.get("accept"), "*/*");
}

TEST(JoinCookieFields, LeavesOneFieldAsItIs) {
  Arena arena;
  http::Fields fields(arena);
  fields.add(std::string_view("Cookie"), "a=1;b=2");
  join_cookie_fields(fields);
  EXPECT_EQ(fields.get("cookie"), "a=1;b=2");
}

TEST(HasCookie, FindsItInAnySpelling) {
  Arena arena;
  http::Fields fields(arena);
  fields.add(std::string_view("cookie"), "a=1; sessionid=x");
  EXPECT_TRUE(has_cookie(fields, "sessionid"));
  EXPECT_TRUE(has_cookie(fields, "SessionId"));
  EXPECT_FALSE(has_cookie(fields, "session"));
}

}  // namespace
}  // namespace gatehouse::gate
