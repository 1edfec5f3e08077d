#include "audit/source/settings_twice.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(SettingsTwice, ASettingThatReplacesItselfIsTold) {
  const auto settings = [](const std::string& second) {
    return finds(
        {{"core/settings.py",
          "REST_FRAMEWORK = {\n    'DEFAULT_AUTHENTICATION_CLASSES': ['a.B'],\n    'PAGE_SIZE': 10,\n}\n" + second}},
        "RUN-004", "assigned a second time");
  };
  EXPECT_TRUE(settings("REST_FRAMEWORK = {'PAGE_SIZE': 20}\n"));
  EXPECT_FALSE(settings("REST_FRAMEWORK = {**REST_FRAMEWORK, 'PAGE_SIZE': 20}\n"));
  EXPECT_FALSE(settings("if DEBUG:\n    REST_FRAMEWORK = {'PAGE_SIZE': 20}\n"));
  EXPECT_FALSE(settings("REST_FRAMEWORK['PAGE_SIZE'] = 20\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
