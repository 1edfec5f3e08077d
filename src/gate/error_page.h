// The page a browser sees when it is turned away: no script, no outside resource, readable without style.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace gatehouse::gate {

// `message` and `id` go in as they stand: both are known to hold nothing that HTML would read.
std::string_view error_page(Arena& arena, int status, std::string_view message, std::string_view id);

// Its Content-Security-Policy: its one style by hash, and nothing else.
std::string_view error_page_policy();

// The text of its <style> element, which the hash in the policy covers.
std::string_view error_page_style();

}  // namespace gatehouse::gate
