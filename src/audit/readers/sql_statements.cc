#include "audit/readers/sql_statements.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::audit {

namespace {

// begin, if … then, else, loop: what follows is a statement of its own.
bool opens_block(std::string_view text) {
  for (const std::string_view word : {"begin", "then", "else", "loop"})
    if (text.ends_with(word) && (text.size() == word.size() || text[text.size() - word.size() - 1] == ' ')) return true;
  return false;
}

}  // namespace

std::vector<SqlStatement> sql_statements(std::string_view sql) {
  std::vector<SqlStatement> out;
  SqlStatement now;
  int line = 1;
  std::string block;  // the mark that ends the `do` block we are in
  for (std::size_t i = 0; i < sql.size(); ++i) {
    const char c = sql[i];
    auto skip_to = [&](std::string_view end) {
      const std::size_t stop = sql.find(end, i);
      const std::size_t to = stop == std::string_view::npos ? sql.size() : stop + end.size();
      line += static_cast<int>(std::count(sql.begin() + static_cast<std::ptrdiff_t>(i),
                                          sql.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
      i = to - 1;
    };
    if (c == '-' && i + 1 < sql.size() && sql[i + 1] == '-') {
      while (i + 1 < sql.size() && sql[i + 1] != '\n') ++i;
    } else if (c == '/' && i + 1 < sql.size() && sql[i + 1] == '*') {
      skip_to("*/");
    } else if (c == '$') {
      // $$ … $$ and $tag$ … $tag$
      std::size_t end = i + 1;
      while (end < sql.size() && (text::is_alpha(sql[end]) || sql[end] == '_')) ++end;
      if (end < sql.size() && sql[end] == '$') {
        const std::string tag(sql.substr(i, end - i + 1));
        // What a block does is read like what stands outside of one.
        if (text::trim(now.text) == "do" || tag == block) {
          block = tag == block ? std::string() : tag;
          now = {};
          i = end;
          continue;
        }
        i = end + 1;
        if (i < sql.size()) skip_to(tag);
        now.text += ' ';
      } else {
        now.text += c;
      }
    } else if (c == '\'') {
      const std::size_t open = i++;
      while (i < sql.size() && sql[i] != '\'') {
        if (sql[i] == '\n') ++line;
        ++i;
      }
      // Of all that stands in quotes, the name of the server's own role decides who is meant.
      now.text += sql.substr(open + 1, i - std::min(i, open + 1)) == "service_role" ? "'service_role'" : "''";
      now.said += sql.substr(open, std::min<std::size_t>(i + 1 - open, 200));
    } else if (c == ';') {
      if (!now.text.empty()) out.push_back(std::move(now));
      now = {};
    } else {
      if (c == '\n') ++line;
      const bool blank = c == '\n' || c == '\t' || c == ' ' || c == '\r';
      if (blank) {
        if (!block.empty() && opens_block(now.text))
          now = {};
        else if (!now.text.empty() && now.text.back() != ' ')
          now.text += ' ', now.said += ' ';
      } else {
        if (now.text.empty()) now.line = line;
        if (c != '"') now.text += text::lower(c), now.said += text::lower(c);
      }
    }
  }
  if (!now.text.empty()) out.push_back(std::move(now));
  return out;
}

}  // namespace gatehouse::audit
