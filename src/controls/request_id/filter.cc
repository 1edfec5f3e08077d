#include "controls/request_id/filter.h"

#include <cstdint>

#include "gate/request_id.h"

namespace gatehouse::controls::request_id {
namespace {

constexpr http::FieldName kRequestId{"X-Request-Id"};
constexpr http::FieldName kTraceParent{"traceparent"};
constexpr http::FieldName kTraceState{"tracestate"};
constexpr http::FieldName kBaggage{"baggage"};

bool lower_hex(std::string_view s) {
  for (char c : s)
    if (!text::is_digit(c) && (c < 'a' || c > 'f')) return false;
  return true;
}

bool all_zero(std::string_view s) { return s.find_first_not_of('0') == std::string_view::npos; }

// What came in, before it is taken out. A field that came twice counts as absent: which one would be meant?
struct Incoming {
  std::string_view id, parent, state;
  std::uint8_t ids = 0, parents = 0, states = 0;
};

}  // namespace

bool parse_traceparent(std::string_view s, TraceParent& out) {
  if (s.size() < 55 || s[2] != '-' || s[35] != '-' || s[52] != '-') return false;
  std::string_view version = s.substr(0, 2);
  out = {s.substr(3, 32), s.substr(36, 16), s.substr(53, 2)};
  if (!lower_hex(version) || version == "ff") return false;
  if (version == "00" ? s.size() != 55 : s.size() > 55 && s[55] != '-') return false;
  return lower_hex(out.trace_id) && lower_hex(out.parent_id) && lower_hex(out.flags) && !all_zero(out.trace_id) &&
         !all_zero(out.parent_id);
}

bool is_tracestate(std::string_view s) {
  if (s.empty() || s.size() > 512) return false;
  int members = 0;
  while (!s.empty()) {
    auto comma = s.find(',');
    std::string_view member = text::trim(s.substr(0, comma));
    s = comma == std::string_view::npos ? std::string_view() : s.substr(comma + 1);
    if (member.empty()) continue;
    auto equals = member.find('=');
    if (++members > 32 || equals == 0 || equals == std::string_view::npos) return false;
    for (char c : member)
      if (c < 0x20 || c > 0x7e) return false;
  }
  return members > 0;
}

gate::Outcome RequestIdFilter::request(gate::Exchange& x) const {
  Incoming in;
  // Stops: foreign ids, trace state and baggage that reach the backend as if we vouched for them.
  x.request.fields.remove_if([&in](const http::Field& f) {
    if (f.is(kRequestId)) return in.id = f.value, ++in.ids, true;
    if (f.is(kTraceParent)) return in.parent = f.value, ++in.parents, true;
    if (f.is(kTraceState)) return in.state = f.value, ++in.states, true;
    return f.is(kBaggage);
  });
  // Stops: log forging and borrowed ids. Only a listed proxy may name a request.
  if (x.client.trusted_peer && in.ids == 1 && gate::is_request_id(in.id)) x.id = in.id;
  std::string_view span;
  const bool ours = x.id.empty();
  if (ours) {  // id and span in one draw
    std::string_view drawn = gate::random_hex(x, 24);
    x.id = drawn.substr(0, 32);
    span = drawn.substr(32);
  } else {
    span = gate::random_hex(x, 8);
  }
  const std::string_view id = x.id;

  TraceParent parent;
  bool valid = in.parents == 1 && parse_traceparent(in.parent, parent);
  if (valid && x.client.trusted_peer) {
    x.facts.trace = parent.trace_id;
    x.request.fields.add(kTraceParent, x.arena.join("00-", parent.trace_id, "-", span, "-", parent.flags));
    if (in.states == 1 && is_tracestate(in.state)) x.request.fields.add(kTraceState, in.state);
  } else {
    // Stops: a client that joins its requests to a foreign trace or turns sampling on for all of them.
    if (valid) x.facts.trace_link = in.parent;
    x.facts.trace = ours || (id.size() == 32 && lower_hex(id) && !all_zero(id)) ? id : gate::random_hex(x, 16);
    x.request.fields.add(kTraceParent, x.arena.join("00-", x.facts.trace, "-", span, flags_));
  }
  x.request.fields.add(kRequestId, id);
  return gate::Verdict(gate::Pass{});
}

gate::Outcome RequestIdFilter::response(gate::Exchange& x, http::Response& out) const {
  out.fields.set(kRequestId, gate::ensure_id(x));
  return gate::Verdict(gate::Pass{});
}

}  // namespace gatehouse::controls::request_id
