#include <gtest/gtest.h>

#include <string>

#include "controls/error_mask/filter.h"
#include "controls/error_mask/testing/case.h"

// Answers that came whole. Streams: stream_test.cc; what is kept of them: store_test.cc.
namespace gatehouse::controls::error_mask {
namespace {

using gate::Code;

// printf '%s' "$kTrace" | gzip
std::string gzip_of_trace() {
  return *text::unhex(
      "1f8b080000000000020315c9310a02311005d03ea7f86ca5b0262056db6b6be305c6e423c1311b26c38ab757bb07ef669279"
      "97fcc4eeb50e8731b339b2a84265f87e09c0a52a31a5615b92ded356f91eb17fa6195a1b713acea80d0f7af875a4d96a235e"
      "add0ce7f2fe82acd590e852e55c3176364001a75000000");
}

TEST(ErrorMask, AServerErrorBecomesTheEnvelopeAndKeepsItsStatus) {
  for (int status : {500, 501, 502, 503, 504, 599}) {
    Case f;
    http::Response& out = f.masked(status, "text/html", kTrace);
    EXPECT_EQ(out.status, status);
    EXPECT_EQ(out.bytes,
              "{\"error\":{\"code\":\"upstream_error\",\"message\":\"Something went wrong. Please try again "
              "later.\",\"request_id\":\"" +
                  std::string(f.x.id) + "\"}}");
    EXPECT_EQ(field(out, "content-type"), "application/json");
    EXPECT_EQ(f.x.facts.code, Code::upstream_error);
  }
}

TEST(ErrorMask, ABrowserGetsAPage) {
  Case f;
  f.header("Accept", "text/html");
  http::Response& out = f.masked(500, "application/json", "{\"detail\":\"planted-detail\"}");
  EXPECT_EQ(field(out, "content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(out.bytes.find("planted-detail"), std::string_view::npos);
}

TEST(ErrorMask, TheRecordGetsClassPlaceLengthAndDigestButNoMessage) {
  Case f;
  f.masked(500, "text/plain", kTrace);
  EXPECT_EQ(f.x.facts.upstream_error, "app.errors.OrderError at app/views.py:42");
  std::string detail(f.x.facts.detail.view());
  EXPECT_EQ(detail.find("status 500, " + std::to_string(kTrace.size()) + " bytes, sha256 "), 0u) << detail;
  EXPECT_EQ(detail.find("planted-detail"), std::string::npos);
  EXPECT_EQ(f.x.facts.control, "error_mask");
}

TEST(ErrorMask, FieldsThatDescribeTheFailureAreDroppedAndUsefulOnesStay) {
  Case f;
  http::Response& out = f.answer(503, "text/html", "x");
  for (auto [name, value] : {std::pair{"Retry-After", "30"},
                             {"Grpc-Status", "14"},
                             {"Set-Cookie", "a=1"},
                             {"Access-Control-Allow-Origin", "https://a.example"},
                             {"Vary", "Origin"}})
    out.fields.add(std::string_view(name), value);
  for (auto [name, value] : {std::pair{"X-Debug-Exception", "planted-detail"},
                             {"Grpc-Message", "planted-detail"},
                             {"Content-Encoding", "br"},
                             {"ETag", "\"1\""},
                             {"Content-Disposition", "planted-detail"},
                             {"X-Anything-Else", "planted-detail"}})
    out.fields.add(std::string_view(name), value);
  EXPECT_TRUE(f.passes(ErrorMaskFilter({}, nullptr).response(f.x, out)));
  EXPECT_EQ(field(out, "retry-after"), "30");
  EXPECT_EQ(field(out, "grpc-status"), "14");
  EXPECT_EQ(field(out, "set-cookie"), "a=1");
  EXPECT_EQ(field(out, "access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(field(out, "vary"), "Origin");
  EXPECT_EQ(field(out, "content-encoding"), "(absent)");
  EXPECT_EQ(field(out, "etag"), "(absent)");
  for (const http::Field& each : out.fields) EXPECT_EQ(each.value.find("planted"), std::string_view::npos) << each.name;
}

TEST(ErrorMask, OrdinaryClientErrorsPassUntouched) {
  for (auto [status, type, body] : {std::tuple{404, "text/html", "<h1>Not here</h1>"},
                                    {422, "application/json", "{\"email\":[\"Enter a valid email address.\"]}"},
                                    {400, "application/problem+json", "{\"title\":\"Bad date\"}"},
                                    {404, "image/png", "\x89PNG"},
                                    {401, "", ""}}) {
    Case f;
    http::Response& out = f.masked(status, type, body);
    EXPECT_EQ(out.bytes, body);
    EXPECT_EQ(f.x.facts.code, Code::none);
  }
}

TEST(ErrorMask, AClientErrorWithATraceIsMasked) {
  for (std::string_view type :
       {"text/html", "text/plain; charset=utf-8", "application/json", "application/problem+json"}) {
    Case f;
    http::Response& out = f.masked(404, type, kTrace);
    EXPECT_EQ(out.status, 404);
    EXPECT_EQ(out.bytes.find("planted-detail"), std::string_view::npos) << type;
    EXPECT_EQ(f.x.facts.code, Code::upstream_error);
  }
}

TEST(ErrorMask, ACompressedTraceDoesNotSlipThrough) {
  for (std::string_view encoding : {"gzip", "GZIP", "br", "zstd", "gzip, br"}) {
    Case f;
    http::Response& out = f.answer(400, "application/json", gzip_of_trace());
    out.fields.add(std::string_view("Content-Encoding"), encoding);
    EXPECT_TRUE(f.passes(ErrorMaskFilter({}, nullptr).response(f.x, out)));
    EXPECT_EQ(f.x.facts.code, Code::upstream_error) << encoding;
    EXPECT_EQ(field(out, "content-encoding"), "(absent)");
    EXPECT_EQ(f.x.facts.detail.view().find("cannot be read") == std::string_view::npos,
              text::iequals(encoding, "gzip"));
  }
  Case plain;
  http::Response& out = plain.answer(
      404, "text/html", *text::unhex("1f8b0800000000000203b3c930b4f3cb2f51c8482d4ab5d10772008bbf4ba711000000"));
  out.fields.add(std::string_view("Content-Encoding"), "gzip");
  EXPECT_TRUE(plain.passes(ErrorMaskFilter({}, nullptr).response(plain.x, out)));
  EXPECT_EQ(plain.x.facts.code, Code::none);
  EXPECT_EQ(field(out, "content-encoding"), "gzip");
}

TEST(ErrorMask, GoodAnswersAndOurOwnRefusalsAreNotLookedAt) {
  Case good;
  EXPECT_EQ(good.masked(200, "text/html", kTrace).bytes, kTrace);
  Case redirect;
  EXPECT_EQ(redirect.masked(302, "text/html", kTrace).bytes, kTrace);
  Case ours;
  ours.x.facts.code = Code::upstream_timeout;
  EXPECT_EQ(ours.masked(504, "application/json", "{\"error\":{}}").bytes, "{\"error\":{}}");
  EXPECT_EQ(ours.x.facts.code, Code::upstream_timeout);
}

TEST(ErrorMask, HeadOfAServerErrorHasNoBody) {
  Case f("HEAD");
  http::Response& out = f.masked(500, "text/html", "");
  EXPECT_EQ(out.status, 500);
  EXPECT_FALSE(out.has_body());
}

TEST(ErrorMask, DeclaredTypesPassUnlessTheyCarryATrace) {
  ErrorMaskSettings settings;
  settings.pass_errors = {"application/problem+json"};
  Case pass;
  EXPECT_EQ(pass.masked(503, "application/problem+json", "{\"title\":\"Maintenance\"}", settings).bytes,
            "{\"title\":\"Maintenance\"}");
  EXPECT_EQ(pass.x.facts.code, Code::none);
  Case trace;
  EXPECT_EQ(trace.masked(503, "application/problem+json", kTrace, settings).bytes.find("planted"),
            std::string_view::npos);
  Case other;
  EXPECT_NE(other.masked(503, "application/json", "{\"title\":\"x\"}", settings).bytes, "{\"title\":\"x\"}");
}

TEST(ErrorMask, DevelopmentMayShowDetailAndProductionMayNot) {
  ErrorMaskSettings show;
  show.show_in_development = true;
  Case production;
  EXPECT_EQ(production.masked(500, "text/plain", kTrace, show).bytes.find("planted"), std::string_view::npos);
  Case quiet;
  quiet.x.development = true;
  EXPECT_EQ(quiet.masked(500, "text/plain", kTrace).bytes.find("planted"), std::string_view::npos);
  Case development;
  development.x.development = true;
  EXPECT_EQ(development.masked(500, "text/plain", kTrace, show).bytes, kTrace);
  EXPECT_EQ(development.x.facts.code, Code::upstream_error);
}

}  // namespace
}  // namespace gatehouse::controls::error_mask
