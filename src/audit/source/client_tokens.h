// Where a page keeps what says who its user is.
#pragma once

#include <memory>

#include "audit/check.h"
#include "audit/source/file.h"

namespace gatehouse::audit::source {

void judge_kept_tokens(File& file);
// A token that is read from the page's storage, when nothing in the project was seen to put it there.
std::unique_ptr<Check> kept_tokens_check();

}  // namespace gatehouse::audit::source
