// Policies of content as they stand in the source.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using source::lines_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> csp(std::string path, std::string text) {
  return lines_of(std::move(path), std::move(text), "CSP");
}

TEST(ContentPolicy, inline_scripts_are_told_in_every_way_a_policy_is_written) {
  EXPECT_THAT(csp("next.config.mjs",
                  "const rules = [\n  \"default-src 'self'\",\n  \"script-src 'self' 'unsafe-inline' "
                  "'unsafe-eval'\",\n];\n"),
              ElementsAre("CSP-002:3"));
  EXPECT_THAT(csp("server.js",
                  "app.use(helmet({ contentSecurityPolicy: { directives: {\n  defaultSrc: [\"'self'\"],\n"
                  "  scriptSrc: [\"'self'\", \"'unsafe-inline'\"],\n} } }));\n"),
              ElementsAre("CSP-002:3"));
  EXPECT_THAT(csp("shop/settings.py", "CSP_SCRIPT_SRC = (\"'self'\", \"'unsafe-eval'\")\n"), ElementsAre("CSP-003:1"));
  EXPECT_THAT(csp("index.html",
                  "<html><head><meta http-equiv=\"Content-Security-Policy\" content=\"default-src * "
                  "'unsafe-inline'\"></head></html>\n"),
              ElementsAre("CSP-002:1", "CSP-004:1"));
  EXPECT_THAT(csp("vercel.json",
                  "{\"headers\": [{\"source\": \"/(.*)\", \"headers\": [\n{\"key\": \"Content-Security-"
                  "Policy\", \"value\": \"script-src 'self' https:\"}]}]}\n"),
              ElementsAre("CSP-004:2"));
}

TEST(ContentPolicy, what_holds_is_left_alone) {
  EXPECT_THAT(csp("middleware.ts",
                  "const policy = `script-src 'self' 'nonce-${nonce}' 'strict-dynamic' "
                  "'unsafe-inline'; style-src 'self' 'unsafe-inline'`;\n"),
              IsEmpty());
  EXPECT_THAT(csp("next.config.js",
                  "const a = `script-src 'self'${dev ? \" 'unsafe-eval'\" : ''} https://js.stripe.com`;"
                  "\n// script-src 'unsafe-inline'\n"),
              IsEmpty());
  EXPECT_THAT(csp("server.js",
                  "helmet.contentSecurityPolicy({ directives: { \"script-src\": [\"'self'\"], \"style-src\": "
                  "[\"'unsafe-inline'\"] } });\n"),
              IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit
