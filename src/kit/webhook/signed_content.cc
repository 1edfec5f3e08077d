#include "kit/webhook/signed_content.h"

#include <algorithm>

#include "base/conf/values.h"
#include "base/text.h"

namespace gatehouse::kit::webhook {
namespace {

using Piece = SignedContent::Piece;
using Kind = Piece::Kind;

constexpr std::size_t kMaxTemplate = 512, kMaxPieces = 16;

tl::unexpected<Problem> bad(std::string why) { return fail(Source::us, "bad_template", std::move(why)); }

Result<Piece> placeholder(std::string_view name) {
  if (name == "body") return Piece{Kind::body, {}};
  if (name == "timestamp") return Piece{Kind::timestamp, {}};
  if (name == "id") return Piece{Kind::id, {}};
  if (name == "url") return Piece{Kind::url, {}};
  if (name.starts_with("header:")) {
    const std::string_view header = name.substr(7);
    if (conf::is_token(header)) return Piece{Kind::header, std::string(header)};
  }
  return bad("{" + text::printable(name, 40) + "} is none of {body}, {timestamp}, {id}, {url}, {header:NAME}");
}

// What an attacker who can choose its value could move a border with.
bool free_text(Kind kind) { return kind == Kind::id || kind == Kind::header; }

}  // namespace

Result<SignedContent> SignedContent::parse(std::string_view s) {
  if (s.size() > kMaxTemplate) return bad("longer than 512 bytes");
  SignedContent out;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) out.pieces_.push_back({Kind::literal, std::move(literal)});
    literal.clear();
  };
  while (!s.empty()) {
    if (s.starts_with("{{") || s.starts_with("}}")) {
      literal += s[0];
      s.remove_prefix(2);
    } else if (s[0] == '}') {
      return bad("a '}' without its '{'; write }} for the character itself");
    } else if (s[0] != '{') {
      literal += s[0];
      s.remove_prefix(1);
    } else {
      const std::size_t end = s.find('}');
      if (end == s.npos) return bad("a '{' without its '}'; write {{ for the character itself");
      auto piece = placeholder(s.substr(1, end - 1));
      if (!piece) return fail(std::move(piece.error()));
      flush();
      out.pieces_.push_back(std::move(*piece));
      s.remove_prefix(end + 1);
    }
    if (out.pieces_.size() > kMaxPieces) return bad("more than 16 pieces");
  }
  flush();
  const auto bodies =
      std::count_if(out.pieces_.begin(), out.pieces_.end(), [](const Piece& p) { return p.kind == Kind::body; });
  // Stops: a signature that says nothing about the event it stands on.
  if (bodies != 1)
    return bad("{body} must stand in it exactly once: a signature that does not cover the body proves nothing");
  // Stops: bytes moved over the border of two values under one signature.
  for (std::size_t i = 1; i < out.pieces_.size(); ++i) {
    const Kind a = out.pieces_[i - 1].kind, b = out.pieces_[i].kind;
    if (a != Kind::literal && b != Kind::literal && (free_text(a) || free_text(b)))
      return bad("{id} and {header:…} need text between them and the next value");
  }
  return out;
}

bool SignedContent::has(Piece::Kind kind) const {
  return std::any_of(pieces_.begin(), pieces_.end(), [kind](const Piece& p) { return p.kind == kind; });
}

bool SignedContent::confusable(std::size_t index, std::string_view value) const {
  if (!free_text(pieces_[index].kind)) return false;
  // A border is where the literal begins (after the value) or ends (before it); neither byte may stand in the value.
  if (index + 1 < pieces_.size() && value.find(pieces_[index + 1].text.front()) != value.npos) return true;
  return index > 0 && value.find(pieces_[index - 1].text.back()) != value.npos;
}

}  // namespace gatehouse::kit::webhook
