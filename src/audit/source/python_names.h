// What a call in Python means: which class its object is of, which module its function comes from, as far as types,
// constructors and imports tell. Names that lead nowhere stay names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/source/python.h"

namespace gatehouse::audit::source {

// Classes with their bases, what attributes and variables hold, what factories make.
void read_names(const File& file, PythonNotes& notes);

FunctionRef ref_of(const File& file, const syntax::Call& call);

// The class an annotation names: "Order" of Optional["Order"], Annotated[Order, Depends(get)], models.Order.
std::string annotated_class(std::string_view type);
std::string parameter_name(syntax::Node parameter);

// The classes from `cls` upwards, itself first, at most 16.
std::vector<std::string> lineage(const PythonNotes& notes, std::string_view cls);

}  // namespace gatehouse::audit::source
