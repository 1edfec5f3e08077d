// Uploads that go straight to a store by a router of files (UploadThing): who may send them is asked in its middleware.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void judge_upload_routers(File& file);

}  // namespace gatehouse::audit::source
