// A subscription that was cancelled is still one that the provider knows.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

constexpr std::string_view kTitle = "counts whatever its state";

bool script(const std::string& call, const std::string& more = {}) {
  return finds({{"app/api/billing/refresh/route.ts",
                 "import { stripe, planOf } from '@/lib/billing';\nexport async function POST() {\n"
                 "  const user = await requireUser();\n  const subs = await stripe.subscriptions." +
                     call + ";\n  const sub = subs.data ? subs.data[0] : subs;\n" + more +
                     "  const plan = planOf(sub.items.data[0].price.id);\n"
                     "  await prisma.user.update({ where: { id: user.id }, data: { plan, credits: 100 } });\n"
                     "  return NextResponse.json({ plan }, { status: 200 });\n}\n"}},
               "PAY-002", kTitle);
}

bool python(const std::string& call, const std::string& more = {}) {
  return finds({{"billing/views.py",
                 "import stripe\nfrom django.contrib.auth.decorators import login_required\n@login_required\n"
                 "def refresh(request):\n    profile = request.user.profile\n    sub = stripe.Subscription." +
                     call + "\n" + more + "    profile.plan = plan_of(sub)\n    profile.save()\n"}},
               "PAY-002", kTitle);
}

TEST(UnaskedStatus, OfSubscriptionsThatAreFetched) {
  EXPECT_TRUE(script("list({ customer: user.customer, status: 'all', limit: 1 })"));
  EXPECT_TRUE(script("retrieve(user.subscriptionId)"));
  EXPECT_TRUE(python("retrieve(profile.subscription_id)"));
  EXPECT_TRUE(python("list(customer=profile.customer, status='all').data[0]"));
}

TEST(UnaskedStatus, IsAskedFor) {
  EXPECT_FALSE(script("list({ customer: user.customer, status: 'active', limit: 1 })"));
  EXPECT_FALSE(script("retrieve(user.subscriptionId)",
                      "  if (sub.status !== 'active') return NextResponse.json({}, { status: 402 });\n"));
  EXPECT_FALSE(
      script("retrieve(user.subscriptionId)", "  const { status } = sub;\n  if (status !== 'active') return;\n"));
  EXPECT_FALSE(script("retrieve(user.subscriptionId)", "  if (!isActive(sub)) return;\n"));
  EXPECT_FALSE(python("retrieve(profile.subscription_id)", "    if sub['status'] != 'active':\n        return\n"));
  EXPECT_FALSE(python("retrieve(profile.subscription_id)", "    if sub.status != 'active':\n        return\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
