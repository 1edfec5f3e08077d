// What a Python expression of a settings file comes to, as far as can be said without running it: constants, the
// defaults of environment look-ups, and what is built from them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "audit/syntax/code.h"

namespace gatehouse::audit::source {

struct Value {
  enum class Kind : unsigned char { unknown, none, boolean, number, text, list };
  Kind kind = Kind::unknown;
  bool truth = false;
  double number = 0;
  std::string text;
  std::vector<std::string> items;  // of a list: its texts, "?" for the rest
  bool whole = true;               // of a list: every item is known
  std::string env;                 // the variable it was read from, or empty
  bool fallback = false;           // what stands here is the default of that variable
  bool always_true = false;        // bool("False") and the like: text where a truth value was meant

  bool known() const { return kind != Kind::unknown; }
  bool is_true() const;   // known and true
  bool is_false() const;  // known and false
  static Value boolean(bool b);
  static Value of(std::string text);
};

using Values = std::map<std::string, Value, std::less<>>;

// `known` holds the names assigned so far. Unbounded nesting ends in "unknown".
Value evaluate(syntax::Node expression, const Values& known, int depth = 0);

// The call reads an environment variable (os.getenv, os.environ.get, decouple's config, environ's env…): its name,
// its default (absent when there is none) and the cast it names.
struct EnvRead {
  std::string name;
  syntax::Node fallback;
  std::string cast;  // "bool", "int", …; empty for text
};
std::optional<EnvRead> env_read(syntax::Node expression);

}  // namespace gatehouse::audit::source
