// What a webhook does twice when an event comes twice, and what keeps it from that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/audit.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::string path, std::string text) {
  auto tree = memory_files({{std::move(path), std::move(text)}});
  AuditOptions options;
  options.only = "WHK-002";
  options.now = 1790000000;
  std::vector<std::string> out;
  for (const proof::Finding& f : audit_source(*tree, source_pack(), options).findings)
    out.push_back(std::string(f.severity == proof::Severity::high ? "high" : "medium") + ":" +
                  std::to_string(f.locations.front().line));
  return out;
}

std::string route(const std::string& effect) {
  return "import { stripe } from '@/lib/stripe';\n"
         "export async function POST(req: Request) {\n"
         "  const event = stripe.webhooks.constructEvent(await req.text(), req.headers.get('stripe-signature')!, "
         "secret);\n"
         "  const session = event.data.object;\n"
         "  console.log('already here', event.id);\n" +
         effect + "  return new Response(null);\n}\n";
}

TEST(Repeats, that_add_are_told_where_they_add) {
  EXPECT_THAT(found("app/api/webhooks/stripe/route.ts",
                    route("  await prisma.user.update({ where: { id: session.metadata.userId },\n"
                          "    data: { credits: { increment: 10 } } });\n")),
              ElementsAre("high:7"));
  EXPECT_THAT(found("app/api/webhooks/stripe/route.ts", route("  await addCredits(session.metadata.userId, 10);\n")),
              ElementsAre("high:6"));
  EXPECT_THAT(found("app/api/webhooks/stripe/route.ts",
                    route("  await prisma.payment.create({ data: { userId: session.metadata.userId } });\n")),
              ElementsAre("medium:6"));
}

TEST(Repeats, that_are_noticed_are_left_alone) {
  EXPECT_THAT(
      found("app/api/webhooks/stripe/route.ts",
            route("  if (await prisma.seen.findUnique({ where: { id: event.id } })) return new Response(null);\n"
                  "  await addCredits(session.metadata.userId, 10);\n")),
      IsEmpty());
  EXPECT_THAT(found("app/api/webhooks/stripe/route.ts",
                    route("  const order = await prisma.order.findUnique({ where: { id: session.metadata.order } });\n"
                          "  if (order.status !== 'PENDING') return new Response(null);\n"
                          "  await addCredits(order.userId, 10);\n")),
              IsEmpty());
}

TEST(Repeats, are_found_behind_a_table_of_handlers) {
  EXPECT_THAT(found("billing/views.py",
                    "@csrf_exempt\n"
                    "def stripe_webhook(request):\n"
                    "    event = stripe.Webhook.construct_event(request.body, request.META['X'], SECRET)\n"
                    "    log_event.delay(event['id'])\n"
                    "    HANDLERS[event['type']](event['data']['object'])\n"
                    "    return HttpResponse()\n"
                    "\n"
                    "def _paid(data):\n"
                    "    Payment.objects.create(invoice=data['id'], amount=data['amount_paid'])\n"
                    "    send_receipt_email.delay(data['customer_email'])\n"
                    "\n"
                    "HANDLERS = {'invoice.payment_succeeded': _paid}\n"),
              ElementsAre("medium:9"));
  EXPECT_THAT(found("billing/views.py",
                    "@csrf_exempt\n"
                    "def stripe_webhook(request):\n"
                    "    event = stripe.Webhook.construct_event(request.body, request.META['X'], SECRET)\n"
                    "    HANDLERS[event['type']](event['data']['object'])\n"
                    "    return HttpResponse()\n"
                    "\n"
                    "def _paid(data):\n"
                    "    Payment.objects.get_or_create(invoice=data['id'], defaults={'amount': data['amount_paid']})\n"
                    "\n"
                    "HANDLERS = {'invoice.payment_succeeded': _paid}\n"),
              IsEmpty());
}

TEST(Repeats, that_a_logger_of_any_name_wrote_the_id_remembers_nothing) {
  EXPECT_EQ(found("app/api/hook/route.ts",
                  route("  hookLogger.info('got', { id: event.id });\n"
                        "  await db.rpc('increment_credits', { p_user: session.metadata.user, p_credits: 5 });\n"))
                .size(),
            1U);
}

TEST(Repeats, are_found_behind_a_job_and_a_sum_of_the_database) {
  const auto hook = [](const std::string& effect) {
    return "@csrf_exempt\ndef stripe_webhook(request):\n"
           "    event = stripe.Webhook.construct_event(request.body, request.META['HTTP_STRIPE_SIGNATURE'], SECRET)\n"
           "    if event['type'] == 'checkout.session.completed':\n        s = event['data']['object']\n" +
           effect + "    return HttpResponse(status=200)\n";
  };
  EXPECT_THAT(found("subs/webhooks.py", hook("        grant_minutes.delay(s['client_reference_id'], 300)\n")),
              ElementsAre("high:6"));
  EXPECT_THAT(found("subs/webhooks.py",
                    hook("        License.objects.filter(c=s['customer']).update(seats=F('seats') + s['quantity'])\n")),
              ElementsAre("high:6"));
}

}  // namespace
}  // namespace gatehouse::audit
