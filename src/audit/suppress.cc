#include "audit/suppress.h"

#include <fnmatch.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr std::string_view kMark = "gatehouse: ignore ";

// "2027-01-31" as the last second of that day.
std::optional<std::int64_t> end_of_day(std::string_view s) {
  if (s.size() != 10 || s[4] != '-' || s[7] != '-') return std::nullopt;
  auto y = text::parse_u64(s.substr(0, 4)), m = text::parse_u64(s.substr(5, 2)), d = text::parse_u64(s.substr(8, 2));
  if (!y || !m || !d) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(*y)),
                                        std::chrono::month(static_cast<unsigned>(*m)),
                                        std::chrono::day(static_cast<unsigned>(*d))};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days(day).time_since_epoch().count() * std::int64_t{86400} + 86399;
}

bool is_id(std::string_view s) {
  const std::size_t dash = s.find('-');
  if (dash == std::string_view::npos || dash < 2 || dash + 1 >= s.size()) return false;
  return std::all_of(s.begin(), s.begin() + static_cast<std::ptrdiff_t>(dash),
                     [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         std::all_of(s.begin() + static_cast<std::ptrdiff_t>(dash) + 1, s.end(), text::is_digit);
}

bool only_a_comment(std::string_view line) {
  line = text::trim(line);
  for (std::string_view mark : {"#", "//", "/*", "*", "<!--", "--", ";", "{/*"})
    if (line.starts_with(mark)) return true;
  return false;
}

}  // namespace

std::optional<Ignore> parse_ignore(std::string_view words) {
  Ignore out;
  words = text::trim(words);
  const std::size_t blank = words.find_first_of(" \t");
  for (std::string_view id : text::split(words.substr(0, blank), ',')) {
    if (!is_id(id)) return std::nullopt;
    out.ids.emplace_back(id);
  }
  std::string_view rest = blank == std::string_view::npos ? std::string_view{} : words.substr(blank);
  if (const std::size_t at = rest.find("until="); at != std::string_view::npos)
    out.until = end_of_day(rest.substr(at + 6, 10));
  if (const std::size_t at = rest.find("reason=\""); at != std::string_view::npos) {
    const std::size_t from = at + 8, to = rest.find('"', from);
    if (to != std::string_view::npos) out.reason = rest.substr(from, to - from);
  }
  return out;
}

void Ignores::scan(const Source& source) {
  // Documents explain the notation, they do not use it; and what tests and samples hold is not charged anyway.
  if (source.entry().role != Role::product) return;
  const std::string_view text = source.text();
  for (std::size_t at = text.find(kMark); at != std::string_view::npos; at = text.find(kMark, at + 1)) {
    const int line = source.line_at(at);
    const std::size_t from = at + kMark.size();
    auto ignore = parse_ignore(text.substr(from, text.find('\n', from) - from));
    if (!ignore) continue;
    ignore->files = ignore->path = source.path();
    ignore->written = line;
    ignore->line = only_a_comment(source.line(line)) ? line + 1 : line;
    ignores_.push_back(std::move(*ignore));
  }
}

void Ignores::add_file(std::string_view path, std::string_view text) {
  int number = 0;
  for (std::string_view line : text::split(text, '\n')) {
    ++number;
    line = text::trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    auto ignore = parse_ignore(line);
    if (!ignore) continue;
    const std::size_t from = line.find_first_not_of(" \t", line.find_first_of(" \t"));
    ignore->files =
        from == std::string_view::npos ? "*" : std::string(line.substr(from, line.find_first_of(" \t", from) - from));
    if (ignore->files.starts_with("until=") || ignore->files.starts_with("reason=")) ignore->files = "*";
    ignore->path = path;
    ignore->written = number;
    ignores_.push_back(std::move(*ignore));
  }
}

void Ignores::apply(std::deque<proof::Finding>& findings, std::int64_t now, Sink& sink) {
  for (auto it = findings.begin(); it != findings.end();) {
    const proof::Location* at = it->locations.empty() ? nullptr : &it->locations.front();
    auto covers = [&](const Ignore& i) {
      if (std::find(i.ids.begin(), i.ids.end(), it->id) == i.ids.end() || at == nullptr) return false;
      if (i.line != 0) return at->path == i.files && at->line == i.line;
      return ::fnmatch(i.files.c_str(), at->path.empty() ? at->url.c_str() : at->path.c_str(), 0) == 0;
    };
    bool hide = false;
    for (Ignore& i : ignores_) {
      if (!covers(i)) continue;
      i.used = true;
      hide |= !i.reason.empty() && i.until && *i.until >= now;
    }
    if (hide) {
      ++hidden_;
      it = findings.erase(it);
    } else {
      ++it;
    }
  }
  for (const Ignore& i : ignores_) {
    std::string ids;
    for (const std::string& id : i.ids) ids += (ids.empty() ? "" : ",") + id;
    if (i.reason.empty() || !i.until)
      sink.find("SUP-001", i.path, i.written,
                "ignore " + ids + (i.reason.empty() ? " without reason" : " without a valid until=date"));
    else if (*i.until < now)
      sink.find("SUP-002", i.path, i.written, "ignore " + ids + ": " + i.reason);
    else if (!i.used)
      sink.find("SUP-003", i.path, i.written, "ignore " + ids + ": " + i.reason);
  }
}

}  // namespace gatehouse::audit
