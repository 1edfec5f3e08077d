// Doors of Django that may be tried without end, deliveries that come twice, and pages that run what people wrote.
#include <gtest/gtest.h>

#include <algorithm>

#include "audit/audit.h"

namespace gatehouse::audit {
namespace {

bool finds(const std::vector<std::pair<std::string, std::string>>& files, std::string_view id, int line = 0) {
  AuditOptions options;
  options.now = 1790000000;
  const auto all = audit_source(*memory_files(files), source_pack(), options).findings;
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& f) { return f.id == id && (line == 0 || f.locations.front().line == line); });
}

bool view(const std::string& code, std::string_view id) {
  return finds(
      {{"shop/views.py",
        "import openai\nfrom django.shortcuts import redirect\nfrom rest_framework.views import APIView\n" + code}},
      id);
}

TEST(DjangoDoors, ACodeOfFewDigitsIsNotTriedWithoutEnd) {
  const std::string head = "class PasswordChange(APIView):\n";
  const std::string body = "    def post(self, request):\n        return finish(request.data['otp'])\n";
  EXPECT_TRUE(view(head + body, "RL-001"));
  EXPECT_FALSE(view(head + "    throttle_classes = [Few]\n" + body, "RL-001"));
  EXPECT_FALSE(view(head + "    def post(self, request):\n        return finish(request.data['note'])\n", "RL-001"));
}

TEST(DjangoDoors, WhatCostsMoneyAtEveryCallHasALimit) {
  const std::string body =
      "    def post(self, request):\n        return Response(get_ai_response(request.data['q']))\n";
  EXPECT_TRUE(view("class Chat(APIView):\n" + body, "RL-002"));
  EXPECT_FALSE(view("class Chat(APIView):\n    throttle_scope = 'chat'\n" + body, "RL-002"));
  EXPECT_FALSE(view("class Chat(APIView):\n    def post(self, request):\n        return Response({})\n", "RL-002"));
}

TEST(DjangoDoors, ATokenStaysOutOfAddresses) {
  EXPECT_TRUE(
      view("def back(request):\n    token = make(request.user)\n    return redirect(f'{FRONT}/in?token={token}')\n",
           "FA-019"));
  EXPECT_TRUE(
      view("def back(request):\n    url = f'{FRONT}/in?access={tokens.access}'\n    return redirect(url)\n", "FA-019"));
  EXPECT_FALSE(view("def back(request):\n    return redirect(f'{FRONT}/orders?page={page}')\n", "FA-019"));
}

std::string webhook(const std::string& handlers) {
  return "import stripe\nfrom django.views.decorators.csrf import csrf_exempt\n@csrf_exempt\ndef "
         "stripe_webhook(request):\n"
         "    event = stripe.Webhook.construct_event(request.body, request.headers['Stripe-Signature'], KEY)\n"
         "    log_webhook_event.delay(event['type'])\n    HANDLERS[event['type']](event['data'])\n    return "
         "HttpResponse()\n" +
         handlers + "HANDLERS = {'invoice.paid': invoice_paid, 'customer.updated': changed}\n";
}

TEST(DjangoDoors, ADeliveryIsCountedOnceInEveryFunctionThatCountsIt) {
  const std::string sync = "def changed(data):\n    Sub.objects.filter(id=data['id']).update(status=data['status'])\n";
  const auto told = [&](const std::string& paid) {
    return finds({{"shop/views.py", webhook(paid + sync)}}, "WHK-002");
  };
  EXPECT_TRUE(told("def invoice_paid(data):\n    Payment.objects.create(amount=data['amount'])\n"));
  EXPECT_TRUE(told(
      "def invoice_paid(data):\n    wallet = find(data)\n    wallet.balance += data['amount']\n    wallet.save()\n"));
  EXPECT_FALSE(told("def invoice_paid(data):\n    Payment.objects.get_or_create(invoice=data['id'])\n"));
  EXPECT_FALSE(
      told("def invoice_paid(data):\n    if Payment.objects.filter(invoice=data['id']).exists():\n"
           "        return\n    Payment.objects.create(invoice=data['id'])\n"));
}

TEST(DjangoDoors, ATemplateEscapesWhatPeopleWrote) {
  const auto page = [](const std::string& text) { return finds({{"shop/templates/post.html", text}}, "DJ-026"); };
  EXPECT_TRUE(page("<p>{{ post.body|safe }}</p>\n"));
  EXPECT_TRUE(page("{% autoescape off %}<p>{{ comment.text }}</p>{% endautoescape %}\n"));
  EXPECT_FALSE(page("{% autoescape off %}Dear {{ user.name }}, go to {{ link }}{% endautoescape %}\n")) << "a mail";
  EXPECT_FALSE(page("<p>{{ post.body }}</p>\n"));
  EXPECT_FALSE(page("<p>{{ form.media|safe }}{{ post.body|bleach|safe }}</p>\n"));
  EXPECT_FALSE(page("{% autoescape on %}<p>{{ comment.text }}</p>{% endautoescape %}\n"));
}

}  // namespace
}  // namespace gatehouse::audit
