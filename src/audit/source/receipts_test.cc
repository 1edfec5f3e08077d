#include "audit/source/receipts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::vector<std::pair<std::string, std::string>> files,
                               std::string_view id = "PAY-002") {
  return source::places_of(std::move(files), id);
}

std::string route(const std::string& ask) {
  return "export async function POST(req: NextRequest) {\n"
         "  const { data: { user } } = await supabase.auth.getUser()\n"
         "  if (!user) return NextResponse.json({}, { status: 401 })\n"
         "  const { sessionId } = await req.json()\n"
         "  const session = await stripe.checkout.sessions.retrieve(sessionId)\n" +
         ask +
         "  await supabaseAdmin.from('profiles').update({ is_premium: true }).eq('id', user.id)\n"
         "  return NextResponse.json({})\n}\n";
}

TEST(Receipts, a_payment_of_whoever_counts_for_who_shows_it) {
  EXPECT_THAT(found({{"app/api/verify/route.ts", route("  if (session.payment_status !== 'paid') return no()\n")}}),
              ElementsAre("app/api/verify/route.ts:7"));
  EXPECT_THAT(found({{"app/api/verify/route.ts",
                      route("  if (session.payment_status !== 'paid' || session.client_reference_id !== user.id)\n"
                            "    return no()\n")}}),
              IsEmpty());
  EXPECT_THAT(found({{"billing/views.py",
                      "@login_required\ndef success(request):\n"
                      "    session = stripe.checkout.Session.retrieve(request.GET['session_id'])\n"
                      "    credits = int(session.metadata['credits'])\n"
                      "    Profile.objects.filter(user=request.user).update(credits=F('credits') + credits)\n"}}),
              ElementsAre("billing/views.py:5"));
}

std::string razorpay(const std::string& give) {
  return "router.post('/verify', auth, async (req, res) => {\n"
         "  const { razorpay_order_id, razorpay_payment_id, razorpay_signature, plan } = req.body;\n"
         "  const expected = crypto.createHmac('sha256', secret).update(razorpay_order_id + '|' + razorpay_payment_id)"
         ".digest('hex');\n  if (expected !== razorpay_signature) return res.sendStatus(400);\n" +
         give + "  res.json({});\n});\n";
}

TEST(Receipts, a_signature_says_that_something_was_paid_and_not_what) {
  EXPECT_THAT(
      found({{"routes/member.js",
              razorpay("  await Member.findOneAndUpdate({ user: req.user.id }, { membershipType: plan });\n")}}),
      ElementsAre("routes/member.js:5"));
  EXPECT_THAT(
      found({{"routes/member.js",
              razorpay("  const paid = await Payment.findOne({ orderId: razorpay_order_id, user: req.user.id });\n"
                       "  if (!paid) return res.sendStatus(409);\n"
                       "  await Member.findOneAndUpdate({ user: req.user.id }, { membershipType: paid.plan });\n")}}),
      IsEmpty());
}

TEST(Receipts, an_order_of_the_providers_is_not_made_in_the_browser) {
  const std::string page =
      "export const Pay = ({ total }) => <PayPalButtons createOrder={(d, actions) =>\n"
      "  actions.order.create({ purchase_units: [{ amount: { value: total } }] })} />;\n";
  EXPECT_THAT(found({{"src/Pay.jsx", page}}, "PAY-001"), ElementsAre("src/Pay.jsx:2"));
  EXPECT_THAT(
      found({{"server/pay.js", "const r = await fetch(`${base}/v2/checkout/orders/${id}`);\n"}, {"src/Pay.jsx", page}},
            "PAY-001"),
      IsEmpty());
}

TEST(PaidByMail, who_registers_with_a_payers_address_has_what_he_paid) {
  const std::string hook =
      "async def hook(request, db):\n    event = stripe.Webhook.construct_event(raw, sig, secret)\n"
      "    email = event['data']['object']['customer_details']['email']\n"
      "    user = db.query(User).filter(User.email == email).first()\n";
  const std::string door =
      "def register(payload, db):\n    db.add(User(email=payload.email, password=hash_password(payload.password)))\n";
  EXPECT_THAT(found({{"accounts.py", door}, {"hooks.py", hook}}, "PAY-006"), ElementsAre("hooks.py:4"));
  EXPECT_THAT(found({{"accounts.py", door + "    send(verification_token)\n"}, {"hooks.py", hook}}, "PAY-006"),
              IsEmpty());
}

TEST(Receipts, what_the_code_itself_calls_paid_was_asked_of_nobody) {
  EXPECT_THAT(found({{"app/api/orders/route.ts",
                      "export async function POST(req) {\n  let body\n  try { body = await req.json() } catch { return "
                      "no(400) }\n"
                      "  const { session_id } = body\n"
                      "  const session = await stripe.checkout.sessions.retrieve(session_id)\n"
                      "  await db.from('orders').insert({ user_id: session.metadata.user, payment_status: 'paid' })\n"
                      "  return Response.json({}, { status: 200 })\n}\n"}}),
              ElementsAre("app/api/orders/route.ts:6"));
  EXPECT_THAT(found({{"app/api/orders/route.ts",
                      "export async function POST(req) {\n  const { session_id } = await req.json()\n"
                      "  const session = await stripe.checkout.sessions.retrieve(session_id)\n"
                      "  await db.from('orders').insert({ user_id: session.metadata.user,\n"
                      "    payment_status: session.payment_status, session: session.metadata.user })\n"
                      "  return Response.json({}, { status: 200 })\n}\n"}}),
              IsEmpty());
}

TEST(Receipts, of_a_page_come_with_its_address) {
  EXPECT_THAT(found({{"app/success/page.tsx",
                      "export default async function Success({ searchParams }) {\n"
                      "  const { session_id } = await searchParams\n"
                      "  const s = await stripe.checkout.sessions.retrieve(session_id)\n"
                      "  if (s.payment_status === 'paid') {\n"
                      "    await admin.from('profiles').update({ plan: 'pro' }).eq('id', user.id)\n  }\n}\n"}}),
              ElementsAre("app/success/page.tsx:5"));
}

TEST(Receipts, of_a_signature_that_another_method_counts_say_not_what_was_bought) {
  const auto service = [](const std::string& course) {
    return "@Injectable()\nexport class Payments {\n"
           "  private genuine(dto) {\n"
           "    return createHmac('sha256', process.env.RAZORPAY_KEY_SECRET).update(`${dto.orderId}|${dto.paymentId}`)"
           ".digest('hex') === dto.signature;\n  }\n"
           "  async unlock(userId: string, dto: VerifyDto) {\n"
           "    if (!this.genuine(dto)) throw new BadRequestException();\n" +
           course + "  }\n}\n";
  };
  EXPECT_THAT(found({{"src/payments.service.ts",
                      service("    await this.enrolments.save({ userId, courseId: dto.courseId, paid: true });\n")}}),
              ElementsAre("src/payments.service.ts:8"));
}

TEST(Receipts, that_send_goods_are_shown_once) {
  const auto serve = [](const std::string& ask) {
    return "serve(async (req) => {\n  const { session_id } = await req.json();\n"
           "  const session = await stripe.checkout.sessions.retrieve(session_id);\n"
           "  if (session.payment_status !== 'paid') throw new Error('no');\n" +
           ask +
           "  await fetch('https://prints.example.com/v4/orders', { method: 'POST', body: session.metadata.pdf });\n"
           "  await db.from('print_orders').insert({ user_id: session.metadata.user_id, stripe_session_id: session_id "
           "});\n  return new Response('ok');\n});\n";
  };
  EXPECT_THAT(source::places_of({{"supabase/functions/print/index.ts", serve("")}}, "WHK-002"),
              ElementsAre("supabase/functions/print/index.ts:6"));
  EXPECT_THAT(
      source::places_of(
          {{"supabase/functions/print/index.ts",
            serve("  const { data: known } = await db.from('print_orders').select('id').eq('stripe_session_id', "
                  "session_id).maybeSingle();\n  if (known) return new Response('ok');\n")}},
          "WHK-002"),
      IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit
