#include "audit/source/empty_secrets.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

constexpr const char* kTitle = "The secret that signatures are checked with falls back to an empty text";

TEST(EmptySecrets, OfNest) {
  const auto nest = [](const std::string& read) {
    return finds(
        {{"package.json", R"({"dependencies":{"@nestjs/core":"10.4.7","@nestjs/config":"3.3.0"}})"},
         {"src/webhook.service.ts", "export class WebhookService {\n  take(body, mark) {\n    const secret = " + read +
                                        ";\n    return this.provider.verify(body, mark, secret);\n  }\n}\n"}},
        "SEC-013", kTitle);
  };
  EXPECT_TRUE(nest("this.configService.get('GOCARDLESS_WEBHOOK_SECRET', '')"));
  EXPECT_TRUE(nest("this.configService.get('GOCARDLESS_WEBHOOK_SECRET') || ''"));
  EXPECT_FALSE(nest("this.configService.getOrThrow('GOCARDLESS_WEBHOOK_SECRET')"));
  EXPECT_FALSE(nest("this.configService.get('MAIL_FROM', '')"));
}

TEST(EmptySecrets, ThatTheCheckRefusesHarmNobody) {
  const auto check = [](const std::string& first) {
    return finds(
        {{"package.json", R"({"dependencies":{"express":"5.1.0"}})"},
         {"src/hooks.js",
          "const crypto = require('crypto');\nconst SECRET = process.env.COURIER_WEBHOOK_SECRET || '';\n"
          "exports.check = (raw, mark) => {\n" +
              first + "  return crypto.createHmac('sha256', SECRET).update(raw).digest('hex') === mark;\n};\n"}},
        "SEC-013", kTitle);
  };
  EXPECT_TRUE(check(""));
  EXPECT_FALSE(check("  if (!SECRET) return false;\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
