// Django's own deployment checks, id by id: what each says of a project must be found here without importing it.
#include <gtest/gtest.h>

#include <algorithm>

#include "audit/audit.h"
#include "audit/source/pack.h"

namespace gatehouse::audit::source {
namespace {

// A settings module that Django's checks find nothing in.
constexpr std::string_view kGood = R"(
import os
SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["shop.example.com"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.sessions", "auditlog"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_SSL_REDIRECT = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = True
X_FRAME_OPTIONS = "DENY"
)";

struct Row {
  const char* django;  // the id of Django's check
  const char* ours;
  const char* without;  // the line left out of the good module, or none
  const char* with;     // the line put in its place
};

const Row kRows[] = {
    {"security.W001", "DJ-001", "    \"django.middleware.security.SecurityMiddleware\",\n", ""},
    {"security.W002", "DJ-002", "    \"django.middleware.clickjacking.XFrameOptionsMiddleware\",\n", ""},
    {"security.W003", "DJ-003", "    \"django.middleware.csrf.CsrfViewMiddleware\",\n", ""},
    {"security.W004", "DJ-004", "SECURE_HSTS_SECONDS = 31536000\n", ""},
    {"security.W005", "DJ-005", "SECURE_HSTS_INCLUDE_SUBDOMAINS = True\n", ""},
    {"security.W006", "DJ-006", "", "SECURE_CONTENT_TYPE_NOSNIFF = False\n"},
    {"security.W008", "DJ-007", "SECURE_SSL_REDIRECT = True\n", ""},
    {"security.W009", "DJ-008", "SECRET_KEY = os.environ[\"SECRET_KEY\"]\n", "SECRET_KEY = \"shop\"\n"},
    {"security.W009 (made by startproject)", "DJ-008", "SECRET_KEY = os.environ[\"SECRET_KEY\"]\n",
     "SECRET_KEY = \"django-insecure-1f0k2m3n4b5v6c7x8z9a0s1d2f3g4h5j6k7l8q9w\"\n"},
    {"security.W010", "DJ-009", "SESSION_COOKIE_SECURE = True\n", ""},
    {"security.W011 and W012", "DJ-009", "SESSION_COOKIE_SECURE = True\n", "SESSION_COOKIE_SECURE = False\n"},
    {"security.W013, W014 and W015", "DJ-010", "SESSION_COOKIE_HTTPONLY = True\n", "SESSION_COOKIE_HTTPONLY = False\n"},
    {"security.W016", "DJ-011", "CSRF_COOKIE_SECURE = True\n", ""},
    {"security.W018", "DJ-012", "DEBUG = False\n", "DEBUG = True\n"},
    {"security.W019", "DJ-002", "X_FRAME_OPTIONS = \"DENY\"\n", "X_FRAME_OPTIONS = \"SAMEORIGIN\"\n"},
    {"security.W020", "DJ-013", "ALLOWED_HOSTS = [\"shop.example.com\"]\n", "ALLOWED_HOSTS = []\n"},
    {"security.W021", "DJ-005", "SECURE_HSTS_PRELOAD = True\n", ""},
    {"security.W022", "DJ-014", "SECURE_REFERRER_POLICY = \"same-origin\"\n", "SECURE_REFERRER_POLICY = None\n"},
    {"security.E023", "DJ-014", "SECURE_REFERRER_POLICY = \"same-origin\"\n",
     "SECURE_REFERRER_POLICY = \"sometimes\"\n"},
    {"security.E024", "DJ-015", "", "SECURE_CROSS_ORIGIN_OPENER_POLICY = \"sometimes\"\n"},
    {"security.W025", "DJ-008", "", "SECRET_KEY_FALLBACKS = [\"the-old-one\"]\n"},
    {"security.E100", "DJ-037", "", "DEFAULT_HASHING_ALGORITHM = \"md5\"\n"},
    {"security.E101", "DJ-037", "", "CSRF_FAILURE_VIEW = \"refused\"\n"},
    {"security.E102", "DJ-037", "", "CSRF_FAILURE_VIEW = \"shop.views.refused\"\n"},
    {"4_0.E001", "DJ-037", "", "CSRF_TRUSTED_ORIGINS = [\"shop.example.com\"]\n"},
};

std::vector<std::string> found(std::string settings) {
  auto tree =
      memory_files({{"shop/settings.py", std::move(settings)}, {"shop/views.py", "def index(request):\n  pass\n"}});
  Pack pack;
  add_source(pack);
  std::vector<std::string> out;
  for (const proof::Finding& f : audit_source(*tree, std::move(pack), {}).findings) out.push_back(f.id);
  return out;
}

TEST(DjangoChecks, find_nothing_in_settings_that_django_has_nothing_against) {
  EXPECT_EQ(found(std::string(kGood)), std::vector<std::string>{});
}

TEST(DjangoChecks, say_what_each_check_of_django_says) {
  for (const Row& row : kRows) {
    std::string settings(kGood);
    if (*row.without != 0) {
      const std::size_t at = settings.find(row.without);
      ASSERT_NE(at, std::string::npos) << row.django;
      settings.replace(at, std::string(row.without).size(), row.with);
    } else {
      settings += row.with;
    }
    const auto ids = found(settings);
    EXPECT_NE(std::find(ids.begin(), ids.end(), row.ours), ids.end()) << row.django << "\n" << settings;
    EXPECT_EQ(std::count_if(ids.begin(), ids.end(), [&](const std::string& i) { return i != row.ours; }), 0)
        << row.django;
  }
}

}  // namespace
}  // namespace gatehouse::audit::source
