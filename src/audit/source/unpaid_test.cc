#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::vector<std::pair<std::string, std::string>> files) {
  return source::places_of(std::move(files), "PAY-002");
}

const std::string kService =
    "class Subscriptions:\n"
    "    async def upgrade(self, user_id, plan):\n"
    "        self.db.table('subscriptions').update({'plan_id': str(plan.id)}).eq('user_id', user_id).execute()\n";
std::string door(const std::string& more = "") {
  return "@router.post('/upgrade')\n"
         "async def upgrade_subscription(new_plan: str, user=Depends(current_user), service=Depends(service)):\n" +
         more + "    return await service.upgrade(user.id, new_plan)\n";
}

std::string controller(const std::string& ask) {
  return "exports.activateSubscription = async (req, res) => {\n"
         "  const user = await User.findById(req.user.id);\n" +
         ask +
         "  user.subscription = { plan: req.body.plan, status: 'active' };\n"
         "  await user.save();\n  res.json({ done: true });\n};\n";
}

TEST(Unpaid, a_plan_that_a_service_switches_on_is_told_at_its_route) {
  EXPECT_THAT(found({{"app/services/subscriptions.py", kService}, {"app/routers/subscriptions.py", door()}}),
              ElementsAre("app/routers/subscriptions.py:2"));
  EXPECT_THAT(found({{"controllers/subscription.js", controller("")}}), ElementsAre("controllers/subscription.js:3"));
}

TEST(Unpaid, what_the_provider_or_staff_was_asked_about_is_fine) {
  EXPECT_THAT(found({{"app/services/subscriptions.py", kService},
                     {"app/routers/subscriptions.py",
                      door("    session = stripe.checkout.Session.retrieve(user.session)\n"
                           "    if session.payment_status != 'paid':\n        raise HTTPException(402)\n")}}),
              IsEmpty());
  EXPECT_THAT(found({{"controllers/subscription.js",
                      controller("  const s = await stripe.checkout.sessions.retrieve(req.body.session);\n"
                                 "  if (s.payment_status !== 'paid' || s.client_reference_id !== req.user.id)\n"
                                 "    return res.sendStatus(402);\n")}}),
              IsEmpty());
  EXPECT_THAT(found({{"controllers/subscription.js",
                      controller("  if (req.user.role !== 'admin') return res.sendStatus(403);\n")}}),
              IsEmpty());
  EXPECT_THAT(found({{"controllers/subscription.js", controller("")},
                     {"routes/subscription.js",
                      "const router = require('express').Router();\n"
                      "const { activateSubscription } = require('../controllers/subscription');\n"
                      "router.post('/activate', protect, adminOnly, activateSubscription);\n"}}),
              IsEmpty());
}

TEST(Unpaid, asking_what_is_active_gives_nothing) {
  EXPECT_THAT(found({{"controllers/subscription.js",
                      "exports.confirmPlan = async (req, res) => {\n"
                      "  const s = await Subscription.findOne({ user: req.user.id, status: 'active' });\n"
                      "  await Visit.create({ user: req.user.id });\n  res.json(s);\n};\n"}}),
              IsEmpty());
}

TEST(Unpaid, every_kind_of_door_is_looked_at) {
  EXPECT_THAT(found({{"courses/views.py",
                      "import stripe\n@login_required\ndef payment_success(request, course_id):\n"
                      "    Enrollment.objects.get_or_create(student=request.user, course_id=course_id)\n"}}),
              ElementsAre("courses/views.py:4"));
  EXPECT_THAT(
      found({{"src/users.controller.ts",
              "@Controller('users')\nexport class UsersController {\n  @Post('upgrade')\n"
              "  upgrade(@CurrentUser() user, @Body() body) {\n    return this.service.lift(user.id, body.plan);\n"
              "  }\n}\n"},
             {"src/users.service.ts",
              "export class UsersService {\n  async lift(id, plan) {\n"
              "    return this.prisma.user.update({ where: { id }, data: { plan } });\n  }\n}\n"}}),
      ElementsAre("src/users.controller.ts:4"));
  EXPECT_THAT(found({{"app/checkout/success/page.tsx",
                      "export default async function Page({ searchParams }) {\n  const me = await auth()\n"
                      "  await prisma.purchase.upsert({ where: { id }, update: {}, create: { userId: me.id, "
                      "status: 'PAID' } })\n  return <p>Thanks</p>\n}\n"}}),
              ElementsAre("app/checkout/success/page.tsx:3"));
  EXPECT_THAT(found({{"app/pedidos.py",
                      "@bp.route('/pedidos/<int:id>/pago', methods=['POST'])\ndef registrar_pago(id):\n"
                      "    pedido = Pedido.query.get(id)\n    pedido.estado = 'pagado'\n    db.session.commit()\n"}}),
              ElementsAre("app/pedidos.py:4"));
}

TEST(Unpaid, what_is_free_or_paid_by_hand_is_given) {
  EXPECT_THAT(found({{"courses/views.py",
                      "import stripe\ndef payment_success(request, course_id):\n"
                      "    course = get_object_or_404(Course, pk=course_id, price=0)\n"
                      "    Enrollment.objects.get_or_create(student=request.user, course=course)\n"},
                     {"orders/views.py",
                      "def confirm_payment(request, id):\n    if not settings.ALLOW_MANUAL:\n        raise Http404\n"
                      "    order.status = 'paid'\n    order.save()\n"}}),
              IsEmpty());
}

// Stops: a file of functions within functions, each of which holds all that is below it.
TEST(Unpaid, a_file_of_functions_within_functions_is_given_up_and_named) {
  std::string text = "const express = require('express');\n", end;
  for (int i = 0; i < 3'300; ++i) {
    text += "function upgradePlan(req, res) { f(" + std::to_string(i) + ");\n";
    end += "}\n";
  }
  const auto report = audit_source(*memory_files({{"src/x.js", text + end}}), source_pack(), {});
  EXPECT_THAT(report.not_checked, ::testing::Contains(::testing::HasSubstr("src/x.js: checks stopped half-way")));
  EXPECT_FALSE(report.complete);
  EXPECT_THAT(report.given_up, ::testing::ElementsAre("src/x.js"));
}

// Stops: a plan that is given away past the last function that is kept.
TEST(Unpaid, more_functions_than_are_kept_are_told_where_something_is_sold) {
  std::vector<std::pair<std::string, std::string>> files;
  for (int i = 0; i < 6; ++i) {
    std::string text;
    for (int k = 0; k < 4'000; ++k) text += "def f" + std::to_string(k) + "():\n  g()\n";
    files.emplace_back("app/a" + std::to_string(i) + ".py", std::move(text));
  }
  const auto unsold = audit_source(*memory_files(files), source_pack(), {});
  EXPECT_THAT(unsold.given_up, IsEmpty());
  files.emplace_back("app/routers/subscriptions.py", door());
  const auto report = audit_source(*memory_files(std::move(files)), source_pack(), {});
  EXPECT_THAT(report.given_up, ElementsAre("app/a5.py"));
  EXPECT_THAT(report.not_checked, ::testing::Contains(::testing::HasSubstr("more than 20,000 functions")));
  EXPECT_FALSE(report.complete);
}

TEST(Unpaid, a_row_that_marks_itself_as_paid_is_marked_by_whoever_asks_for_it) {
  EXPECT_THAT(found({{"billing/models.py",
                      "class Invoice(models.Model):\n    def mark_paid(self):\n        self.status = 'paid'\n"
                      "        self.save()\n"},
                     {"billing/views.py",
                      "@api_view(['POST'])\n@permission_classes([IsAuthenticated])\ndef pay_invoice(request, pk):\n"
                      "    invoice = get_object_or_404(Invoice, pk=pk, user=request.user)\n    invoice.mark_paid()\n"
                      "    return Response({})\n"}}),
              ElementsAre("billing/views.py:3"));
}

TEST(Unpaid, a_seat_that_is_booked_is_not_paid_for_by_that) {
  const auto book = [](const std::string& state) {
    return found({{"flights/views.py",
                   "def book_flight(request, flight_id):\n    flight = get_object_or_404(Flight, id=flight_id)\n"
                   "    ticket = Ticket.objects.create(user=request.user, flight=flight, " +
                       state + ")\n    return redirect('ticket', ticket.id)\n"}});
  };
  EXPECT_THAT(book("payment_status=True"), ElementsAre("flights/views.py:3"));
  EXPECT_THAT(book("payment_status=False"), IsEmpty());
  EXPECT_THAT(book("status='confirmed'"), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit
