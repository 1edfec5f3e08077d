// What makes an order count as paid, and on whose word.
#include <gtest/gtest.h>

#include <algorithm>

#include "audit/audit.h"

namespace gatehouse::audit {
namespace {

// The titles of what is said of payments in one view.
std::vector<std::string> told(const std::string& view, std::string_view id = "PAY-002") {
  AuditOptions options;
  options.now = 1790000000;
  const std::string head =
      "import hmac\nimport requests\nimport stripe\nfrom rest_framework.views import APIView\n"
      "from shop.models import Order, Payment, Subscription\n";
  std::vector<std::string> out;
  for (const auto& f : audit_source(*memory_files({{"shop/views.py", head + view}}), source_pack(), options).findings)
    if (f.id == id) out.push_back(f.title);
  return out;
}

std::string view(const std::string& body) {
  return "class Pay(APIView):\n    permission_classes = [IsAuthenticated]\n    def post(self, request, pk):\n" + body;
}

const std::string kMine = "        order = Order.objects.get(id=pk, user=request.user)\n";

TEST(PythonPayments, AnOrderIsNotPaidBecauseTheBrowserSaysSo) {
  for (const char* settled : {"        order.isPaid = True\n", "        order.payment_completed = True\n",
                              "        order.payment_status = 'Paid'\n", "        order.status = Order.Status.PAID\n",
                              "        Payment.objects.create(order=order, status='COMPLETED')\n",
                              "        Order.objects.filter(id=pk).update(is_paid=True)\n"})
    EXPECT_EQ(told(view(kMine + settled)).size(), 1U) << settled;
  for (const char* other : {"        order.status = 'pending'\n", "        order.paid_at = None\n",
                            "        order.status = 'delivered'\n", "        order.is_read = True\n"})
    EXPECT_TRUE(told(view(kMine + other)).empty()) << other;
}

TEST(PythonPayments, AUpgradeAfterTheReturnFromTheProviderIsBelievedByItsAddressAlone) {
  const std::string give =
      "(request):\n    Subscription.objects.update_or_create(user=request.user, "
      "defaults={'plan': 'pro', 'active': True})\n";
  EXPECT_EQ(told("def payment_success" + give).size(), 1U);
  EXPECT_TRUE(told("def register" + give).empty()) << "a new account may begin with a plan that costs nothing";
}

TEST(PythonPayments, AskingTheProviderCountsWhenTheAnswerIsHeldAgainstTheOrder) {
  const std::string ask = "        session = stripe.checkout.Session.retrieve(request.data['session_id'])\n";
  const std::string paid = "            order.status = 'paid'\n            order.save()\n";
  const auto loose = told(view(kMine + ask + "        if session.payment_status == 'paid':\n" + paid));
  ASSERT_EQ(loose.size(), 1U);
  EXPECT_EQ(loose.front(), "What was paid is not held against the order it is for");
  EXPECT_TRUE(
      told(view(kMine + ask + "        if session.payment_status == 'paid' and session.amount_total == order.cents:\n" +
                paid))
          .empty());
  EXPECT_TRUE(
      told(view(kMine + ask +
                "        if session.payment_status == 'paid' and session.metadata['order'] == str(order.id):\n" + paid))
          .empty());
  EXPECT_EQ(told(view(kMine + ask + "        if session.amount_total == order.cents:\n" + paid)).size(), 1U)
      << "the right sum, and nobody asked whether it came";
  EXPECT_TRUE(told(view(kMine +
                        "        session = stripe.checkout.Session.retrieve(order.session_id)\n"
                        "        if session.payment_status == 'paid':\n" +
                        paid))
                  .empty());
  EXPECT_TRUE(told(view("        order = Order.objects.get(razorpay_order_id=request.data['order'])\n"
                        "        client.utility.verify_payment_signature(request.data)\n        if True:\n" +
                        paid))
                  .empty());
}

TEST(PythonPayments, StaffAndCashMayMarkAnOrderAsPaid) {
  EXPECT_TRUE(told("@staff_member_required\ndef mark(request, pk):\n    order = Order.objects.get(id=pk)\n"
                   "    order.is_paid = True\n")
                  .empty());
  EXPECT_TRUE(told(view(kMine + "        if order.method == 'cod':\n            order.is_paid = True\n")).empty());
  EXPECT_EQ(
      told(view(kMine + "        if request.data['ResultCode'] == 0:\n            order.is_paid = True\n")).size(), 1U);
}

TEST(PythonPayments, ADiscountTheClientNamesIsAPriceTheClientNames) {
  EXPECT_EQ(told(view(kMine + "        off = request.data.get('discount')\n        order.total = order.total - off\n"),
                 "PAY-001")
                .size(),
            1U);
  EXPECT_TRUE(told(view(kMine + "        code = request.data.get('coupon')\n"
                                "        order.total = order.total - Coupon.objects.get(code=code).off\n"),
                   "PAY-001")
                  .empty());
}

}  // namespace
}  // namespace gatehouse::audit
