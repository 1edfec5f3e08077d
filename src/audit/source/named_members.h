// Python with the classes of a module of its own called by their names: from . import models and models.Order become
// from .models import Order and Order. Every line stays where it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::audit::source {

// Nothing when the text has none. A name that the file gives to something else stays as it was written.
std::optional<std::string> with_named_members(std::string_view text);

}  // namespace gatehouse::audit::source
