// Keys in scripts and configuration: defaults in all their spellings, constants, and one key for two purposes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> found(std::string path, std::string text, std::string_view only = "SEC,EX-005,ENV-001") {
  return source::lines_of(std::move(path), std::move(text), only);
}

TEST(Defaults, of_secrets_are_seen_in_schemas_services_and_behind_or) {
  EXPECT_THAT(found("src/env.ts",
                    "export const schema = z.object({\n"
                    "  JWT_SECRET: z.string().min(8).default('shop-jwt'),\n"
                    "  LOG_LEVEL: z.string().default('info'),\n"
                    "  API_SECRET: str({ default: 'shop-api' }),\n"
                    "  APP_SECRET: z.string().min(32),\n"
                    "});\n"),
              UnorderedElementsAre("SEC-013:2", "SEC-013:4"));
  EXPECT_THAT(found("src/auth.module.ts",
                    "const a = config.get('JWT_SECRET') || 'shopkey';\n"
                    "const b = this.config.get<string>('REFRESH_SECRET', 'shopkey');\n"
                    "const c = this.config.get('PORT') || '3000';\n"
                    "const d = this.config.getOrThrow('JWT_SECRET');\n"),
              UnorderedElementsAre("SEC-013:1", "SEC-013:2"));
  EXPECT_THAT(found("settings.py",
                    "A = os.getenv('JWT_SECRET') or 'shopkey'\n"
                    "B = os.getenv('REGION') or 'eu'\n"
                    "C = os.environ['JWT_SECRET']\n"),
              ElementsAre("SEC-013:1"));
}

TEST(Constants, that_sign_tokens_are_told_where_they_stand) {
  EXPECT_THAT(found("src/tokens.js",
                    "const jwt = require('jsonwebtoken');\n"
                    "const SECRET = 'shop_signs_here';\n"
                    "const FROM_ENV = process.env.TOKEN_SECRET;\n"
                    "exports.make = (id) => jwt.sign({ id }, SECRET, { expiresIn: '1h' });\n"
                    "exports.other = (id) => jwt.sign({ id }, FROM_ENV, { expiresIn: '1h' });\n"),
              ElementsAre("EX-005:2"));
  EXPECT_THAT(
      found("config/default.json", "{\n  \"jwtSecret\": \"shopsigns\",\n  \"jwt\": { \"secret\": \"shopsigns2\" }\n}"),
      UnorderedElementsAre("SEC-017:2", "SEC-017:3"));
  EXPECT_THAT(found("src/names.ts",
                    "export const NAMES = {\n"
                    "  JWT_SECRET: 'JWT_SECRET',\n"
                    "  secret: 'jwt-secret',\n"
                    "};\n"),
              IsEmpty());
}

TEST(Purposes, of_one_secret_are_counted_over_cookies_tokens_and_encryption) {
  const std::string head = "const jwt = require('jsonwebtoken');\nconst cookieParser = require('cookie-parser');\n";
  EXPECT_THAT(
      found("src/app.js", head + "app.use(cookieParser(process.env.APP_SECRET));\n"
                                 "const t = (id) => jwt.sign({ id }, process.env.APP_SECRET, { expiresIn: '1h' });\n"),
      ElementsAre("SEC-012:3"));
  EXPECT_THAT(
      found("src/app.js", head + "app.use(cookieParser(process.env.COOKIE_SECRET));\n"
                                 "const t = (id) => jwt.sign({ id }, process.env.JWT_SECRET, { expiresIn: '1h' });\n"),
      IsEmpty());
  EXPECT_THAT(found("src/config.ts",
                    "export const config = {\n"
                    "  accessSecret: process.env.JWT_SECRET,\n"
                    "  refreshSecret: process.env.JWT_SECRET,\n"
                    "};\n"),
              ElementsAre("SEC-012:2"));
  EXPECT_THAT(found("src/config.ts",
                    "export const config = {\n"
                    "  accessSecret: process.env.JWT_SECRET,\n"
                    "  refreshSecret: process.env.JWT_REFRESH_SECRET,\n"
                    "};\n"),
              IsEmpty());
}

TEST(Keys, that_apps_carry_for_their_phone_are_public) {
  const std::string key = std::string("AIza") + "SyB7xK2mQ9wE4rT6yU8iO1pA3sD5fG7hJ9k";
  EXPECT_THAT(
      found("android/app/google-services.json", "{\"client\": [{\"api_key\": [{\"current_key\": \"" + key + "\"}]}]}"),
      IsEmpty());
  EXPECT_THAT(found("ios/GoogleService-Info.plist", "<dict><key>API_KEY</key><string>" + key + "</string></dict>"),
              IsEmpty());
  EXPECT_THAT(found("server/vision.py", "VISION_KEY = \"" + key + "\"\n"), ElementsAre("SEC-001:1"));
}

TEST(Environment, files_are_known_in_every_spelling) {
  const std::string line = std::string("STRIPE_SECRET_KEY=sk_live_") + "4f9Kd02mQpXz7RtY1vBnC8sL\n";
  for (const char* path : {".env_prod", ".env-production", "env.txt", ".envrc", ".env.bak", "api/.env.old"})
    EXPECT_THAT(found(path, line, "ENV-001,INF"), ElementsAre("ENV-001:1")) << path;
}

}  // namespace
}  // namespace gatehouse::audit
