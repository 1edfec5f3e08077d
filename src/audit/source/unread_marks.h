// A step that writes into the session what it has checked, and a later step that never asks: Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// request.session["otp_verified"] = True, req.session.codeConfirmed = true; and where such marks are asked for.
void read_unread_marks(File& file);
// AU-006 where a password is set for whom the session names, and the mark is not asked for; and at marks that nothing
// asks for at all.
void judge_unread_marks(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
