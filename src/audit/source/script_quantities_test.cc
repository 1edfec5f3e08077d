// Sums and quantities of the client's in scripts, through helpers and services.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::vector<std::pair<std::string, std::string>> files) {
  return source::places_of(std::move(files), "PAY-001");
}

std::string cart(const std::string& ask) {
  return "exports.add = async (req, res) => {\n  const { productId, qty } = req.body;\n" + ask +
         "  const cart = await Cart.findOne({ user: req.user.id });\n"
         "  const line = cart.items.find((i) => i.product == productId);\n  line.qty += qty;\n"
         "  await cart.save();\n  res.json(cart);\n};\n";
}

TEST(Quantities, that_nobody_holds_against_one_lower_what_is_paid) {
  EXPECT_THAT(found({{"controllers/cart.js", cart("")}}), ElementsAre("controllers/cart.js:5"));
  EXPECT_THAT(found({{"controllers/cart.js", cart("  if (!(qty > 0)) return res.sendStatus(400);\n")}}), IsEmpty());
}

std::string wallet(const std::string& ask) {
  return "export class Wallet {\n  constructor(private repo = new WalletRepository()) {}\n"
         "  async transfer(from: number, to: number, amount: number) {\n" +
         ask + "    await this.repo.debit(from, amount);\n  }\n}\n";
}

TEST(Quantities, an_amount_is_followed_into_the_statement_that_takes_it_off) {
  const std::string repo =
      "export class WalletRepository {\n  async debit(id: number, amount: number) {\n"
      "    return pool.query('UPDATE wallets SET balance = balance - $1 WHERE id = $2', [amount, id]);\n  }\n}\n";
  const std::string door =
      "import { Router } from 'express';\nimport { Wallet } from './wallet';\nconst router = Router();\n"
      "const service = new Wallet();\n"
      "router.post('/transfer', requireAuth, async (req, res) => {\n  const { to, amount } = req.body;\n"
      "  await service.transfer(req.userId, to, Number(amount));\n  res.json({});\n});\n";
  EXPECT_THAT(found({{"src/repo.ts", repo}, {"src/wallet.ts", wallet("")}, {"src/routes.ts", door}}),
              ElementsAre("src/repo.ts:3"));
  EXPECT_THAT(found({{"src/repo.ts", repo},
                     {"src/wallet.ts", wallet("    if (amount <= 0) throw new Error('amount');\n")},
                     {"src/routes.ts", door}}),
              IsEmpty());
}

TEST(Sums, of_a_cart_are_followed_into_the_helper_that_makes_the_lines) {
  EXPECT_THAT(
      found(
          {{"src/pay.js",
            "const line = (it) => ({ quantity: it.quantity, price_data: { currency: 'usd',\n"
            "  unit_amount: Math.round(it.price * 100) } });\n"
            "export const open = (user, items) => stripe.checkout.sessions.create({ line_items: items.map(line) });\n"},
           {"src/routes.js",
            "import { Router } from 'express';\nimport { open } from './pay';\nconst router = Router();\n"
            "router.post('/pay', auth, async (req, res) => {\n"
            "  const { items } = req.body;\n  res.json(await open(req.user, items));\n});\n"}}),
      ElementsAre("src/pay.js:2"));
}

TEST(Sums, go_to_providers_over_plain_http_too) {
  const std::string head =
      "export default async function handler(req, res) {\n  const session = await getServerSession(req, res, o);\n";
  EXPECT_THAT(found({{"pages/api/pay.js",
                      head + "  const { amount } = req.body;\n"
                             "  const r = await axios.post('https://api.paystack.co/transaction/initialize',\n"
                             "    { email: session.user.email, amount: amount * 100 });\n  res.json(r.data);\n}\n"}}),
              ElementsAre("pages/api/pay.js:3"));
}

TEST(Quantities, of_a_server_action_are_the_clients) {
  const auto action = [](const std::string& ask) {
    return "'use server'\nexport async function order(lines: Line[]) {\n" + ask +
           "  const price = await prices(lines)\n"
           "  const total = lines.reduce((sum, l) => sum + price[l.id] * l.quantity, 0)\n"
           "  await charge(total)\n}\n";
  };
  EXPECT_THAT(found({{"app/actions.ts", action("")}}), ElementsAre("app/actions.ts:4"));
  EXPECT_THAT(found({{"app/actions.ts", action("  if (lines.some((l) => l.quantity < 1)) throw new Error('n')\n")}}),
              IsEmpty());
}

TEST(Quantities, that_are_moved_are_more_than_nothing) {
  const auto send = [](const std::string& shape) {
    return "export const wallet = router({\n  send: authed.input(z.object({ to: z.string(),\n    coins: z.number()" +
           shape +
           " })).mutation(async ({ ctx, input }) => {\n"
           "    await db.wallet.updateMany({ where: { userId: ctx.user.id, coins: { gte: input.coins } },\n"
           "      data: { coins: { decrement: input.coins } } })\n  }),\n})\n";
  };
  EXPECT_THAT(found({{"src/wallet.ts", send("")}}), ElementsAre("src/wallet.ts:5"));
  EXPECT_THAT(found({{"src/wallet.ts", send(".int().positive()")}}), IsEmpty());
}

TEST(Prices, of_what_is_not_found_are_no_zero) {
  const auto order = [](const std::string& asked) {
    return "Deno.serve(async (req) => {\n  const { cart } = await req.json()\n"
           "  const { data: menu } = await db.from('menu').select('id, price')\n" +
           asked +
           "  const sum = cart.reduce((all, line) => {\n    const dish = menu.find((m) => m.id === line.id)\n"
           "    return all + (dish?.price || 0) * 1\n  }, 0)\n"
           "  const made = await razorpay.orders.create({ amount: sum * 100 })\n  return Response.json(made)\n})\n";
  };
  const std::string path = "supabase/functions/order/index.ts";
  EXPECT_THAT(source::places_of({{path, order("")}}, "PAY-001"), ::testing::ElementsAre(path + ":6"));
  EXPECT_THAT(
      source::places_of(
          {{path, order("  if (menu.length !== cart.length) return new Response('', { status: 400 })\n")}}, "PAY-001"),
      ::testing::IsEmpty());
}

TEST(Prices, AreTheShopsOwnWhoeverChoseTheGoods) {
  const auto shop = [](const std::string& total) {
    return source::places_of({{"package.json", R"({"dependencies":{"express":"5.1.0","@prisma/client":"6.1.0"}})"},
                              {"routes/orders.js",
                               "const router = require('express').Router();\nrouter.post('/', async (req, res) => {\n  "
                               "const sent = req.body;\n"
                               "  const size = await prisma.size.findUnique({ where: { id: sent.sizeId } });\n"
                               "  const priced = sumOf(size.price);\n"
                               "  const order = await prisma.order.create({ data: { sizeId: size.id, totalPrice: " +
                                   total + " } });\n  res.json(order);\n});\n"}},
                             "PAY-001");
  };
  EXPECT_THAT(shop("sent.total"), ::testing::ElementsAre("routes/orders.js:6"));
  EXPECT_THAT(shop("priced.total"), ::testing::IsEmpty());
}

TEST(Payments, AreTheProvidersWordBehindASignatureOfAnyName) {
  const auto notified = [](const std::string& asked) {
    return source::places_of(
        {{"package.json", R"({"dependencies":{"express":"5.1.0","@prisma/client":"6.1.0"}})"},
         {"routes/payments.js", "router.post('/payments/notify', async (req, res) => {\n  const sent = req.body;\n" +
                                    asked +
                                    "  await prisma.order.update({ where: { id: sent.order }, data: { paymentStatus: "
                                    "'paid' } });\n  res.send('ok');\n});\n"}},
        "PAY-002");
  };
  EXPECT_THAT(notified(""), ::testing::ElementsAre("routes/payments.js:3"));
  EXPECT_THAT(notified("  if (!verifyItnSignature(sent)) return res.status(400).end();\n"), ::testing::IsEmpty());
  EXPECT_THAT(notified("  if (!sent.signature) return res.status(400).end();\n"), ::testing::Not(::testing::IsEmpty()))
      << "anybody can send one";
}

}  // namespace
}  // namespace gatehouse::audit
