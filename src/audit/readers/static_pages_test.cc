#include "audit/readers/static_pages.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

constexpr const char* kTitle = "Pages are given out without";
const std::pair<std::string, std::string> kVite{"package.json", R"({"devDependencies":{"vite":"5.4.10"}})"};

bool told(const std::pair<std::string, std::string>& host, const std::string& index = "<div id=root></div>\n") {
  return source::finds({kVite, host, {"index.html", index}}, "CSP-001", kTitle);
}

TEST(StaticPages, OfAHostWithoutHeaders) {
  EXPECT_TRUE(told({"netlify.toml", "[build]\n  publish = \"dist\"\n"}));
  EXPECT_TRUE(told({"vercel.json", R"j({"rewrites":[{"source":"/(.*)","destination":"/"}]})j"}));
  EXPECT_FALSE(
      told({"netlify.toml", "[[headers]]\n  for = \"/*\"\n  [headers.values]\n    X-Frame-Options = \"DENY\"\n"}));
  EXPECT_FALSE(told({"netlify.toml", "[build]\n"},
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'\">\n"));
}

TEST(StaticPages, OfAnImageOfNginxAsItComes) {
  const std::string image =
      "FROM node:22.11.0 AS build\nRUN npm run build\nFROM nginx:1.27.2\n"
      "COPY --from=build /app/dist /usr/share/nginx/html\n";
  EXPECT_TRUE(told({"web/Dockerfile", image}));
  EXPECT_FALSE(told({"web/Dockerfile", image + "COPY nginx.conf /etc/nginx/conf.d/default.conf\n"}));
  EXPECT_FALSE(told({"web/Dockerfile", "FROM node:22.11.0\nCMD [\"node\", \"server.js\"]\n"}));
}

TEST(StaticPages, OfAServersOwnAreNotAsked) {
  EXPECT_FALSE(source::finds({{"package.json", R"({"dependencies":{"next":"15.5.9"}})"}, {"vercel.json", "{}"}},
                             "CSP-001", kTitle));
}

}  // namespace
}  // namespace gatehouse::audit
