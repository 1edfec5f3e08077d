// What clients of a Django project may write, and what comes back to them as it was sent.
#include <gtest/gtest.h>

#include <algorithm>

#include "audit/audit.h"

namespace gatehouse::audit {
namespace {

bool finds(const std::vector<std::pair<std::string, std::string>>& files, std::string_view id, std::string_view path) {
  AuditOptions options;
  options.now = 1790000000;
  const auto all = audit_source(*memory_files(files), source_pack(), options).findings;
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& f) { return f.id == id && f.locations.front().path == path; });
}

const std::string kModels =
    "from django.db import models\nclass Order(models.Model):\n"
    "    buyer = models.ForeignKey('auth.User', on_delete=models.CASCADE)\n    scan = "
    "models.FileField(upload_to='s')\n";
const std::string kSerializer =
    "from rest_framework import serializers\nclass OrderSerializer(serializers.ModelSerializer):\n"
    "    class Meta:\n        model = Order\n        fields = '__all__'\n";

bool api(const std::string& view, std::string_view id, const std::string& serializer = kSerializer,
         std::string_view path = "shop/views.py") {
  return finds({{"shop/models.py", kModels},
                {"shop/serializers.py", serializer},
                {"shop/views.py",
                 "from rest_framework import generics\nfrom rest_framework.decorators import api_view\n" + view}},
               id, path);
}

TEST(DjangoRights, AnOwnerThatASerializerTakesIsTheClientsChoice) {
  const std::string head =
      "@api_view(['POST'])\ndef add(request):\n    s = OrderSerializer(data=request.data)\n"
      "    s.is_valid(raise_exception=True)\n";
  EXPECT_TRUE(api(head + "    s.save()\n    return Response(s.data)\n", "AZ-002"));
  EXPECT_FALSE(api(head + "    s.save(buyer=request.user)\n    return Response(s.data)\n", "AZ-002"));
  const std::string view = "class Add(generics.CreateAPIView):\n    serializer_class = OrderSerializer\n";
  EXPECT_TRUE(api(view, "AZ-002"));
  EXPECT_FALSE(api(view + "    def perform_create(self, s):\n        s.save(buyer=self.request.user)\n", "AZ-002"));
  EXPECT_FALSE(api(view, "AZ-002", kSerializer + "        read_only_fields = ['buyer']\n"));
  EXPECT_FALSE(api(view + "    permission_classes = [IsAdminUser]\n", "AZ-002"));
}

TEST(DjangoRights, AFileFieldTakesWhatItsSerializerLooksAt) {
  const std::string view = "class Add(generics.CreateAPIView):\n    serializer_class = OrderSerializer\n";
  EXPECT_TRUE(api(view, "FA-016", kSerializer, "shop/models.py"));
  EXPECT_FALSE(api(view, "FA-016",
                   kSerializer + "    def validate_scan(self, value):\n        if value.size > 9:\n"
                                 "            raise serializers.ValidationError('long')\n        return value\n",
                   "shop/models.py"));
  EXPECT_FALSE(api("class Show(generics.ListAPIView):\n    serializer_class = OrderSerializer\n", "FA-016", kSerializer,
                   "shop/models.py"));
}

TEST(DjangoRights, NobodyGivesThemselvesAPlanOrARole) {
  const auto view = [](const std::string& body) {
    return api("@api_view(['POST'])\ndef change(request):\n" + body, "AZ-007");
  };
  EXPECT_TRUE(view("    request.user.plan = request.data['plan']\n    request.user.save()\n"));
  EXPECT_TRUE(view("    role = request.data.get('role')\n    User.objects.create_user(name, role=role)\n"));
  EXPECT_FALSE(
      view("    role = request.data.get('role')\n    if role not in ('buyer', 'seller'):\n        raise Wrong\n"
           "    User.objects.create_user(name, role=role)\n"));
  EXPECT_FALSE(view("    request.user.plan = 'free'\n    request.user.save()\n"));
  EXPECT_FALSE(view("    request.user.nickname = request.data['nickname']\n"));
}

TEST(DjangoRights, WhatWasSentIsNotMarkup) {
  const auto page = [](const std::string& answer) {
    return finds(
        {{"shop/views.py",
          "from django.http import HttpResponse\ndef hello(request):\n    name = request.GET.get('n')\n" + answer}},
        "DJ-026", "shop/views.py");
  };
  EXPECT_TRUE(page("    return HttpResponse('<h1>Hello %s</h1>' % name)\n"));
  EXPECT_TRUE(page("    return HttpResponse(f'<p>{name}</p>')\n"));
  EXPECT_FALSE(page("    return HttpResponse(f'<p>{escape(name)}</p>')\n"));
  EXPECT_FALSE(page("    return HttpResponse(f'hello {name}', content_type='text/plain')\n"));
}

TEST(DjangoRights, AnAddressWithAHostOfItsOwnIsNotTheClients) {
  const auto fetch = [](const std::string& url) {
    return finds({{"shop/views.py", "import requests\ndef pay(request):\n    ref = request.GET.get('ref')\n    url = " +
                                        url + "\n    return requests.get(url, timeout=3)\n"}},
                 "EX-013", "shop/views.py");
  };
  EXPECT_FALSE(fetch("f'https://api.example.com/pay/{quote(ref)}'"));
  EXPECT_TRUE(fetch("request.GET.get('url')"));
}

}  // namespace
}  // namespace gatehouse::audit
