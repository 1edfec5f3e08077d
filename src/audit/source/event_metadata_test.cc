#include "audit/source/event_metadata.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

Texts shop(const std::string& written, const std::string& read) {
  return {{"package.json", R"({"dependencies":{"express":"4.21.2","stripe":"17.3.1"}})"},
          {"src/checkout.js",
           "app.post('/checkout', auth, async (req, res) => {\n"
           "  const session = await stripe.checkout.sessions.create({ mode: 'payment', line_items, " +
               written +
               " success_url: base + '/thanks?s={CHECKOUT_SESSION_ID}' });\n  res.json({ url: session.url });\n});\n"},
          {"src/webhook.js",
           "app.post('/webhook', raw, async (req, res) => {\n"
           "  const event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], secret);\n"
           "  const session = event.data.object;\n  " +
               read + "\n  res.json({ received: true });\n});\n"}};
}

constexpr const char* kTitle = "The webhook reads metadata that no checkout writes";

TEST(EventMetadata, IsReadAndNobodyWritesIt) {
  EXPECT_TRUE(
      finds(shop("metadata: { userId: req.user.id },", "await unlock(session.metadata.user_id);"), "PAY-008", kTitle));
  EXPECT_FALSE(
      finds(shop("metadata: { user_id: req.user.id },", "await unlock(session.metadata.user_id);"), "PAY-008", kTitle));
  // Either name will do.
  EXPECT_FALSE(finds(
      shop("metadata: { userId: req.user.id },", "await unlock(session.metadata.user_id || session.metadata.userId);"),
      "PAY-008", kTitle));
  // Nobody can say here what is put into it.
  EXPECT_FALSE(finds(shop("metadata: { ...req.tags },", "await unlock(session.metadata.user_id);"), "PAY-008", kTitle));
}

TEST(EventMetadata, ThePageBehindIsNotToldWhichPaymentItWas) {
  const auto files = [](const std::string& address) {
    return Texts{{"package.json", R"({"dependencies":{"express":"4.21.2","stripe":"17.3.1"}})"},
                 {"src/pay.js",
                  "app.post('/checkout', auth, async (req, res) => {\n"
                  "  const made = await stripe.checkout.sessions.create({ mode: 'payment', line_items, success_url: `" +
                      address +
                      "` });\n  res.json({ url: made.url });\n});\n"
                      "app.post('/confirm', auth, async (req, res) => {\n"
                      "  const { session_id } = req.body;\n"
                      "  const session = await stripe.checkout.sessions.retrieve(session_id);\n"
                      "  res.json({ paid: session.payment_status });\n});\n"}};
  };
  EXPECT_TRUE(finds(files("${base}/thanks"), "PAY-008", "not told which payment"));
  EXPECT_FALSE(finds(files("${base}/thanks?session_id={CHECKOUT_SESSION_ID}"), "PAY-008", "not told which payment"));
}

// Stops: a file of many thousand reads that each ask for a name of their own.
TEST(EventMetadata, OfOneFileIsToldOnce) {
  std::string reads;
  for (int i = 0; i < 1'000; ++i) reads += "await unlock(session.metadata.k" + std::to_string(i) + ");\n";
  int told = 0;
  for (const auto& f : report_of(shop("metadata: { a: 1 },", reads), "PAY-008").findings)
    told += f.title.starts_with(kTitle) ? 1 : 0;
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace gatehouse::audit::source
