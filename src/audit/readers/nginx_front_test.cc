// nginx in front: the headers its pages carry, and whether anything speaks TLS.
#include <gtest/gtest.h>

#include <algorithm>

#include "audit/audit.h"

namespace gatehouse::audit {
namespace {

bool told(std::string_view id, std::vector<std::pair<std::string, std::string>> files) {
  auto tree = memory_files(std::move(files));
  const auto report = audit_source(*tree, source_pack(), {});
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const auto& f) { return f.id == id; });
}

std::string server(const std::string& more) {
  return "server {\n  listen 80;\n" + more + "  location / { root /srv; try_files $uri /index.html; }\n}\n";
}

TEST(NginxFrontTest, PagesWithoutAnySecurityHeaderAreTold) {
  EXPECT_TRUE(told("CSP-001", {{"nginx.conf", server("")}}));
  EXPECT_FALSE(told("CSP-001",
                    {{"nginx.conf", server("  add_header Content-Security-Policy \"default-src 'self'\" always;\n")}}));
  EXPECT_FALSE(told("CSP-001", {{"nginx.conf", server("  include /etc/nginx/headers.conf;\n")}}));
}

TEST(NginxFrontTest, APublishedPortWithoutTlsAnywhereIsTold) {
  const auto with = [](const std::string& compose, const std::string& more = "") {
    return told("TLS-001", {{"nginx.conf", server(more)}, {"docker-compose.yml", compose}});
  };
  const std::string web = "services:\n  web:\n    image: nginx:1.27\n    ports:\n      - \"80:80\"\n";
  EXPECT_TRUE(with(web));
  EXPECT_TRUE(with(web + "      - \"443:443\"\n")) << "no server listens there";
  EXPECT_FALSE(with(web + "  edge:\n    image: traefik:3.2\n"));
  EXPECT_FALSE(with("services:\n  web:\n    image: nginx:1.27\n    ports:\n      - \"127.0.0.1:8080:80\"\n"));
  EXPECT_FALSE(with(web, "  ssl_certificate /etc/tls/shop.pem;\n"));
}

}  // namespace
}  // namespace gatehouse::audit
