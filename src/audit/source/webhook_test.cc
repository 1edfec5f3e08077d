#include "audit/source/webhook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::string path, std::string text, std::string_view only) {
  return source::lines_of(std::move(path), std::move(text), only);
}

std::string python(const std::string& check, const std::string& rest) {
  return "@router.post('/webhook')\n"
         "async def webhook(request: Request, x_signature: str = Header(None)):\n"
         "    body = await request.body()\n" +
         check + rest;
}

const std::string kParsed =
    "    try:\n        payload = json.loads(body)\n    except ValueError:\n        raise HTTPException(400)\n"
    "    await handle(payload)\n";

TEST(Webhook, a_proof_that_is_left_out_when_the_header_is_missing_is_none) {
  EXPECT_THAT(found("app/hooks.py",
                    python("    if settings.SECRET and x_signature:\n"
                           "        if not verify_webhook_signature(body, x_signature, settings.SECRET):\n"
                           "            raise HTTPException(401)\n",
                           kParsed),
                    "EX-021"),
              ElementsAre("EX-021:4"));
}

TEST(Webhook, a_missing_header_that_is_refused_is_fine) {
  EXPECT_THAT(found("app/hooks.py",
                    python("    if x_signature:\n"
                           "        valid = verify_webhook_signature(body, x_signature, settings.SECRET)\n"
                           "    else:\n        raise HTTPException(401)\n",
                           kParsed),
                    "EX-021"),
              IsEmpty());
  EXPECT_THAT(found("app/hooks.py",
                    python("    valid = False\n    if x_signature:\n"
                           "        valid = verify_webhook_signature(body, x_signature, settings.SECRET)\n"
                           "    if not valid:\n        raise HTTPException(401)\n",
                           kParsed),
                    "EX-021"),
              IsEmpty());
  EXPECT_THAT(found("src/hooks.js",
                    "app.post('/webhook', (req, res) => {\n"
                    "  if (req.headers['x-signature']) {\n"
                    "    if (verifySignature(req.rawBody, req.headers['x-signature'])) { return handle(req, res); }\n"
                    "  }\n"
                    "  console.error('invalid signature');\n"
                    "  return res.status(401).end();\n"
                    "});\n",
                    "EX-021"),
              IsEmpty());
}

std::string clerk(const std::string& body) {
  return "import { Webhook } from 'svix';\n"
         "export async function POST(req: Request) {\n" +
         body +
         "  const wh = new Webhook(process.env.CLERK_WEBHOOK_SECRET!);\n"
         "  const evt = wh.verify(body, { 'svix-id': req.headers.get('svix-id')! });\n"
         "  return new Response('', { status: 200 });\n"
         "}\n";
}

TEST(Webhook, a_signature_over_text_that_was_written_anew_proves_nothing_of_what_was_sent) {
  EXPECT_THAT(found("app/api/clerk/webhook/route.ts",
                    clerk("  const payload = await req.json();\n  const body = JSON.stringify(payload);\n"), "EX-019"),
              ElementsAre("EX-019:6"));
  EXPECT_THAT(found("app/api/clerk/webhook/route.ts", clerk("  const body = await req.text();\n"), "EX-019"),
              IsEmpty());
}

std::string stripe(const std::string& act) {
  return "export async function POST(req: Request) {\n"
         "  const event = stripe.webhooks.constructEvent(await req.text(), sig, secret);\n"
         "  console.log('got', event.id);\n" +
         act + "  return new Response('ok');\n}\n";
}

TEST(Webhook, an_event_whose_id_is_only_logged_is_handled_as_often_as_it_comes) {
  EXPECT_THAT(
      found("app/api/stripe/webhook/route.ts", stripe("  await db.order.create({ data: order(event) });\n"), "WHK-002"),
      ElementsAre("WHK-002:4"));
  EXPECT_THAT(found("app/api/stripe/webhook/route.ts",
                    stripe("  if (await db.seen.findUnique({ where: { id: event.id } })) return new Response('ok');\n"
                           "  await db.order.create({ data: order(event) });\n"),
                    "WHK-002"),
              IsEmpty());
}

TEST(Webhook, a_secret_that_may_be_empty_proves_nothing) {
  const auto handler = [](const std::string& given, const std::string& check = "") {
    return "@router.post('/webhook')\nasync def webhook(request: Request, sig: str = Header()):\n    secret = " +
           given + "\n" + check + "    event = stripe.Webhook.construct_event(await request.body(), sig, secret)\n" +
           "    await handle(event)\n";
  };
  EXPECT_THAT(found("app/pay.py", handler("os.getenv('STRIPE_WEBHOOK_SECRET', '')"), "EX-021"),
              ElementsAre("EX-021:4"));
  EXPECT_THAT(found("app/pay.py", handler("os.environ['STRIPE_WEBHOOK_SECRET']"), "EX-021"), IsEmpty());
  EXPECT_THAT(found("app/pay.py",
                    handler("os.getenv('STRIPE_WEBHOOK_SECRET', '')", "    if not secret:\n        raise Missing()\n"),
                    "EX-021"),
              IsEmpty());
  EXPECT_THAT(
      found("app/api/stripe/webhook/route.ts",
            "export async function POST(req: Request) {\n"
            "  const event = stripe.webhooks.constructEvent(await req.text(), sig, process.env.HOOK_SECRET || '');\n"
            "  await handle(event);\n}\n",
            "EX-021"),
      ElementsAre("EX-021:2"));
}

TEST(Webhook, handed_to_a_package_made_for_it_is_not_judged) {
  const auto handler = [](const std::string& module) {
    return "import { handleStripeWebhook } from '" + module + "';\n" +
           "export async function POST(request: Request) {\n  return handleStripeWebhook(request, options);\n}\n";
  };
  EXPECT_THAT(found("app/api/webhooks/stripe/route.ts", handler("@shop/core/billing"), "EX-018"), IsEmpty());
  EXPECT_THAT(found("app/api/webhooks/stripe/route.ts", handler("@/lib/billing"), "EX-018"), ElementsAre("EX-018:2"));
}

}  // namespace
}  // namespace gatehouse::audit
