#include "audit/source/torn_writes.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool script(std::string_view body) {
  return finds({{"orders.ts", "import { prisma } from './db';\nexport async function order(input: Input) {\n" +
                                  std::string(body) + "}\n"}},
               "DATA-002", "without a transaction");
}

bool python(std::string_view body, std::string_view decorator = "") {
  return finds({{"views.py", "from django.shortcuts import redirect\nfrom .models import Order, Item\n" +
                                 std::string(decorator) + "def order(request):\n" + std::string(body)}},
               "DATA-002", "without a transaction");
}

TEST(TornWrites, LeaveHalfOfADeed) {
  EXPECT_TRUE(
      script("  const order = await prisma.order.create({ data: input });\n  await prisma.product.update({ where: { "
             "id: input.p }, data: { stock: 1 } });\n"));
  EXPECT_TRUE(
      python("    order = Order.objects.create(user=request.user)\n    Item.objects.create(order=order)\n    return "
             "redirect('a')\n"));
  EXPECT_TRUE(finds({{"orders.py",
                      "from flask import request\ndef order():\n    order = Order(total=1)\n    "
                      "db.session.add(order)\n    db.session.commit()\n"
                      "    for i in request.json['items']:\n        db.session.add(Item(order=order.id))\n    "
                      "db.session.commit()\n"}},
                    "DATA-002", "without a transaction"));
}

TEST(TornWrites, AreHeldTogetherOrAreTwoWays) {
  EXPECT_FALSE(
      script("  await prisma.$transaction(async (tx) => {\n    await tx.order.create({ data: input });\n    await "
             "tx.product.update({ where: { id: 1 }, data: { stock: 1 } });\n  });\n"));
  EXPECT_FALSE(
      script("  if (input.a) {\n    return await prisma.order.create({ data: input });\n  }\n  await "
             "prisma.product.update({ where: { id: 1 }, data: { stock: 1 } });\n"));
  EXPECT_FALSE(script(
      "  await prisma.order.create({ data: input });\n  await prisma.log.create({ data: { text: 'made' } });\n"));
  EXPECT_FALSE(
      python("    order = Order.objects.create(user=request.user)\n    Item.objects.create(order=order)\n    return "
             "redirect('a')\n",
             "@transaction.atomic\n"));
  EXPECT_FALSE(
      python("    if request.POST:\n        order.save()\n    else:\n        item.save()\n    return redirect('a')\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
