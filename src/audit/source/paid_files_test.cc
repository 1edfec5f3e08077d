// Files that only some may have.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(PaidFiles, AStoreOfPapersIsNotPublic) {
  const auto made = [](const std::string& name, const std::string& open) {
    return !lines_of("app/store.py",
                     "def setup(sb):\n    sb.storage.create_bucket('" + name + "', options={'public': " + open + "})\n",
                     "FS-003")
                .empty();
  };
  EXPECT_TRUE(made("contracts", "True"));
  EXPECT_FALSE(made("contracts", "False"));
  EXPECT_FALSE(made("logos", "True"));
  EXPECT_TRUE(finds({{"src/files.ts",
                      "export async function link(supabase: any, key: string) {\n"
                      "  return supabase.storage.from('invoices').getPublicUrl(key);\n}\n"}},
                    "FS-003", "public address"));
}

TEST(PaidFiles, WhatIsGatedOnAPageIsGatedAtItsAddress) {
  const auto page = [](const std::string& source) {
    return finds({{"app/lessons/page.tsx",
                   "export default async function Page({ lesson, user }) {\n"
                   "  if (!(await hasAccess(user.id))) return <p>Buy it.</p>;\n  return <video src={" +
                       source + "} />;\n}\n"}},
                 "PAY-005", "anybody may open");
  };
  EXPECT_TRUE(page("`/videos/${lesson.file}.mp4`"));
  EXPECT_FALSE(page("`/api/videos/${lesson.file}.mp4`"));
  EXPECT_FALSE(page("`/posters/${lesson.file}.jpg`"));
}

}  // namespace
}  // namespace gatehouse::audit::source
