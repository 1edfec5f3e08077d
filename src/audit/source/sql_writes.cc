#include "audit/source/sql_writes.h"

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

// Counts the places of a statement from the left: "?" and "%s" are the next of the values, "$3" the third, ":name" the
// one of that key.
class Places {
 public:
  explicit Places(Node list) : list_(list), values_(list.children()) {}

  // The value of a part that is nothing but a place, or of none.
  Node take(std::string_view part) {
    Node out;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const std::string_view rest = part.substr(i);
      if (part[i] == '?' || rest.starts_with("%s")) {
        const Node v = next_ < values_.size() ? values_[next_] : Node();
        ++next_;
        if (part == "?" || part == "%s") out = v;
      } else if (part[i] == '$') {
        std::size_t n = 0;
        const auto [end, error] = std::from_chars(part.data() + i + 1, part.data() + part.size(), n);
        if (error == std::errc{} && n > 0 && n <= values_.size() && i == 0 && end == part.data() + part.size())
          out = values_[n - 1];
      } else if (i == 0 && (part[i] == ':' || part[i] == '@' || rest.starts_with("%("))) {
        const std::string name = column_of(rest.substr(0, rest.find(')')));
        for (const auto& [key, value] : members(list_))
          if (column_of(key) == name) out = value;
      }
    }
    return out;
  }

 private:
  Node list_;
  std::vector<Node> values_;
  std::size_t next_ = 0;
};

// 'paid', TRUE, 1: what the statement says itself. Empty for places and for what is reckoned.
std::string said_by(std::string_view part) {
  // MySQL takes "paid" for a text, too.
  if (part.size() > 2 && (part.front() == '\'' || part.front() == '"') && part.find(part.front(), 1) == part.size() - 1)
    return std::string(part.substr(1, part.size() - 2));
  if (part == "true" || part == "false" || part == "null" || part == "1" || part == "0") return std::string(part);
  return {};
}

bool lists_values(Node n) { return n.any_of("array", "tuple", "list", "dictionary", "object"); }

// What a call gives the places: db.query(sql, [a, b]), conn.execute(sql, (a, b)), stmt.run(a, b).
Node values_of(const Call& call) {
  const Node second = unwrap(call.arg(1));
  return lists_values(second) ? second : Node();
}

}  // namespace

std::vector<Stored> stored_by(const Call& call) {
  std::vector<Stored> out;
  Node sentence = unwrap(call.arg(0));
  if (const auto made = as_call(sentence); made && last(made->name) == "text") sentence = unwrap(made->arg(0));
  const auto written = literal(sentence);
  const Node list = values_of(call);
  // INSERT INTO users SET ?, { name, role }
  if (written && list.is("object") && icontains(*written, " set ?")) {
    const std::string said = text::to_lower(std::string(text::trim(*written)));
    const bool added = said.starts_with("insert into ");
    if (!added && !said.starts_with("update ")) return out;
    const std::string_view rest = std::string_view(said).substr(added ? 12 : 7);
    for (const auto& [key, value] : members(list))
      out.push_back({record_key(rest.substr(0, rest.find(' '))), text::to_lower(key), value, added, {}});
    return out;
  }
  if (!written || written->size() < 12) return out;
  std::string flat;
  for (const char c : *written)
    if (const char y = c == '\n' || c == '\t' ? ' ' : c; y != ' ' || !flat.ends_with(' ')) flat += y;
  const std::string low = text::to_lower(flat);
  const std::string_view s = text::trim(low);
  Places places(list);
  const auto table = [&](std::string_view mark) {
    std::string_view name = s.substr(s.find(mark) + mark.size());
    name = name.substr(0, name.find_first_of(" ("));
    return record_key(column_of(name.substr(name.rfind('.') + 1)));
  };
  const auto add = [&](const std::string& record, std::string_view column, std::string_view part, bool added) {
    part = text::trim(part);
    Stored one{record, column_of(column), {}, added, said_by(part)};
    const std::size_t plus = part.find('+');
    one.raised = plus != std::string_view::npos && column_of(part.substr(0, plus)) == one.column;
    one.value = places.take(one.raised ? text::trim(part.substr(plus + 1)) : part);
    if (one.value || !one.said.empty() || one.raised) out.push_back(std::move(one));
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
      add(table("insert into "), columns[i], given[i], true);
  } else if (s.starts_with("update ")) {
    const std::size_t set = s.find(" set ");
    if (set == std::string_view::npos) return out;
    const std::size_t where = s.find(" where ", set);
    const std::size_t from = set + 5;
    for (const std::string& part : parts_of(s.substr(from, where == std::string_view::npos ? where : where - from))) {
      const std::size_t equals = part.find('=');
      if (equals == std::string::npos) continue;
      add(table("update "), std::string_view(part).substr(0, equals), std::string_view(part).substr(equals + 1), false);
    }
  }
  return out;
}

}  // namespace gatehouse::audit::source
