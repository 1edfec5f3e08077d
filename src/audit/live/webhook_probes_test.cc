#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/live/probes.h"
#include "audit/live/run.h"
#include "proof/fake_target.h"

namespace gatehouse::audit::live {
namespace {

using proof::FakeTarget;
using proof::Holds;
using proof::Seen;
using proof::Sent;

Seen answer(int status, std::string type = "application/json") {
  Seen s;
  s.status = status;
  s.headers = {{"content-type", std::move(type)}};
  return s;
}

proof::Observation ask(FakeTarget& site) { return webhook_probes()[0].run(site); }

TEST(WebhookProbe, FindsADoorThatBelievesUnsignedEvents) {
  FakeTarget site([](const Sent&) -> Result<Seen> { return answer(200); });
  site.path("webhook", "/hooks/stripe");
  const auto o = ask(site);
  EXPECT_EQ(o.holds, Holds::no);
  ASSERT_EQ(o.findings.size(), 1u);
  EXPECT_EQ(o.findings[0].id, "EX-018");
  EXPECT_EQ(o.findings[0].locations.at(0).url, "https://app.example.com/hooks/stripe");
}

TEST(WebhookProbe, FindsADoorThatWantsASignatureAndVerifiesNone) {
  FakeTarget site([](const Sent& s) -> Result<Seen> {
    return answer(proof::sent_header(s, "stripe-signature").empty() ? 400 : 204);
  });
  site.path("webhook", "/hooks/stripe");
  EXPECT_EQ(ask(site).holds, Holds::no);
}

TEST(WebhookProbe, IsContentWhenBothAreRefused) {
  for (const int status : {400, 401, 403}) {
    FakeTarget site([status](const Sent&) -> Result<Seen> { return answer(status); });
    site.path("webhook", "/hooks/stripe");
    EXPECT_EQ(ask(site).holds, Holds::yes) << status;
    EXPECT_EQ(site.sent.size(), 2u);
  }
}

TEST(WebhookProbe, CallsNothingSafeThatItDidNotReach) {
  for (const int status : {302, 404, 405, 429, 500, 503}) {
    FakeTarget site([status](const Sent& s) -> Result<Seen> { return answer(s.method == "GET" ? 405 : status); });
    EXPECT_EQ(ask(site).holds, Holds::unknown) << status;
  }
  FakeTarget page([](const Sent&) -> Result<Seen> { return answer(200, "text/html"); });
  page.path("webhook", "/hooks/stripe");
  EXPECT_EQ(ask(page).holds, Holds::unknown) << "a page for everything is no webhook";
  FakeTarget dead([](const Sent&) -> Result<Seen> { return fail(Source::origin, "connect", "refused"); });
  dead.path("webhook", "/hooks/stripe");
  EXPECT_EQ(ask(dead).holds, Holds::unknown);
}

TEST(WebhookProbe, LooksForTheUsualDoorsWithoutWriting) {
  FakeTarget site([](const Sent& s) -> Result<Seen> {
    if (s.method == "GET") return answer(s.path == "/webhooks/stripe" ? 405 : 404);
    return answer(401);
  });
  EXPECT_EQ(ask(site).holds, Holds::yes);
  for (const Sent& s : site.sent) EXPECT_TRUE(s.method == "GET" || s.path == "/webhooks/stripe");
  EXPECT_TRUE(webhook_probes()[0].active) << "only with --active: it sends a POST";
}

}  // namespace
}  // namespace gatehouse::audit::live
