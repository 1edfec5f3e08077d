#include "store/sqlite/dialect.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace gatehouse::store {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kWords{{
    {"BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT"},
    {"BIGINT", "INTEGER"},
    {"BYTEA", "BLOB"},
}};

bool in_word(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; }

}  // namespace

std::string to_sqlite(std::string_view statement) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < statement.size();) {
    if (statement[i] == '\'') quoted = !quoted;
    bool replaced = false;
    if (!quoted && (i == 0 || !in_word(statement[i - 1]))) {
      for (const auto& [word, own] : kWords) {
        if (!statement.substr(i).starts_with(word)) continue;
        if (i + word.size() < statement.size() && in_word(statement[i + word.size()])) continue;
        out += own;
        i += word.size();
        replaced = true;
        break;
      }
    }
    if (!replaced) out += statement[i++];
  }
  if (out.starts_with("CREATE TABLE")) out += " STRICT";
  return out;
}

}  // namespace gatehouse::store
