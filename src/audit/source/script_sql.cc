#include "audit/source/script_sql.h"

#include <charconv>

#include "audit/source/schema.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// The parts of a list between commas that stand in no brackets and no quotes.
std::vector<std::string> parts_of(std::string_view list) {
  std::vector<std::string> out(1);
  int depth = 0;
  char quote = 0;
  for (const char c : list) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      --depth;
    } else if (c == ',' && depth == 0) {
      out.emplace_back();
      continue;
    }
    if (out.size() < 64) out.back() += c;
  }
  for (std::string& p : out) p = std::string(text::trim(p));
  return out;
}

std::string column_of(std::string_view written) {
  std::string out;
  for (const char c : text::trim(written))
    if (text::is_alpha(c) || text::is_digit(c) || c == '_') out += text::lower(c);
  return out;
}

// Counts the places of a statement from the left: "?" is the next of the values, "$3" the third.
class Places {
 public:
  explicit Places(std::vector<Node> values) : values_(std::move(values)) {}

  // The value of a part that is nothing but a place, or of none.
  Node take(std::string_view part) {
    Node out;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i] == '?') {
        const Node v = next_ < values_.size() ? values_[next_] : Node();
        ++next_;
        if (part.size() == 1) out = v;
      } else if (part[i] == '$') {
        std::size_t n = 0;
        const auto [end, error] = std::from_chars(part.data() + i + 1, part.data() + part.size(), n);
        if (error == std::errc{} && n > 0 && n <= values_.size() && i == 0 && end == part.data() + part.size())
          out = values_[n - 1];
      }
    }
    return out;
  }

 private:
  std::vector<Node> values_;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<Stored> stored_by(const Call& call) {
  std::vector<Stored> out;
  const auto written = literal(unwrap(call.arg(0)));
  const Node list = unwrap(call.arg(1));
  // INSERT INTO users SET ?, { name, role }
  if (written && list.is("object") && icontains(*written, " set ?")) {
    const std::string said = text::to_lower(std::string(text::trim(*written)));
    const bool added = said.starts_with("insert into ");
    if (!added && !said.starts_with("update ")) return out;
    const std::string_view rest = std::string_view(said).substr(added ? 12 : 7);
    for (const auto& [key, value] : members(list))
      out.push_back({record_key(rest.substr(0, rest.find(' '))), text::to_lower(key), value, added});
    return out;
  }
  if (!written || !list.is("array")) return out;
  std::string flat;
  for (const char c : *written)
    if (const char y = c == '\n' || c == '\t' ? ' ' : c; y != ' ' || !flat.ends_with(' ')) flat += y;
  const std::string low = text::to_lower(flat);
  const std::string_view s = text::trim(low);
  Places places(list.children());
  const auto table = [&](std::string_view mark) {
    std::string_view name = s.substr(s.find(mark) + mark.size());
    name = name.substr(0, name.find_first_of(" ("));
    return record_key(column_of(name.substr(name.rfind('.') + 1)));
  };
  if (s.starts_with("insert into ")) {
    const std::size_t open = s.find('('), close = s.find(')', open), values = s.find("values", close);
    if (open == std::string_view::npos || close == std::string_view::npos || values == std::string_view::npos)
      return out;
    const std::size_t begin = s.find('(', values);
    if (begin == std::string_view::npos) return out;
    std::size_t end = begin;
    for (int depth = 0; end < s.size(); ++end) {
      if (s[end] == '(') ++depth;
      if (s[end] == ')' && --depth == 0) break;
    }
    const auto columns = parts_of(s.substr(open + 1, close - open - 1));
    const auto given = parts_of(s.substr(begin + 1, end - begin - 1));
    for (std::size_t i = 0; i < columns.size() && i < given.size(); ++i)
      if (const Node v = places.take(given[i])) out.push_back({table("insert into "), column_of(columns[i]), v, true});
  } else if (s.starts_with("update ")) {
    const std::size_t set = s.find(" set ");
    if (set == std::string_view::npos) return out;
    const std::size_t where = s.find(" where ", set);
    const std::size_t from = set + 5;
    for (const std::string& part : parts_of(s.substr(from, where == std::string_view::npos ? where : where - from))) {
      const std::size_t equals = part.find('=');
      if (equals == std::string::npos) continue;
      if (const Node v = places.take(text::trim(std::string_view(part).substr(equals + 1))))
        out.push_back({table("update "), column_of(part.substr(0, equals)), v, false});
    }
  }
  return out;
}

}  // namespace gatehouse::audit::source
