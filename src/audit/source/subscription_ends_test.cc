#include "audit/source/subscription_ends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Files = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> found(Files files) { return places_of(std::move(files), "PAY-007"); }

const std::string kDjango =
    "from .models import Subscription\n"
    "def start(user, plan):\n"
    "    subscription = Subscription.objects.get(user=user)\n"
    "    subscription.status = 'active'\n"
    "    subscription.billing_cycle = 'monthly'\n"
    "    subscription.save()\n";
const std::string kRoute =
    "export async function POST(req) {\n"
    "  const { paymentId, subscriptionId, signature } = await req.json();\n"
    "  if (!signed(paymentId, subscriptionId, signature)) return new Response('no', { status: 400 });\n"
    "  await prisma.user.update({ where: { id }, data: { plan: 'PRO', subscriptionId } });\n"
    "  return Response.json({ ok: true });\n"
    "}\n";

TEST(SubscriptionEnds, are_missed_where_nothing_in_the_tree_ends_one) {
  EXPECT_THAT(found({{"billing/services.py", kDjango}}), ElementsAre("billing/services.py:4"));
  EXPECT_THAT(found({{"app/api/activate/route.js", kRoute}}), ElementsAre("app/api/activate/route.js:4"));
}

TEST(SubscriptionEnds, may_come_from_any_file_of_any_language) {
  for (const auto& [path, text] :
       Files{{"billing/tasks.py",
              "def sweep():\n    Subscription.objects.filter(end_date__lt=now()).update(status='expired')\n"},
             {"billing/hooks.py",
              "def hook(event):\n    if event.type == 'customer.subscription.deleted':\n        stop()\n"},
             {"billing/guard.py", "def pays(user):\n    return user.subscription.current_period_end > now()\n"},
             {"web/status.ts", "export const state = (id) => stripe.subscriptions.retrieve(id);\n"},
             {"db/sweep.sql", "update subscriptions set status = 'expired' where ends_at < now();\n"}})
    EXPECT_THAT(found({{"billing/services.py", kDjango}, {path, text}}), IsEmpty()) << path;
}

TEST(SubscriptionEnds, are_not_asked_of_what_is_bought_once_or_only_read) {
  EXPECT_THAT(found({{"shop/buy.py", "def unlock(user):\n    user.is_premium = True  # for good\n    user.save()\n"}}),
              IsEmpty());
  EXPECT_THAT(found({{"mail/views.py",
                      "def subscribe(request):\n    Newsletter.objects.create(status='active', "
                      "interval='monthly')\n"}}),
              IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source
