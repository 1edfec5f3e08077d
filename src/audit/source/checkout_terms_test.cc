#include "audit/source/checkout_terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::string path, std::string text, std::string_view id) {
  return source::places_of({{std::move(path), std::move(text)}}, id);
}

TEST(CheckoutTerms, who_gets_the_money_is_not_the_buyers_to_say) {
  const auto view = [](const std::string& account) {
    return "def buy(request):\n"
           "    data = request.data\n"
           "    course = get_object_or_404(Course, id=data['course'])\n"
           "    account = " +
           account +
           "\n"
           "    return stripe.checkout.Session.create(line_items=lines(course),\n"
           "        payment_intent_data={'transfer_data': {'destination': account}})\n";
  };
  EXPECT_THAT(found("shop/views.py", view("data.get('teacher_account')"), "PAY-001"), ElementsAre("shop/views.py:6"));
  EXPECT_THAT(found("shop/views.py", view("course.teacher.stripe_account"), "PAY-001"), IsEmpty());
}

TEST(CheckoutTerms, a_plan_of_the_clients_beside_a_price_of_the_servers_is_whatever_he_names) {
  const auto action = [](const std::string& price) {
    return "'use server'\n"
           "export const checkout = client.schema(z.object({ plan: z.string() })).action(async ({ parsedInput }) => {\n"
           "  const s = await stripe.checkout.sessions.create({\n"
           "    metadata: { userId: me.id, planType: parsedInput.plan },\n"
           "    line_items: [{ price: " +
           price + ", quantity: 1 }],\n  })\n  return s.id\n})\n";
  };
  EXPECT_THAT(found("src/actions/checkout.ts", action("process.env.STARTER_PRICE"), "PAY-001"),
              ElementsAre("src/actions/checkout.ts:4"));
  EXPECT_THAT(found("src/actions/checkout.ts", action("PRICES[parsedInput.plan]"), "PAY-001"), IsEmpty());
}

TEST(CheckoutTerms, an_order_that_keeps_the_payment_its_buyer_names_was_perhaps_never_paid) {
  const auto route = [](const std::string& ask) {
    return "router.post('/orders', auth, async (req, res) => {\n"
           "  const { items, razorpayPaymentId } = req.body\n" +
           ask +
           "  const order = await Order.create({ user: req.user.id, items, razorpayPaymentId, state: 'paid' })\n"
           "  res.json(order)\n})\n";
  };
  EXPECT_THAT(found("routes/orders.js", route(""), "PAY-002"), ElementsAre("routes/orders.js:3"));
  EXPECT_THAT(
      found("routes/orders.js",
            route("  const p = await razorpay.payments.fetch(razorpayPaymentId)\n"
                  "  if (p.status !== 'captured' || p.notes.user !== req.user.id) return res.sendStatus(402)\n"),
            "PAY-002"),
      IsEmpty());
  EXPECT_THAT(found("shop/views.py",
                    "@login_required\ndef place(request):\n"
                    "    data = json.loads(request.body)\n"
                    "    Order.objects.create(user=request.user, total=total(data), payment_id=data['payment_id'])\n",
                    "PAY-002"),
              ElementsAre("shop/views.py:4"));
}

TEST(CheckoutTerms, a_cart_that_is_read_after_the_payment_is_another_one) {
  const auto hook = [](const std::string& table) {
    return "export async function POST(req) {\n"
           "  const event = stripe.webhooks.constructEvent(await req.text(), sig(req), process.env.HOOK)\n"
           "  const s = event.data.object\n"
           "  const { data: rows } = await db.from('" +
           table +
           "').select('*').eq('user_id', s.metadata.user)\n"
           "  await db.from('orders').insert({ user_id: s.metadata.user, rows })\n"
           "  return new Response()\n}\n";
  };
  EXPECT_THAT(found("app/api/hook/route.ts", hook("cart_items"), "PAY-001"), ElementsAre("app/api/hook/route.ts:4"));
  EXPECT_THAT(found("app/api/hook/route.ts", hook("order_drafts"), "PAY-001"), IsEmpty());
}

TEST(CheckoutTerms, a_price_has_a_currency_of_the_shops) {
  const auto pay = [](const std::string& ask) {
    return "app.post('/pay', auth, async (req, res) => {\n  const { pack, currency } = req.body\n" + ask +
           "  const pi = await stripe.paymentIntents.create({ amount: PACKS[pack], currency })\n"
           "  res.json(pi)\n})\n";
  };
  EXPECT_THAT(found("pay.js", pay(""), "PAY-001"), ElementsAre("pay.js:3"));
  EXPECT_THAT(found("pay.js", pay("  if (!['eur', 'usd'].includes(currency)) return res.sendStatus(400)\n"), "PAY-001"),
              IsEmpty());
}

TEST(CheckoutTerms, an_order_that_is_the_body_has_the_payment_its_body_names) {
  EXPECT_THAT(
      source::places_of({{"models/Order.js",
                          "const Schema = new mongoose.Schema({ userId: String, razorPaymentId: String, amount: "
                          "Number });\nmodule.exports = mongoose.model('order', Schema);\n"},
                         {"controllers/order.js",
                          "const Order = require('../models/Order');\n"
                          "module.exports.create = async function (req, res) {\n"
                          "  const order = new Order(req.body);\n  await order.save();\n  res.json(order);\n};\n"}},
                        "PAY-002"),
      ElementsAre("controllers/order.js:3"));
}

TEST(CheckoutTerms, an_offer_is_not_the_price) {
  const auto buy = [](const std::string& sum) {
    return "app.post('/art/:id/buy', async (req) => {\n  const art = await Art.findByPk(req.params.id)\n"
           "  const { offer, frame } = req.body\n  const total = " +
           sum + "\n  return stripe.paymentIntents.create({ amount: total, currency: 'eur' })\n})\n";
  };
  EXPECT_THAT(found("plugins/buy.js", buy("(offer || art.priceCents) + (frame ? 4900 : 0)"), "PAY-001"),
              ElementsAre("plugins/buy.js:4"));
  EXPECT_THAT(found("plugins/buy.js", buy("(art.saleCents || art.priceCents) + (frame ? 4900 : 0)"), "PAY-001"),
              IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit
