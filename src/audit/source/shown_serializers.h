// Serializers that are named for showing (OrderDetailSerializer) and that a view fills all the same, and rows that a
// rank of customers sees whole beside the line that holds everybody else to his own.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_shown_serializers(File& file);
void judge_shown_serializers(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
