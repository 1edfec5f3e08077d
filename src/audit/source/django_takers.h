// What Django's forms and serializers take from whoever fills them: whose a record is, what it hangs on, what somebody
// may do.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_django_takers(File& file);
void judge_django_takers(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
