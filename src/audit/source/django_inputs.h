// Numbers as forms of Django bring them: fields without a bound, and lists that no form looks at.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

bool says_bounds(const syntax::Code& declared);  // ge=0, min_value, validators …
// Somewhere in the function this very name is held against a number.
bool held_to_number(syntax::Node function, std::string_view name);
// amount = forms.DecimalField(…), price = forms.CharField(…) of a form that checks neither.
void read_form_fields(File& file);
// Fee.objects.create(amount=amounts[i]) with a list as the form had it.
void read_raw_lists(File& file, syntax::Node function);
const std::vector<Spot>& form_inputs(const Project& project);

}  // namespace gatehouse::audit::source
