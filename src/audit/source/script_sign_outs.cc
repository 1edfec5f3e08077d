#include <algorithm>
#include <deque>

#include "audit/source/script_resolved.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

void judge_sign_outs(const ScriptNotes& notes, const std::vector<ResolvedRoute>& all, Sink& sink) {
  if (notes.makes_tokens && !notes.forgets_tokens) {
    const Spot* out = nullptr;
    bool renews = false;
    const auto takes = [&](std::string_view path, std::string_view handler, const Flow* flow, const Spot* at) {
      if (flow != nullptr && !flow->at.at.path.empty()) at = &flow->at;
      const bool leaves = has_word(path, {"logout", "signout"}) || has_word(handler, {"logout", "signout"}) ||
                          icontains_any(path, {"sign-out", "log-out"});
      const bool refreshes = !notes.remembers_refresh &&
                             (has_word(path, {"refresh"}) ||
                              (has_word(handler, {"refresh"}) && has_word(handler, {"token", "tokens", "access"})));
      if (at == nullptr || (!leaves && !refreshes) || (out != nullptr && (renews ? !leaves : true))) return;
      out = at;
      renews = !leaves;
    };
    std::deque<Spot> spots;
    for (const ResolvedRoute& x : all) {
      spots.push_back({x.route->at, x.route->shown});
      takes(x.path, x.route->handler, x.flow, &spots.back());
    }
    if (out == nullptr)  // controllers whose routes were not understood
      for (const auto& [key, f] : notes.functions)
        takes("", key.substr(key.rfind('#') + 1), f.flow ? &*f.flow : nullptr, nullptr);
    if (out != nullptr) {
      auto& f = sink.find("JWT-009", out->at, out->shown);
      if (renews) f.title = "Refresh tokens cannot be called back: nothing remembers which were given";
    }
  }
  if (notes.makes_tokens && !notes.forgets_tokens && !notes.client_sign_outs.empty() &&
      std::none_of(sink.findings().begin(), sink.findings().end(),
                   [](const proof::Finding& f) { return f.id == "JWT-009"; }))
    sink.find("JWT-009", notes.client_sign_outs.front().at, notes.client_sign_outs.front().shown);
}

}  // namespace gatehouse::audit::source
