#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/audit.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::vector<std::pair<std::string, std::string>> files) {
  auto tree = memory_files(std::move(files));
  AuditOptions options;
  options.only = "PAY-002";
  options.now = 1790000000;
  std::vector<std::string> out;
  for (const proof::Finding& f : audit_source(*tree, source_pack(), options).findings)
    out.push_back(f.locations.front().path + ":" + std::to_string(f.locations.front().line));
  return out;
}

const std::string kService =
    "class Subscriptions:\n"
    "    async def upgrade(self, user_id, plan):\n"
    "        self.db.table('subscriptions').update({'plan_id': str(plan.id)}).eq('user_id', user_id).execute()\n";
std::string door(const std::string& more = "") {
  return "@router.post('/upgrade')\n"
         "async def upgrade_subscription(new_plan: str, user=Depends(current_user), service=Depends(service)):\n" +
         more + "    return await service.upgrade(user.id, new_plan)\n";
}

std::string controller(const std::string& ask) {
  return "exports.activateSubscription = async (req, res) => {\n"
         "  const user = await User.findById(req.user.id);\n" +
         ask +
         "  user.subscription = { plan: req.body.plan, status: 'active' };\n"
         "  await user.save();\n  res.json({ done: true });\n};\n";
}

TEST(Unpaid, a_plan_that_a_service_switches_on_is_told_at_its_route) {
  EXPECT_THAT(found({{"app/services/subscriptions.py", kService}, {"app/routers/subscriptions.py", door()}}),
              ElementsAre("app/routers/subscriptions.py:2"));
  EXPECT_THAT(found({{"controllers/subscription.js", controller("")}}), ElementsAre("controllers/subscription.js:1"));
}

TEST(Unpaid, what_the_provider_or_staff_was_asked_about_is_fine) {
  EXPECT_THAT(found({{"app/services/subscriptions.py", kService},
                     {"app/routers/subscriptions.py",
                      door("    session = stripe.checkout.Session.retrieve(user.session)\n"
                           "    if session.payment_status != 'paid':\n        raise HTTPException(402)\n")}}),
              IsEmpty());
  EXPECT_THAT(found({{"controllers/subscription.js",
                      controller("  const s = await stripe.checkout.sessions.retrieve(req.body.session);\n"
                                 "  if (s.payment_status !== 'paid') return res.sendStatus(402);\n")}}),
              IsEmpty());
  EXPECT_THAT(found({{"controllers/subscription.js",
                      controller("  if (req.user.role !== 'admin') return res.sendStatus(403);\n")}}),
              IsEmpty());
  EXPECT_THAT(found({{"controllers/subscription.js", controller("")},
                     {"routes/subscription.js",
                      "const router = require('express').Router();\n"
                      "const { activateSubscription } = require('../controllers/subscription');\n"
                      "router.post('/activate', protect, adminOnly, activateSubscription);\n"}}),
              IsEmpty());
}

TEST(Unpaid, asking_what_is_active_gives_nothing) {
  EXPECT_THAT(found({{"controllers/subscription.js",
                      "exports.confirmPlan = async (req, res) => {\n"
                      "  const s = await Subscription.findOne({ user: req.user.id, status: 'active' });\n"
                      "  await Visit.create({ user: req.user.id });\n  res.json(s);\n};\n"}}),
              IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit
