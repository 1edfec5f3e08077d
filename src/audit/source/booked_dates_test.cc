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

TEST(BookedDates, DatesOfModelsAndBodiesAreAskedFor) {
  const auto django = [](const std::string& form) {
    return finds({{"stays/models.py",
                   "from django.db import models\n\n\nclass Booking(models.Model):\n    check_in = models.DateField()\n"
                   "    check_out = models.DateField()\n"},
                  {"stays/serializers.py",
                   "from rest_framework import serializers\n\n\nclass StaySerializer(serializers.ModelSerializer):\n" +
                       form + "    class Meta:\n        model = Booking\n        fields = '__all__'\n"}},
                 "VAL-001", "never compared");
  };
  EXPECT_TRUE(django(""));
  EXPECT_FALSE(
      django("    def validate(self, d):\n        if d['check_out'] <= d['check_in']:\n            raise Wrong\n"));
  const auto nest = [](const std::string& more) {
    return finds({{"src/bookings/create-booking.dto.ts",
                   "import { IsDateString, IsInt, Min } from 'class-validator';\nexport class CreateBookingDto {\n" +
                       more + "  @IsDateString()\n  startDate: string;\n  @IsDateString()\n  endDate: string;\n}\n"}},
                 "VAL-001", more.empty() ? "never compared" : "kept as it came");
  };
  EXPECT_TRUE(nest(""));
  EXPECT_TRUE(nest("  @IsInt()\n  guests: number;\n"));
  EXPECT_FALSE(nest("  @IsInt()\n  @Min(1)\n  guests: number;\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
