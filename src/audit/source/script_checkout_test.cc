#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/audit.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> found(std::vector<std::pair<std::string, std::string>> files) {
  auto tree = memory_files(std::move(files));
  AuditOptions options;
  options.only = "EX-012,PAY-001";
  options.now = 1790000000;
  std::vector<std::string> out;
  for (const proof::Finding& f : audit_source(*tree, source_pack(), options).findings)
    out.push_back(f.id + ":" + f.locations.front().path + ":" + std::to_string(f.locations.front().line));
  return out;
}

std::string helper(const std::string& parameters, const std::string& check = "") {
  return "export async function createCheckoutSession(" + parameters + ") {\n" + check +
         "  return stripe.checkout.sessions.create({\n"
         "    line_items: [{ price: priceId, quantity: 1 }],\n"
         "    success_url: back,\n    cancel_url: back,\n  });\n}\n";
}
std::string handler(const std::string& call) {
  return "import { createCheckoutSession } from '@/lib/billing';\n"
         "export async function POST(req: Request) {\n"
         "  const { userId } = await auth();\n  if (!userId) return new Response('', { status: 401 });\n"
         "  const { priceId, back } = await req.json();\n"
         "  const session = await " +
         call + ";\n  return Response.json({ url: session.url });\n}\n";
}

TEST(Checkout, whose_price_and_way_back_the_client_names_is_told_through_a_helper) {
  EXPECT_THAT(found({{"lib/billing.ts", helper("priceId: string, back: string")},
                     {"app/api/checkout/route.ts", handler("createCheckoutSession(priceId, back)")}}),
              UnorderedElementsAre("PAY-001:lib/billing.ts:3", "EX-012:lib/billing.ts:4"));
  EXPECT_THAT(found({{"lib/billing.ts", helper("{ priceId, back }: Options")},
                     {"app/api/checkout/route.ts", handler("createCheckoutSession({ priceId, back })")}}),
              UnorderedElementsAre("PAY-001:lib/billing.ts:3", "EX-012:lib/billing.ts:4"));
}

TEST(Checkout, with_the_shops_own_price_and_address_is_fine) {
  EXPECT_THAT(found({{"lib/billing.ts", helper("priceId: string, back: string")},
                     {"app/api/checkout/route.ts", handler("createCheckoutSession(PRICE, process.env.SITE_URL)")}}),
              IsEmpty());
  EXPECT_THAT(found({{"lib/billing.ts",
                      helper("priceId: string, back: string", "  if (!PRICES.includes(priceId)) throw new Error();\n")},
                     {"app/api/checkout/route.ts", handler("createCheckoutSession(priceId, SITE)")}}),
              IsEmpty());
}

TEST(Checkout, in_the_handler_itself_is_told_there) {
  EXPECT_THAT(found({{"routes/pay.js",
                      "router.post('/checkout', requireAuth, async (req, res) => {\n"
                      "  const { priceId } = req.body;\n"
                      "  const s = await stripe.checkout.sessions.create({\n"
                      "    line_items: [{ price: priceId, quantity: 1 }],\n"
                      "    success_url: `${process.env.SITE}/done?price=${priceId}`,\n"
                      "    cancel_url: process.env.SITE + '/back?price=' + priceId,\n  });\n  res.json({ url: s.url "
                      "});\n});\n"}}),
              ElementsAre("PAY-001:routes/pay.js:4"));
}

}  // namespace
}  // namespace gatehouse::audit
