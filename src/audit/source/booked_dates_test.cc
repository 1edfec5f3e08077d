#include "audit/source/booked_dates.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool python(const std::string& check, std::string_view title) {
  return finds({{"app/bookings.py",
                 "from datetime import date\nfrom fastapi import APIRouter, Depends\nrouter = APIRouter()\n\n"
                 "@router.post('/bookings')\nasync def add_booking(room: int, date_from: date, date_to: date, "
                 "user=Depends(current_user)):\n" +
                     check + "    return await Bookings.create(room, date_from, date_to, user.id)\n"}},
               "VAL-001", title);
}

TEST(BookedDates, AnEndBeforeTheBeginningIsAskedFor) {
  EXPECT_TRUE(python("", "never compared"));
  EXPECT_TRUE(python("    q = select(Booking).where(Booking.date_from <= date_to)\n", "never compared"));
  EXPECT_FALSE(python("    if date_to <= date_from:\n        raise Wrong\n", "never compared"));
}

TEST(BookedDates, DaysThatAreOverAreAskedFor) {
  const std::string ordered = "    if date_to <= date_from:\n        raise Wrong\n";
  EXPECT_TRUE(python(ordered, "are over"));
  EXPECT_FALSE(python(ordered + "    if date_from < date.today():\n        raise Wrong\n", "are over"));
  const auto script = [](const std::string& check) {
    return finds({{"controllers/appointments.js",
                   "const Appointment = require('../models/Appointment');\n"
                   "exports.book = async (req, res) => {\n  const { date, note } = req.body;\n" +
                       check + "  res.json(await Appointment.create({ date, note, user: req.user.id }));\n};\n"}},
                 "VAL-001", "are over");
  };
  EXPECT_TRUE(script(""));
  EXPECT_FALSE(script("  if (new Date(date) < new Date()) return res.sendStatus(400);\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
