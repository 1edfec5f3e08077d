// The statements of an SQL file, as far as reading policies asks: no grammar, only where one ends.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::audit {

// Statements without comments and with string bodies blanked, lower case, each with its line. 'service_role' alone
// stays: it is the one literal that says who is meant.
struct SqlStatement {
  std::string text;
  std::string said;  // the same with what stands in quotes
  int line = 0;
};

std::vector<SqlStatement> sql_statements(std::string_view sql);

}  // namespace gatehouse::audit
