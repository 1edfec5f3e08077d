#include "audit/source/firestore_rights.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool told(const std::string& rule, const std::string& page) {
  return finds({{"package.json", R"({"dependencies":{"firebase":"10.14.1","react":"18.3.1"}})"},
                {"firestore.rules",
                 "service cloud.firestore {\n  match /databases/{database}/documents {\n    match /users/{id} {\n" +
                     rule + "    }\n  }\n}\n"},
                {"src/useUser.js",
                 "import { doc, getDoc } from 'firebase/firestore';\nexport async function load(db, id) {\n"
                 "  const user = (await getDoc(doc(db, 'users', id))).data();\n" +
                     page + "}\n"}},
               "AZ-003", "People write their whole own document");
}

const std::string kOwner = "      allow read, write: if request.auth != null && request.auth.uid == id;\n";

TEST(FirestoreRights, StandInWhatTheirOwnerWrites) {
  EXPECT_TRUE(told(kOwner, "  return user.subscriptionStatus === 'active';\n"));
  EXPECT_TRUE(told("      allow update: if request.auth.uid == id;\n", "  if (user.role === 'admin') show();\n"));
  EXPECT_FALSE(told(kOwner, "  return user.name;\n"));
  EXPECT_FALSE(told("      allow read: if request.auth.uid == id;\n", "  return user.isPremium;\n"));
  EXPECT_FALSE(
      told("      allow write: if request.auth.uid == id\n"
           "        && !request.resource.data.diff(resource.data).affectedKeys().hasAny(['isPremium']);\n",
           "  return user.isPremium;\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
