#include "audit/source/guest_doors.h"

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool asks_guest(const Code& code) {
  return icontains(code, "email") && icontains_any(code, {"phone", "fullname", "customer", ".name", "firstname"}) &&
         !icontains_any(code, {"userid", "user_id", "user.id", "accountid", "account_id", "ownerid", "owner_id"});
}

// Stops: a thousand invented addresses, each with its own allowance.
std::optional<Spot> counted_by_claim(const File& file, Node function) {
  const Code code = function.code();
  if (!icontains(code, "count") || !icontains(code, "email") || !asks_limit(code)) return std::nullopt;
  // An address of the network counts, unless what the browser calls itself is mixed into it.
  const Code whole = file.code();
  const bool by_address = icontains_any(
      whole, {"x-forwarded-for", "cf-connecting-ip", "x-real-ip", "remoteaddr", "req.ip", "request.ip", "conninfo"});
  if (by_address && !icontains(code, "user-agent")) return std::nullopt;
  for (const Call* c : file.calls_in(function)) {
    if (last(c->name) != "eq") continue;
    const auto column = literal(c->arg(0));
    if (!column || !has_word(*column, {"email", "mail", "phone"})) continue;
    Node whole_call = c->node;
    for (Node p = c->node.parent(); p && p.any_of("member_expression", "call_expression", "await_expression");
         p = p.parent())
      whole_call = p;
    const Code asked = whole_call.code();
    if (icontains(asked, "count:") && icontains_any(asked, {".gte(", ".gt("}))
      return Spot{place(file.path, whole_call.line()), file.shown(whole_call)};
  }
  return std::nullopt;
}

}  // namespace gatehouse::audit::source
