// JSON, read strictly (RFC 8259 plus: no duplicate members, bounded depth, well-formed UTF-8) and written plainly.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace gatehouse::json {

class Value;
using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;
using Object = std::vector<Member>;  // in the order of the text; names are unique

enum class Kind : unsigned char { null, boolean, number, string, array, object };

// A JSON value. Numbers keep their text, so nothing is lost between reading and writing.
class Value {
 public:
  Value() = default;                                    // null
  Value(bool b) : kind_(Kind::boolean), boolean_(b) {}  // NOLINT: implicit by design, as all below
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  Value(T n) : kind_(Kind::number), text_(std::to_string(n)) {}       // NOLINT
  Value(std::string s) : kind_(Kind::string), text_(std::move(s)) {}  // NOLINT
  Value(std::string_view s) : kind_(Kind::string), text_(s) {}        // NOLINT
  Value(const char* s) : kind_(Kind::string), text_(s) {}             // NOLINT
  Value(Array a);                                                     // NOLINT
  Value(Object o);                                                    // NOLINT
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();
  static Value number(std::string text);  // already valid JSON number text
  static Value number(double d);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_string() const { return kind_ == Kind::string; }
  bool is_number() const { return kind_ == Kind::number; }
  bool is_object() const { return kind_ == Kind::object; }
  bool is_array() const { return kind_ == Kind::array; }
  bool is_bool() const { return kind_ == Kind::boolean; }

  // Each returns nothing (or an empty view) when the kind is another one.
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer() const;  // exact: no fraction, no overflow
  std::optional<double> real() const;
  std::optional<std::string_view> string() const;
  const std::string& number_text() const { return text_; }
  const Array& array() const;    // empty when not an array
  const Object& object() const;  // empty when not an object
  Array& array();                // must be an array
  Object& object();              // must be an object

  // The member `name` of an object, or null pointer.
  const Value* find(std::string_view name) const;
  // The string member `name`, or nothing.
  std::optional<std::string_view> string_at(std::string_view name) const;
  // Adds or replaces a member (makes an object of a null).
  Value& set(std::string_view name, Value value);
  // Appends to an array (makes an array of a null).
  Value& push(Value value);

 private:
  Kind kind_ = Kind::null;
  bool boolean_ = false;
  std::string text_;  // string content, or the number's text
  std::unique_ptr<Array> array_;
  std::unique_ptr<Object> object_;
};

struct Limits {
  int depth = 64;
  std::size_t bytes = 8u << 20;
  bool allow_duplicate_members = false;  // the last wins; only for reading foreign files, never for tokens or bodies
};

// The whole text as one value; leading and trailing white space is allowed, nothing else after it. A lone surrogate
// escape is refused: it has no UTF-8 form. O(n log n) at worst, whatever the text.
// Problem codes: "bad_json" with "line:column: what" (lines and columns from 1, columns in bytes).
Result<Value> parse(std::string_view text, const Limits& limits = {});

// Compact text; `indent` > 0 makes it pretty. Strings come out as valid UTF-8 with control bytes escaped.
std::string write(const Value& value, int indent = 0);

// `s` as a quoted JSON string, appended.
void write_string(std::string& out, std::string_view s);

}  // namespace gatehouse::json
