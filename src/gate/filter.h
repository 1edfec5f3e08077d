// The filter contract: small const rules that answer, and a loop (gate/pipeline.h) that walks.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "gate/code.h"
#include "net/http/message.h"
#include "net/task.h"

namespace gatehouse::gate {

class Exchange;

// Where a filter stands: the order on the way in; the way out is the reverse. Inside a step the order is the
// catalogue's (controls/catalog.cc), pinned by a test.
enum class Step : std::uint8_t { trace, shield, greet, limit, identify, account, authorize, inspect, verify, shape };

struct Pass {};  // go on

// Answered here: a preflight, a redirect. Made in the exchange's arena.
struct Reply {
  http::Response response;
};

// A short text for the record, never sent. Fixed capacity, so that a refusal under attack allocates nothing.
class Detail {
 public:
  Detail() = default;
  Detail(std::string_view s) { append(s); }  // NOLINT: implicit by design
  Detail(const char* s) { append(s); }       // NOLINT: implicit by design
  Detail& append(std::string_view s) {
    for (char c : s.substr(0, text_.size() - size_)) text_[size_++] = c;
    return *this;
  }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 159> text_;  // only the first size_ are set
  std::uint8_t size_ = 0;
};

// Extra fields of a refusal. Values point to static storage or to the policy, which outlives the exchange.
struct RefusalHeaders {
  std::string_view www_authenticate;
  std::string_view allow;
  std::int32_t retry_after = -1;  // seconds; below 0: none
};

// Turned away; gate/render.cc makes the reply.
struct Refusal {
  Code code = Code::internal;
  Detail detail{};
  RefusalHeaders headers{};
};

using Verdict = std::variant<Pass, Reply, Refusal>;
// A verdict that is ready, or a task to await. What has nothing to wait for costs no frame and no allocation.
using Outcome = Soon<Verdict>;

// How an exchange ended, for done().
struct Ending {
  int status = 0;
  Code code = Code::none;
  std::uint64_t bytes_sent = 0;
  bool client_gone = false;
};

// One rule. Built from its configuration, then only read. It holds rules; state lives in stores, keyed by rule name,
// and so survives a reload. What it learns about a request it writes into the Exchange.
// A throw is a bug, and a bug in a guard closes the door (500, recorded).
class Filter {
 public:
  virtual ~Filter() = default;
  virtual std::string_view name() const = 0;  // the control's id, for the record and for observe mode
  virtual Outcome request(Exchange&) const { return Verdict(Pass{}); }
  virtual Outcome response(Exchange&, http::Response&) const { return Verdict(Pass{}); }
  virtual void done(const Exchange&, const Ending&) const noexcept {}
};

}  // namespace gatehouse::gate
