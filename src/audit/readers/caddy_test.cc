// Caddyfiles, and nginx that stands in a Dockerfile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using source::audited;
using source::lines_of;
using source::said;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> caddy(const std::string& text) { return lines_of("Caddyfile", text, "INF,TLS,CSP,RL"); }

TEST(Caddy, tells_open_doors_of_the_proxy) {
  EXPECT_THAT(caddy("{\n  admin 0.0.0.0:2019\n  servers {\n    trusted_proxies static 0.0.0.0/0\n  }\n}\n"
                    "shop.example.org {\n  tls internal\n  file_server browse\n"
                    "  header Access-Control-Allow-Origin *\n}\n"
                    "http://old.example.org {\n  reverse_proxy app:3000 {\n    transport http {\n"
                    "      tls_insecure_skip_verify\n    }\n  }\n}\n"),
              UnorderedElementsAre("INF-001:2", "RL-003:4", "TLS-002:8", "INF-012:9", "INF-022:10", "CSP-001:7",
                                   "TLS-001:12", "TLS-002:15"));
}

TEST(Caddy, leaves_a_sound_one_alone) {
  EXPECT_THAT(
      caddy("{\n  email me@example.org\n  admin off\n}\n(safe) {\n  header {\n    X-Frame-Options DENY\n  }\n}\n"
            "shop.example.org {\n  import safe\n  root * /srv\n  file_server\n  reverse_proxy /api/* app:3000\n}\n"
            "http://localhost:8080 {\n  tls internal\n  reverse_proxy app:3000\n}\n"),
      IsEmpty());
  EXPECT_THAT(caddy("shop.example.org\nreverse_proxy app:3000\n"), IsEmpty());
}

TEST(ServedByImage, nginx_within_a_dockerfile_is_read_where_it_stands) {
  const std::string page = "server {\n  listen 80;\n  location / { try_files $uri /index.html; }\n}\n";
  EXPECT_TRUE(said(audited({{"Dockerfile", "FROM nginx:1.27\nRUN cat > /etc/nginx/conf.d/default.conf <<'EOF'\n" +
                                               page + "EOF\nUSER nginx\n"}}),
                   "CSP-001:3"));
  EXPECT_TRUE(said(audited({{"Dockerfile",
                             "FROM nginx:1.27\nRUN echo 'server { \\\n    listen 80; \\\n    location / { "
                             "\\\n        try_files $uri /index.html; \\\n    } \\\n}' > "
                             "/etc/nginx/conf.d/default.conf\n"}}),
                   "CSP-001:2"));
}

TEST(ServedByImage, a_port_beside_the_proxy_in_the_front_ends_own_image_is_told) {
  const std::string compose =
      "services:\n  api:\n    build: ./api\n    ports: [\"8000:8000\"]\n"
      "  web:\n    build: ./web\n    ports: [\"3000:80\"]\n";
  const auto with = [&](const std::string& target) {
    return audited({{"docker-compose.yml", compose},
                    {"web/Dockerfile", "FROM nginx:1.27\nCOPY nginx.conf /etc/nginx/conf.d/default.conf\n"},
                    {"web/nginx.conf", "server { location /api/ { proxy_pass http://" + target + ":8000; } }\n"}});
  };
  EXPECT_TRUE(said(with("api"), "INF-026:4"));
  EXPECT_FALSE(said(with("elsewhere"), "INF-026"));
  // How the front end is built is not in the tree, but what it passes on to is.
  EXPECT_TRUE(said(audited({{"docker-compose.yml", compose},
                            {"web/nginx.conf", "server { location /api/ { proxy_pass http://api:8000; } }\n"}}),
                   "INF-026:4"));
}

}  // namespace
}  // namespace gatehouse::audit
