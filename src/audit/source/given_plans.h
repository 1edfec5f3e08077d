// Plans that are given to every new account by the schema itself: plan @default(PRO), is_premium boolean default true.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit::source {

void judge_given_plans(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
