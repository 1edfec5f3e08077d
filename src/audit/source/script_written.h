// What a step writes into a record, and where each part of it comes from.
#pragma once

#include "audit/source/script_labels.h"

namespace gatehouse::audit::source {

// total: dto.total: not what is counted here, but what was handed in.
Labels money_of(const Touch& t, const syntax::Call& c, const Names& names, bool handler);
// What a new record is given: whose it is, and what it hangs on. `direct` names what came as it was sent.
void columns_written(const Touch& t, const syntax::Call& c, const Schema& schema, const Names& names,
                     const Names& direct, bool handler, Step& s);
// What is written as a whole: data: body, { ...body }.
// The columns that are set by name after what is written as a whole.
std::vector<std::string> fixed_after(const Touch& t, const syntax::Call& c);
Labels written_of(const Touch& t, const syntax::Call& c, const Names& names, bool handler);

}  // namespace gatehouse::audit::source
