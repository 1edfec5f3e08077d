// Reads security documents and checklists for what they claim; its check must run after all others.
#pragma once

#include <memory>

#include "audit/check.h"

namespace gatehouse::audit::source {

std::unique_ptr<Reader> document_reader();
std::unique_ptr<Check> document_check();

}  // namespace gatehouse::audit::source
