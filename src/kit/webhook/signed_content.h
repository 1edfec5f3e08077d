// What a generic-hmac sender signs, as a template: "{timestamp}.{body}".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gatehouse::kit::webhook {

// Text with {body}, {timestamp}, {id}, {url} and {header:NAME}; "{{" is a brace. A template in which two requests
// could be signed alike is refused: {body} stands in it exactly once, and {id} and {header:…} have text on both sides
// that separates them from the next value.
class SignedContent {
 public:
  struct Piece {
    enum class Kind : std::uint8_t { literal, body, timestamp, id, url, header } kind = Kind::literal;
    std::string text;  // of a literal; the header's name
  };

  // Problem code "bad_template"; the detail is one sentence for the operator.
  static Result<SignedContent> parse(std::string_view text);

  const std::vector<Piece>& pieces() const { return pieces_; }
  bool has(Piece::Kind kind) const;
  // Could `value` at pieces()[index] run into its neighbours? Then two requests might be signed alike.
  bool confusable(std::size_t index, std::string_view value) const;

 private:
  std::vector<Piece> pieces_;
};

}  // namespace gatehouse::kit::webhook
