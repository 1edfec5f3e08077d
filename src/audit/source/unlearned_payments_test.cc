#include "audit/source/unlearned_payments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(Texts files) { return places_of(std::move(files), "PAY-002"); }

const std::string kHook =
    "exports.webhook = (req, res) => {\n"
    "  const event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], secret)\n"
    "  handle(event)\n  res.send('ok')\n}\n";

TEST(UnlearnedPayments, nobody_hears_of_what_was_paid) {
  const std::string open =
      "exports.checkout = async (req, res) => {\n"
      "  const page = await stripe.checkout.sessions.create({ mode: 'payment', line_items: lines(req.user) })\n"
      "  res.json({ url: page.url })\n}\n";
  EXPECT_THAT(found({{"controllers/pay.js", open}}), ElementsAre("controllers/pay.js:2"));
  EXPECT_THAT(found({{"controllers/pay.js", open}, {"controllers/events.js", kHook}}), IsEmpty());
}

TEST(UnlearnedPayments, a_browser_that_closes_tells_nothing) {
  const std::string pay =
      "exports.order = async (req, res) => res.json(await razorpay.orders.create({ amount: await total(req.user) }))\n"
      "exports.verify = async (req, res) => {\n"
      "  const order = await Order.findOne({ razorpay: req.body.order, user: req.user.id, status: 'pending' })\n"
      "  const mine = crypto.createHmac('sha256', secret).update(order.razorpay + '|' + "
      "req.body.payment).digest('hex')\n"
      "  if (mine !== req.body.signature) return res.sendStatus(400)\n"
      "  order.status = 'paid'\n  await order.save()\n  res.json(order)\n}\n";
  EXPECT_THAT(found({{"controllers/pay.js", pay}}), ElementsAre("controllers/pay.js:4"));
  EXPECT_THAT(found({{"controllers/pay.js", pay}, {"routes/webhook.js", "module.exports = require('./events')\n"}}),
              IsEmpty());
}

TEST(UnlearnedPayments, a_subscription_may_be_asked_of_the_provider) {
  const std::string open =
      "export async function POST() {\n"
      "  const page = await stripe.checkout.sessions.create({ mode: 'subscription', customer: user.customer })\n"
      "  return Response.json(page)\n}\n";
  EXPECT_THAT(found({{"app/api/buy/route.ts", open}}), ElementsAre("app/api/buy/route.ts:2"));
  EXPECT_THAT(found({{"app/api/buy/route.ts", open},
                     {"lib/plan.ts",
                      "export const planOf = async (customer) =>\n"
                      "  (await stripe.subscriptions.list({ customer })).data[0]  // a subscription\n"}}),
              IsEmpty());
}

TEST(UnlearnedPayments, what_is_opened_is_not_paid_yet) {
  const auto subscribe = [](const std::string& status) {
    return "const subscribe = async (userId, plan) => {\n"
           "  const made = await razorpay.subscriptions.create({ plan_id: PLANS[plan], total_count: 12 })\n"
           "  await prisma.subscription.upsert({\n    where: { userId },\n"
           "    update: { plan, providerId: made.id, status: " +
           status + " },\n    create: { userId, plan, providerId: made.id, status: " + status + " },\n  })\n}\n";
  };
  const auto early = [&](const std::string& status) {
    return found({{"src/billing.js", subscribe(status)}, {"src/events.js", kHook}});
  };
  EXPECT_THAT(early("'ACTIVE'"), ElementsAre("src/billing.js:5"));
  EXPECT_THAT(early("'PENDING'"), IsEmpty());
  EXPECT_THAT(early("made.status"), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source
