#include "audit/source/shown_serializers.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool written(const std::string& view, const std::string& closed = "'id'") {
  return finds({{"orders/models.py",
                 "from django.db import models\nfrom django.conf import settings\n\n\nclass Order(models.Model):\n"
                 "    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)\n"
                 "    status = models.CharField(max_length=20)\n"},
                {"orders/serializers.py",
                 "from rest_framework import serializers\nfrom .models import Order\n\n\n"
                 "class OrderDetailSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Order\n"
                 "        fields = ['id', 'status']\n        read_only_fields = [" +
                     closed + "]\n"},
                {"orders/views.py",
                 "from rest_framework import viewsets\nfrom rest_framework.permissions import IsAuthenticated\n"
                 "from .models import Order\nfrom .serializers import OrderDetailSerializer, OrderListSerializer\n\n\n"
                 "class OrderViewSet(viewsets." +
                     view}},
               "AZ-007", "made for showing");
}

TEST(ShownSerializers, AreFilledWhereNothingElseIsLeft) {
  const std::string rows =
      "    permission_classes = [IsAuthenticated]\n\n    def get_queryset(self):\n"
      "        return Order.objects.filter(user=self.request.user)\n";
  const std::string chosen =
      "\n    def get_serializer_class(self):\n        if self.action == 'list':\n"
      "            return OrderListSerializer\n        return OrderDetailSerializer\n";
  EXPECT_TRUE(written("ModelViewSet):\n" + rows + chosen));
  EXPECT_TRUE(written("ModelViewSet):\n    serializer_class = OrderDetailSerializer\n" + rows));
  EXPECT_FALSE(written("ModelViewSet):\n" + rows + chosen, "'id', 'status'"));
  EXPECT_FALSE(written("ReadOnlyModelViewSet):\n" + rows + chosen));
  EXPECT_FALSE(written("ModelViewSet):\n    http_method_names = ['get', 'post']\n" + rows + chosen));
  EXPECT_FALSE(
      written("ModelViewSet):\n" + rows +
              "\n    def get_serializer_class(self):\n        if self.action in ('update', 'partial_update'):\n"
              "            return OrderNoteSerializer\n        return OrderDetailSerializer\n"));
}

bool whole(const std::string& asked, const std::string& given) {
  return finds(
      {{"tickets/views.py",
        "from rest_framework import viewsets\nfrom rest_framework.permissions import IsAuthenticated\n"
        "from .models import Ticket\n\n\nclass TicketViewSet(viewsets.ReadOnlyModelViewSet):\n"
        "    permission_classes = [IsAuthenticated]\n\n    def get_queryset(self):\n"
        "        user = self.request.user\n        if " +
            asked + ":\n            return " + given + "\n        return Ticket.objects.filter(order__user=user)\n"}},
      "AZ-001", "sees everybody's records");
}

TEST(Rows, OfEverybodyAreNotForARankOfCustomers) {
  EXPECT_TRUE(whole("user.is_staff or user.user_type == 'organizer'", "Ticket.objects.select_related('event').all()"));
  EXPECT_TRUE(whole("user.role == 'SELLER'", "Ticket.objects.all()"));
  EXPECT_FALSE(whole("user.is_staff", "Ticket.objects.all()"));
  EXPECT_FALSE(whole("user.role == 'admin'", "Ticket.objects.all()"));
  EXPECT_FALSE(whole("user.role == 'organizer'", "Ticket.objects.filter(event__organizer=user)"));
}

}  // namespace
}  // namespace gatehouse::audit::source
