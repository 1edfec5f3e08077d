// Refusals as people and programs see them: one JSON envelope, or one small page for a browser.
#pragma once

#include "gate/exchange.h"
#include "gate/filter.h"
#include "net/http/message.h"

namespace gatehouse::gate {

// The reply to a refusal: status, WWW-Authenticate (always with a 401, RFC 9110 §15.5.2), Retry-After, Allow,
// Cache-Control: no-store, and the envelope
//   {"error":{"code":"…","message":"…","request_id":"…"}}
// or an HTML page when the client prefers one. HEAD gets no body. Everything lives in the exchange's arena or is
// static: a refusal under attack allocates nothing. The detail is not in it.
http::Response render(Exchange& x, const Refusal& refusal);

// Replaces a response's body by the envelope or page of `code`; status and other fields are left as they are.
void render_body(Exchange& x, Code code, http::Response& out);

// Accept (RFC 9110 §12.5.1) gives text/html a higher weight than application/json. Programs that say nothing, or
// only */*, get JSON.
bool prefers_html(const http::Request& request);

}  // namespace gatehouse::gate
