#include "audit/source/races.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::vector<std::pair<std::string, std::string>> files) {
  return source::places_of(std::move(files), "PAY-004");
}

TEST(Races, a_row_that_is_compared_lessened_and_saved_is_told_in_any_language_of_its_fields) {
  EXPECT_THAT(found({{"shop/services.py",
                      "def reserve(product_id, qty):\n    product = Product.query.get(product_id)\n"
                      "    if product.quantity_available < qty:\n        raise OutOfStock()\n"
                      "    product.quantity_available = product.quantity_available - qty\n    db.session.commit()\n"}}),
              ElementsAre("shop/services.py:5"));
  EXPECT_THAT(found({{"src/ausleihe.js",
                      "exports.ausleihen = (req, res, next) => Geraet.findByPk(req.params.id).then((geraet) => {\n"
                      "  if (geraet.frei <= 0) return res.status(409).end();\n"
                      "  return geraet.update({ frei: geraet.frei - 1 });\n});\n"}}),
              ElementsAre("src/ausleihe.js:3"));
  EXPECT_THAT(found({{"src/services/order.js",
                      "export async function place(items) {\n  for (const { id, quantity } of items) {\n"
                      "    const product = await Product.findById(id);\n"
                      "    if (product.stock < quantity) throw new Error('out');\n"
                      "    product.stock -= quantity;\n    await product.save();\n  }\n}\n"}}),
              ElementsAre("src/services/order.js:5"));
}

TEST(Races, a_limit_that_is_counted_up_in_steps_is_told) {
  EXPECT_THAT(found({{"promos/services.py",
                      "def redeem(code, order):\n    coupon = Coupon.objects.filter(code=code).first()\n"
                      "    if coupon.used_count >= coupon.max_uses:\n        raise ValueError()\n"
                      "    coupon.used_count += 1\n    coupon.save()\n"}}),
              ElementsAre("promos/services.py:5"));
  EXPECT_THAT(found({{"lib/usage.ts",
                      "export async function bump(userId: string) {\n"
                      "  const [row] = await db.select().from(usage).where(eq(usage.userId, userId))\n"
                      "  await db.update(usage).set({ count: row.count + 1 }).where(eq(usage.userId, userId))\n}\n"}}),
              ElementsAre("lib/usage.ts:3"));
}

TEST(Races, a_change_with_its_own_condition_a_lock_or_a_count_of_visits_is_fine) {
  EXPECT_THAT(found({{"a.py",
                      "def use(user):\n    done = Profile.objects.filter(user=user, credits__gte=1)"
                      ".update(credits=F('credits') - 1)\n    return done\n"},
                     {"b.py",
                      "def redeem(code):\n    coupon = Coupon.objects.select_for_update().get(code=code)\n"
                      "    if coupon.used_count >= coupon.max_uses:\n        raise ValueError()\n"
                      "    coupon.used_count += 1\n    coupon.save()\n"},
                     {"c.py",
                      "def detail(request, slug):\n    post = Post.objects.get(slug=slug)\n    post.views += 1\n"
                      "    post.save()\n"},
                     {"d.js",
                      "export async function place(id, qty) {\n  const product = await Product.findOneAndUpdate("
                      "{ _id: id, stock: { $gte: qty } }, { $inc: { stock: -qty } });\n  return product;\n}\n"}}),
              IsEmpty());
}

const std::string kReserve =
    "exports.book = async (req, res) => {\n"
    "  const [taken] = await db.query('SELECT id FROM reservas WHERE mesa_id = ? AND hora = ?', [m, h]);\n"
    "  if (taken.length > 0) return res.status(409).end();\n"
    "  await db.query('INSERT INTO reservas (mesa_id, hora) VALUES (?, ?)', [m, h]);\n"
    "  res.status(201).end();\n};\n";

TEST(Races, an_hour_that_is_asked_for_and_then_taken_is_told_unless_the_database_keeps_it_apart) {
  EXPECT_THAT(found({{"src/book.js", kReserve}}), ElementsAre("src/book.js:4"));
  EXPECT_THAT(
      found({{"db/schema.sql", "CREATE TABLE reservas (mesa_id INT, hora TIME, UNIQUE KEY one (mesa_id, hora));\n"},
             {"src/book.js", kReserve}}),
      IsEmpty());
  EXPECT_THAT(found({{"app/crud.py",
                      "async def create(db, doctor, at):\n"
                      "    row = await db.execute(select(Appointment).where(Appointment.starts_at == at))\n"
                      "    if row.scalar_one_or_none():\n        raise HTTPException(409)\n"
                      "    db.add(Appointment(doctor_id=doctor, starts_at=at))\n    await db.commit()\n"}}),
              ElementsAre("app/crud.py:5"));
  EXPECT_THAT(found({{"app/actions.ts",
                      "export async function seat(id: string) {\n"
                      "  const event = await prisma.event.findUnique({ where: { id } })\n"
                      "  if (event._count.bookings >= event.capacity) return { error: 'full' }\n"
                      "  await prisma.booking.create({ data: { eventId: id } })\n}\n"}}),
              ElementsAre("app/actions.ts:4"));
}

TEST(Races, what_was_paid_so_far_is_a_sum_like_any) {
  EXPECT_THAT(source::places_of(
                  {{"lib/invoice.service.ts",
                    "export async function record(id: string, amount: number) {\n"
                    "  const invoice = await db.invoice.findFirst({ where: { id } })\n"
                    "  const amountPaid = invoice.amountPaid + amount\n"
                    "  await db.invoice.update({ where: { id }, data: { amountPaid } })\n"
                    "  await db.invoice.update({ where: { id }, data: { amountPaid: invoice.amountPaid + amount } })\n"
                    "}\n"}},
                  "PAY-004"),
              ElementsAre("lib/invoice.service.ts:5"));
}

TEST(Races, what_may_be_used_once_is_marked_in_the_same_step) {
  const auto redeem = [](const std::string& lock) {
    return "def redeem(user, code):\n    card = GiftCard.objects" + lock +
           ".filter(code=code, redeemed=False).first()\n    if card is None:\n        return False\n"
           "    Wallet.objects.filter(user=user).update(balance=F('balance') + card.value)\n"
           "    card.redeemed = True\n    card.save()\n";
  };
  EXPECT_THAT(source::places_of({{"wallet/services.py", redeem("")}}, "PAY-004"), ElementsAre("wallet/services.py:6"));
  EXPECT_THAT(source::places_of({{"wallet/services.py", redeem(".select_for_update()")}}, "PAY-004"), IsEmpty());
}

TEST(Races, lines_of_a_cart_are_their_owners_affair) {
  EXPECT_THAT(source::places_of({{"routes/cart.js",
                                  "exports.less = async (req, res) => {\n"
                                  "  const line = await CartItem.findOne({ where: { id: req.params.id } });\n"
                                  "  if (line.quantity < 2) return line.destroy();\n  line.quantity -= 1;\n"
                                  "  await line.save();\n};\n"}},
                                "PAY-004"),
              IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit
