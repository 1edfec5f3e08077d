// The readers of one file, one after the other.
#pragma once

#include <functional>
#include <initializer_list>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// A step that uses the tree's credit up may have got empty answers: what it found is told with doubt, and the file
// counts as given up. The steps behind it go on while the credit can be renewed, so that a tangle for one question
// hides nothing from the others.
void in_turn(File& file, std::initializer_list<std::function<void()>> steps);

}  // namespace gatehouse::audit::source
