#include "audit/source/next_hooks.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool told(std::string path, std::string_view head) {
  return finds(
      {{"package.json", R"({"name":"a","dependencies":{"next":"15.5.9","react":"19.1.2"}})"},
       {std::move(path), std::string(head) +
                             "import { useState } from 'react'\nexport default function Page() {\n  const [a] = "
                             "useState(1)\n  return <p>{a}</p>\n}\n"}},
      "RUN-004", "the server renders");
}

TEST(NextHooks, FailInAPageOfTheServer) {
  EXPECT_TRUE(told("app/thanks/page.tsx", ""));
  EXPECT_FALSE(told("app/thanks/page.tsx", "'use client'\n"));
  EXPECT_FALSE(told("components/thanks.tsx", ""));
  EXPECT_FALSE(told("pages/thanks.tsx", ""));
}

}  // namespace
}  // namespace gatehouse::audit::source
