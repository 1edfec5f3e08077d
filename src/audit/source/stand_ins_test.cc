#include "audit/source/stand_ins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(StandIns, a_provider_that_takes_no_money_takes_the_place_of_one_without_a_key) {
  EXPECT_THAT(source::places_of({{"pay.ts",
                                  "export const provider = process.env.STRIPE_SECRET_KEY\n"
                                  "  ? new StripeProvider()\n  : new MockProvider()\n"}},
                                "PAY-002"),
              ElementsAre("pay.ts:1"));
  EXPECT_THAT(source::places_of({{"config.py",
                                  "class Settings:\n    @property\n    def demo_mode(self):\n"
                                  "        return not self.stripe_secret_key\n"},
                                 {"payments.py",
                                  "def provider():\n    settings = get_settings()\n    if settings.demo_mode:\n"
                                  "        return MockProvider(settings)\n    return StripeProvider(settings)\n"}},
                                "PAY-002"),
              ElementsAre("payments.py:3"));
  EXPECT_THAT(source::places_of({{"payments.py",
                                  "def provider():\n    if not settings.stripe_secret_key:\n"
                                  "        raise RuntimeError('no mockprovider here')\n    return StripeProvider()\n"}},
                                "PAY-002"),
              IsEmpty());
  EXPECT_THAT(source::places_of({{"payments.py",
                                  "def provider():\n"
                                  "    if not settings.stripe_secret_key and settings.environment != 'production':\n"
                                  "        return MockProvider()\n    return StripeProvider()\n"}},
                                "PAY-002"),
              IsEmpty());
}

TEST(StandIns, who_cannot_be_looked_up_is_no_administrator) {
  const auto handler = [](const std::string& role) {
    return "serve(async (req) => {\n"
           "  const { data, error } = await db.from('profiles').select().eq('id', id).single()\n"
           "  if (error) {\n"
           "    return new Response(JSON.stringify({ id, role: '" +
           role + "' }))\n  }\n  return new Response(JSON.stringify(data))\n})\n";
  };
  EXPECT_THAT(source::places_of({{"supabase/functions/me/index.ts", handler("admin")}}, "AZ-003"),
              ElementsAre("supabase/functions/me/index.ts:4"));
  EXPECT_THAT(source::places_of({{"supabase/functions/me/index.ts", handler("guest")}}, "AZ-003"), IsEmpty());
  EXPECT_THAT(source::places_of({{"auth.py", "def rank(claims):\n    return claims.get('role', 'admin')\n"}}, "AZ-003"),
              ElementsAre("auth.py:2"));
  EXPECT_THAT(source::places_of({{"seed.ts",
                                  "export async function seed() {\n  const user = await User.findOne({ email })\n"
                                  "  if (!user) await User.create({ email, role: 'admin' })\n}\n"}},
                                "AZ-003"),
              IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit
