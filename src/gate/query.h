// The query string, read strictly: one meaning, or none.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace gatehouse::gate {

struct QueryPair {
  std::string_view name, value;  // decoded; they live in the arena or in the query itself
  bool plus = false;             // the value holds a raw '+', which readers take for a blank or for itself
};

// Walks "a=1&b=2" (application/x-www-form-urlencoded, WHATWG URL §5.1) and refuses what two readers would read in two
// ways: a ';' (a separator to some), a percent sign without two hex digits, bytes that are no UTF-8, control
// characters, a pair without a name. Empty pieces are skipped.
class QueryReader {
 public:
  enum class Next : unsigned char { pair, end, bad };

  QueryReader(std::string_view query, Arena& arena) : rest_(query), arena_(arena) {}
  Next next(QueryPair& out);

 private:
  bool decode(std::string_view raw, std::string_view& out);
  std::string_view rest_;
  Arena& arena_;
};

// Could some backend take a parameter written `name` for `wanted`? Case is folded, and "id[]", "id[0]" and "id.x" are
// the list and object spellings of "id".
bool aliases_parameter(std::string_view name, std::string_view wanted);

}  // namespace gatehouse::gate
