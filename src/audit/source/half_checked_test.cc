#include "audit/source/half_checked.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool action(const std::string& asked) {
  return finds({{"package.json", R"({"dependencies":{"next":"15.5.9"}})"},
                {"app/login/actions.ts",
                 "'use server';\nimport { redirect } from 'next/navigation';\nexport async function login(form) {\n"
                 "  const next = String(form.get('next') || '/');\n  await open(form);\n  redirect(" +
                     asked + " ? next : '/');\n}\n"}},
               "EX-012");
}

TEST(HalfChecked, OneSlashIsHalfACheck) {
  EXPECT_TRUE(action("next.startsWith('/')"));
  EXPECT_FALSE(action("next.startsWith('/') && !next.startsWith('//')"));
}

}  // namespace
}  // namespace gatehouse::audit::source
