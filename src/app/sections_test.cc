#include "app/sections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "controls/catalog.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A file that is right without any service.
constexpr std::string_view kFile = R"(mode = "development"
listen = ["http://127.0.0.1:8080"]
[upstream.app]
servers = ["http://127.0.0.1:9000"]
[jwt]
preset = "clerk"
issuer = "https://clerk.example.com"
authorized_parties = ["https://shop.example.com"]
[[route]]
path = "=/"
access = "public"
)";
constexpr std::string_view kBilling = R"([billing]
secret_key = { env = "STRIPE_SECRET_KEY" }
prices = ["price_1"]
return_origins = ["https://shop.example.com"]
[billing.endpoints]
checkout = "/billing/checkout"
)";
constexpr std::string_view kWebhooks = R"([webhooks]
seal_keys = [{ env = "SEAL_KEY" }]
[webhooks.endpoint.stripe]
provider = "stripe"
secret = { env = "STRIPE_WEBHOOK_SECRET" }
handle = ["billing"]
)";

struct Read {
  ServiceConfigs services;
  conf::Findings findings;
  controls::Policy policy;
  explicit Read(const std::string& text) {
    const auto catalog = controls::catalog();
    policy = controls::load(text, "g.toml", catalog, SystemClock(), findings, sections(services));
    if (!findings.has_errors()) check_services(services, findings);
  }
  std::string text() const { return conf::render_text(findings, false); }
  bool serves(std::string_view path) const {
    const auto& routes = policy.config.routes;
    return std::any_of(routes.begin(), routes.end(),
                       [&](const auto& r) { return r.path.find(path) != std::string::npos; });
  }
};

std::string file(std::string_view more, std::string_view and_more = "") {
  return std::string(kFile) + std::string(more) + std::string(and_more);
}

TEST(Sections, what_nobody_configured_serves_nothing) {
  const Read r{std::string(kFile)};
  EXPECT_FALSE(r.findings.has_errors()) << r.text();
  EXPECT_FALSE(r.services.billing.on);
  EXPECT_FALSE(r.serves("billing"));
  EXPECT_FALSE(r.serves("webhooks"));
}

TEST(Sections, each_service_reads_its_own_table_and_mounts_its_routes) {
  const Read r{file(kBilling, kWebhooks)};
  EXPECT_FALSE(r.findings.has_errors()) << r.text();
  EXPECT_TRUE(r.services.billing.on);
  ASSERT_EQ(r.services.webhooks.endpoints.size(), 1u);
  EXPECT_TRUE(r.serves("/billing/checkout"));
  EXPECT_TRUE(r.serves("/webhooks/stripe"));
}

TEST(Sections, a_written_route_where_a_service_stands_is_an_error_with_its_place) {
  const Read r{file(kBilling, "[[route]]\npath = \"=/billing/checkout\"\naccess = \"public\"\n")};
  EXPECT_TRUE(r.findings.has_errors());
  EXPECT_THAT(r.text(), HasSubstr("g.toml:"));
  EXPECT_THAT(r.text(), HasSubstr("/billing/checkout"));
}

TEST(Sections, a_setting_that_contradicts_the_mode_is_found_when_all_is_read) {
  const std::string by_hand = "[billing]\nmanual_confirmation = true\n" + std::string(kBilling).substr(10);
  const Read r{file(by_hand)};
  EXPECT_THAT(r.text(), HasSubstr("manual_confirmation"));
}

// Stops: payments that look received and are applied by nobody.
TEST(Sections, handlers_and_endpoints_must_know_each_other) {
  EXPECT_THAT(Read(file(kWebhooks)).text(), HasSubstr("add the [billing] table"));
  const Read unheard{file(kBilling)};
  EXPECT_FALSE(unheard.findings.has_errors()) << unheard.text();
  EXPECT_THAT(unheard.text(), HasSubstr("no event reaches `billing`"));
  const Read other{
      file(kBilling, std::string(kWebhooks).replace(kWebhooks.find("endpoint.stripe"), 15, "endpoint.other"))};
  EXPECT_TRUE(other.findings.has_errors());
  EXPECT_THAT(other.text(), HasSubstr("hears the endpoint `stripe` alone"));
  EXPECT_THAT(Read(file(kBilling, kWebhooks)).text(), Not(HasSubstr("no event reaches")));
}

}  // namespace
}  // namespace gatehouse::app
