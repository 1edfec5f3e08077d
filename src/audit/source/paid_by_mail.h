// Payments that are given to whoever carries an address of a mail, in Python.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// What an event of the provider's, or a list of its customers, calls the address of who paid.
bool payers_address(const syntax::Code& code);

void read_paid_by_mail(File& file);
void judge_paid_by_mail(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
