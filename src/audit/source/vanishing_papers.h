// Payments, invoices and orders that the database throws away together with what they hang on.
#pragma once

#include <memory>
#include <string_view>

#include "audit/check.h"
#include "audit/source/file.h"

namespace gatehouse::audit::source {

// Columns with "delete on cascade" of records about money, for one text; at most one a record.
std::vector<Spot> vanishing_papers(std::string_view path, std::string_view text);
std::unique_ptr<Reader> vanishing_papers_reader();

}  // namespace gatehouse::audit::source
