#include "audit/source/refunds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::vector<std::pair<std::string, std::string>> files) {
  return source::places_of(std::move(files), "PAY-009");
}

const std::string kSells =
    "exports.sell = (c) => stripe.subscriptions.create({ customer: c, items: [{ price: P }] });\n";

TEST(Refunds, a_subscription_that_ends_in_a_row_only_is_told) {
  const std::string cancel =
      "exports.cancel = async (req, res) => {\n"
      "  await supabase.from('subscriptions').update({ status: 'canceled' }).eq('user_id', req.user.id);\n";
  EXPECT_THAT(found({{"lib/pay.js", kSells}, {"routes/cancel.js", cancel + "  res.json({});\n};\n"}}),
              ElementsAre("routes/cancel.js:2"));
  EXPECT_THAT(found({{"routes/cancel.js", cancel + "  res.json({});\n};\n"}}), IsEmpty());
  EXPECT_THAT(found({{"lib/pay.js", kSells},
                     {"routes/cancel.js", cancel + "  await stripe.subscriptions.cancel(req.user.sub);\n};\n"}}),
              IsEmpty());
  EXPECT_THAT(
      found({{"app/service.py",
              "class Service:\n    def start(self, user):\n        stripe.Subscription.create(customer=user.c)\n\n"
              "    def cancel_subscription(self, sub):\n        sub.status = 'cancelled'\n"
              "        self.db.commit()\n"}}),
      ElementsAre("app/service.py:6"));
}

TEST(Refunds, an_account_does_not_go_while_its_subscription_is_charged) {
  const std::string gone =
      "exports.deleteAccount = async (req, res) => {\n  await prisma.user.delete({ where: { id: req.user.id } "
      "});\n};\n";
  EXPECT_THAT(found({{"lib/pay.js", kSells}, {"routes/me.js", gone}}), ElementsAre("routes/me.js:2"));
  EXPECT_THAT(found({{"routes/me.js", gone}}), IsEmpty());
}

TEST(Refunds, an_account_stays_where_its_subscription_could_not_be_ended) {
  const auto remove = [](const std::string& failed) {
    return "export async function DELETE() {\n  try {\n    await stripe.subscriptions.cancel(user.subscription)\n"
           "  } catch (e) {\n    " +
           failed + "\n  }\n  await prisma.user.delete({ where: { id: user.id } })\n}\n";
  };
  EXPECT_THAT(found({{"app/api/account/route.ts", remove("console.error(e)")}}),
              ElementsAre("app/api/account/route.ts:4"));
  EXPECT_THAT(found({{"app/api/account/route.ts", remove("return new Response('', { status: 502 })")}}), IsEmpty());
  EXPECT_THAT(found({{"lib/pay.js", kSells},
                     {"app/api/user/delete/route.ts",
                      "export async function DELETE() {\n  await prisma.user.delete({ where: { id } })\n}\n"}}),
              ElementsAre("app/api/user/delete/route.ts:2"));
}

TEST(Refunds, a_sum_that_is_promised_comes_from_somewhere) {
  const auto refund = [](const std::string& more) {
    return "def request_refund(request, ticket_id):\n    ticket = Ticket.objects.get(id=ticket_id, "
           "user=request.user)\n" +
           more +
           "    ticket.refund_amount = ticket.calculate_refund_amount()\n    ticket.status = 'refunded'\n"
           "    ticket.save()\n    return redirect('profile')\n";
  };
  EXPECT_THAT(found({{"shop/views.py", refund("")}}), ElementsAre("shop/views.py:4"));
  EXPECT_THAT(found({{"shop/views.py", refund("    gateway.refund_payment(ticket.charge)\n")}}), IsEmpty());
}

TEST(Refunds, what_an_event_of_the_providers_says_is_written_down) {
  EXPECT_THAT(found({{"lib/pay.js", kSells},
                     {"services/sub.js",
                      "exports.end = (stripeSubscriptionId) => prisma.subscription.update({\n"
                      "  where: { stripeSubscriptionId }, data: { status: 'canceled' } });\n"}}),
              IsEmpty());
}

TEST(Refunds, that_are_written_as_a_mark_or_a_constant_are_told_too) {
  const std::string provider = "ref = mollie.payments.get(x)\n";
  EXPECT_THAT(found({{"pay.py", provider},
                     {"orders.py",
                      "def cancel_order(oid):\n"
                      "    db.orders.update_one({'_id': oid}, {'$set': {'state': 'cancelled', 'refunded': True}})\n"}}),
              ElementsAre("orders.py:2"));
  EXPECT_THAT(
      found({{"pay.py", provider},
             {"views.py",
              "def cancel_booking(request, pk):\n    b = get_object_or_404(Booking, pk=pk, member=request.user)\n"
              "    b.state = Booking.REFUNDED\n    b.save()\n"}}),
      ElementsAre("views.py:3"));
}

}  // namespace
}  // namespace gatehouse::audit
