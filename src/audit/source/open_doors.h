// Doors that are meant for strangers, who leave something behind: bookings, messages, orders. In every language.
#pragma once

#include <string>
#include <string_view>

#include "audit/check.h"
#include "audit/source/file.h"
#include "audit/source/recurring.h"

namespace gatehouse::audit::source {

bool for_strangers(std::string_view name);    // of a path, or of what answers there
bool starts_payments(std::string_view name);  // … and each asks a provider for money, with whatever card
// A limit that counts what its caller names.
void tell_claimed_limit(const Spot& at, Sink& sink);
// Told once for a project, with its places.
constexpr std::size_t kMostOpenDoors = 8;
void tell_open_door(Recurring& told, Sink& sink, const proof::Location& at, const std::string& shown);

}  // namespace gatehouse::audit::source
