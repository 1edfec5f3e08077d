// Names the request (X-Request-Id) and its trace (W3C Trace Context, traceparent version 00).
#pragma once

#include <string_view>

#include "gate/exchange.h"
#include "gate/filter.h"

namespace gatehouse::controls::request_id {

class RequestIdFilter final : public gate::Filter {
 public:
  explicit RequestIdFilter(bool sampled) : flags_(sampled ? "-01" : "-00") {}
  std::string_view name() const override { return "request_id"; }
  // Sets x.id and x.facts.trace; replaces what the client sent for the backend.
  gate::Outcome request(gate::Exchange& x) const override;
  // X-Request-Id on every answer, whatever the backend called it.
  gate::Outcome response(gate::Exchange& x, http::Response& out) const override;

 private:
  std::string_view flags_;
};

// The parts of a valid traceparent (W3C Trace Context §3.2): version 00 exactly, or a later version that begins alike.
struct TraceParent {
  std::string_view trace_id, parent_id, flags;
};
bool parse_traceparent(std::string_view s, TraceParent& out);

// A tracestate fit to pass on: at most 512 bytes and 32 members of key=value (§3.3).
bool is_tracestate(std::string_view s);

}  // namespace gatehouse::controls::request_id
