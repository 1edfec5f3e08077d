// What clients of a Django project may write of a record: its owner, the rights it gives, files of any kind. Shared
// among Django's readers only.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_rights(File& file, PythonNotes& notes);
// Which serializers a view fills from the request and saves as they are.
void note_serializers(const File& file, syntax::Node view, View& out);
// `view` may be called by people who are no staff.
void judge_rights(const PythonNotes& notes, const View& view, Sink& sink, std::set<std::string>& told);

}  // namespace gatehouse::audit::source
