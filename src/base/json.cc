// One grammar, read and written: the limits of the reader and the escapes of the writer are held side by side.
#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "base/text.h"

namespace gatehouse::json {
namespace {

const Array kNoArray;
const Object kNoObject;

// Recursive descent over well-formed UTF-8. The first fault stops it; depth is bounded before each descent.
class Parser {
 public:
  Parser(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  Result<Value> whole() {
    if (text_.size() > limits_.bytes) return stop("longer than " + std::to_string(limits_.bytes) + " bytes");
    if (std::size_t good = text::utf8_prefix(text_); good != text_.size()) {
      at_ = good;
      return stop("not UTF-8");
    }
    if (text_.starts_with("\xef\xbb\xbf")) return stop("begins with a byte order mark");
    Value v;
    blanks();
    if (!value(v, 0)) return stop(fault_);
    blanks();
    if (at_ != text_.size()) return stop("something follows the value");
    return v;
  }

 private:
  tl::unexpected<Problem> stop(std::string what) const {
    std::string_view before = text_.substr(0, at_);
    auto line = 1 + std::count(before.begin(), before.end(), '\n');
    std::size_t start = before.rfind('\n');
    std::size_t column = at_ - (start == before.npos ? 0 : start + 1) + 1;
    return fail(Source::client, "bad_json", std::to_string(line) + ":" + std::to_string(column) + ": " + what);
  }
  bool no(const char* what) {
    fault_ = what;
    return false;
  }
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }  // a NUL in the text fits no rule either
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool value(Value& out, int depth) {
    switch (peek()) {
      case '{':
        return object(out, depth + 1);
      case '[':
        return array(out, depth + 1);
      case '"': {
        std::string s;
        if (!string(s)) return false;
        out = Value(std::move(s));
        return true;
      }
      case 't':
        out = Value(true);
        return word("true");
      case 'f':
        out = Value(false);
        return word("false");
      case 'n':
        out = Value();
        return word("null");
      default:
        return number(out);
    }
  }

  bool word(std::string_view w) {
    if (!text_.substr(at_).starts_with(w)) return no("not a JSON value");
    at_ += w.size();
    return true;
  }

  bool digits() {
    if (!text::is_digit(peek())) return false;
    while (text::is_digit(peek())) ++at_;
    return true;
  }

  bool number(Value& out) {
    std::size_t start = at_;
    take('-');
    if (!take('0') && !digits()) return no(at_ == text_.size() ? "the text ends too early" : "not a JSON value");
    if (text::is_digit(peek())) return no("a number with a leading zero");
    if (take('.') && !digits()) return no("a number needs digits after its point");
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (!take('+')) take('-');
      if (!digits()) return no("a number needs digits in its exponent");
    }
    out = Value::number(std::string(text_.substr(start, at_ - start)));
    return true;
  }

  bool four_hex(std::uint32_t& out) {
    if (text_.size() - at_ < 4) return no("\\u needs four hexadecimal digits");
    out = 0;
    for (int i = 0; i < 4; ++i) {
      int v = text::hex_value(text_[at_ + static_cast<std::size_t>(i)]);
      if (v < 0) return no("\\u needs four hexadecimal digits");
      out = out << 4 | static_cast<std::uint32_t>(v);
    }
    at_ += 4;
    return true;
  }

  bool escape(std::string& out) {
    char c = peek();
    ++at_;
    switch (c) {
      case '"':
      case '\\':
      case '/':
        out += c;
        return true;
      case 'b':
        out += '\b';
        return true;
      case 'f':
        out += '\f';
        return true;
      case 'n':
        out += '\n';
        return true;
      case 'r':
        out += '\r';
        return true;
      case 't':
        out += '\t';
        return true;
      case 'u':
        break;
      default:
        --at_;
        return no("an unknown escape in a string");
    }
    std::uint32_t unit = 0;
    if (!four_hex(unit)) return false;
    if (unit >= 0xdc00 && unit <= 0xdfff) return no("a lone low surrogate");
    if (unit >= 0xd800 && unit <= 0xdbff) {
      std::uint32_t low = 0;
      if (!take('\\') || !take('u')) return no("a lone high surrogate");
      if (!four_hex(low)) return false;
      if (low < 0xdc00 || low > 0xdfff) return no("a lone high surrogate");
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    text::append_utf8(out, unit);
    return true;
  }

  bool string(std::string& out) {
    ++at_;  // the opening quote
    for (;;) {
      std::size_t start = at_;
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
             static_cast<unsigned char>(text_[at_]) >= 0x20)
        ++at_;
      out.append(text_.substr(start, at_ - start));
      if (at_ == text_.size()) return no("a string does not end");
      if (take('"')) return true;
      if (!take('\\')) return no("a control byte in a string");
      if (!escape(out)) return false;
    }
  }

  bool array(Value& out, int depth) {
    if (depth > limits_.depth) return no("nested too deep");
    ++at_;
    Array items;
    blanks();
    if (!take(']')) {
      do {
        blanks();
        if (!value(items.emplace_back(), depth)) return false;
        blanks();
      } while (take(','));
      if (!take(']')) return no("expected ',' or ']'");
    }
    out = Value(std::move(items));
    return true;
  }

  bool object(Value& out, int depth) {
    if (depth > limits_.depth) return no("nested too deep");
    ++at_;
    Object members;
    blanks();
    if (!take('}')) {
      do {
        blanks();
        if (peek() != '"') return no("expected a member name in quotes");
        if (members.empty()) members.reserve(depth == 1 ? 8 : 2);  // a token's claims move once at most
        auto& [name, item] = members.emplace_back();
        if (!string(name)) return false;
        blanks();
        if (!take(':')) return no("expected ':'");
        blanks();
        if (!value(item, depth)) return false;
        blanks();
      } while (take(','));
      if (!take('}')) return no("expected ',' or '}'");
    }
    if (!unique(members)) return false;
    out = Value(std::move(members));
    return true;
  }

  static constexpr std::size_t kFew = 16;  // names that are quicker compared each with each than sorted
  static bool all_differ(const Object& members) {
    for (std::size_t i = 1; i < members.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (members[i].first == members[j].first) return false;
    return true;
  }

  // Stops: two readers of one text that believe different members. Sorting keeps a hostile object at O(n log n),
  // where a hash table could be flooded.
  bool unique(Object& members) {
    if (members.size() <= kFew && all_differ(members)) return true;
    std::vector<std::size_t> order(members.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return members[a].first < members[b].first; });
    std::vector<bool> dropped;
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
      if (members[order[i]].first != members[order[i + 1]].first) continue;
      if (!limits_.allow_duplicate_members) {
        fault_ = "the member \"" + text::printable(members[order[i]].first, 60) + "\" stands twice";
        return false;
      }
      dropped.resize(members.size());
      dropped[order[i]] = true;
    }
    if (dropped.empty()) return true;
    Object kept;
    for (std::size_t i = 0; i < members.size(); ++i)
      if (!dropped[i]) kept.push_back(std::move(members[i]));
    members = std::move(kept);
    return true;
  }

  std::string_view text_;
  const Limits& limits_;
  std::size_t at_ = 0;
  std::string fault_;
};

void write_value(std::string& out, const Value& v, int indent, int depth) {
  auto line = [&](int level) {
    if (indent <= 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(indent) * static_cast<std::size_t>(level), ' ');
  };
  switch (v.kind()) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += *v.boolean() ? "true" : "false";
      return;
    case Kind::number:
      out += v.number_text();
      return;
    case Kind::string:
      write_string(out, *v.string());
      return;
    case Kind::array: {
      out += '[';
      bool first = true;
      for (const Value& item : v.array()) {
        if (!first) out += ',';
        first = false;
        line(depth + 1);
        write_value(out, item, indent, depth + 1);
      }
      if (!first) line(depth);
      out += ']';
      return;
    }
    case Kind::object: {
      out += '{';
      bool first = true;
      for (const auto& [name, item] : v.object()) {
        if (!first) out += ',';
        first = false;
        line(depth + 1);
        write_string(out, name);
        out += indent > 0 ? ": " : ":";
        write_value(out, item, indent, depth + 1);
      }
      if (!first) line(depth);
      out += '}';
      return;
    }
  }
}

void write_unicode_escape(std::string& out, unsigned value) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u00";
  out += kDigits[value >> 4 & 15];
  out += kDigits[value & 15];
}

}  // namespace

Value::Value(Array a) : kind_(Kind::array), array_(std::make_unique<Array>(std::move(a))) {}
Value::Value(Object o) : kind_(Kind::object), object_(std::make_unique<Object>(std::move(o))) {}
Value::Value(const Value& o)
    : kind_(o.kind_),
      boolean_(o.boolean_),
      text_(o.text_),
      array_(o.array_ ? std::make_unique<Array>(*o.array_) : nullptr),
      object_(o.object_ ? std::make_unique<Object>(*o.object_) : nullptr) {}
Value::Value(Value&& o) noexcept
    : kind_(std::exchange(o.kind_, Kind::null)),
      boolean_(o.boolean_),
      text_(std::move(o.text_)),
      array_(std::move(o.array_)),
      object_(std::move(o.object_)) {}
Value& Value::operator=(const Value& o) { return *this = Value(o); }
Value& Value::operator=(Value&& o) noexcept {
  Value taken(std::move(o));  // first, because `o` may be a part of this
  std::swap(kind_, taken.kind_);
  std::swap(boolean_, taken.boolean_);
  std::swap(text_, taken.text_);
  std::swap(array_, taken.array_);
  std::swap(object_, taken.object_);
  return *this;
}
Value::~Value() = default;

Value Value::number(std::string text) {
  Value v;
  v.kind_ = Kind::number;
  v.text_ = std::move(text);
  return v;
}

Value Value::number(double d) {
  if (!std::isfinite(d)) return Value();  // JSON has no such numbers
  char buffer[32];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, d);
  return error == std::errc() ? number(std::string(buffer, end)) : Value();
}

std::optional<bool> Value::boolean() const {
  return kind_ == Kind::boolean ? std::optional<bool>(boolean_) : std::nullopt;
}

std::optional<std::int64_t> Value::integer() const {
  if (kind_ != Kind::number) return std::nullopt;
  std::int64_t n = 0;
  auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), n);
  if (error != std::errc() || end != text_.data() + text_.size()) return std::nullopt;
  return n;
}

std::optional<double> Value::real() const {
  if (kind_ != Kind::number) return std::nullopt;
  double d = 0;
  auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), d);
  if (error != std::errc() || end != text_.data() + text_.size()) return std::nullopt;
  return d;
}

std::optional<std::string_view> Value::string() const {
  return kind_ == Kind::string ? std::optional<std::string_view>(text_) : std::nullopt;
}

const Array& Value::array() const { return array_ ? *array_ : kNoArray; }
const Object& Value::object() const { return object_ ? *object_ : kNoObject; }
Array& Value::array() { return *array_; }
Object& Value::object() { return *object_; }

const Value* Value::find(std::string_view name) const {
  for (const auto& [key, item] : object())
    if (key == name) return &item;
  return nullptr;
}

std::optional<std::string_view> Value::string_at(std::string_view name) const {
  const Value* v = find(name);
  return v ? v->string() : std::nullopt;
}

Value& Value::set(std::string_view name, Value value) {
  if (kind_ != Kind::object) *this = Value(Object{});
  for (auto& [key, item] : *object_) {
    if (key != name) continue;
    item = std::move(value);
    return *this;
  }
  object_->emplace_back(std::string(name), std::move(value));
  return *this;
}

Value& Value::push(Value value) {
  if (kind_ != Kind::array) *this = Value(Array{});
  array_->push_back(std::move(value));
  return *this;
}

Result<Value> parse(std::string_view text, const Limits& limits) { return Parser(text, limits).whole(); }

std::string write(const Value& value, int indent) {
  std::string out;
  write_value(out, value, indent, 0);
  return out;
}

void write_string(std::string& out, std::string_view s) {
  out += '"';
  while (!s.empty()) {
    std::size_t plain = 0;
    while (plain < s.size() && s[plain] >= 0x20 && s[plain] < 0x7f && s[plain] != '"' && s[plain] != '\\') ++plain;
    out.append(s.substr(0, plain));
    s.remove_prefix(plain);
    if (s.empty()) break;
    auto c = static_cast<unsigned char>(s[0]);
    std::size_t taken = 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += s[0];
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c < 0x20 || c == 0x7f) {
      write_unicode_escape(out, c);
    } else if (c == 0xc2 && s.size() > 1 && static_cast<unsigned char>(s[1]) >= 0x80 &&
               static_cast<unsigned char>(s[1]) < 0xa0) {
      write_unicode_escape(out, static_cast<unsigned char>(s[1]));  // C1: a terminal would obey it
      taken = 2;
    } else {
      taken = text::utf8_prefix(s.substr(0, 4));
      if (taken == 0) {
        out += "\xef\xbf\xbd";
        taken = 1;
      } else {
        taken = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        out.append(s.substr(0, taken));
      }
    }
    s.remove_prefix(taken);
  }
  out += '"';
}

}  // namespace gatehouse::json
