// What a client sends arrives in sums, queries and addresses through services.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using Strings = std::vector<std::string>;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

// A controller that hands `argument` to a service of one function with the parameter `p`.
Strings through(const std::string& argument, const std::string& service, std::string_view only) {
  return places_of(
      {{"src/pay.service.ts", "export class PayService {\n  run = async (p) => {\n    " + service + "\n  }\n}\n"},
       {"src/pay.controller.ts",
        "import { Controller, Post, Body, Param } from '@nestjs/common';\nimport { PayService } from "
        "'./pay.service';\n@Controller('pay')\nexport class PayController {\n  constructor(private readonly "
        "pay: PayService) {}\n  @Post(':id')\n  @UseGuards(JwtGuard)\n  async start(@Body() body, "
        "@Param('id') id: string) {\n    const order = await this.orders.findMine(id);\n    return "
        "this.pay.run(" +
            argument + ");\n  }\n}\n"}},
      only);
}

const Strings kThere = {"src/pay.service.ts:3"};

TEST(Uses, ASumIsTheClientsWhenItCameAllTheWay) {
  const std::string charge = "return stripe.charges.create({ amount: p.amount * 100, currency: 'eur' });";
  EXPECT_EQ(through("body", charge, "PAY-001"), kThere);
  EXPECT_EQ(through("Number(body.amount)", "return stripe.charges.create({ amount: p });", "PAY-001"), kThere);
  EXPECT_THAT(through("order", charge, "PAY-001"), IsEmpty()) << "the shop's own record";
  EXPECT_THAT(through("await this.orders.total(body.items)", charge, "PAY-001"), IsEmpty()) << "the shop counts";
  EXPECT_THAT(through("{ amount: 500 }", charge, "PAY-001"), IsEmpty());
}

TEST(Uses, AnAddressIsTheClientsWhenNoHostStandsBeforeIt) {
  EXPECT_EQ(through("body.url", "return axios.get(p);", "EX-013"), kThere);
  EXPECT_EQ(through("body", "return fetch(`https://${p.host}/feed`);", "EX-013"), kThere);
  EXPECT_THAT(through("body.name", "return fetch(`https://api.example.com/${encodeURIComponent(p)}`);", "EX-013"),
              IsEmpty());
  EXPECT_EQ(through("body.name", "return fetch(`https://api.example.com/${p}?key=${KEY}`);", "EX-013"), kThere)
      << "a part of the address, with whatever stands behind it";
  EXPECT_THAT(through("body.name", "return fetch(`https://api.example.com/${Number(p)}`);", "EX-013"), IsEmpty());
  EXPECT_THAT(through("body.url", "if (!allowlist.has(new URL(p).host)) throw 1; return fetch(p);", "EX-013"),
              IsEmpty());
}

TEST(Uses, AQuestionAboutASecretTakesWhatIsNoText) {
  EXPECT_EQ(through("body.token", "return this.users.findOne({ resetToken: p });", "EX-015"), kThere);
  EXPECT_THAT(through("body.token", "return this.users.findOne({ resetToken: String(p) });", "EX-015"), IsEmpty());
  EXPECT_THAT(through("body.token", "return this.users.findOne({ where: { resetToken: p } });", "EX-015"), IsEmpty())
      << "SQL asks no such questions";
  EXPECT_EQ(through("body.name", "return this.users.findOne({ name: p });", "EX-015"), kThere);
  EXPECT_THAT(through("id", "return this.users.findOne({ name: p });", "EX-015"), IsEmpty()) << "a path is text";
  EXPECT_THAT(through("String(body.name)", "return this.users.findOne({ name: p });", "EX-015"), IsEmpty());
  EXPECT_EQ(through("body.filter", "return this.users.find(p).limit(9);", "EX-015"), kThere);
}

TEST(Uses, APatternIsTheClientsUnlessItIsEscaped) {
  EXPECT_EQ(through("body.q", "return this.users.find({ name: { $regex: p } }).limit(9);", "VAL-002"), kThere);
  EXPECT_EQ(through("body.q", "return new RegExp(p, 'i');", "VAL-002"), kThere);
  EXPECT_THAT(through("body.q", "return new RegExp(escapeRegExp(p), 'i');", "VAL-002"), IsEmpty());
  EXPECT_THAT(through("'^a'", "return new RegExp(p, 'i');", "VAL-002"), IsEmpty());
}

TEST(Uses, AMailsMarkupHoldsWhatIsEscaped) {
  EXPECT_EQ(through("body", "return mail.sendMail({ to: TEAM, html: `<b>${p.city}</b>` });", "RE-001"), kThere);
  EXPECT_THAT(through("body", "return mail.sendMail({ to: TEAM, html: `<b>${escapeHtml(p.name)}</b>` });", "RE-001"),
              IsEmpty());
  EXPECT_THAT(through("body", "return mail.sendMail({ to: TEAM, text: `${p.name}` });", "RE-001"), IsEmpty());
}

TEST(Uses, AFileIsReadByANameThatWasCut) {
  EXPECT_EQ(through("body.name", "return fs.readFileSync(path.join('uploads', p));", "FA-018"), kThere);
  EXPECT_THAT(through("body.name", "return fs.readFileSync(path.join('uploads', path.basename(p)));", "FA-018"),
              IsEmpty());
}

TEST(Uses, WhatAStrangerSaysIsFetchedOneByOneToo) {
  const auto hook = [](const std::string& proof) {
    return places_of({{"pages/api/done-webhook.ts",
                       "async function keep(url: string) {\n  const got = await fetch(url);\n  return got.blob();\n}\n"
                       "export default async function handler(req, res) {\n  const event = req.body;\n" +
                           proof + "  await Promise.all(event.output.map(keep));\n  res.status(200).end();\n}\n"}},
                     "EX-013");
  };
  EXPECT_EQ(hook(""), Strings{"pages/api/done-webhook.ts:2"});
  EXPECT_THAT(hook("  if (!verifySignature(req)) return res.status(401).end();\n"), IsEmpty());
}

TEST(Uses, ThatSomethingIsThereIsNoSecretOfItsOwner) {
  const auto action = [](const std::string& use) {
    return places_of({{"prisma/schema.prisma", "model Profile {\n  id String @id\n  userId String\n}\n"},
                      {"app/actions.ts",
                       "'use server';\nimport { db } from '@/lib/db';\nexport async function make(id: string) {\n"
                       "  const user = await currentUser();\n  if (!user) throw new Error('no');\n"
                       "  const taken = await db.profile.findFirst({ where: { id } });\n" +
                           use + "}\n"}},
                     "AZ-001");
  };
  EXPECT_THAT(action("  if (taken) throw new Error('taken');\n"), IsEmpty());
  EXPECT_EQ(action("  return taken;\n"), Strings{"app/actions.ts:6"});
}

}  // namespace
}  // namespace gatehouse::audit::source
