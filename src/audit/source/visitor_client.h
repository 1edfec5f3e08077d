// Supabase asked as whoever holds the cookies: whose rights a handler really has.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// A webhook has no cookies, and a public page has those of nobody.
void judge_visitor_writes(File& file, syntax::Node handler);
void judge_visitor_page(File& file, syntax::Node page);

}  // namespace gatehouse::audit::source
