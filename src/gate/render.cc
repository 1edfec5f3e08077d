#include "gate/render.h"

#include <array>
#include <charconv>
#include <string_view>

#include "gate/error_page.h"
#include "gate/request_id.h"

namespace gatehouse::gate {
namespace {

constexpr http::FieldName kAccept{"Accept"};
constexpr http::FieldName kAllow{"Allow"};
constexpr http::FieldName kCacheControl{"Cache-Control"};
constexpr http::FieldName kContentType{"Content-Type"};
constexpr http::FieldName kContentSecurityPolicy{"Content-Security-Policy"};
constexpr http::FieldName kRetryAfter{"Retry-After"};
constexpr http::FieldName kWwwAuthenticate{"WWW-Authenticate"};

// Weight of a media range in thousandths: "q=0.8" is 800. A malformed weight counts as 0.
int weight(std::string_view parameters) {
  while (!parameters.empty()) {
    auto semicolon = parameters.find(';');
    std::string_view p = text::trim(parameters.substr(0, semicolon));
    parameters = semicolon == std::string_view::npos ? std::string_view() : parameters.substr(semicolon + 1);
    if (p.size() < 3 || text::lower(p[0]) != 'q' || p[1] != '=') continue;
    p.remove_prefix(2);
    if (p.size() > 5 || (p[0] != '0' && p[0] != '1') || (p.size() > 1 && p[1] != '.')) return 0;
    int value = p[0] == '1' ? 1000 : 0, unit = 100;
    for (char c : p.substr(p.size() > 1 ? 2 : 1)) {
      if (!text::is_digit(c)) return 0;
      value += (c - '0') * unit;
      unit /= 10;
    }
    return value > 1000 ? 0 : value;
  }
  return 1000;
}

// The weight that a list of media ranges gives to type/subtype; the most specific range decides.
struct Weighed {
  int specificity = -1, q = 0;
  void see(int s, int w) {
    if (s > specificity || (s == specificity && w > q)) specificity = s, q = w;
  }
};

std::string_view default_challenge(Code code) {
  switch (code) {
    case Code::token_invalid:
      return "Bearer error=\"invalid_token\"";
    case Code::token_expired:
      return "Bearer error=\"invalid_token\", error_description=\"expired\"";
    case Code::step_up_required:
      return "Bearer error=\"insufficient_user_authentication\"";  // RFC 9470 §3
    case Code::bad_signature:
      return "Signature";  // webhooks: no sign-in would help
    default:
      return "Bearer";
  }
}

// Seconds to wait where the refusing rule names none; below 0: nothing is said.
int default_retry(Code code) {
  switch (code) {
    case Code::overloaded:
    case Code::too_many_connections:
      return 2;
    case Code::identity_unavailable:
    case Code::store_unavailable:
      return 5;
    default:
      return -1;
  }
}

std::string_view number(Arena& arena, int value) {
  std::array<char, 12> digits;
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return arena.copy({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

}  // namespace

bool prefers_html(const http::Request& request) {
  Weighed html, json;
  for (const http::Field& f : request.fields) {
    if (!f.is(kAccept)) continue;
    std::string_view rest = f.value;
    while (!rest.empty()) {
      auto comma = rest.find(',');
      std::string_view range = rest.substr(0, comma);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
      auto semicolon = range.find(';');
      std::string_view type = text::trim(range.substr(0, semicolon));
      int q = weight(semicolon == std::string_view::npos ? std::string_view() : range.substr(semicolon + 1));
      if (type == "*/*") html.see(0, q), json.see(0, q);
      if (text::iequals(type, "text/*")) html.see(1, q);
      if (text::iequals(type, "application/*")) json.see(1, q);
      if (text::iequals(type, "text/html")) html.see(2, q);
      if (text::iequals(type, "application/json")) json.see(2, q);
    }
  }
  return html.q > json.q;
}

void render_body(Exchange& x, Code code, http::Response& out) {
  out.stream.reset();
  out.stream_length.reset();
  out.bytes = {};
  bool html = prefers_html(x.request);
  out.fields.set(kContentType, html ? "text/html; charset=utf-8" : "application/json");
  // Stops: a stored refusal that is shown to someone else, or after its reason is gone.
  out.fields.set(kCacheControl, "no-store");
  if (html) out.fields.set(kContentSecurityPolicy, error_page_policy());
  if (x.request.method == http::Method::head) return;
  const CodeInfo& words = info(code);
  // Neither needs escaping: messages are ours (pinned by a test), ids are of [A-Za-z0-9_-] only.
  std::string_view id = ensure_id(x);
  out.bytes = html ? error_page(x.arena, out.status, words.message, id)
                   : x.arena.join("{\"error\":{\"code\":\"", words.text, "\",\"message\":\"", words.message,
                                  "\",\"request_id\":\"", id, "\"}}");
}

http::Response render(Exchange& x, const Refusal& refusal) {
  http::Response out(x.arena);
  out.status = info(refusal.code).status;
  if (out.status == 401) {
    std::string_view challenge = refusal.headers.www_authenticate;
    out.fields.add(kWwwAuthenticate, challenge.empty() ? default_challenge(refusal.code) : challenge);
  }
  int retry = refusal.headers.retry_after >= 0 ? refusal.headers.retry_after : default_retry(refusal.code);
  if (retry >= 0) out.fields.add(kRetryAfter, number(x.arena, retry));
  if (!refusal.headers.allow.empty()) out.fields.add(kAllow, refusal.headers.allow);
  render_body(x, refusal.code, out);
  return out;
}

}  // namespace gatehouse::gate
