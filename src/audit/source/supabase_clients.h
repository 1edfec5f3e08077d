// With whose rights a Supabase client asks: its caller's, or everybody's at once.
#pragma once

#include <string>
#include <string_view>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

enum class ClientRights : unsigned char { unknown, caller, all };

// Of `supabase` in supabase.from("orders"), as its declaration before `use` says, or the module it is imported from.
ClientRights client_rights(const File& file, std::string_view variable, syntax::Node use);

}  // namespace gatehouse::audit::source
