#include "gate/code.h"

#include <array>

namespace gatehouse::gate {
namespace {

constexpr std::size_t kCount = static_cast<std::size_t>(Code::count_);

// In the order of the enum; the test walks both.
constexpr std::array<CodeInfo, kCount> kCodes = {{
    {Code::none, "", 200, "", "Nothing was refused.", ""},

    {Code::bad_request, "bad_request", 400, "The request could not be understood.",
     "The bytes are not one unambiguous HTTP request: framing, line ends, chunks or the request line are wrong. The "
     "connection is closed.",
     "Send well-formed HTTP. A client library that meets this is sending Content-Length and Transfer-Encoding "
     "together, "
     "bare line feeds, or folded fields."},
    {Code::bad_path, "bad_path", 400, "The address of the request is not acceptable.",
     "The path has dot segments, an empty segment, an encoded slash, backslash or NUL, or a percent sign without two "
     "hex digits; or it would be another route's in other letters.",
     "Ask for the plain path. Where identifiers really contain a slash, set `encoded_slash = \"keep\"` on that route; "
     "where the backend tells upper from lower case, `path_case = \"exact\"`."},
    {Code::bad_host, "bad_host", 400, "The host of the request is not acceptable.",
     "The Host field is missing, repeated, malformed, contradicts the request line, or names no host of this site.",
     "List every public name under `[site] hosts`."},
    {Code::bad_header, "bad_header", 400, "A header of the request is not acceptable.",
     "A field name or value holds forbidden bytes, or a name with '_' or '.' came to a route that refuses them.",
     "Correct the field; or leave `header_names` at its default, which drops such fields instead of refusing."},
    {Code::bad_query, "bad_query", 400, "The query of the request is not acceptable.",
     "A declared query parameter is missing, repeated, of the wrong type or out of bounds, or an undeclared one came "
     "to a route that declares its query.",
     "Compare the request with the route's `query` table."},

    {Code::timeout, "timeout", 408, "The request took too long to arrive.",
     "The header or the body arrived more slowly than the limits allow. The connection is closed.",
     "Raise `header_time` or lower `min_body_rate` under `[limits]` when honest clients are this slow."},
    {Code::too_large, "too_large", 413, "The request is too large.",
     "The header block, the number of fields or the body is over its bound.",
     "Set `body_limit` on the route that takes uploads; `[limits]` holds the bounds for all routes."},
    {Code::too_many_connections, "too_many_connections", 429, "Too many connections are open from your network.",
     "One address holds as many connections as one address may.",
     "Raise `connections_per_address`, or list the proxy in front under `[ingress] trusted_proxies`."},
    {Code::overloaded, "overloaded", 503, "The service is busy. Please try again shortly.",
     "All connections, exchanges or buffered bytes are in use, so the request was shed before any work.",
     "Look at the load; then raise `connections`, `max_exchanges` or `buffered_bytes` under `[limits]`."},

    {Code::not_found, "not_found", 404, "There is nothing at this address.", "No route matches host and path.",
     "Add a `[[route]]` for the path."},
    {Code::method_not_allowed, "method_not_allowed", 405, "This method is not available at this address.",
     "A route matches the path and none of them takes the method. `Allow` lists what is taken.",
     "Add the method to the route's `methods`."},
    {Code::denied_route, "denied_route", 403, "This address is not available.",
     "The route is closed by `deny = true`, or says nothing about who may enter.",
     "State who may enter with the route's `access` table."},

    {Code::https_required, "https_required", 403, "This request must be sent over HTTPS.",
     "An unsafe method came over plain HTTP. It is not redirected: its body has already travelled in the clear.",
     "Use the https address. If TLS ends before this machine, set `[ingress] tls_upstream` and `trusted_proxies`."},

    {Code::cors_origin, "cors_origin", 403, "Requests from this origin are not allowed.",
     "A page of an origin that is not listed sent a preflight, or a request that could change something.",
     "List the page's exact origin under `[cors] origins`."},
    {Code::rate_limited, "rate_limited", 429, "Too many requests. Please wait before trying again.",
     "A rate or a quota is used up. `Retry-After` says for how long.",
     "Raise the rate of the rule named in the record, or count by user instead of by address."},
    {Code::banned, "banned", 403, "Requests from your network are blocked for now.",
     "The address gathered too many signs of attack and is shut out for a growing time.",
     "It ends by itself; `gatehouse why REQUEST_ID` tells what the record says."},

    {Code::unauthenticated, "unauthenticated", 401, "Please sign in.", "The route needs a credential and none came.",
     "Send `Authorization: Bearer …`, or state `access = \"public\"` on the route."},
    {Code::token_invalid, "token_invalid", 401, "Your sign-in is not valid. Please sign in again.",
     "A token came that is malformed, not signed by a listed key, or not meant for this site.",
     "The record says which rule failed; `gatehouse token verify` shows the same verdict for a saved token."},
    {Code::token_expired, "token_expired", 401, "Your sign-in has expired. Please sign in again.",
     "The token was genuine and its time is over.", "Refresh the token before it expires; check the clocks."},
    {Code::identity_unavailable, "identity_unavailable", 503, "Signing in is not possible at the moment.",
     "The issuer's keys could not be fetched and no kept copy is young enough. Protected routes stay closed.",
     "Check that the key set's address answers from this machine; `jwks` may also name a file."},
    {Code::session_expired, "session_expired", 401, "Your session has ended. Please sign in again.",
     "The session was idle too long, reached its absolute age, or was ended.", "Sign in again."},
    {Code::revoked, "revoked", 401, "Your sign-in was withdrawn. Please sign in again.",
     "The session or the subject stands on the list of the revoked.",
     "`gatehouse revoke list` shows the entry and who made it."},

    {Code::csrf_site, "csrf_site", 403, "This request came from another site.",
     "The browser says (Sec-Fetch-Site) that another site caused a request that acts by cookie.",
     "Send the request from the site's own page, or authenticate with a Bearer token."},
    {Code::csrf_origin, "csrf_origin", 403, "The origin of this request could not be confirmed.",
     "A request that acts by cookie has a foreign, `null` or missing Origin and Referer.",
     "List the page's origin under `[csrf] origins` if it is yours."},
    {Code::csrf_token, "csrf_token", 403, "This form has expired. Please reload the page and try again.",
     "The token bound to the session is missing or belongs to another session.",
     "Put the page's token into the form field or the header."},

    {Code::forbidden, "forbidden", 403, "You do not have access to this.",
     "The caller is known and lacks a role or claim that the route asks for.",
     "Grant the role at the issuer, or change the route's `access` table."},
    {Code::not_owner, "not_owner", 403, "You do not have access to this.",
     "An owner parameter of the path or query is not the caller's own.",
     "Use the caller's own identifier; see `owner` in the route's `access` table."},
    {Code::step_up_required, "step_up_required", 401, "Please confirm that it is you.",
     "The route asks for a recent or stronger sign-in (RFC 9470).", "Sign in again with the second factor."},

    {Code::invalid_body, "invalid_body", 400, "The content of the request is not valid.",
     "The body is not well formed, or does not fit the schema declared for the route.",
     "Compare the body with the route's `body_schema`."},
    {Code::unsupported_media_type, "unsupported_media_type", 415, "This type of content is not accepted here.",
     "The Content-Type is missing or is not one that the route takes.", "Send the declared type."},
    {Code::unsafe_markup, "unsafe_markup", 422, "The text contains markup that is not allowed.",
     "A declared text field holds markup that a browser would run.", "Send plain text, or set the field to `strip`."},
    {Code::idempotency_mismatch, "idempotency_mismatch", 422,
     "This idempotency key was already used for a different request.",
     "The same Idempotency-Key came with another body.", "Use a new key for a new request."},

    {Code::response_blocked, "response_blocked", 502, "The answer could not be delivered.",
     "The backend's answer carried a known secret or did not fit the declared shape.",
     "Correct the backend; the record names the rule, never the value."},
    {Code::upstream_error, "upstream_error", 502, "Something went wrong. Please try again later.",
     "The backend failed. Its own status is kept (500, 501, 503 …); its text is masked.",
     "Look at the backend's log for the request id; the record has the exception's class and top frame."},
    {Code::upstream_timeout, "upstream_timeout", 504, "The service took too long to answer.",
     "The backend accepted the request and did not answer in time.",
     "Raise `first_byte` of the upstream, or find out what is slow."},
    {Code::upstream_unreachable, "upstream_unreachable", 502, "The service cannot be reached at the moment.",
     "No server of the upstream took the connection.", "Start the backend; check `servers` of the upstream."},
    {Code::internal, "internal", 500, "Something went wrong. Please try again later.",
     "A fault of gatehouse itself. The request was not let through.",
     "Report it with the record's line; the request id is in the answer."},

    {Code::webhook_malformed, "webhook_malformed", 400, "This message does not have the expected form.",
     "A webhook whose headers do not have the form of its provider's scheme. Nothing read its body.",
     "The record names the reason; check that the endpoint's `provider` is the one that sends."},
    {Code::bad_signature, "bad_signature", 401, "The signature of this message is not valid.",
     "A webhook is unsigned, signed by another key, or outside its time bounds.",
     "Compare the endpoint's signing secret with the provider's page; check the clock."},
    {Code::store_unavailable, "store_unavailable", 503, "This could not be kept. Please send it again shortly.",
     "The disk is full or fails, so nothing was acknowledged. A provider sends its event again.",
     "Make room or mend the disk; `gatehouse_store_failures_total` counts what was turned away."},
    {Code::conflict, "conflict", 409, "This was changed in the meantime. Please reload and try again.",
     "The request contradicts the present state.", "Read the present state, then ask again."},
    {Code::not_configured, "not_configured", 503, "This is not available.",
     "The desk that should answer has no configuration for this.", "Complete the service's table."},
    {Code::upstream_refused, "upstream_refused", 502, "An outside service did not accept the request.",
     "A provider (payment, mail, storage) refused a call that gatehouse made.",
     "The record has the provider's own code."},
    {Code::billing_customer, "billing_customer", 400, "The customer cannot be chosen.",
     "The request names a customer. Whose order it is comes from the sign-in and from nothing else.",
     "Leave the customer out of the request."},
    {Code::billing_price, "billing_price", 403, "This is not for sale.",
     "The price is not on the list, is not active, or does not fit the others in the order.",
     "List it under `[billing] prices` or its product under `products`; look at its state in Stripe's dashboard."},
    {Code::billing_amount, "billing_amount", 400, "The amount cannot be chosen.",
     "The request names an amount or a currency. What is due comes from the price.", "Send a listed price instead."},
    {Code::billing_return_url, "billing_return_url", 400, "The return address is not acceptable.",
     "People would be sent to an address that is not of a listed origin.",
     "List the origin under `[billing] return_origins`."},
    {Code::payment_declined, "payment_declined", 402, "The payment was declined.",
     "The bank did not accept the means of payment.", "Another means of payment; the record has the provider's code."},
    {Code::payment_unavailable, "payment_unavailable", 503, "Payment is temporarily unavailable. Please try again.",
     "Stripe did not answer in time, was overloaded, or answered what cannot be read.",
     "Look at the record for Stripe's request id, and at status.stripe.com. Nothing was charged twice: ask again."},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kCount; ++i)
    if (static_cast<std::size_t>(kCodes[i].code) != i) return false;
  return true;
}
static_assert(in_order(), "the table must stand in the order of the enum");

}  // namespace

const CodeInfo& info(Code code) {
  auto i = static_cast<std::size_t>(code);
  return kCodes[i < kCount ? i : static_cast<std::size_t>(Code::internal)];
}

std::span<const CodeInfo> all_codes() { return kCodes; }

Code code_of(std::string_view text) {
  if (text.empty()) return Code::none;
  for (const CodeInfo& c : kCodes)
    if (c.text == text) return c.code;
  return Code::none;
}

}  // namespace gatehouse::gate
