// Quantities that are negative, plans that are on for the asking, settings that nobody starts with.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source::fixture {
namespace {

TEST(PythonQuantities, AreNotNegative) {
  const auto route = [](const std::string& check) {
    return found({{"app/cart.py",
                   "from flask import Flask, request, session\napp = Flask(__name__)\n"
                   "@app.route('/cart', methods=['POST'])\ndef add():\n"
                   "    quantity = int(request.form['quantity'])\n" +
                       check +
                       "    product = Product.query.get(request.form['id'])\n"
                       "    session['total'] = session['total'] + product.price * quantity\n    return 'ok'\n"}});
  };
  EXPECT_TRUE(has(route(""), "PAY-001:app/cart.py:7"));
  EXPECT_FALSE(has(route("    if quantity < 1:\n        abort(400)\n"), "PAY-001"));
  EXPECT_TRUE(has(route("    if quantity > 50:\n        abort(400)\n"), "PAY-001"));
}

TEST(PythonQuantities, OfABodyAreBoundByItsType) {
  const auto tree = [](const std::string& type) {
    return found({{"app/main.py",
                   "from fastapi import FastAPI, Depends\nfrom pydantic import BaseModel, Field\napp = FastAPI()\n"
                   "class Transfer(BaseModel):\n    amount: " +
                       type +
                       "\n@app.post('/transfer')\n"
                       "def transfer(body: Transfer, me=Depends(get_current_user), db=Depends(get_db)):\n"
                       "    me.balance -= body.amount\n    db.commit()\n"}});
  };
  EXPECT_TRUE(has(tree("float"), "PAY-001:app/main.py:8"));
  EXPECT_FALSE(has(tree("float = Field(gt=0)"), "PAY-001"));
}

std::vector<std::string> plans(const std::string& fallback, const std::string& more = "") {
  return found({{"plans/models.py",
                 "from django.db import models\nclass Plan(models.Model):\n"
                 "    price = models.DecimalField(max_digits=6, decimal_places=2)\n"
                 "class Subscription(models.Model):\n"
                 "    plan = models.ForeignKey(Plan, on_delete=models.CASCADE)\n"
                 "    status = models.CharField(max_length=9, default=" +
                     fallback + ")\n"},
                {"plans/serializers.py",
                 "from rest_framework import serializers\n"
                 "class SubscribeSerializer(serializers.ModelSerializer):\n    class Meta:\n"
                 "        model = Subscription\n        fields = ['plan']\n"},
                {"plans/views.py",
                 "from rest_framework.generics import CreateAPIView\n"
                 "class Subscribe(CreateAPIView):\n    serializer_class = SubscribeSerializer\n"
                 "    permission_classes = [IsAuthenticated]\n    def perform_create(self, serializer):\n" +
                     more + "        serializer.save(user=self.request.user)\n"}});
}

TEST(DjangoPurchases, ASubscriptionIsNotOnForTheAsking) {
  EXPECT_TRUE(has(plans("'active'"), "PAY-002:plans/views.py:5"));
  EXPECT_FALSE(has(plans("'waiting'"), "PAY-002"));
  EXPECT_FALSE(has(plans("'active'", "        charge_card(self.request.user)\n"), "PAY-002"));
}

TEST(DjangoPurchases, StockIsNotCountedInSteps) {
  const auto view = [](const std::string& fetch) {
    return found(
        {{"shop/views.py",
          "from django.shortcuts import redirect\ndef buy(request, pk):\n    product = Product.objects" + fetch +
              ".get(pk=pk)\n    product.stock -= 1\n    product.save()\n"
              "    return redirect('home')\n"}});
  };
  EXPECT_TRUE(has(view(""), "PAY-004:shop/views.py:4"));
  EXPECT_FALSE(has(view(".select_for_update()"), "PAY-004"));
}

TEST(DjangoNamed, HardenedSettingsThatNothingNamesProtectNobody) {
  const auto tree = [](const std::string& docker) {
    return found({{"config/settings/base.py",
                   "import os\nSECRET_KEY = os.environ['SECRET_KEY']\n"
                   "DEBUG = os.environ.get('DEBUG', '1') == '1'\nINSTALLED_APPS = ['shop']\n"},
                  {"config/settings/production.py", "from .base import *\nDEBUG = False\n"},
                  {"manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.base')\n"},
                  {"Dockerfile", "FROM python:3.12-slim\n" + docker + "CMD [\"gunicorn\", \"config.wsgi\"]\n"}});
  };
  EXPECT_TRUE(has(tree(""), "DJ-012:config/settings/base.py:3"));
  EXPECT_FALSE(has(tree("ENV DJANGO_SETTINGS_MODULE=config.settings.production\n"), "DJ-012"));
}

}  // namespace
}  // namespace gatehouse::audit::source::fixture
