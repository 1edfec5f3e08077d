#include "gate/identity.h"

namespace gatehouse::gate {
namespace {

// Issuers put dots into names ("https://example.com/roles"), so at every level the longest member name that fits wins.
const json::Value* walk(const json::Value& at, std::string_view path, int depth) {
  if (const json::Value* whole = at.find(path)) return whole;
  if (depth == 0) return nullptr;
  for (std::size_t dot = path.rfind('.'); dot != std::string_view::npos && dot > 0; dot = path.rfind('.', dot - 1)) {
    const json::Value* child = at.find(path.substr(0, dot));
    if (child == nullptr || !child->is_object()) continue;
    if (const json::Value* found = walk(*child, path.substr(dot + 1), depth - 1)) return found;
  }
  return nullptr;
}

}  // namespace

const json::Value* Principal::claim(std::string_view path) const {
  if (path.empty() || !claims.is_object()) return nullptr;
  return walk(claims, path, 8);
}

bool claim_is(const json::Value* claim, std::string_view text) {
  if (claim == nullptr || text.empty()) return false;
  if (auto s = claim->string()) return *s == text;
  // Stops: 1e2 or 100.0 standing for the identifier 100.
  return claim->is_number() && claim->integer().has_value() && claim->number_text() == text;
}

}  // namespace gatehouse::gate
