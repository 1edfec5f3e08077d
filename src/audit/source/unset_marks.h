// Codes and links that are asked whether they were used, in a project where nobody ever writes that down.
#pragma once

#include <memory>
#include <string_view>

#include "audit/check.h"
#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct UnsetMarks {
  Spot asked;  // of a code or a token: whether it was used; at line 0 when nobody asks
  bool set = false;
};

void read_unset_marks(std::string_view path, std::string_view text, UnsetMarks& out);
std::unique_ptr<Reader> unset_marks_reader();
std::unique_ptr<Check> unset_marks_check();

}  // namespace gatehouse::audit::source
