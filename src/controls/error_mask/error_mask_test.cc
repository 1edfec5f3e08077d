#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "controls/error_mask/card.h"
#include "controls/error_mask/control.h"
#include "controls/error_mask/filter.h"
#include "controls/testing/read_settings.h"
#include "gate/testing/exchange_fixture.h"
#include "net/worker_pool.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::error_mask {
namespace {

using gate::Code;
using gate::testing::ExchangeFixture;

constexpr std::string_view kTrace =
    "Traceback (most recent call last):\n  File \"/srv/app/views.py\", line 42, in get\n"
    "app.errors.OrderError: planted-detail\n";

// printf '%s' "$kTrace" | gzip
std::string gzip_of_trace() {
  return *text::unhex(
      "1f8b080000000000020315c9310a02311005d03ea7f86ca5b0262056db6b6be305c6e423c1311b26c38ab757bb07ef669279"
      "97fcc4eeb50e8731b339b2a84265f87e09c0a52a31a5615b92ded356f91eb17fa6195a1b713acea80d0f7af875a4d96a235e"
      "add0ce7f2fe82acd590e852e55c3176364001a75000000");
}

// A body that comes in pieces.
class Pieces final : public http::Body {
 public:
  explicit Pieces(std::vector<std::string> pieces, bool breaks = false) : pieces_(std::move(pieces)), breaks_(breaks) {}
  Task<Result<std::string_view>> read() override {
    if (next_ < pieces_.size()) co_return std::string_view(pieces_[next_++]);
    if (breaks_) co_return fail(Source::origin, "upstream_error", "reset");
    co_return std::string_view();
  }

 private:
  std::vector<std::string> pieces_;
  std::size_t next_ = 0;
  bool breaks_;
};

std::string field(const http::Response& r, std::string_view name) {
  return std::string(r.fields.get(http::FieldName(name)).value_or("(absent)"));
}

// All of a response's body, as a client would read it; "(cut)" at the end when it failed.
std::string read_all(http::Response& r) {
  std::string all(r.bytes);
  while (r.stream) {
    auto reading = r.stream->read();
    reading.start();
    auto piece = reading.take();
    if (!piece) return all + "(cut)";
    if (piece->empty()) break;
    all += *piece;
  }
  return all;
}

struct Case : ExchangeFixture {
  using ExchangeFixture::ExchangeFixture;
  http::Response& masked(int status, std::string_view type, std::string_view body, ErrorMaskSettings settings = {}) {
    http::Response& out = answer(status, type, body);
    EXPECT_TRUE(passes(ErrorMaskFilter(settings, nullptr).response(x, out)));
    return out;
  }
  http::Response& streamed(int status, std::string_view type, std::vector<std::string> pieces, bool breaks = false) {
    http::Response& out = answer(status, type, "");
    out.stream = http::BodyPtr(arena.make<Pieces>(std::move(pieces), breaks).release());
    EXPECT_TRUE(passes(ErrorMaskFilter({}, nullptr).response(x, out)));
    return out;
  }
};

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

TEST(ErrorMask, AStreamedServerErrorIsReadForTheRecordAndDropped) {
  Case f;
  http::Response& out =
      f.streamed(500, "text/plain", {std::string(kTrace.substr(0, 50)), std::string(kTrace.substr(50))});
  EXPECT_EQ(f.x.facts.upstream_error, "app.errors.OrderError at app/views.py:42");
  EXPECT_EQ(read_all(out).find("planted"), std::string::npos);
  EXPECT_FALSE(out.stream);
}

TEST(ErrorMask, AnEndlessServerErrorIsReadNoFurtherThanTheBound) {
  Case f;
  std::vector<std::string> flood(1000, std::string(10000, 'x'));
  http::Response& out = f.streamed(500, "text/plain", std::move(flood));
  EXPECT_FALSE(out.stream);
  EXPECT_LT(f.x.facts.detail.view().find("bytes"), 30u);
  EXPECT_LT(read_all(out).size(), 300u);
}

TEST(ErrorMask, ALongClientErrorStreamsOnWholeAndInOrder) {
  Case f;
  std::vector<std::string> pieces;
  std::string whole;
  for (int i = 0; i < 40; ++i) {
    pieces.push_back(std::string(5000, static_cast<char>('a' + i % 26)));
    whole += pieces.back();
  }
  http::Response& out = f.streamed(404, "text/html", pieces);
  EXPECT_TRUE(out.stream);
  EXPECT_EQ(read_all(out), whole);
  EXPECT_EQ(f.x.facts.code, Code::none);
}

TEST(ErrorMask, ATraceBehindTheBoundCutsTheStream) {
  for (bool split : {false, true}) {
    Case f;
    std::vector<std::string> pieces(14, std::string(5000, 'p'));
    if (split) {
      pieces.push_back("pad" + std::string(kTrace.substr(0, 20)));
      pieces.push_back(std::string(kTrace.substr(20)));
    } else {
      pieces.push_back(std::string(kTrace));
    }
    http::Response& out = f.streamed(404, "text/html", pieces);
    std::string seen = read_all(out);
    EXPECT_TRUE(seen.ends_with("(cut)"));
    EXPECT_EQ(seen.find("planted"), std::string::npos);
  }
}

TEST(ErrorMask, AClientErrorThatBreaksOffIsMasked) {
  Case f;
  http::Response& out = f.streamed(404, "text/html", {"<h1>Not"}, true);
  EXPECT_EQ(f.x.facts.code, Code::upstream_error);
  EXPECT_EQ(out.status, 404);
  EXPECT_EQ(read_all(out).find("<h1>Not"), std::string::npos);
}

TEST(ErrorMask, BinaryClientErrorsAreNotRead) {
  Case f;
  http::Response& out = f.streamed(404, "image/png", {"\x89PNG"});
  EXPECT_TRUE(out.stream);
  EXPECT_EQ(read_all(out), "\x89PNG");
}

class BodyStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "error_mask_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  std::string folder() const { return root_ + "/errors"; }
  std::size_t files() const {
    std::size_t n = 0;
    for (const auto& e : std::filesystem::directory_iterator(folder())) n += e.is_regular_file();
    return n;
  }
  std::string root_;
};

TEST_F(BodyStoreTest, FilesAreForTheOwnerOnlyAndNeverOverwritten) {
  SystemClock clock;
  BodyStore store(folder(), std::chrono::hours(1), clock);
  EXPECT_TRUE(store.keep("0123456789abcdef", "the body"));
  struct stat s{};
  ASSERT_EQ(stat((folder() + "/0123456789abcdef.txt").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(folder().c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0700u);
  EXPECT_FALSE(store.keep("0123456789abcdef", "another"));
  for (std::string_view evil : {"../../etc/cron.d/x", "a/b/c/d/e", "short", ""}) EXPECT_FALSE(store.keep(evil, "x"));
}

TEST_F(BodyStoreTest, APlantedLinkIsNotFollowed) {
  SystemClock clock;
  std::filesystem::create_directory(folder());
  std::filesystem::create_symlink(root_ + "/victim", folder() + "/0123456789abcdef.txt");
  BodyStore store(folder(), std::chrono::hours(1), clock);
  EXPECT_FALSE(store.keep("0123456789abcdef", "x"));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/victim"));
}

TEST_F(BodyStoreTest, OldFilesGo) {
  SystemClock now;
  ManualClock clock(now.unix_seconds());
  BodyStore store(folder(), std::chrono::hours(1), clock);
  EXPECT_TRUE(store.keep("aaaaaaaa", "x"));
  clock.advance(std::chrono::minutes(30));
  EXPECT_EQ(store.sweep(), 0u);
  clock.advance(std::chrono::hours(1));
  EXPECT_TRUE(store.keep("bbbbbbbb", "x"));  // sweeps on the way
  EXPECT_FALSE(std::filesystem::exists(folder() + "/aaaaaaaa.txt"));
}

TEST_F(BodyStoreTest, ThereAreNeverTooMany) {
  SystemClock now;
  ManualClock clock(now.unix_seconds());
  BodyStore store(folder(), std::chrono::hours(1), clock);
  for (std::size_t i = 0; i < BodyStore::kMaxFiles + 5; ++i) store.keep("request-" + std::to_string(i), "x");
  store.sweep();
  EXPECT_LT(files(), BodyStore::kMaxFiles);
}

TEST_F(BodyStoreTest, AMaskedBodyIsKeptUnderItsRequestId) {
  SystemClock clock;
  Case f;
  {
    net::WorkerPool pool(1);
    gate::Worker worker{f.worker.reactor, pool, f.clock, f.entropy};
    gate::Exchange x(f.request, f.arena, worker);
    ErrorMaskFilter filter({}, std::make_shared<BodyStore>(folder(), std::chrono::hours(1), clock));
    http::Response& out = f.answer(500, "text/plain", kTrace);
    EXPECT_TRUE(f.passes(filter.response(x, out)));
    std::string path = folder() + "/" + std::string(x.id) + ".txt";
    for (int i = 0; i < 500 && !std::filesystem::exists(path); ++i) usleep(10000);
    EXPECT_TRUE(std::filesystem::exists(path));
    EXPECT_EQ(out.bytes.find("planted"), std::string_view::npos);
  }  // the pool has ended its job
  std::ifstream in(folder() + "/000102030405060708090a0b0c0d0e0f.txt");
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_EQ(text.str(), kTrace);
}

TEST(ErrorMaskSettings, AreReadAndBadTypesNamed) {
  auto control = make();
  auto good = testing::read_settings(*control, "pass_errors = ['application/problem+json']\nkeep_for = '2h'");
  EXPECT_EQ(good.keys(), "");
  EXPECT_EQ(good.as<ErrorMaskSettings>().keep_for, std::chrono::hours(2));
  for (const char* bad :
       {"pass_errors = ['*/*']", "pass_errors = ['json']", "pass_errors = ['text/html; charset=utf-8']"})
    EXPECT_EQ(testing::read_settings(*control, bad).keys(), "pass_errors") << bad;
}

TEST(ErrorMaskCheck, FindsAbsenceAndHoles) {
  auto found = [control = make()](const ErrorMaskSettings& s) {
    std::vector<proof::Finding> out;
    control->check(s, {}, {}, out);
    std::string ids;
    for (const auto& f : out) ids += f.id + " ";
    return ids;
  };
  ErrorMaskSettings off, html, keep, problem;
  off.enabled = false;
  html.pass_errors = {"text/html"};
  keep.keep_bodies = true;
  problem.pass_errors = {"application/problem+json"};
  EXPECT_EQ(found({}), "");
  EXPECT_EQ(found(off), "GH-ERROR-MASK ");
  EXPECT_EQ(found(html), "GH-ERROR-MASK-PASS ");
  EXPECT_EQ(found(keep), "GH-ERROR-MASK-KEEP ");
  EXPECT_EQ(found(problem), "");
}

TEST(ErrorMaskProbe, TellsASiteThatTalksFromOneThatDoesNot) {
  for (const proof::Probe& probe : probe_list()) {
    auto site = [](std::string_view body) {
      proof::FakeTarget t([body](const proof::Sent& s) -> Result<proof::Seen> {
        bool odd = s.method == "POST" || s.path.find("probe") != std::string::npos;
        proof::Seen seen{.status = odd ? 404 : 200};
        if (odd) seen.body = body;
        return seen;
      });
      t.path("write", "/api/notes").writes(true);
      return t;
    };
    auto bad = site(kTrace);
    auto seen = probe.run(bad);
    EXPECT_EQ(seen.holds, proof::Holds::no) << probe.id;
    ASSERT_EQ(seen.findings.size(), 1u);
    EXPECT_EQ(seen.findings[0].evidence.at(0).find("planted-detail"), std::string::npos);
    auto good = site("{\"error\":{\"code\":\"not_found\"}}");
    EXPECT_EQ(probe.run(good).holds, proof::Holds::yes) << probe.id;
    proof::FakeTarget silent([](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "refused"); });
    silent.path("write", "/x");
    EXPECT_EQ(probe.run(silent).holds, proof::Holds::unknown) << probe.id;
  }
}

}  // namespace
}  // namespace gatehouse::controls::error_mask
