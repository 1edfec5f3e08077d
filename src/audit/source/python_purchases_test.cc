// What is sold and paid for: prices that are somebody's own, payments that anybody made, events that come late.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source::fixture {
namespace {

TEST(PythonPrices, OfWhatOneOffersAreOnesOwn) {
  const auto route = [](const std::string& path, const std::string& record) {
    return found({{"shop/routes.py",
                   "from flask import Flask, request\nfrom flask_login import login_required\n"
                   "app = Flask(__name__)\n@app.route('" +
                       path + "', methods=['POST'])\n@login_required\ndef " + path.substr(1) +
                       "():\n    price = request.form.get('price')\n    row = " + record +
                       "(price=price, user_id=current_user.id)\n    db.session.add(row)\n"
                       "    db.session.commit()\n    return 'ok'\n"}});
  };
  EXPECT_FALSE(has(route("/add_product", "Product"), "PAY-001"));
  EXPECT_TRUE(has(route("/place_order", "Order"), "PAY-001"));
}

std::string order(const std::string& check) {
  return "import stripe\nfrom fastapi import FastAPI, Depends\napp = FastAPI()\n@app.post('/orders')\n"
         "def place(body: OrderIn, user=Depends(get_current_user)):\n    state = 'pending'\n"
         "    intent = stripe.PaymentIntent.retrieve(body.payment_intent_id)\n" +
         check +
         "    if intent.status == 'succeeded':\n        state = 'succeeded'\n"
         "    order = Order(user_id=user.id, payment_status=state, payment_intent_id=body.payment_intent_id)\n"
         "    order.save()\n    return order.id\n";
}

TEST(PythonPayments, OfAnybodyPayNothing) {
  EXPECT_TRUE(has(found({{"app/main.py", order("")}}), "PAY-002"));
  EXPECT_FALSE(
      has(found({{"app/main.py", order("    if intent.amount != total:\n        raise HTTPException(400)\n")}}),
          "PAY-002"));
}

TEST(PythonPayments, ATestCardIsForTests) {
  const auto view = [](const std::string& condition) {
    return found(
        {{"pay/views.py",
          "import stripe\nfrom rest_framework.views import APIView\nclass Pay(APIView):\n"
          "    def post(self, request):\n        if " +
              condition + ":\n            stripe.PaymentIntent.confirm(intent, payment_method='pm_card_visa')\n"}});
  };
  EXPECT_TRUE(has(view("request.data.get('auto_confirm')"), "PAY-002:pay/views.py:6"));
  EXPECT_FALSE(has(view("settings.DEBUG"), "PAY-002"));
}

std::string hook(const std::string& guard, const std::string& known = "") {
  return "import stripe\nfrom django.conf import settings\nfrom django.http import HttpResponse\n"
         "@csrf_exempt\ndef stripe_webhook(request):\n" +
         guard +
         "    event = stripe.Webhook.construct_event(request.body, request.headers['Stripe-Signature'], "
         "settings.STRIPE_WEBHOOK_SECRET)\n" +
         known +
         "    if event['type'] == 'checkout.session.completed':\n        try:\n"
         "            user = User.objects.get(id=event['data']['object']['client_reference_id'])\n"
         "            sub, made = Plan.objects.get_or_create(user=user)\n            sub.tier = 'pro'\n"
         "            sub.save()\n        except User.DoesNotExist:\n            pass\n"
         "    elif event['type'] == 'customer.subscription.deleted':\n        "
         "Plan.objects.filter(ref=1).update(tier='free')\n"
         "    return HttpResponse('ok')\n";
}

TEST(PythonWebhooks, ASecretThatMayBeEmptyIsNone) {
  const std::string settings = "import os\nSTRIPE_WEBHOOK_SECRET = os.getenv('STRIPE_WEBHOOK_SECRET', '')\n";
  EXPECT_TRUE(has(found({{"core/settings.py", settings}, {"pay/views.py", hook("")}}), "EX-021:pay/views.py:6"));
  EXPECT_FALSE(has(found({{"core/settings.py", settings},
                          {"pay/views.py", hook("    if not settings.STRIPE_WEBHOOK_SECRET:\n"
                                                "        return HttpResponse(status=503)\n")}}),
                   "EX-021"));
}

TEST(PythonWebhooks, AnEventThatFindsNobodyIsNotHandled) {
  EXPECT_TRUE(has(found({{"pay/views.py", hook("")}}), "WHK-003"));
  EXPECT_FALSE(has(found({{"pay/views.py",
                           "import stripe\n@csrf_exempt\ndef stripe_webhook(request):\n"
                           "    event = stripe.Webhook.construct_event(request.body, signature, secret)\n"
                           "    try:\n        user = User.objects.get(id=event['id'])\n"
                           "    except User.DoesNotExist:\n        return HttpResponse(status=500)\n"
                           "    return HttpResponse('ok')\n"}}),
                   "WHK-003"));
}

TEST(PythonWebhooks, WhatComesLateGivesNoPlanBack) {
  EXPECT_TRUE(has(found({{"pay/views.py", hook("")}}), "WHK-002"));
  const std::string seen =
      "    if Seen.objects.filter(event_id=event['id']).exists():\n        return HttpResponse('ok')\n";
  EXPECT_TRUE(has(found({{"pay/views.py", hook("", seen)}}), "WHK-002"));
  EXPECT_FALSE(has(found({{"pay/views.py", hook("", seen + "    if event['created'] < newest():\n"
                                                           "        return HttpResponse('ok')\n")}}),
                   "WHK-002"));
}

TEST(PythonCosts, AreSeenThroughFunctions) {
  const auto tree = [](const std::string& service) {
    return found(
        {{"rates/views.py",
          "from rest_framework.views import APIView\nfrom .service import fetch_rate\n"
          "class Rate(APIView):\n    permission_classes = [AllowAny]\n"
          "    def get(self, request):\n"
          "        return Response(fetch_rate(request.query_params['to']))\n"},
         {"rates/service.py", "import requests\ndef fetch_rate(to):\n    return ask_provider(to)\n" + service}});
  };
  EXPECT_TRUE(
      has(tree("def ask_provider(to):\n"
               "    return requests.get('https://api.example.com/rate', headers={'X': API_KEY}, timeout=3).json()\n"),
          "RL-002"));
  EXPECT_FALSE(has(tree("def ask_provider(to):\n    return TABLE[to]\n"), "RL-002"));
}

}  // namespace
}  // namespace gatehouse::audit::source::fixture
