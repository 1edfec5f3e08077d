#include "audit/source/browser_guards.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

constexpr const char* kApp =
    "import { Route } from 'react-router-dom';\nimport PrivateRoute from './PrivateRoute';\n"
    "export default () => <Route path=\"/admin\" element={<PrivateRoute><Home /></PrivateRoute>} />;\n";
constexpr const char* kGate =
    "import { Navigate } from 'react-router-dom';\nconst PrivateRoute = ({ children }) => {\n"
    "  const [user] = useAuthState(auth);\n  if (!user) return <Navigate to=\"/login\" />;\n  return children;\n};\n"
    "export default PrivateRoute;\n";

Texts salon(const std::string& gate, const std::string& rules) {
  return {{"package.json", R"({"dependencies":{"firebase":"10.12.0","react":"18.3.1"}})"},
          {"firestore.rules", rules},
          {"src/App.jsx", kApp},
          {"src/PrivateRoute.jsx", gate}};
}

constexpr const char* kAnyAccount = "match /bookings/{id} { allow read, write: if request.auth != null; }\n";
constexpr const char* kByClaim = "match /bookings/{id} { allow write: if request.auth.token.admin == true; }\n";

TEST(BrowserGuards, AnyAccountPassesForTheAdministration) {
  EXPECT_TRUE(finds(salon(kGate, kAnyAccount), "AZ-008", "Every account passes"));
}

TEST(BrowserGuards, ARoleInTheGateOrTheRulesIsAsked) {
  EXPECT_FALSE(finds(salon(kGate, kByClaim), "AZ-008", "Every account passes"));
  std::string ranked = kGate;
  ranked.insert(ranked.find("  return children"), "  if (user.role !== 'owner') return null;\n");
  EXPECT_FALSE(finds(salon(ranked, kAnyAccount), "AZ-008", "Every account passes"));
}

TEST(BrowserGuards, AServerMayJudgeAgain) {
  Texts files = salon(kGate, kAnyAccount);
  files.emplace_back("server/index.js", "const express = require('express');\n");
  EXPECT_FALSE(finds(files, "AZ-008", "Every account passes"));
}

}  // namespace
}  // namespace gatehouse::audit::source
