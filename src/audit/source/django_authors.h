// In whose name something is written in Django.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_django_authors(File& file);

}  // namespace gatehouse::audit::source
