#include "audit/source/webhook_silences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(const std::string& text, std::string path = "app/api/webhook/route.ts") {
  return places_of({{std::move(path), text}}, "WHK-003");
}

std::string route(const std::string& work) {
  return "import { createClient } from '@supabase/supabase-js'\n"
         "const supabase = createClient(url, process.env.SERVICE_ROLE_KEY!)\n"
         "export async function POST(req: Request) {\n"
         "  const event = stripe.webhooks.constructEvent(await req.text(), sig, secret)\n"
         "  const invoice = event.data.object\n" +
         work + "  return Response.json({ received: event.type })\n}\n";
}

TEST(WebhookSilences, an_error_that_comes_back_as_a_value_is_dropped) {
  const std::string write = "await supabase.from('orders').update({ status: 'paid' }).eq('id', invoice.id)";
  EXPECT_THAT(found(route("  " + write + "\n")), ElementsAre("app/api/webhook/route.ts:6"));
  EXPECT_THAT(found(route("  const { error } = " + write + "\n  if (error) console.error(error)\n")),
              ElementsAre("app/api/webhook/route.ts:6"));
  EXPECT_THAT(found(route("  const { error } = " + write + "\n  if (error) throw error\n")), IsEmpty());
  EXPECT_THAT(
      found(route("  const { error: lost } = " + write + "\n  if (lost) return new Response('', { status: 500 })\n")),
      IsEmpty());
  EXPECT_THAT(found(route("  " + write + ".throwOnError()\n")), IsEmpty());
}

TEST(WebhookSilences, not_every_conflict_is_a_repetition) {
  const auto service = [](const std::string& stored, const std::string& then) {
    return "def process_event(db, event):\n    apply_event(db, event['type'])\n" + stored +
           "    try:\n        db.commit()\n    except IntegrityError" + then +
           "\n\ndef apply_event(db, kind):\n    if kind == 'invoice.paid':\n        db.user.status = 'active'\n";
  };
  const std::string path = "app/services/webhooks.py";
  EXPECT_THAT(
      found(service("    db.add(Event(id=event['id']))\n", ":\n        db.rollback()\n        return 'duplicate'"),
            path),
      ElementsAre(path + ":6"));
  EXPECT_THAT(found(service("", ":\n        db.rollback()\n        raise"), path), IsEmpty());
  EXPECT_THAT(
      found(service("", " as e:\n        if 'event_pkey' not in str(e.orig):\n            raise\n        return 1"),
            path),
      IsEmpty());
}

TEST(WebhookSilences, a_row_that_is_not_there_is_no_success) {
  const auto found_row = [](const std::string& rest) {
    return route(
        "  const user = await prisma.user.findFirst({ where: { customer: invoice.customer } })\n"
        "  if (user) {\n    await prisma.user.update({ where: { id: user.id }, data: { status: 'active' } })\n"
        "  }" +
        rest + "\n");
  };
  EXPECT_THAT(found(found_row("")), ElementsAre("app/api/webhook/route.ts:7"));
  EXPECT_THAT(found(found_row(" else {\n    throw new Error('who?')\n  }")), IsEmpty());
}

TEST(WebhookSilences, a_proof_alone_handles_nothing) {
  const auto page = [](const std::string& work) {
    return "export default async function handler(req, res) {\n"
           "  const sig = req.headers['stripe-signature']\n  let event\n  try {\n"
           "    event = stripe.webhooks.constructEvent(await buffer(req), sig, secret)\n"
           "  } catch (e) {\n    return res.status(400).end()\n  }\n" +
           work + "  res.send({ received: true })\n}\n";
  };
  EXPECT_THAT(found(page("  console.log({ event })\n"), "pages/api/hooks.js"), ElementsAre("pages/api/hooks.js:5"));
  EXPECT_THAT(found(page("  await queue.add(event)\n"), "pages/api/hooks.js"), IsEmpty());
}

TEST(WebhookSilences, a_payment_that_cannot_be_stored_is_no_success) {
  const auto page = [](const std::string& then) {
    return "def payment_success(request):\n"
           "    session = stripe.checkout.Session.retrieve(request.GET['session_id'])\n"
           "    try:\n        Payment.objects.update_or_create(session=session.id, defaults={'status': 'done'})\n"
           "    except Exception as e:\n        " +
           then + "\n    return JsonResponse({'status': 'success'})\n";
  };
  EXPECT_THAT(found(page("logger.error(e)"), "payments/views.py"), ElementsAre("payments/views.py:5"));
  EXPECT_THAT(found(page("return JsonResponse({}, status=500)"), "payments/views.py"), IsEmpty());
}

TEST(WebhookSilences, WhoAnswersFalseSaysSoToWhoeverCalls) {
  const auto check = [](const std::string& answer) {
    return places_of({{"services/pay.py",
                       "import stripe\n\n\ndef settle(session_id, db):\n    try:\n"
                       "        session = stripe.checkout.Session.retrieve(session_id)\n"
                       "        db.execute('UPDATE orders SET paid = true WHERE session = %s', session.id)\n"
                       "        db.commit()\n        return True, session.id\n"
                       "    except Exception as e:\n        logger.exception(e)\n        return " +
                           answer + "\n"}},
                     "WHK-003");
  };
  EXPECT_THAT(check("True, session_id"), ElementsAre("services/pay.py:10"));
  EXPECT_THAT(check("False, ''"), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source
