// What stands behind a name that is written to a log: rows of people, bodies on their way, words for a model.
#pragma once

#include <string>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// A title for LOG-001 when the name that is logged holds what belongs to somebody; empty when it does not. `server`:
// the log is one that others read, and not a browser's console.
std::string logged_content(const File& file, const syntax::Call& log, syntax::Node leaf, bool server);

// A dictionary or an object that was given to this name has a key for something secret, or for who somebody is.
enum class Holds : unsigned char { nothing, person, secret };
Holds held_in(syntax::Node function, syntax::Node name);

}  // namespace gatehouse::audit::source
