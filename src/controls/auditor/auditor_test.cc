#include <gtest/gtest.h>

#include <string>

#include "controls/auditor/control.h"
#include "controls/auditor/filter.h"
#include "controls/testing/read_settings.h"
#include "gate/testing/exchange_fixture.h"
#include "kit/auditor_pass.h"
#include "store/memory/memory_fast.h"

namespace gatehouse::controls::auditor {
namespace {

using gate::testing::ExchangeFixture;

struct Auditors : ::testing::Test {
  ManualClock clock;
  CountingEntropy entropy;
  store::MemoryFast fast{clock, entropy};
  std::shared_ptr<const Secret> key = std::make_shared<const Secret>("0123456789abcdef0123456789abcdef");
  AuditorFilter filter{key, fast};

  std::string pass(std::string_view host = "app.example.com", std::int64_t age = 0) {
    return kit::make_pass(*key, host, clock.unix_seconds() - age, 60, entropy);
  }
  // What the record says of a request with this header.
  std::string said(const std::string& value, bool* auditor = nullptr, std::string_view name = kit::kAuditorHeader) {
    ExchangeFixture f;
    f.header(name, value);
    EXPECT_TRUE(ExchangeFixture::passes(filter.request(f.x))) << "it refuses nothing";
    EXPECT_EQ(f.request.fields.count(http::FieldName(name)), 0u) << "it goes no further";
    if (auditor != nullptr) *auditor = f.x.auditor;
    if (f.x.facts.auditor != "verified") {
      EXPECT_FALSE(f.x.auditor);
    }
    return std::string(f.x.facts.auditor);
  }
};

TEST_F(Auditors, ASignedRequestIsKnownOnceAndItsPassGoesNoFurther) {
  const std::string one = pass();
  bool auditor = false;
  EXPECT_EQ(said(one, &auditor), "verified");
  EXPECT_TRUE(auditor);
  EXPECT_EQ(said(one, &auditor), "replayed");
  EXPECT_FALSE(auditor);
  EXPECT_EQ(said(pass(), &auditor), "verified");
  EXPECT_TRUE(auditor);
}

TEST_F(Auditors, AForgedExpiredForeignOrDoubledPassIsIgnoredAndRecorded) {
  EXPECT_EQ(said(pass("app.example.com", 120)), "expired");
  EXPECT_EQ(said(pass("api.example.com")), "forged");
  EXPECT_EQ(said("v1;t=1;e=2;n=x;s=y"), "malformed");
  EXPECT_EQ(said("true"), "malformed");
  ExchangeFixture f;
  f.header(kit::kAuditorHeader, pass());
  f.header(kit::kAuditorHeader, pass());
  EXPECT_TRUE(ExchangeFixture::passes(filter.request(f.x)));
  EXPECT_FALSE(f.x.auditor);
  EXPECT_EQ(f.x.facts.auditor, "malformed");
}

TEST_F(Auditors, EverySpellingIsTakenOut) {
  for (std::string_view name : {"x-gatehouse-auditor", "X_Gatehouse_Auditor", "X.GATEHOUSE.auditor"})
    EXPECT_EQ(said(pass(), nullptr, name), "verified") << name;
}

TEST_F(Auditors, WithoutAHeaderNothingIsSaid) {
  ExchangeFixture f;
  EXPECT_TRUE(ExchangeFixture::passes(filter.request(f.x)));
  EXPECT_FALSE(f.x.auditor);
  EXPECT_TRUE(f.x.facts.auditor.empty());
}

TEST_F(Auditors, AnEmptyKeyMakesNoPassGood) {
  const AuditorFilter closed(std::make_shared<const Secret>(), fast);
  ExchangeFixture f;
  f.header(kit::kAuditorHeader, kit::make_pass(Secret(), "app.example.com", clock.unix_seconds(), 60, entropy));
  EXPECT_TRUE(ExchangeFixture::passes(closed.request(f.x)));
  EXPECT_FALSE(f.x.auditor);
}

TEST(AuditorSettings, TheKeyIsAReference) {
  EXPECT_EQ(testing::read_settings(*make(), "key = { env = \"GATEHOUSE_AUDITOR_KEY\" }").keys(), "");
  EXPECT_NE(testing::read_settings(*make(), "key = \"0123456789abcdef0123456789abcdef\"").keys(), "");
}

}  // namespace
}  // namespace gatehouse::controls::auditor
