#include "audit/source/webhook_losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::vector<std::pair<std::string, std::string>> files,
                               std::string_view id = "WHK-003") {
  return source::places_of(std::move(files), id);
}

std::string route(const std::string& work) {
  return "export async function POST(req: Request) {\n"
         "  const event = stripe.webhooks.constructEvent(await req.text(), req.headers.get('stripe-signature')!, "
         "secret)\n" +
         work + "  return NextResponse.json({ received: true })\n}\n";
}

TEST(LostEvents, a_buyer_who_is_not_found_is_no_success) {
  const std::string ask =
      "  const user = await db.user.findUnique({ where: { id: event.data.object.client_reference_id } })\n";
  EXPECT_THAT(
      found({{"app/api/webhook/route.ts", route(ask + "  if (!user) return NextResponse.json({ received: true })\n")}}),
      ElementsAre("app/api/webhook/route.ts:4"));
  EXPECT_THAT(found({{"app/api/webhook/route.ts",
                      route(ask + "  if (!user) return NextResponse.json({}, { status: 404 })\n")}}),
              IsEmpty());
  EXPECT_THAT(
      found({{"billing/webhooks.py",
              "@csrf_exempt\ndef stripe_webhook(request):\n"
              "    event = stripe.Webhook.construct_event(request.body, sig, secret)\n"
              "    HANDLERS[event['type']](event['data']['object'])\n    return HttpResponse(status=200)\n\n"
              "def paid(session):\n    try:\n        profile = Profile.objects.get(pk=session['metadata']['id'])\n"
              "    except Profile.DoesNotExist:\n        return\n    profile.activate()\n\n"
              "HANDLERS = {'checkout.session.completed': paid}\n"}}),
      ElementsAre("billing/webhooks.py:10"));
}

TEST(LostEvents, a_failure_that_is_only_logged_is_one_whatever_else_is_wrong) {
  EXPECT_THAT(
      found({{"controllers/webhook.js",
              "exports.webhook = async (req, res) => {\n  const event = req.body;\n  try {\n"
              "    await User.findByIdAndUpdate(event.data.object.metadata.id, { plan: 'pro' });\n"
              "  } catch (err) {\n    console.error(err);\n  }\n  res.status(200).json({ received: true });\n};\n"}}),
      ElementsAre("controllers/webhook.js:5"));
}

TEST(LostEvents, what_a_service_of_another_file_loses_or_counts_twice_is_told_there) {
  const std::string door =
      "import { Controller, Post, Body } from '@nestjs/common';\n@Controller('webhooks')\nexport class Hooks {\n  "
      "@Post('paypal')\n  async paypal(@Body() body: any) {\n"
      "    await this.svc.processPaypal(body);\n    return 'OK';\n  }\n}\n";
  EXPECT_THAT(found({{"src/hooks.controller.ts", door},
                     {"src/hooks.service.ts",
                      "export class Svc {\n  async processPaypal(evt: any) {\n"
                      "    if (evt.event_type !== 'PAYMENT.CAPTURE.COMPLETED') return;\n"
                      "    await this.prisma.booking.update({ where: { id: evt.id }, data: { paid: true } })\n"
                      "      .catch((e) => this.logger.error(e));\n  }\n}\n"}}),
              ElementsAre("src/hooks.service.ts:4"));
}

std::string checkout(const std::string& more) {
  return "export const start = (user) => stripe.checkout.sessions.create({ mode: 'subscription',\n"
         "  line_items: [{ price, quantity: 1 }], metadata: { userId: user.id }" +
         more + " });\n";
}

TEST(Subscribing, the_buyer_is_looked_for_where_he_was_written) {
  const std::string hook = route(
      "  const sub = event.data.object\n  if (event.type === 'customer.subscription.updated')\n"
      "    await db.user.update({ where: { id: sub.metadata.userId }, data: { status: sub.status } })\n");
  EXPECT_THAT(found({{"app/api/webhook/route.ts", hook}, {"lib/pay.ts", checkout("")}}, "PAY-008"),
              ElementsAre("app/api/webhook/route.ts:5"));
  EXPECT_THAT(found({{"app/api/webhook/route.ts", hook},
                     {"lib/pay.ts", checkout(", subscription_data: { metadata: { userId: user.id } }")}},
                    "PAY-008"),
              IsEmpty());
}

TEST(Subscribing, what_is_sold_as_a_subscription_in_another_file_ends_too) {
  const std::string hook = route(
      "  if (event.type === 'checkout.session.completed')\n"
      "    await db.user.update({ where: { id: event.data.object.client_reference_id }, data: { isPro: true } })\n");
  EXPECT_THAT(found({{"app/api/webhook/route.ts", hook}, {"lib/pay.ts", checkout("")}}, "PAY-007"),
              ElementsAre("app/api/webhook/route.ts:3"));
  EXPECT_THAT(found({{"app/api/webhook/route.ts", hook}}, "PAY-007"), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit
