// What clients say about money: payments, prices, and balances that two requests reckon with at once.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::string kHead =
    "import stripe\nfrom fastapi import APIRouter, Depends\n\nrouter = APIRouter()\n\n"
    "@router.post('/orders')\ndef place(body: NewOrder, db=Depends(get_db), user=Depends(get_current_user)):\n";

TEST(PythonReceipts, APaymentThatTheClientNamesIsHeldAgainstSomething) {
  const auto place = [](const std::string& check) {
    return audited({{"api.py", kHead + "    intent = stripe.PaymentIntent.retrieve(body.intent_id)\n" + check +
                                   "    state = 'processing' if intent.status == 'succeeded' else 'pending'\n"
                                   "    order = Order(user_id=user.id, status=state)\n    db.add(order)\n    "
                                   "db.commit()\n"}});
  };
  EXPECT_TRUE(said(place(""), "PAY-002:8"));
  EXPECT_FALSE(said(place("    if intent.amount != cart.total: raise Wrong()\n"), "PAY-002"));
  EXPECT_FALSE(said(place("    if intent.metadata['order'] != body.order: raise Wrong()\n"), "PAY-002"));
  EXPECT_FALSE(
      said(place("    if db.query(Order).filter_by(intent_id=intent.id).first(): raise Wrong()\n"), "PAY-002"));
}

TEST(PythonReceipts, ThePaymentThatTheRecordItselfHoldsIsItsOwn) {
  EXPECT_FALSE(said(audited({{"api.py", kHead + "    order = db.get(Order, body.order_id)\n"
                                                "    intent = stripe.PaymentIntent.retrieve(order.intent_id)\n"
                                                "    if intent.status == 'succeeded':\n        order.state = 'sent'\n"
                                                "    db.commit()\n"}}),
                    "PAY-002:9"));
}

TEST(PythonReceipts, AServiceThatIsHandedThePaymentIsFollowed) {
  const auto tree = [](const std::string& check) {
    return audited({{"api.py", kHead + "    return Orders(db).place(user.id, body.payment_intent_id)\n"},
                    {"orders.py",
                     "import stripe\n\nclass Orders:\n    def place(self, user_id, payment_intent_id):\n"
                     "        intent = stripe.PaymentIntent.retrieve(payment_intent_id)\n" +
                         check +
                         "        paid = intent.status == 'succeeded'\n"
                         "        self.repo.create(user_id=user_id, sent=paid)\n"}});
  };
  EXPECT_TRUE(said(tree(""), "PAY-002:5"));
  EXPECT_FALSE(said(tree("        if intent.amount < self.total(user_id): raise Wrong()\n"), "PAY-002"));
}

TEST(PythonPrices, TheClientNamesNoPrice) {
  const auto pay = [](const std::string& price) {
    return audited({{"api.py", kHead + "    lines = [{'price_data': {'unit_amount': " + price +
                                   "}, 'quantity': i.quantity} for i in body.items]\n"
                                   "    return stripe.checkout.Session.create(line_items=lines)\n"}});
  };
  EXPECT_TRUE(said(pay("int(i.price * 100)"), "PAY-001:8"));
  EXPECT_TRUE(said(pay("i.price * i.quantity"), "PAY-001:8"));
  EXPECT_FALSE(said(pay("price_of(i.id)"), "PAY-001"));
  EXPECT_FALSE(said(pay("PRICES[i.id] * i.quantity"), "PAY-001"));
}

TEST(PythonPrices, AProvidersPriceIsChosenFromAList) {
  const auto subscribe = [](const std::string& check) {
    return audited({{"api.py", kHead + check +
                                   "    return stripe.checkout.Session.create(mode='subscription', "
                                   "line_items=[{'price': body.price_id, 'quantity': 1}])\n"}});
  };
  EXPECT_TRUE(said(subscribe(""), "PAY-001:8"));
  EXPECT_FALSE(said(subscribe("    if body.price_id not in PRICES: raise Wrong()\n"), "PAY-001"));
}

TEST(PythonBalances, ABalanceIsNotReadReckonedAndWrittenBack) {
  const auto spend = [](const std::string& steps) {
    return audited({{"api.py", "from fastapi import APIRouter\n\nasync def spend(db, user):\n" + steps}});
  };
  EXPECT_TRUE(said(spend("    credits = await get_credits(user)\n    if credits < 1: raise Empty()\n    credits -= 1\n"
                         "    await set_user_credits(user, credits)\n"),
                   "PAY-004:7"));
  EXPECT_TRUE(said(spend("    row = db.table('profiles').select('credits').eq('id', user).execute().data\n"
                         "    db.table('profiles').update({'credits': row['credits'] - 1}).eq('id', user).execute()\n"),
                   "PAY-004:5"));
  EXPECT_TRUE(said(spend("    balance = await db.fetchval('SELECT credits FROM users WHERE id = $1', user)\n"
                         "    await db.execute('UPDATE users SET credits = $1 WHERE id = $2', balance - 5, user)\n"),
                   "PAY-004:5"));
  EXPECT_FALSE(said(spend("    await db.execute('UPDATE users SET credits = credits - $1 WHERE id = $2 AND credits >= "
                          "$1', 5, user)\n"),
                    "PAY-004"));
  EXPECT_FALSE(said(spend("    row = await db.fetchrow('SELECT credits FROM users WHERE id = $1 FOR UPDATE', user)\n"
                          "    await db.execute('UPDATE users SET credits = $1 WHERE id = $2', row['credits'] - 5, "
                          "user)\n"),
                    "PAY-004"));
}

}  // namespace
}  // namespace gatehouse::audit::source
