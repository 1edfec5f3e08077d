// Replaces failed answers of the backend by the envelope. Answers below 400 are never looked at.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controls/error_mask/control.h"
#include "controls/error_mask/store.h"
#include "gate/exchange.h"
#include "gate/filter.h"

namespace gatehouse::controls::error_mask {

// 5xx: always masked, but for the media types that pass; the status stays. 4xx: masked only when the body carries a
// trace, or is text in an encoding that cannot be read here. What is read beforehand is at most kPeek bytes; the rest
// of a 4xx is watched as it streams, and cut off where a trace begins.
class ErrorMaskFilter final : public gate::Filter {
 public:
  static constexpr std::size_t kPeek = 64 * 1024;

  ErrorMaskFilter(const ErrorMaskSettings& settings, std::shared_ptr<BodyStore> store);
  std::string_view name() const override { return "error_mask"; }
  gate::Outcome response(gate::Exchange& x, http::Response& out) const override;

 private:
  // The beginning of a body.
  struct Peek {
    std::string_view bytes;
    bool whole = true;    // there is no more
    bool broken = false;  // it ended in a failure
  };
  Task<gate::Verdict> look(gate::Exchange& x, http::Response& out) const;
  static Task<Peek> peek(gate::Exchange& x, http::Response& out);
  void judge(gate::Exchange& x, http::Response& out, const Peek& peek) const;
  void mask(gate::Exchange& x, http::Response& out, std::string_view sample, std::string_view why) const;
  bool passes(std::string_view media_type) const;

  std::vector<std::string> pass_errors_;
  bool show_in_development_;
  std::shared_ptr<BodyStore> store_;
};

}  // namespace gatehouse::controls::error_mask
