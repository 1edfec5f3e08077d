#include "audit/source/event_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(const std::string& text, std::string_view id, std::string path = "app/hook/route.ts") {
  return places_of({{std::move(path), text}}, id);
}

std::string route(const std::string& cases) {
  return "export async function POST(req: Request) {\n"
         "  const event = stripe.webhooks.constructEvent(await req.text(), sig, secret)\n"
         "  if (await seen(event.id)) return new Response('already processed')\n"
         "  const thing = event.data.object\n  switch (event.type) {\n" +
         cases + "  }\n  return new Response('ok')\n}\n";
}

std::string ended(const std::string& where) {
  return "    case 'customer.subscription.deleted':\n"
         "      await prisma.account.update({ where: { " +
         where + " }, data: { plan: 'free' } })\n      break\n";
}

TEST(EventOrder, events_of_another_subscription_are_none_of_this_one) {
  EXPECT_THAT(found(route(ended("stripeCustomerId: thing.customer")), "PAY-007"), ElementsAre("app/hook/route.ts:7"));
  EXPECT_THAT(found(route(ended("userId: thing.metadata.userId")), "PAY-007"), ElementsAre("app/hook/route.ts:7"));
  EXPECT_THAT(found(route(ended("stripeSubscriptionId: thing.id")), "PAY-007"), IsEmpty());
  // The row is looked for ahead of all branches.
  const std::string django =
      "def stripe_webhook(request):\n    event = stripe.Webhook.construct_event(request.body, sig, secret)\n"
      "    row = Profile.objects.get(customer=event['data']['object']['customer'])\n"
      "    if event['type'] == 'customer.subscription.deleted':\n        row.plan = 'free'\n        row.save()\n";
  EXPECT_THAT(found(django, "PAY-007", "pay/webhooks.py"), ElementsAre("pay/webhooks.py:5"));
  EXPECT_THAT(found(route("    case 'customer.subscription.deleted':\n"
                          "      if (account.subscriptionId !== thing.id) break\n"
                          "      await prisma.account.update({ where: { customerId: thing.customer }, data: { plan: "
                          "'free' } })\n"),
                    "PAY-007"),
              IsEmpty());
}

TEST(EventOrder, a_bill_that_is_paid_is_one_of_some_subscription) {
  const auto paid = [](const std::string& asked) {
    return route(
        "    case 'invoice.paid':\n" + asked +
        "      await prisma.account.update({ where: { customerId: thing.customer }, data: { status: 'active' } "
        "})\n      break\n" +
        ended("stripeSubscriptionId: thing.id"));
  };
  EXPECT_THAT(found(paid(""), "PAY-007"), ElementsAre("app/hook/route.ts:7"));
  EXPECT_THAT(found(paid("      if (!invoice.subscription) break\n"), "PAY-007"), IsEmpty());
}

TEST(EventOrder, an_end_that_is_only_named_ends_nothing) {
  const auto failed = [](const std::string& work) {
    return route("    case 'invoice.payment_failed':\n" + work + "      break\n" +
                 ended("stripeSubscriptionId: thing.id"));
  };
  EXPECT_THAT(found(failed("      console.log('to do')\n"), "PAY-007"), ElementsAre("app/hook/route.ts:6"));
  EXPECT_THAT(found(failed("      await remind(thing.customer)\n"), "PAY-007"), IsEmpty());
}

TEST(EventOrder, what_comes_late_undoes_what_is_newer) {
  const std::string begun =
      "    case 'checkout.session.completed':\n"
      "      await prisma.account.update({ where: { id: thing.client_reference_id }, data: { plan: 'pro' } })\n"
      "      break\n";
  const std::string end = ended("stripeSubscriptionId: thing.id");
  EXPECT_THAT(found(route(begun + end), "WHK-002"), ElementsAre("app/hook/route.ts:10"));
  EXPECT_THAT(found(route(begun +
                          "    case 'customer.subscription.deleted':\n"
                          "      if (event.created < account.changed) break\n" +
                          end),
                    "WHK-002"),
              IsEmpty());
}

TEST(EventOrder, tables_of_handlers_are_read_as_well) {
  const std::string table =
      "def begun(db, thing):\n    row = db.get(User, thing['client_reference_id'])\n    row.plan = 'pro'\n"
      "def ended(db, thing):\n"
      "    row = db.query(User).filter(User.customer_id == thing['customer']).first()\n    row.plan = 'free'\n"
      "STEPS = {'checkout.session.completed': begun, 'customer.subscription.deleted': ended}\n"
      "def apply(db, event):\n    STEPS[event['type']](db, event['data']['object'])\n    db.commit()\n";
  EXPECT_THAT(found(table, "PAY-007", "app/events.py"), ElementsAre("app/events.py:6"));
  EXPECT_THAT(found(table, "WHK-002", "app/events.py"), ElementsAre("app/events.py:6"));
}

}  // namespace
}  // namespace gatehouse::audit::source
