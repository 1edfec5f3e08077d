// Tokens in the page's storage, in cookies that scripts write, in stores that keep themselves.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

std::vector<std::string> page(const std::string& code) {
  return audited(
      {{"package.json", "{\"dependencies\": {\"vite\": \"5.4.0\", \"react\": \"18.3.1\"}}"}, {"src/session.ts", code}});
}

TEST(KeptTokens, a_cookie_that_a_script_writes_is_read_by_every_script) {
  EXPECT_TRUE(said(page("import Cookies from 'js-cookie';\nCookies.set('access_token', data.access);\n"), "RE-002:2"));
  EXPECT_FALSE(said(page("import Cookies from 'js-cookie';\nCookies.set('theme', 'dark');\n"), "RE-002"));
  EXPECT_TRUE(said(page("document.cookie = `token=${t}; path=/`;\n"), "RE-002:1"));
  EXPECT_FALSE(said(page("document.cookie = 'token=; max-age=0';\n"), "RE-002"));
}

TEST(KeptTokens, a_store_that_keeps_itself_keeps_the_token) {
  const std::string head = "import { persist } from 'zustand/middleware';\n";
  EXPECT_TRUE(
      said(page(head + "export const useAuth = create(persist((set) => ({ token: null }), { name: 'auth' }));\n"),
           "RE-002:2"));
  EXPECT_FALSE(said(page(head + "export const useAuth = create(persist((set) => ({ token: null, name: '' }), { name: "
                                "'auth', partialize: (s) => ({ name: s.name }) }));\n"),
                    "RE-002"));
}

TEST(KeptTokens, reading_one_is_enough_when_nobody_was_seen_to_keep_it) {
  EXPECT_TRUE(said(page("const t = localStorage.getItem('token');\n"), "RE-002:1"));
  EXPECT_FALSE(said(page("const t = localStorage.getItem('token');\nlocalStorage.setItem('token', x);\n"), "RE-002:1"));
  EXPECT_FALSE(said(page("const t = localStorage.getItem('theme');\n"), "RE-002"));
}

TEST(KeptTokens, who_is_signed_in_is_no_token) {
  const std::string kept = "localStorage.setItem('auth_user', JSON.stringify(user));\n";
  EXPECT_FALSE(said(page(kept), "RE-002"));
  EXPECT_TRUE(said(page("localStorage.setItem('auth_token', token);\n" + kept), "RE-002:1"));
  const std::string read =
      "const user = JSON.parse(localStorage.getItem('auth_user'));\n"
      "fetch('/api', { headers: { Authorization: `Bearer ${user.token}` } });\n";
  EXPECT_TRUE(said(page(kept + read), "RE-002:1"));
}

TEST(ClientTokens, AreKeptWithTheWholeAnswerOfASignInToo) {
  const std::string kept =
      "const r = await api.post('/auth/login', data);\nlocalStorage.setItem('user', "
      "JSON.stringify(r.data));\nlocation.href = '/';\n";
  EXPECT_TRUE(said(page(kept + "send(r.data.accessToken);\n"), "RE-002"));
  EXPECT_FALSE(said(page(kept), "RE-002")) << "no token is in it";
}

}  // namespace
}  // namespace gatehouse::audit::source
