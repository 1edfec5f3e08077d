// Passwords that are sent to their owners by mail, in Python and in scripts.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// SEC-014: send_mail("Your account", f"Your password is {password}", …), sendMail({ text: `… ${password}` }).
void read_mailed_passwords(File& file);

}  // namespace gatehouse::audit::source
