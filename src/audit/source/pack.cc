#include "audit/source/pack.h"

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void add_source(Pack& pack) {
  pack.readers.push_back(python_reader());
  pack.checks.push_back(python_check());
}

}  // namespace gatehouse::audit::source
