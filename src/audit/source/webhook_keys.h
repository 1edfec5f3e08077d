// The key that calls a provider, taken for the secret its webhooks are signed with. Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void judge_webhook_keys(File& file);

}  // namespace gatehouse::audit::source
