// Accounts that another provider's sign-in opens: django-allauth, as settings and adapters have it.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_allauth(File& file);  // adapters
// ACCOUNT_EMAIL_VERIFICATION; null where no settings name it.
void judge_allauth(const Setting* verification, Sink& sink);

}  // namespace gatehouse::audit::source
