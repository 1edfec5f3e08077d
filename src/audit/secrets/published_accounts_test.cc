#include "audit/secrets/published_accounts.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::secrets {
namespace {

bool tells(const std::string& guide) { return source::finds({{"README.md", guide}}, "SEC-019"); }

TEST(PublishedAccounts, AreReadFromLinesPairsAndTables) {
  EXPECT_TRUE(tells("Default admin: root@shop.io / Sh0pkeeper\n"));
  EXPECT_TRUE(tells("- **Email:** `root@shop.io`\n- **Password:** `Sh0pkeeper`\n"));
  EXPECT_TRUE(tells("| User | Login | Password |\n|--|--|--|\n| Boss | root@shop.io | Sh0pkeeper |\n"));
  EXPECT_TRUE(tells("Username: admin\nPassword: admin123\n"));
}

TEST(PublishedAccounts, AreNotWhatAGuideSaysOfPasswordsNorTheBodyOfACall) {
  EXPECT_FALSE(tells("Write to ops@shop.io.\nPassword: at least 12 characters\n"));
  EXPECT_FALSE(tells("curl -d '{\"email\":\"root@shop.io\",\"password\":\"Sh0pkeeper\"}' https://shop.io/login\n"));
  EXPECT_FALSE(tells("SMTP_USER=root@shop.io\nSMTP_PASSWORD=Sh0pkeeper\n"));
  EXPECT_FALSE(tells("Password: Sh0pkeeper\n")) << "nobody is named";
  EXPECT_FALSE(tells("| Table | Password | Purpose |\n|--|--|--|\n| users | bcrypt, 12 rounds | sign-in |\n"));
}

}  // namespace
}  // namespace gatehouse::audit::secrets
