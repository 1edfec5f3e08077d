#include "gate/render.h"

#include <gtest/gtest.h>

#include <string>

#include "base/crypto/digest.h"
#include "gate/error_page.h"
#include "gate/request_id.h"
#include "gate/testing/exchange_fixture.h"

namespace gatehouse::gate {
namespace {

using testing::ExchangeFixture;

std::string get(const http::Response& r, std::string_view name) {
  return std::string(r.fields.get(http::FieldName(name)).value_or("(absent)"));
}

TEST(Render, TheEnvelopeHasOneStableShapeForEveryCode) {
  for (const CodeInfo& c : all_codes()) {
    if (c.code == Code::none) continue;
    ExchangeFixture f;
    http::Response r = render(f.x, Refusal{c.code});
    EXPECT_EQ(r.status, c.status);
    EXPECT_EQ(get(r, "content-type"), "application/json");
    EXPECT_EQ(get(r, "cache-control"), "no-store");
    EXPECT_EQ(r.bytes, "{\"error\":{\"code\":\"" + std::string(c.text) + "\",\"message\":\"" + std::string(c.message) +
                           "\",\"request_id\":\"" + std::string(f.x.id) + "\"}}");
  }
}

TEST(Render, TheDetailNeverLeaves) {
  ExchangeFixture f;
  f.header("Accept", "text/html");
  for (int i = 0; i < 2; ++i) {
    http::Response r = render(f.x, Refusal{Code::token_invalid, "kid planted-detail unknown"});
    EXPECT_EQ(r.bytes.find("planted-detail"), std::string_view::npos);
    for (const http::Field& field : r.fields) EXPECT_EQ(field.value.find("planted-detail"), std::string_view::npos);
    f.request.fields.clear();
  }
}

TEST(Render, EveryUnauthorizedAnswerCarriesAChallenge) {
  for (const CodeInfo& c : all_codes()) {
    if (c.status != 401) continue;
    ExchangeFixture f;
    EXPECT_TRUE(get(render(f.x, Refusal{c.code}), "www-authenticate")
                    .starts_with(c.code == Code::bad_signature ? "Signature" : "Bearer"))
        << c.text;
  }
  ExchangeFixture f;
  Refusal own{Code::unauthenticated};
  own.headers.www_authenticate = "Bearer realm=\"api\"";
  EXPECT_EQ(get(render(f.x, own), "www-authenticate"), "Bearer realm=\"api\"");
}

TEST(Render, RetryAfterAndAllowComeFromTheRefusal) {
  ExchangeFixture f;
  Refusal limited{Code::rate_limited};
  limited.headers.retry_after = 37;
  EXPECT_EQ(get(render(f.x, limited), "retry-after"), "37");
  EXPECT_EQ(get(render(f.x, Refusal{Code::rate_limited}), "retry-after"), "(absent)");
  EXPECT_EQ(get(render(f.x, Refusal{Code::overloaded}), "retry-after"), "2");
  Refusal method{Code::method_not_allowed};
  method.headers.allow = "GET, HEAD";
  EXPECT_EQ(get(render(f.x, method), "allow"), "GET, HEAD");
  EXPECT_EQ(get(render(f.x, Refusal{Code::forbidden}), "allow"), "(absent)");
}

TEST(Render, HeadGetsTheSameFieldsAndNoBody) {
  ExchangeFixture f("HEAD");
  http::Response r = render(f.x, Refusal{Code::not_found});
  EXPECT_EQ(r.status, 404);
  EXPECT_EQ(get(r, "content-type"), "application/json");
  EXPECT_FALSE(r.has_body());
}

TEST(Render, HtmlIsOnlyForWhoPrefersIt) {
  struct Case {
    std::string_view accept;
    bool html;
  };
  const Case cases[] = {
      {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", true},  // browsers
      {"text/html", true},
      {"TEXT/HTML; q=0.5", true},
      {"text/*", true},
      {"text/html, application/json;q=0.9", true},
      {"", false},
      {"*/*", false},
      {"application/json", false},
      {"application/json, text/html", false},
      {"text/html;q=0.5, application/json", false},
      {"text/html;q=0", false},
      {"text/html;q=2", false},
      {"text/html;q=abc", false},
      {"text/html;q=0.12345", false},
      {"text/htmlx", false},
      {"*/*, application/json;q=0.1", true},
      {";;,,;q=", false},
  };
  for (const Case& c : cases) {
    ExchangeFixture f;
    if (!c.accept.empty()) f.header("accept", c.accept);
    EXPECT_EQ(prefers_html(f.request), c.html) << c.accept;
  }
}

TEST(Render, ThePageHasTheWordsTheNumberAndNothingActive) {
  ExchangeFixture f;
  f.header("Accept", "text/html");
  http::Response r = render(f.x, Refusal{Code::forbidden});
  EXPECT_EQ(get(r, "content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(get(r, "content-security-policy"), error_page_policy());
  EXPECT_NE(r.bytes.find("You do not have access to this."), std::string_view::npos);
  EXPECT_NE(r.bytes.find(f.x.id), std::string_view::npos);
  EXPECT_NE(r.bytes.find("Error 403"), std::string_view::npos);
  for (std::string_view active : {"<script", "src=", "href=", "url(", "@import", "http:", "https:", "style=\""})
    EXPECT_EQ(r.bytes.find(active), std::string_view::npos) << active;
}

TEST(Render, ThePolicyOfThePageCoversItsStyleByHash) {
  std::string hash = text::base64(crypto::sha256(error_page_style()).view());
  EXPECT_NE(error_page_policy().find("'sha256-" + hash + "'"), std::string_view::npos) << hash;
}

TEST(Render, AReplacedBodyKeepsStatusAndDropsTheStream) {
  ExchangeFixture f;
  http::Response& out = f.answer(503, "text/html", "Traceback");
  render_body(f.x, Code::upstream_error, out);
  EXPECT_EQ(out.status, 503);
  EXPECT_EQ(out.bytes.find("Traceback"), std::string_view::npos);
  EXPECT_EQ(get(out, "content-type"), "application/json");
}

TEST(Render, ARefusalAllocatesNothingBeyondTheArena) {
  ExchangeFixture f;
  std::string_view before = f.arena.copy("x");
  http::Response r = render(f.x, Refusal{Code::rate_limited});
  auto distance = r.bytes.data() - before.data();
  EXPECT_GT(distance, 0);
  EXPECT_LT(distance, 8 * 1024);
}

TEST(RequestId, IsMadeOnceFrom128RandomBits) {
  ExchangeFixture f;
  std::string_view id = ensure_id(f.x);
  EXPECT_EQ(id, "000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(ensure_id(f.x), id);
  EXPECT_TRUE(is_request_id(id));
}

TEST(RequestId, ForeignIdsAreShortAndPlain) {
  EXPECT_TRUE(is_request_id("abcd-EF_9"));
  EXPECT_TRUE(is_request_id(std::string(64, 'a')));
  EXPECT_FALSE(is_request_id("abcdefg"));
  EXPECT_FALSE(is_request_id(std::string(65, 'a')));
  for (std::string_view bad : {"12345678\n", "1234 5678", "12345678\"", "12345678<", "12345678{", "1234567\xc3\xa9"})
    EXPECT_FALSE(is_request_id(bad)) << bad;
}

}  // namespace
}  // namespace gatehouse::gate
