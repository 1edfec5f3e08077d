#include "audit/source/firestore_rules.h"

#include <gtest/gtest.h>

namespace gatehouse::audit::source {
namespace {

TEST(FirestoreRules, are_read_with_their_functions_and_places) {
  const auto all = firestore_allows(
      "service cloud.firestore {\n  match /databases/{db}/documents {\n"
      "    function signedIn() { return request.auth != null; } // allow read: if true;\n"
      "    match /users/{uid} {\n      allow list: if signedIn();\n"
      "      match /notes/{id} {\n        allow read,\n          write: if\n signedIn() && request.auth.uid == uid;\n"
      "      }\n    }\n    match /{document=**} { allow read; }\n  }\n}\n");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].collection, "users");
  EXPECT_EQ(all[0].condition, " (request.auth != null)");
  EXPECT_EQ(all[0].line, 5);
  EXPECT_EQ(all[1].collection, "notes");
  EXPECT_EQ(all[1].line, 7);
  EXPECT_EQ(all[2].collection, "**");
  EXPECT_EQ(all[2].condition, "true");
}

}  // namespace
}  // namespace gatehouse::audit::source
