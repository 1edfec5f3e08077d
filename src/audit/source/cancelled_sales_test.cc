#include "audit/source/cancelled_sales.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

// A shop that takes money for bookings, and one way of ending them.
Texts bookings(const std::string& end) {
  return {{"package.json", R"({"dependencies":{"express":"4.21.2","stripe":"17.3.1","mongoose":"8.8.1"}})"},
          {"models/Booking.js",
           "const mongoose = require('mongoose');\nmodule.exports = mongoose.model('Booking', new mongoose.Schema({\n"
           "  user: String, status: { type: String, enum: ['pending', 'confirmed', 'cancelled'] } }));\n"},
          {"routes/pay.js",
           "const Booking = require('../models/Booking');\nrouter.post('/pay', auth, async (req, res) => {\n"
           "  const session = await stripe.checkout.sessions.create({ mode: 'payment', metadata: { booking: id } });\n"
           "  res.json({ url: session.url });\n});\n"},
          {"routes/bookings.js", "const Booking = require('../models/Booking');\n" + end}};
}

TEST(CancelledSales, WhatWasPaidForIsCancelledAndNotPaidBack) {
  EXPECT_TRUE(
      finds(bookings("router.post('/cancel/:id', auth, async (req, res) => {\n"
                     "  const booking = await Booking.findOne({ _id: req.params.id, user: req.user.id });\n"
                     "  booking.status = 'cancelled';\n  await booking.save();\n  res.json({ ok: true });\n});\n"),
            "PAY-009", "What was paid for is cancelled"));
  EXPECT_TRUE(finds(bookings("router.delete('/:id', auth, async function deleteBooking(req, res) {\n"
                             "  await Booking.deleteOne({ _id: req.params.id, user: req.user.id });\n"
                             "  res.json({ ok: true });\n});\n"),
                    "PAY-009", "What was paid for is deleted"));
}

TEST(CancelledSales, ARefundOrAQuestionWhetherItWasPaidIsEnough) {
  EXPECT_FALSE(finds(bookings("router.post('/cancel/:id', auth, async (req, res) => {\n"
                              "  const booking = await Booking.findOne({ _id: req.params.id, user: req.user.id });\n"
                              "  await stripe.refunds.create({ payment_intent: booking.intent });\n"
                              "  booking.status = 'cancelled';\n  await booking.save();\n});\n"),
                     "PAY-009"));
  EXPECT_FALSE(finds(bookings("router.post('/cancel/:id', auth, async (req, res) => {\n"
                              "  const booking = await Booking.findOne({ _id: req.params.id, user: req.user.id });\n"
                              "  if (booking.status !== 'pending') return res.sendStatus(409);\n"
                              "  booking.status = 'cancelled';\n  await booking.save();\n});\n"),
                     "PAY-009"));
}

TEST(CancelledSales, FourEndsAreToldAndNoMore) {
  Texts files = bookings("");
  for (int i = 0; i < 8; ++i)
    files.emplace_back("routes/bookings" + std::to_string(i) + ".js",
                       "const Booking = require('../models/Booking');\n"
                       "router.post('/cancel/:id', auth, async (req, res) => {\n"
                       "  const booking = await Booking.findOne({ _id: req.params.id, user: req.user.id });\n"
                       "  booking.status = 'cancelled';\n  await booking.save();\n  res.json({ ok: true });\n});\n");
  int told = 0;
  for (const auto& f : report_of(files, "PAY-009").findings) told += f.title.starts_with("What was paid") ? 1 : 0;
  EXPECT_EQ(told, 4);
}

TEST(CancelledSales, ALateConfirmationRevivesThem) {
  const auto hook = [](const std::string& write) {
    Texts files = bookings("");
    files.emplace_back("routes/webhook.js",
                       "const Booking = require('../models/Booking');\n"
                       "router.post('/webhook', async (req, res) => {\n"
                       "  const event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], s);\n"
                       "  if (event.type === 'payment_intent.succeeded') {\n    " +
                           write + "\n  }\n  res.json({ received: true });\n});\n");
    return finds(files, "WHK-002", "revives what was cancelled");
  };
  EXPECT_TRUE(hook("await Booking.updateOne({ _id: event.data.object.metadata.booking }, { status: 'confirmed' });"));
  EXPECT_FALSE(
      hook("await Booking.updateOne({ _id: event.data.object.metadata.booking, status: 'pending' }, { status: "
           "'confirmed' });"));
}

}  // namespace
}  // namespace gatehouse::audit::source
