#include "audit/source/second_purchases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(Texts files) { return places_of(std::move(files), "PAY-010"); }

std::string route(const std::string& before) {
  return "export async function POST(req: Request) {\n"
         "  const { userId } = await auth()\n" +
         before +
         "  const page = await stripe.checkout.sessions.create({ mode: 'subscription', client_reference_id: userId })\n"
         "  return Response.json({ url: page.url })\n}\n";
}

TEST(SecondPurchases, are_open_where_nobody_asks_for_a_subscription_that_runs) {
  EXPECT_THAT(found({{"app/api/subscribe/route.ts", route("")}}), ElementsAre("app/api/subscribe/route.ts:3"));
  // The customer's id is no subscription, nor is what was asked for.
  EXPECT_THAT(
      found({{"app/api/subscribe/route.ts",
              route("  const { plan } = await req.json()\n  if (!plan) return new Response('', { status: 400 })\n"
                    "  if (!user.stripeCustomerId) await makeCustomer(user)\n")}}),
      ElementsAre("app/api/subscribe/route.ts:6"));
}

TEST(SecondPurchases, are_closed_by_any_question_ahead_of_the_checkout) {
  for (const char* before :
       {"  if (user.subscriptionStatus === 'active') return new Response('', { status: 409 })\n",
        "  const row = await db.subscription.findFirst({ where: { userId } })\n  if (row) return conflict()\n",
        "  const now = await stripe.subscriptions.list({ customer })\n", "  await ensureNoActiveSubscription(userId)\n",
        "  if (user.plan !== 'free') return conflict()\n"})
    EXPECT_THAT(found({{"app/api/subscribe/route.ts", route(before)}}), IsEmpty()) << before;
}

TEST(SecondPurchases, are_told_at_the_door_that_leads_to_them) {
  const std::string helper =
      "export const openCheckout = (userId) =>\n"
      "  stripe.checkout.sessions.create({ mode: 'subscription', metadata: { userId } })\n";
  EXPECT_THAT(found({{"lib/billing.ts", helper},
                     {"app/api/buy/route.ts",
                      "import { openCheckout } from '@/lib/billing'\nexport async function POST(req) {\n"
                      "  const page = await openCheckout(userId)\n  return Response.json(page)\n}\n"}}),
              ElementsAre("app/api/buy/route.ts:3"));
  EXPECT_THAT(found({{"lib/billing.ts", helper},
                     {"app/api/buy/route.ts",
                      "import { openCheckout } from '@/lib/billing'\nexport async function POST(req) {\n"
                      "  if (user.isSubscribed) return conflict()\n"
                      "  const page = await openCheckout(userId)\n  return Response.json(page)\n}\n"}}),
              IsEmpty());
}

TEST(SecondPurchases, of_strangers_cannot_be_known) {
  EXPECT_THAT(found({{"app/api/subscribe/route.ts",
                      "export async function POST() {\n"
                      "  const page = await stripe.checkout.sessions.create({ mode: 'subscription' })\n"
                      "  return Response.json({ url: page.url })\n}\n"}}),
              IsEmpty());
}

TEST(SecondPurchases, of_a_course_are_open_where_nobody_looks_who_owns_it) {
  const auto buy = [](const std::string& before) {
    return "exports.buy = async (req, res) => {\n"
           "  const course = await Course.findById(req.params.id)\n" +
           before +
           "  const order = await razorpay.orders.create({ amount: course.price, notes: { user: req.user.id } })\n"
           "  res.json(order)\n}\n";
  };
  EXPECT_THAT(found({{"controllers/buy.js", buy("")}}), ElementsAre("controllers/buy.js:2"));
  EXPECT_THAT(
      found({{"controllers/buy.js", buy("  if (req.user.courses.includes(course.id)) return res.sendStatus(409)\n")}}),
      IsEmpty());
}

TEST(SecondPurchases, of_one_order_are_payments_that_are_left_open) {
  const auto pay = [](const std::string& before, const std::string& more) {
    return "def pay(booking):\n" + before + "    intent = stripe.PaymentIntent.create(amount=booking.total" + more +
           ")\n    booking.stripe_payment_intent_id = intent.id\n    booking.save()\n    return intent\n";
  };
  EXPECT_THAT(found({{"payments/services.py", pay("", "")}}), ElementsAre("payments/services.py:2"));
  EXPECT_THAT(found({{"payments/services.py", pay("", ", idempotency_key=f'booking-{booking.id}'")}}), IsEmpty());
  EXPECT_THAT(found({{"payments/services.py",
                      pay("    if booking.stripe_payment_intent_id:\n        return again(booking)\n", "")}}),
              IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source
