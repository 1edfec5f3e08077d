// Registers that an office keeps: people who have no account of their own, and what is noted about them.
#pragma once

#include <string>

#include "audit/check.h"
#include "audit/source/python.h"
#include "audit/source/recurring.h"

namespace gatehouse::audit::source {

// Classes of models that name people and know of no account.
void read_registers(File& file);
// Of the register, or of somebody in it, and of no account: who keeps it keeps all of it.
bool only_of_register(const Project& project, std::string_view model);
// Stops: any account taking the papers of money away: what is paid hangs on this record, or is it.
bool carries_money(const PythonNotes& notes, std::string_view model);
// … told once, with its places.
constexpr std::size_t kMostMoneyPlaces = 12;
void tell_money_changes(Recurring& told, Sink& sink, const proof::Location& at, const std::string& shown);

}  // namespace gatehouse::audit::source
