// Pages that send their visitor where the address says.
#pragma once

namespace gatehouse::audit::source {

struct File;

void judge_client_redirects(File& file);

}  // namespace gatehouse::audit::source
