// One small document from a URL that the operator named: key sets.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace gatehouse::app {

// A GET of at most 5 s and 256 KiB, without redirects, the certificate verified. Blocks. Problem codes: those of
// BlockingClient, and bad_response for any status but 200.
Result<std::string> fetch_document(std::string_view url, const Clock& clock);

}  // namespace gatehouse::app
