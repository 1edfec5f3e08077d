// Counts what a thread of this room's test program takes from the heap.
#pragma once

#include <cstddef>

namespace gatehouse::controls::testing {

// Calls of operator new on this thread since it began.
std::size_t heap_allocations();

}  // namespace gatehouse::controls::testing
