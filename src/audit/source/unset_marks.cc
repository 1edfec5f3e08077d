#include "audit/source/unset_marks.h"

#include <algorithm>

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool word_char(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; }

constexpr std::string_view kMarks[] = {"used_at",    "usedAt",      "is_used",    "isUsed",      "consumed_at",
                                       "consumedAt", "is_consumed", "isConsumed", "redeemed_at", "redeemedAt"};

// Of a declaration, or of a row that is new.
bool no_value(std::string_view value) {
  for (const std::string_view none :
       {"null", "None", "false", "False", "undefined", "string", "Date", "boolean", "bool", "timestamp", "DateTime",
        "Optional", "datetime", "{", "Mapped", "z.", "number"})
    if (value.starts_with(none) && !value.starts_with("Date.now") && !value.starts_with("datetime.")) return true;
  return false;
}

class UnsetReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override {
    if (entry.role != Role::product) return false;
    using enum gatehouse::audit::Kind;
    return entry.kind == python || entry.kind == javascript || entry.kind == typescript || entry.kind == sql;
  }
  void read(const Source& source, Project& project, Sink&) override {
    if (!source.patterns_only()) read_unset_marks(source.path(), source.text(), project.notes<UnsetMarks>());
  }
};

class UnsetCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    const UnsetMarks& marks = project.notes<UnsetMarks>();
    if (marks.set || marks.asked.at.line == 0) return;
    // Stops: a code from a mail that was read over a shoulder, typed in a second time.
    auto& f = sink.find("AU-007", marks.asked.at, marks.asked.shown);
    f.title = "A code is asked whether it was used, and nobody ever writes that down";
    f.severity = proof::Severity::low;
    f.impact = "It is good any number of times until it runs out.";
    f.fix = "Write the mark in the statement that takes the code, and take it only where the mark is empty.";
  }
};

}  // namespace

void read_unset_marks(std::string_view path, std::string_view text, UnsetMarks& out) {
  if (out.set) return;
  for (const std::string_view mark : kMarks)
    for (std::size_t at = contains(text, mark) ? text.find(mark) : text.npos; at != text.npos;
         at = text.find(mark, at + mark.size())) {
      const std::size_t end = at + mark.size();
      if ((at > 0 && word_char(text[at - 1])) || (end < text.size() && word_char(text[end]))) continue;
      std::size_t next = end;
      while (next < text.size() &&
             (text[next] == ' ' || text[next] == '"' || text[next] == '\'' || text[next] == '`' || text[next] == '?'))
        ++next;
      const char c = next < text.size() ? text[next] : '\0';
      const char after = next + 1 < text.size() ? text[next + 1] : '\0';
      const std::string_view value = text::trim(text.substr(std::min(text.size(), next + 1), 40));
      if ((c == '=' && after != '=' && !no_value(value)) || (c == ':' && !no_value(value))) {
        out.set = true;
        return;
      }
      const bool member = at > 0 && text[at - 1] == '.';
      const std::size_t line = text.rfind('\n', at) == text.npos ? 0 : text.rfind('\n', at) + 1;
      const std::string_view whole = text::trim(text.substr(line, std::min(text.find('\n', at), text.size()) - line));
      const bool asked =
          member && (whole.starts_with("if") || whole.starts_with("} else if") || whole.starts_with("elif"));
      if (!asked || out.asked.at.line != 0) continue;
      if (!icontains_any(text, {"code", "token", "otp", "link"}) || icontains_any(text, {".delete(", "delete from"}) ||
          icontains_any(text, {"coupon", "voucher", "promo", "gift"}))
        continue;
      const int number =
          1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
      out.asked = {place(path, number), redacted(whole)};
    }
  if (icontains_any(text, {"mark_used", "markused", "mark_as_used", "markasused", "consume_", "redeem_"}))
    out.set = true;
}

std::unique_ptr<Reader> unset_marks_reader() { return std::make_unique<UnsetReader>(); }
std::unique_ptr<Check> unset_marks_check() { return std::make_unique<UnsetCheck>(); }

}  // namespace gatehouse::audit::source
