// Names of a function with the labels of what they hold: from which parameter, from the client, from who is calling.
#pragma once

#include "audit/source/script_layers.h"

namespace gatehouse::audit::source {

using Names = std::map<std::string, Labels, std::less<>>;

// The labels of the names in the code; in a handler also of what it asks the request for.
Labels labels_of(const syntax::Code& code, const Names& names, bool handler);
// Gives every name of a pattern these labels.
void bind_names(syntax::Node pattern, Labels labels, Names& names);
// Gives each id of a handler's path a bit of its own: req.params.line, const { line } = req.params.
void name_each_id(syntax::Node handler, Names& names);
// body, { ...body }, { $set: body }, req.body: the labels of what goes in as it is.
Labels whole_of(syntax::Node n, const Names& names, bool handler, int depth = 0);
// Labels of what is passed on as it came: nothing that a call other than a conversion made of it.
Labels as_it_came(syntax::Node value, const Names& names, bool handler);

}  // namespace gatehouse::audit::source
