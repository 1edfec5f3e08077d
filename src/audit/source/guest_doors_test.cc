#include "audit/source/guest_doors.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

Texts checkout(const std::string& limit) {
  return {{"package.json", R"({"dependencies":{"next":"15.5.9","@prisma/client":"6.1.0","stripe":"17.5.0"}})"},
          {"app/actions/checkout.ts",
           "'use server';\nimport { db } from '@/lib/db';\nimport { stripe } from '@/lib/stripe';\n"
           "export async function createBookingAction(input: any) {\n" +
               limit +
               "  const machine = await db.machine.findUnique({ where: { id: Number(input.machineId) } });\n"
               "  const booking = await db.booking.create({ data: { machineId: machine.id, total: machine.price,\n"
               "    customerName: input.name, email: input.email, phone: input.phone } });\n"
               "  const session = await stripe.checkout.sessions.create({ mode: 'payment', line_items: [] });\n"
               "  return { url: session.url, id: booking.id };\n}\n"}};
}

TEST(GuestDoors, WantALimitAndNoAccount) {
  EXPECT_TRUE(finds(checkout(""), "RL-002"));
  EXPECT_FALSE(finds(checkout(""), "NX-003"));
  EXPECT_FALSE(
      finds(checkout("  if (!(await ratelimit.limit(await clientAddress())).success) throw new Error('later');\n"),
            "RL-002"));
}

}  // namespace
}  // namespace gatehouse::audit::source
