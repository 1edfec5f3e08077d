// What a backend answers and what is read of it: traces, compressed bodies, the values of security fields.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/arena.h"
#include "base/inflate.h"
#include "controls/error_mask/trace.h"
#include "controls/headers/filter.h"
#include "controls/https_only/filter.h"
#include "controls/request_id/filter.h"

namespace {

using namespace gatehouse;
using namespace gatehouse::controls;

void require(bool holds) {
  if (!holds) std::abort();
}

void traces(std::string_view body) {
  auto trace = error_mask::find_trace(body);
  require(trace.has_value() == !error_mask::trace_kind(body).empty());
  std::string name = error_mask::exception_class(body);
  if (trace) name += trace->exception + trace->frame;
  require(name.size() < 500);
  for (char c : name) require(static_cast<unsigned char>(c) >= 0x20);  // it goes into a log line
}

void fields(std::string_view value) {
  Arena arena(1024);
  constexpr std::string_view kOurs = "camera=(),microphone=(self),usb=()";
  for (auto how : {headers::Compare::fixed, headers::Compare::frame, headers::Compare::referrer,
                   headers::Compare::opener, headers::Compare::resource, headers::Compare::permissions})
    require(!headers::stricter(how, kOurs, value, arena).empty());
  // Merging twice changes nothing more, and never opens what we close.
  std::string_view once = headers::stricter(headers::Compare::permissions, kOurs, value, arena);
  require(headers::stricter(headers::Compare::permissions, kOurs, once, arena) == once);
  require(once.starts_with("camera=("));
  require(headers::is_permissions_policy(once));

  https_only::Hsts hsts = https_only::parse_hsts(value);
  require(hsts.valid || hsts.max_age == 0);
  https_only::is_public_name(value);

  request_id::TraceParent parent;
  if (request_id::parse_traceparent(value, parent))
    require(parent.trace_id.size() == 32 && parent.parent_id.size() == 16);
  if (request_id::is_tracestate(value)) require(value.size() <= 512);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (size > 64 * 1024) return 0;
  traces(input);
  if (size < 4096) fields(input);
  if (auto plain = inflate(input, 4096)) {
    require(plain->size() <= 4096);
    traces(*plain);
  }
  return 0;
}
