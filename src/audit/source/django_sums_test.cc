#include "audit/source/django_sums.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(const std::string& read_only, const std::string& view = "ModelViewSet") {
  return places_of({{"shop/models.py",
                     "from django.db import models\nclass Booking(models.Model):\n"
                     "    guest = models.ForeignKey(User, on_delete=models.CASCADE)\n"
                     "    amount = models.DecimalField(max_digits=8, decimal_places=2)\n"},
                    {"shop/serializers.py",
                     "from rest_framework import serializers\nfrom .models import Booking\n"
                     "class BookingSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Booking\n"
                     "        fields = '__all__'\n        read_only_fields = [" +
                         read_only + "]\nclass BookingViewSet(viewsets." + view +
                         "):\n    permission_classes = [IsAuthenticated]\n"
                         "    serializer_class = BookingSerializer\n"}},
                   "PAY-001");
}

TEST(DjangoSums, are_taken_with_all_other_fields) {
  EXPECT_THAT(found("'guest'"), ElementsAre("shop/serializers.py:6"));
  EXPECT_THAT(found("'guest', 'amount'"), IsEmpty());
  EXPECT_THAT(found("'guest'", "ReadOnlyModelViewSet"), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source
