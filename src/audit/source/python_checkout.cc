// Pages of a payment provider that Python opens: where they lead back to, and for whom they are.
#include <algorithm>

#include "audit/source/door_heads.h"
#include "audit/source/python.h"
#include "audit/source/python_client.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool headers(const Code& code) {
  return icontains_any(code, {"http_origin", "headers.get(\"origin", "headers.get('origin", "headers[\"origin",
                              "headers['origin", "http_referer", "headers.get(\"referer", "headers.get('referer"});
}

// What the address begins with, through one assignment.
Node beginning(Node f, Node value, int depth = 0) {
  value = unwrap(value);
  while (value.is("binary_operator") && value.has_token("+")) value = unwrap(value.child("left"));
  if (const auto parts = holes(value); !parts.empty()) {
    const std::string said = spoken(value);
    return said.starts_with("http") || said.starts_with("/") ? Node() : unwrap(parts.front());
  }
  if (value.is("identifier") && depth < 3)
    for (const Node a : f.all("assignment"))
      if (a.child("left").text() == value.text() && a.begin() < value.begin() && unwrap(a.child("right")).is("string"))
        return beginning(f, a.child("right"), depth + 1);
  return value;
}

}  // namespace

void read_python_checkout(File& file) {
  if (!icontains_any(file.code(), {"session.create", "sessions.create", "billing_portal", "preference", "success_url",
                                   "return_url"}))
    return;
  for (const Call& c : file.calls) {
    const bool opens = c.name.ends_with("ession.create") || c.name.ends_with("sessions.create");
    // StripeClient.create_checkout_session(success_url=…): the provider is called by a helper.
    const bool handed = (c.keyword("success_url") || c.keyword("return_url")) &&
                        has_word(last(c.name), {"checkout", "session", "portal", "payment", "subscription"});
    if (!opens && !handed) continue;
    const Node f = function_around(c.node);
    if (!f || door_head(file, f).empty()) continue;
    const Code code = f.code();
    const bool checked =
        icontains_any(code, {"allowed", "whitelist", "startswith(", "urlparse", "url_has_allowed", "trusted"});
    bool led = false;
    for (const auto& [key, value] : c.keywords) {
      if (key == "success_url" || key == "cancel_url" || key == "return_url") {
        const Node from = beginning(f, value);
        if (led || checked || !from || literal(from)) continue;
        bool clients = from_client(f, from) || sent_in(f, from) || headers(from.code());
        if (from.is("identifier"))
          for (const Node a : f.all("assignment"))
            clients = clients || (a.child("left").text() == from.text() && headers(a.child("right").code()));
        if (!clients || icontains_any(from.code(), {"build_absolute_uri", "url_for", "base_url"})) continue;
        led = true;
        // Stops: a page that looks like the shop's own "thank you", after a payment that was real.
        file.hit("EX-012", value).title = "The client chooses where the payment page sends people";
      } else if (opens && (key == "client_reference_id" || key == "customer")) {
        if (!from_client(f, value) && !sent_in(f, value)) continue;
        const std::string name(unwrap(value).code());
        if (icontains_any(code, {"!= user.", "!= request.user", "!= current_user", "== user.", "== current_user"}))
          continue;
        // Stops: a payment, or the invoices of one, in another's name.
        file.hit("AZ-002", value).title = "For whom is paid comes from the request itself (" + std::string(key) + ")";
      }
    }
  }
}

}  // namespace gatehouse::audit::source
