// Messages that are sent on the owner's bill, to whomever a client names.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

std::vector<std::string> route(const std::string& before, const std::string& work) {
  return audited({{"phone.js",
                   "import { Router } from 'express'\nimport twilio from 'twilio'\nimport { rateLimit } from "
                   "'express-rate-limit'\nconst few = rateLimit({ windowMs: 3600e3, limit: 5 })\n"
                   "export const phone = Router()\nphone.post('/start', " +
                       before + "async (req, res) => {\n" + work + "  res.sendStatus(202)\n})\n"}},
                 "RL-002");
}

TEST(Costs, of_short_messages_are_run_up_by_anybody) {
  const std::string sms = "  await client.verify.v2.services(S).verifications.create({ to: req.body.phone })\n";
  EXPECT_TRUE(said(route("", sms), "RL-002:6"));
  EXPECT_FALSE(said(route("few, ", sms), "RL-002")) << "a limiter that stands there by another name";
}

TEST(Costs, of_a_list_are_as_many_as_its_sender_likes) {
  const auto share = [](const std::string& list) {
    return "  for (const to of " + list + ") await resend.emails.send({ to, text: 'come' })\n";
  };
  EXPECT_TRUE(said(route("requireAuth, ", share("req.body.emails")), "RL-002:6"));
}

}  // namespace
}  // namespace gatehouse::audit::source
