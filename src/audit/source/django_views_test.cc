// What Django's views ask of their callers, and what they fetch for them.
#include <gtest/gtest.h>

#include <algorithm>

#include "audit/audit.h"

namespace gatehouse::audit {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

std::vector<proof::Finding> audit(const Files& files) {
  AuditOptions options;
  options.now = 1790000000;
  return audit_source(*memory_files(files), source_pack(), options).findings;
}

bool has(const std::vector<proof::Finding>& all, std::string_view id, int line = 0) {
  return std::any_of(all.begin(), all.end(), [&](const proof::Finding& f) {
    return f.id == id && (line == 0 || f.locations.front().line == line);
  });
}

const std::string kSettings =
    "INSTALLED_APPS = ['django.contrib.sessions', 'rest_framework']\nMIDDLEWARE = "
    "['django.middleware.security.SecurityMiddleware']\nREST_FRAMEWORK = {'PAGE_SIZE': 20}\n";
const std::string kUrls =
    "from django.urls import path\nurlpatterns = [path('orders/<uuid:pk>/', OrderView.as_view())]\n";

std::vector<proof::Finding> api(const std::string& view) {
  return audit({{"shop/settings.py", kSettings},
                {"shop/urls.py", kUrls},
                {"shop/views.py", "from rest_framework.views import APIView\nfrom shop.models import Order\n" + view}});
}

TEST(DjangoViews, ADecoratorOnAMethodLeavesTheViewOpen) {
  const std::string method = "    def post(self, request, pk):\n        return Response(make(request.user, pk))\n";
  const auto dead = api("class OrderView(APIView):\n    @permission_classes([IsAuthenticated])\n" + method);
  EXPECT_TRUE(has(dead, "DJ-036", 5));
  EXPECT_FALSE(has(api("class OrderView(APIView):\n    permission_classes = [IsAuthenticated]\n" + method), "DJ-036"));
}

TEST(DjangoViews, AnExemptionOnAViewOfTheRestFrameworkTakesNothingAway) {
  const std::string method = "    @csrf_exempt\n    def post(self, request, pk):\n        return Response({})\n";
  EXPECT_FALSE(has(api("class OrderView(APIView):\n" + method), "DJ-016"));
  EXPECT_TRUE(has(api("class OrderView(View):\n" + method), "DJ-016"));
}

TEST(DjangoViews, ARecordHeldAgainstTheCallerIsTheirsAndOneMerelyUsedBesideTheCallerIsNot) {
  const auto with = [&](const std::string& then) {
    return api(
        "class OrderView(APIView):\n    permission_classes = [IsAuthenticated]\n    def get(self, request, pk):\n"
        "        user = request.user\n        order = Order.objects.get(id=pk)\n" +
        then + "        return Response(show(order))\n");
  };
  EXPECT_TRUE(has(with("        Visit.objects.create(by=user)\n"), "AZ-001"));
  EXPECT_TRUE(has(with("        order.touched_by = user\n        order.save()\n"), "AZ-001"));
  EXPECT_FALSE(has(with("        if order.buyer != user:\n            raise Http404\n"), "AZ-001"));
  EXPECT_FALSE(has(with("        self.check_object_permissions(request, order)\n"), "AZ-001"));
  EXPECT_FALSE(has(with("        if not can_see(user, order):\n            raise Http404\n"), "AZ-001"));
}

TEST(DjangoViews, WhatHangsOnARecordOfTheCallersIsTheirs) {
  const auto with = [&](const std::string& query) {
    return api(
        "class OrderView(APIView):\n    permission_classes = [IsAuthenticated]\n    def get(self, request, pk):\n"
        "        cart = Cart.objects.get(owner=request.user)\n        order = " +
        query + "\n        return Response(show(order))\n");
  };
  EXPECT_TRUE(has(with("Order.objects.get(id=pk)"), "AZ-001"));
  EXPECT_FALSE(has(with("Order.objects.get(id=pk, basket=cart)"), "AZ-001"));
}

TEST(DjangoViews, AnIdOutOfASignedTokenIsTheCallersOwn) {
  const auto with = [&](const std::string& claims) {
    return api("class OrderView(APIView):\n    def get(self, request, pk):\n        claims = " + claims +
               "\n        return Response(show(Order.objects.get(id=claims['order'])))\n");
  };
  EXPECT_TRUE(has(with("json.loads(request.body)"), "AZ-001"));
  EXPECT_FALSE(has(with("jwt.decode(request.GET['t'], KEY, algorithms=['HS256'])"), "AZ-001"));
}

TEST(DjangoViews, APageOfSomebodysRecordsAsksWhoIsCalling) {
  const auto with = [&](const std::string& head) {
    return audit({{"shop/models.py",
                   "from django.db import models\nclass Order(models.Model):\n    buyer = "
                   "models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\nclass "
                   "Article(models.Model):\n    text = models.TextField()\n"},
                  {"shop/urls.py", "from django.urls import path\nurlpatterns = [path('all', every)]\n"},
                  {"shop/views.py", "from django.shortcuts import render\n" + head}});
  };
  const std::string orders =
      "def every(request):\n    return render(request, 'a.html', {'all': Order.objects.all()})\n";
  EXPECT_TRUE(has(with(orders), "DJ-036"));
  EXPECT_FALSE(has(with("@login_required\n" + orders), "DJ-036"));
  EXPECT_FALSE(has(with("def every(request):\n    return render(request, 'a.html', {'all': Article.objects.all()})\n"),
                   "DJ-036"));
}

TEST(DjangoViews, AGenericViewOverSomebodysRecordsIsScopedByItselfOrByAMixin) {
  const auto with = [&](const std::string& bases, const std::string& more) {
    return audit({{"shop/models.py",
                   "from django.db import models\nclass Order(models.Model):\n    buyer = "
                   "models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n"},
                  {"shop/mixins.py",
                   "class BuyersOwn:\n    def get_queryset(self):\n        return "
                   "super().get_queryset().filter(buyer=self.request.user)\n"},
                  {"shop/views.py", "from django.views.generic import DetailView\nclass OrderDetail(" + bases +
                                        "DetailView):\n    model = Order\n" + more}});
  };
  EXPECT_TRUE(has(with("LoginRequiredMixin, ", ""), "AZ-001"));
  EXPECT_FALSE(has(with("LoginRequiredMixin, BuyersOwn, ", ""), "AZ-001"));
  EXPECT_FALSE(has(with("LoginRequiredMixin, ",
                        "    def get_queryset(self):\n        return Order.objects.filter(buyer=self.request.user)\n"),
                   "AZ-001"));
}

TEST(DjangoViews, AQuerysetIsNotScopedByItsOwnNameNorByWhatIsLoadedBesideIt) {
  const auto with = [&](const std::string& model, const std::string& query) {
    return audit(
        {{"shop/models.py",
          "from django.db import models\nclass Course(models.Model):\n    made_by = "
          "models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\nclass Lesson(models.Model):\n"
          "    course = models.ForeignKey(Course, on_delete=models.CASCADE)\n"},
         {"shop/views.py", "from rest_framework import viewsets, permissions\nclass " + model +
                               "ViewSet(viewsets.ModelViewSet):\n    permission_classes = "
                               "[permissions.IsAuthenticated]\n    def get_queryset(self):\n        return " +
                               model + ".objects" + query + "\n"}});
  };
  EXPECT_TRUE(has(with("Course", ".all()"), "AZ-001"));
  EXPECT_TRUE(has(with("Course", ".select_related('made_by', 'owner__profile').order_by('author').all()"), "AZ-001"));
  EXPECT_FALSE(has(with("Course", ".select_related('school').filter(made_by=self.request.user)"), "AZ-001"));
  // A part of somebody's whole is theirs where it can be written.
  EXPECT_TRUE(has(with("Lesson", ".all()"), "AZ-001"));
  EXPECT_FALSE(has(with("Lesson", ".filter(course__made_by=self.request.user)"), "AZ-001"));
}

}  // namespace
}  // namespace gatehouse::audit
