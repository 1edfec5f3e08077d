#include "audit/source/account_addresses.h"

#include <algorithm>

#include "audit/source/schema.h"
#include "audit/source/sign_ups.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kNear = 160;      // of a word "unique" to the address it speaks of
constexpr std::size_t kLongest = 4000;  // of a table's declaration that is looked at

// UniqueConstraint("email"), createIndex({ email: 1 }, { unique: true }), CREATE UNIQUE INDEX … (lower(email))
bool says_unique(std::string_view text) {
  for (std::size_t at = text.find("nique"); at != text.npos; at = text.find("nique", at + 5)) {
    const std::size_t from = at > kNear ? at - kNear : 0;
    if (icontains_any(text.substr(from, at - from + kNear), {"mail"})) return true;
  }
  for (std::size_t at = text.find("NIQUE"); at != text.npos; at = text.find("NIQUE", at + 5)) {
    const std::size_t from = at > kNear ? at - kNear : 0;
    if (icontains_any(text.substr(from, at - from + kNear), {"mail"})) return true;
  }
  return false;
}

bool word_char(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; }

bool accounts(std::string_view name) {
  const std::string key = record_key(name);
  return key == "account" || (people(key) && key != "contact" && key != "lead" && key != "subscriber");
}

std::string_view word_at(std::string_view text, std::size_t at) {
  while (at < text.size() &&
         (text[at] == ' ' || text[at] == '"' || text[at] == '\'' || text[at] == '`' || text[at] == '('))
    ++at;
  std::size_t end = at;
  while (end < text.size() && (word_char(text[end]) || text[end] == '.')) ++end;
  const std::string_view whole = text.substr(at, end - at);
  return whole.substr(whole.rfind('.') == whole.npos ? 0 : whole.rfind('.') + 1);  // public.users
}

// The name that a declaration is given: userSchema of `const userSchema = new mongoose.Schema(`.
std::string_view name_before(std::string_view text, std::size_t at) {
  const std::size_t line = text.rfind('\n', at) == text.npos ? 0 : text.rfind('\n', at) + 1;
  const std::string_view head = text.substr(line, at - line);
  const std::size_t equals = head.find('=');
  if (equals == head.npos) return {};
  std::size_t end = equals;
  while (end > 0 && !word_char(head[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && word_char(head[begin - 1])) --begin;
  return head.substr(begin, end - begin);
}

// A column called email of what is declared from `from` on.
std::size_t address_in(std::string_view text, std::size_t from, std::size_t to) {
  for (std::size_t at = text.find("mail", from); at < to; at = text.find("mail", at + 4)) {
    std::size_t begin = at, end = at + 4;
    while (begin > from && (word_char(text[begin - 1]) || text[begin - 1] == '-')) --begin;
    while (end < to && word_char(text[end])) ++end;
    const std::string name = text::to_lower(text.substr(begin, end - begin));
    if (name != "email" && name != "mail" && name != "email_address" && name != "emailaddress" && name != "e_mail")
      continue;
    const std::size_t line = text.rfind('\n', begin) == text.npos ? 0 : text.rfind('\n', begin) + 1;
    const std::string_view head = text::trim(text.substr(line, begin - line));
    if (head.empty() || head.ends_with('{') || head.ends_with(',') || head.ends_with('(') || head.ends_with('"') ||
        head.ends_with('\'') || head.ends_with('`') || head.ends_with(')'))
      return begin;
  }
  return std::string_view::npos;
}

std::size_t block_end(std::string_view text, std::size_t from) {
  int depth = 0;
  for (std::size_t i = from; i < text.size() && i - from < kLongest; ++i) {
    if (text[i] == '(' || text[i] == '{') ++depth;
    if ((text[i] == ')' || text[i] == '}') && --depth <= 0) return i;
  }
  return std::min(text.size(), from + kLongest);
}

struct Declared {
  std::size_t from, to;
};

// Where people's records are declared.
std::vector<Declared> declarations(std::string_view path, std::string_view text) {
  std::vector<Declared> out;
  const auto add = [&](std::size_t open) {
    if (out.size() < 20) out.push_back({open, block_end(text, open)});
  };
  const auto each = [&](std::string_view mark, auto found) {
    for (std::size_t at = text.find(mark); at != text.npos; at = text.find(mark, at + mark.size())) found(at);
  };
  if (path.ends_with(".py")) {
    each("class ", [&](std::size_t at) {
      if (at > 0 && text[at - 1] != '\n') return;
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string_view head = text.substr(at, end - at);
      const std::size_t open = head.find('(');
      if (open == head.npos || !accounts(word_at(text, at + 6))) return;
      const std::string_view parents = head.substr(open);
      const bool row = contains(parents, "(Base)") || contains(parents, "(Base,") || contains(parents, "db.Model") ||
                       contains(parents, "table=True") || contains(parents, "Document") ||
                       contains(parents, ", Base") || contains(parents, "DeclarativeBase") ||
                       contains(parents, "(Model)");
      if (!row || contains(parents, "models.Model") || out.size() >= 20) return;
      std::size_t stop = text.find("\nclass ", end);
      stop = std::min(stop == text.npos ? text.size() : stop, end + kLongest);
      out.push_back({end, stop});
    });
  } else if (path.ends_with(".prisma")) {
    each("model ", [&](std::size_t at) {
      if ((at == 0 || text[at - 1] == '\n') && accounts(word_at(text, at + 6)))
        add(std::min(text.find('{', at), text.size()));
    });
  } else {
    for (const std::string_view mark : {"create table ", "CREATE TABLE "})
      each(mark, [&](std::size_t at) {
        std::size_t i = at + mark.size();
        for (const std::string_view skip : {"if not exists ", "IF NOT EXISTS "})
          if (text.substr(i).starts_with(skip)) i += skip.size();
        if (accounts(word_at(text, i))) add(std::min(text.find('(', i), text.size()));
      });
    for (const std::string_view mark : {"pgTable(", "mysqlTable(", "sqliteTable(", ".define("})
      each(mark, [&](std::size_t at) {
        if (accounts(word_at(text, at + mark.size()))) add(at + mark.size() - 1);
      });
    for (const std::string_view mark : {"new Schema", "new mongoose.Schema"})
      each(mark, [&](std::size_t at) {
        std::string_view name = name_before(text, at);
        for (const std::string_view tail : {"Schema", "schema", "Model"})
          if (name.ends_with(tail)) name.remove_suffix(tail.size());
        if (accounts(name)) add(std::min(text.find('(', at), text.size()));
      });
  }
  return out;
}

class AddressReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override {
    if (entry.role != Role::product) return false;
    using enum gatehouse::audit::Kind;
    return entry.kind == python || entry.kind == javascript || entry.kind == typescript || entry.kind == sql ||
           entry.path.ends_with(".prisma");
  }
  void read(const Source& source, Project& project, Sink&) override {
    if (!source.patterns_only())
      read_account_addresses(source.path(), source.text(), project.notes<AccountAddresses>());
  }
};

class AddressCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    const AccountAddresses& notes = project.notes<AccountAddresses>();
    const SignUps& sign_ups = project.notes<SignUps>();
    const auto door =
        std::find_if(sign_ups.doors.begin(), sign_ups.doors.end(), [](const SignUp& d) { return d.rows; });
    if (notes.unique || notes.column.at.line == 0 || door == sign_ups.doors.end()) return;
    auto& f = sink.find("AU-013", notes.column.at, notes.column.shown);
    f.locations.push_back(door->at.at);
    f.evidence.push_back(door->at.shown);
  }
};

}  // namespace

void read_account_addresses(std::string_view path, std::string_view text, AccountAddresses& out) {
  if (out.unique || !contains(text, "mail")) return;
  if (says_unique(text)) {
    out.unique = true;
    return;
  }
  if (out.column.at.line != 0) return;
  for (const Declared& d : declarations(path, text)) {
    const std::size_t at = address_in(text, d.from, d.to);
    if (at == text.npos) continue;
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (icontains_any(text.substr(at, end - at), {"primary", "@id", "references", "foreign"})) return;
    const int line =
        1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    out.column = {place(path, line), redacted(text::trim(text.substr(at, end - at)))};
    return;
  }
}

std::unique_ptr<Reader> account_addresses_reader() { return std::make_unique<AddressReader>(); }
std::unique_ptr<Check> account_addresses_check() { return std::make_unique<AddressCheck>(); }

}  // namespace gatehouse::audit::source
