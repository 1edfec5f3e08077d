// Fields by which some backends let a client replace the method.
#pragma once

#include "net/http/message.h"

namespace gatehouse::gate {

// Stops: a POST that we judge as a POST and the backend runs as a DELETE. Used wherever policy depends on the method.
inline void drop_method_overrides(http::Fields& fields) {
  constexpr http::FieldName kNames[] = {"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"};
  for (const http::FieldName& name : kNames) fields.remove(name);
}

}  // namespace gatehouse::gate
