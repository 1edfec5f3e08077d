// A request body on its way to the origin, beside the wait for the answer. Private to the client.
#pragma once

#include <optional>

#include "base/result.h"
#include "net/http/message.h"
#include "net/stream.h"

namespace gatehouse::http {

// Forwards a request body while the answer is awaited, and goes on while the answer streams.
struct Pump {
  Task<void> task;
  bool done = false;
  std::optional<Problem> problem;  // the request body's own fault
  SteadyTime progress{};
};

// Ends with the body (done), with its fault (problem; the connection is shut down), or with the connection.
Task<void> pump_body(Pump& pump, Body& body, net::Stream& to, net::PipePool& pipes, bool chunked, Duration gap);

}  // namespace gatehouse::http
