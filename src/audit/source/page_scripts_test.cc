#include "audit/source/page_scripts.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(PageScripts, StandWhereTheyStoodInThePage) {
  EXPECT_EQ(own_scripts("<p>\n<script>a()</script>\n<script src=\"x.js\"></script>"),
            "   \n        a()         \n                            ");
  EXPECT_EQ(own_scripts("<p>nothing</p>"), "");
  EXPECT_EQ(own_scripts("<script type=\"application/json\">{}</script>"), "");
  EXPECT_EQ(own_scripts("<script"), "");
}

TEST(PageScripts, KeepTokensWhereEveryScriptReadsThem) {
  const auto page = [](std::string_view script) {
    return lines_of("public/login.html",
                    "<html>\n<body>\n<script>\nasync function go() {\n  const token = (await ask()).token;\n  " +
                        std::string(script) + "\n}\n</script>\n</body></html>\n",
                    "RE");
  };
  EXPECT_TRUE(said(page("document.cookie = `token=${token}; path=/`;"), "RE-002:6"));
  EXPECT_TRUE(said(page("localStorage.setItem('token', token);"), "RE-002:6"));
  EXPECT_TRUE(said(page("box.innerHTML = (await ask()).text;"), "RE-001:6"));
  EXPECT_FALSE(said(page("box.innerHTML = `<b>${esc((await ask()).text)}</b>`;"), "RE-001"));
  EXPECT_FALSE(said(page("localStorage.setItem('theme', 'dark');"), "RE-002"));
}

TEST(PageScripts, OfSupabaseKeepItsSessionWhereTheyAreTold) {
  const auto made = [](std::string_view storage) {
    return lines_of("src/lib/db.ts",
                    "import { createClient } from '@supabase/supabase-js';\n"
                    "class Kept {\n  getItem(k) { return localStorage.getItem(k); }\n"
                    "  setItem(k, v) { localStorage.setItem(k, v); }\n}\n"
                    "export const db = createClient(url, key, { auth: { storage: " +
                        std::string(storage) + " } });\n",
                    "RE");
  };
  EXPECT_TRUE(said(made("new Kept()"), "RE-002:6"));
  EXPECT_TRUE(said(made("window.localStorage"), "RE-002:6"));
  EXPECT_FALSE(said(made("cookieStorage"), "RE-002"));
}

}  // namespace
}  // namespace gatehouse::audit::source
