#include "audit/source/event_marks.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

Texts python(const std::string& steps) {
  return {
      {"requirements.txt", "fastapi==0.115.5\nstripe==11.3.0\nredis==5.2.0\n"},
      {"app/webhook.py",
       "import stripe\nfrom fastapi import APIRouter, Request\nrouter = APIRouter()\n\n\n"
       "@router.post('/webhook')\nasync def webhook(request: Request):\n"
       "    event = stripe.Webhook.construct_event(await request.body(), request.headers['stripe-signature'], S)\n" +
           steps + "    return {'ok': True}\n"}};
}

TEST(EventMarks, AreAskedAndNotedInTwoSteps) {
  EXPECT_TRUE(finds(python("    key = f\"webhook:{event['id']}\"\n    if await redis.exists(key):\n"
                           "        return {'ok': True}\n    await redis.set(key, '1')\n    await settle(event)\n"),
                    "WHK-002", "in two steps"));
  EXPECT_FALSE(finds(python("    key = f\"webhook:{event['id']}\"\n    if not await redis.set(key, '1', nx=True):\n"
                            "        return {'ok': True}\n    await settle(event)\n"),
                     "WHK-002", "in two steps"));
}

Texts script(const std::string& steps) {
  return {{"package.json", R"({"dependencies":{"express":"4.21.2","stripe":"17.3.1"}})"},
          {"src/webhook.js",
           "app.post('/webhook', raw, async (req, res) => {\n"
           "  const event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], secret);\n" +
               steps + "  res.json({ received: true });\n});\n"}};
}

TEST(EventMarks, AnyErrorCountsAsNeverSeen) {
  const std::string head = "  let seen;\n  try {\n    await db.webhookEvent.create({ data: { id: event.id } });\n";
  EXPECT_TRUE(finds(script(head + "  } catch (e) {\n    seen = false;\n  }\n  await addCredits(event);\n"), "WHK-002",
                    "Any error while an event is looked up"));
  EXPECT_FALSE(finds(script(head + "  } catch (e) {\n    if (e.code === 'P2002') return res.json({});\n    throw e;\n"
                                   "  }\n  await addCredits(event);\n"),
                     "WHK-002", "Any error while"));
}

TEST(EventMarks, AnsweredBeforeOrThoughItDoesNotHold) {
  EXPECT_TRUE(finds(python("    background_tasks.add_task(process_event, event)\n"), "WHK-003",
                    "answered before it is handled"));
  EXPECT_FALSE(finds(python("    db.add(Stored(event))\n    db.commit()\n"
                            "    background_tasks.add_task(process_event, event)\n"),
                     "WHK-003", "answered before"));
  const auto refused = [](const std::string& answer) {
    return finds({{"package.json", R"({"dependencies":{"express":"4.21.2","stripe":"17.3.1"}})"},
                  {"src/webhook.js",
                   "const app = require('express')();\n"
                   "app.post('/webhook', raw, async (req, res) => {\n  let event;\n  try {\n"
                   "    event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], secret);\n"
                   "  } catch (err) {\n    " +
                       answer + "\n  }\n  await settle(event);\n  res.json({ received: true });\n});\n"}},
                 "WHK-003", "signature does not hold");
  };
  EXPECT_TRUE(refused("return res.json({ received: true });"));
  EXPECT_FALSE(refused("return res.status(400).json({ error: 'signature' });"));
}

}  // namespace
}  // namespace gatehouse::audit::source
