// Whatever template an operator writes and it is accepted: two requests that differ are never signed alike.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/text.h"
#include "kit/webhook/signature_list.h"
#include "kit/webhook/signed_content.h"

namespace {

using gatehouse::kit::webhook::SignedContent;
using Kind = SignedContent::Piece::Kind;

struct Request {
  std::string_view id, header, time, body;
  bool operator==(const Request&) const = default;
};

// What is signed; nothing when the request would be refused.
std::optional<std::string> content(const SignedContent& of, const Request& r) {
  std::string out;
  for (std::size_t i = 0; i < of.pieces().size(); ++i) {
    const auto& piece = of.pieces()[i];
    std::string_view value = piece.text;
    if (piece.kind == Kind::body) value = r.body;
    if (piece.kind == Kind::timestamp) value = r.time;
    if (piece.kind == Kind::id) value = r.id;
    if (piece.kind == Kind::header) value = r.header;
    if (piece.kind == Kind::url) value = "https://example.com/";
    if (of.confusable(i, value)) return std::nullopt;
    out += value;
  }
  return out;
}

std::string_view take(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  const std::string_view piece = rest.substr(0, end);
  rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  return piece;
}

// As a clock allows: ten digits.
bool is_time(std::string_view s) { return s.size() == 10 && gatehouse::kit::webhook::read_timestamp(s).has_value(); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto of = SignedContent::parse(take(rest));
  if (!of) return 0;
  Request a{take(rest), take(rest), take(rest), take(rest)}, b{take(rest), take(rest), take(rest), take(rest)};
  for (Request* r : {&a, &b}) {
    if (!is_time(r->time)) r->time = "1700000000";
    if (!of->has(Kind::id)) r->id = {};
    if (!of->has(Kind::header)) r->header = {};
    if (!of->has(Kind::timestamp)) r->time = {};
  }
  if (a == b) return 0;
  const auto x = content(*of, a), y = content(*of, b);
  if (x && y && *x == *y) std::abort();
  return 0;
}
