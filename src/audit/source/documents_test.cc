// What a project says of itself, beside what it does.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(Documents, an_api_that_describes_itself_is_held_to_it) {
  const auto api = [](const std::string& rule) {
    return audited(
        {{"main.py",
          "from fastapi import FastAPI\napp = FastAPI(\n    title=\"Shop\",\n    description=\"\"\"\n    ## Security\n"
          "\n    - Row Level Security (RLS) on all database tables\n    \"\"\",\n)\n"},
         {"supabase/migrations/1.sql", "create table public.orders (id uuid, email text);\n" + rule}});
  };
  EXPECT_TRUE(said(api(""), "DOC-001:7"));
  EXPECT_FALSE(said(api("alter table public.orders enable row level security;\n"), "DOC-001"));
}

TEST(Documents, a_measure_that_is_named_among_the_features_is_claimed) {
  const auto readme = [](const std::string& how) {
    return audited({{"README.md", "# Shop\n\n## Features\n\n- Sign-in with a JWT in an HTTP-only cookie\n"},
                    {"src/session.ts", how}});
  };
  EXPECT_TRUE(said(readme("localStorage.setItem('token', t);\n"), "DOC-001:5"));
  EXPECT_FALSE(said(readme("export const name = 'shop';\n"), "DOC-001"));
}

TEST(Documents, what_refutes_a_claim_is_about_the_same_thing) {
  const auto document = [](const std::string& line, const std::string& code) {
    return said(audited({{"package.json", R"({"dependencies":{"express":"4.21.2","bcrypt":"5.1.1"}})"},
                         {"SECURITY.md", "# Security\n\n## Measures\n\n- " + line + "\n"},
                         {"src/auth.js", code}}),
                "DOC-001");
  };
  const std::string kept = "export const keep = (t) => localStorage.setItem('token', t);\n";
  EXPECT_TRUE(document("Tokens are never kept in localStorage", kept));
  EXPECT_FALSE(document("Refresh tokens are kept in HttpOnly cookies", kept));
  const std::string short_ones =
      "router.post('/register', async (req, res) => {\n  const { email, password } = req.body;\n"
      "  if (password.length < 6) return res.status(400).end();\n"
      "  await User.create({ email, password: await bcrypt.hash(password, 12) });\n});\n";
  EXPECT_FALSE(document("Passwords are hashed with bcrypt", short_ones));
}

TEST(Environment, secrets_are_asked_for_at_the_start) {
  const auto server = [](const std::string& first) {
    return audited(
        {{"package.json", "{\"dependencies\": {\"express\": \"4.21.2\", \"jsonwebtoken\": \"9.0.2\"}}"},
         {"src/auth.js", first + "const jwt = require('jsonwebtoken');\n"
                                 "exports.sign = (u) => jwt.sign({ id: u.id }, process.env.JWT_SECRET);\n"}});
  };
  EXPECT_TRUE(said(server(""), "ENV-006:2"));
  EXPECT_FALSE(said(server("if (!process.env.JWT_SECRET) throw new Error('JWT_SECRET is missing');\n"), "ENV-006"));
}

}  // namespace
}  // namespace gatehouse::audit::source
