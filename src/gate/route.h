// One route, compiled: its patterns, its filters, and what stands at its end.
#pragma once

#include <memory>
#include <string>

#include "gate/config.h"
#include "gate/origin.h"
#include "gate/pipeline.h"

namespace gatehouse::gate {

struct Route {
  std::string name;  // for record and metrics
  RouteConfig config;
  Pipeline pipeline;
  std::shared_ptr<const Origin> origin;  // null: nothing stands here (not found)
  Code refuse = Code::none;              // for the built-in routes: what they answer with
  std::size_t index = 0;                 // in the gate's table, for metrics
};

}  // namespace gatehouse::gate
