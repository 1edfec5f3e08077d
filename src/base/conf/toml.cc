// The one source that knows toml++.
//
// Its assertions do not hold for every text (3.3 asserts a digit after the T of "2026-12-31Tx", right before it looks for
// one), and in release builds it hands them to the optimizer as promises. Here they are neither: its own checks answer.
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 32
#include <toml++/toml.h>

#include <algorithm>

#include "base/conf/node.h"
#include "base/text.h"

namespace gatehouse::conf {
namespace {

constexpr std::size_t kLargest = 1u << 20;
constexpr int kDeepestKey = 32;

// Stops: a key of a hundred thousand dots, whose tables within tables would overflow the stack of any reader.
// Looks only at dots outside strings and comments. 0: fine; else the line.
int too_deep_key(std::string_view s) {
  int line = 1, dots = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    char c = s[i];
    if (c == '\n') {
      ++line;
      dots = 0;
    } else if (c == '#') {
      while (i + 1 < s.size() && s[i + 1] != '\n') ++i;
    } else if (c == '"' || c == '\'') {
      bool triple = s.substr(i).starts_with(c == '"' ? "\"\"\"" : "'''");
      std::size_t quotes = triple ? 3 : 1;
      for (i += quotes; i < s.size(); ++i) {
        if (s[i] == '\n') ++line;
        if (s[i] == '\n' && !triple) break;
        if (s[i] == '\\' && c == '"') {
          ++i;
        } else if (s[i] == c && (!triple || (s.substr(i).size() >= 3 && s[i + 1] == c && s[i + 2] == c))) {
          i += quotes - 1;
          break;
        }
      }
    } else if (c == '=' || c == ',' || c == '{' || c == '[' || c == ']' || c == '}') {
      dots = 0;
    } else if (c == '.' && ++dots > kDeepestKey) {
      return line;
    }
  }
  return 0;
}

Place place_of(const std::string& file, const toml::source_position& at) {
  return {file, static_cast<int>(at.line), static_cast<int>(at.column)};
}

std::optional<WallTime> midnight(const toml::date& d) {
  if (d.year < 1970 || d.year > 2199) return std::nullopt;  // what nanoseconds in 64 bits can hold
  std::chrono::year_month_day day{std::chrono::year(d.year), std::chrono::month(d.month), std::chrono::day(d.day)};
  if (!day.ok()) return std::nullopt;
  return WallTime(std::chrono::sys_days(day).time_since_epoch());
}

std::optional<WallTime> moment(const toml::date_time& t) {
  auto day = midnight(t.date);
  if (!day || !t.offset) return std::nullopt;  // a local time is another moment in every place
  return *day + std::chrono::hours(t.time.hour) + std::chrono::minutes(t.time.minute) +
         std::chrono::seconds(t.time.second) + std::chrono::nanoseconds(t.time.nanosecond) -
         std::chrono::minutes(t.offset->minutes);
}

Node convert(const toml::node& from, Place place);

void convert_table(const toml::table& table, const std::string& file, Node& out) {
  for (const auto& [key, value] : table) {
    Place place = place_of(file, key.source().begin);
    out.entries.push_back({std::string(key.str()), convert(value, place)});
  }
  std::stable_sort(out.entries.begin(), out.entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.node.place.line, a.node.place.column) < std::tie(b.node.place.line, b.node.place.column);
  });
}

Node convert(const toml::node& from, Place place) {
  Node n;
  n.place = std::move(place);
  switch (from.type()) {
    case toml::node_type::table:
      n.kind = Node::Kind::table;
      convert_table(*from.as_table(), n.place.file, n);
      break;
    case toml::node_type::array:
      n.kind = Node::Kind::list;
      for (const toml::node& item : *from.as_array())
        n.items.push_back(convert(item, place_of(n.place.file, item.source().begin)));
      break;
    case toml::node_type::string:
      n.kind = Node::Kind::string;
      n.text = from.as_string()->get();
      break;
    case toml::node_type::integer:
      n.kind = Node::Kind::integer;
      n.integer = from.as_integer()->get();
      break;
    case toml::node_type::floating_point:
      n.kind = Node::Kind::real;
      break;
    case toml::node_type::boolean:
      n.kind = Node::Kind::boolean;
      n.boolean = from.as_boolean()->get();
      break;
    case toml::node_type::date:
      n.kind = Node::Kind::time;
      n.time = midnight(from.as_date()->get());
      break;
    case toml::node_type::date_time:
      n.kind = Node::Kind::time;
      n.time = moment(from.as_date_time()->get());
      break;
    case toml::node_type::time:
    case toml::node_type::none:
      n.kind = Node::Kind::time;
      break;
  }
  return n;
}

void syntax(Findings& findings, Place place, std::string message, std::string remedy) {
  findings.add({Severity::error, "syntax", std::move(place), "", std::move(message), std::move(remedy)});
}

}  // namespace

const Node* Node::find(std::string_view name) const {
  for (const Entry& e : entries)
    if (e.name == name) return &e.node;
  return nullptr;
}

bool Node::list_of_tables() const {
  return kind == Kind::list && !items.empty() &&
         std::all_of(items.begin(), items.end(), [](const Node& n) { return n.kind == Kind::table; });
}

std::string_view text(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::table:
      return "a table";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::string:
      return "a string";
    case Node::Kind::integer:
      return "an integer";
    case Node::Kind::real:
      return "a fraction";
    case Node::Kind::boolean:
      return "true or false";
    case Node::Kind::time:
      return "a date or time";
  }
  return "";
}

std::optional<Node> parse_toml(std::string_view text, const std::string& file, Findings& findings) {
  if (text.size() > kLargest) {
    syntax(findings, {file, 0, 0}, "the file is larger than 1 MiB", "split it, or remove what is not configuration");
    return std::nullopt;
  }
  if (std::size_t good = text::utf8_prefix(text); good != text.size()) {
    auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(good), '\n');
    syntax(findings, {file, static_cast<int>(line), 0}, "the file is not UTF-8 here", "save it as UTF-8");
    return std::nullopt;
  }
  if (int line = too_deep_key(text); line != 0) {
    syntax(findings, {file, line, 0}, "a key of more than 32 parts", "no setting stands that deep");
    return std::nullopt;
  }
  toml::parse_result result = toml::parse(text, file);
  if (!result) {
    const toml::parse_error& e = result.error();
    syntax(findings, place_of(file, e.source().begin), text::printable(e.description(), 300),
           "mend this line; what follows it has not been read");
    return std::nullopt;
  }
  Node root;
  root.place = {file, 0, 0};
  convert_table(result.table(), file, root);
  return root;
}

}  // namespace gatehouse::conf
