#include "controls/error_mask/trace.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace gatehouse::controls::error_mask {
namespace {

struct Marker {
  std::string_view kind, text;
};

// Texts that no application writes for its users. Frames of code, which need a closer look, follow below.
constexpr Marker kMarkers[] = {
    {"python", "Traceback (most recent call last)"},
    {"python", "Werkzeug Debugger"},
    {"python", "<code>DEBUG = True</code>"},
    {"python", "Using the URLconf defined in"},
    {"python", "django.core.exceptions."},
    {"database", "django.db.utils."},
    {"database", "sqlalchemy.exc."},
    {"database", "psycopg2."},
    {"database", "psycopg.errors."},
    {"database", "sqlite3.OperationalError"},
    {"database", "sqlite3.IntegrityError"},
    {"database", "SQLSTATE["},
    {"database", "You have an error in your SQL syntax"},
    {"database", "PrismaClientKnownRequestError"},
    {"database", "SequelizeDatabaseError"},
    {"database", "MongoServerError"},
    {"database", "PG::UndefinedTable"},
    {"database", "unterminated quoted string at or near"},
    {"node", "node_modules/"},
    {"node", "node:internal/"},
    {"node", "at Object.<anonymous> ("},
    {"java", "java.lang."},
    {"java", "org.springframework."},
    {"java", "Exception in thread \""},
    {"go", "panic: runtime error"},
    {"php", "Fatal error: Uncaught"},
    {"php", "Fatal error</b>:"},
    {"php", "<b>Warning</b>:  "},
    {"php", "Stack trace:\n#0 "},
    {"php", "vendor/laravel/framework"},
    {"php", "Symfony\\Component\\"},
    {"ruby", "ActionController::"},
    {"ruby", "ActiveRecord::"},
    {"dotnet", "Server Error in '/' Application"},
    {"dotnet", "   at System."},
    {"dotnet", "   at Microsoft.AspNetCore."},
    {"rust", "' panicked at "},
    {"rust", "stack backtrace:"},
};

bool digits_at(std::string_view s, std::size_t& i) {
  std::size_t start = i;
  while (i < s.size() && text::is_digit(s[i])) ++i;
  return i > start;
}

bool contains(std::string_view s, std::string_view what) { return s.find(what) != std::string_view::npos; }

// What follows a file's extension in a frame of code.
using After = bool (*)(std::string_view rest, std::string_view before);

bool colon_line(std::string_view rest, std::string_view) {
  std::size_t i = 1;
  return rest.starts_with(':') && digits_at(rest, i);
}
// "server.js:10:5": two numbers, in a line that says "at".
bool javascript(std::string_view rest, std::string_view before) {
  std::size_t i = 1;
  if (!rest.starts_with(':') || !digits_at(rest, i) || i >= rest.size() || rest[i] != ':') return false;
  return digits_at(rest, ++i) && contains(before, "at ");
}
bool java_frame(std::string_view rest, std::string_view before) {
  std::size_t i = 1;
  return rest.starts_with(':') && digits_at(rest, i) && i < rest.size() && rest[i] == ')' && contains(before, "at ");
}
// `File "views.py", line 12`; the quotation mark may be escaped for JSON or HTML.
bool python_frame(std::string_view rest, std::string_view before) {
  auto line = rest.substr(0, 16).find(", line ");
  if (line == std::string_view::npos || !contains(before, "File ")) return false;
  std::size_t i = line + 7;
  return digits_at(rest, i);
}
bool go_frame(std::string_view rest, std::string_view) {
  std::size_t i = 1;
  return rest.starts_with(':') && digits_at(rest, i) && rest.substr(i, 4) == " +0x";
}
bool php_frame(std::string_view rest, std::string_view before) {
  std::size_t i = 1;
  if (rest.starts_with('(') && digits_at(rest, i) && i < rest.size() && rest[i] == ')' && contains(before, "#"))
    return true;
  return contains(rest.substr(0, 24), " on line ");
}
bool ruby_frame(std::string_view rest, std::string_view) {
  std::size_t i = 1;
  return rest.starts_with(':') && digits_at(rest, i) && rest.substr(i, 4) == ":in ";
}
bool dotnet_frame(std::string_view rest, std::string_view) { return rest.starts_with(":line "); }

struct Frame {
  std::string_view kind, extension;
  After after;
};
constexpr Frame kFrames[] = {
    {"python", ".py", python_frame}, {"node", ".js", javascript},  {"node", ".ts", javascript},
    {"node", ".mjs", javascript},    {"node", ".cjs", javascript}, {"node", ".tsx", javascript},
    {"java", ".java", java_frame},   {"java", ".kt", java_frame},  {"java", ".scala", java_frame},
    {"go", ".go", go_frame},         {"php", ".php", php_frame},   {"ruby", ".rb", ruby_frame},
    {"dotnet", ".cs", dotnet_frame}, {"rust", ".rs", colon_line},
};

constexpr std::size_t kBefore = 200;  // of a line that is looked at before an extension

// The line (or what stands for one in HTML or JSON) that holds position `at`, up to it.
std::string_view line_before(std::string_view s, std::size_t at) {
  std::size_t from = at > kBefore ? at - kBefore : 0;
  std::string_view before = s.substr(from, at - from);
  if (auto n = before.rfind('\n'); n != std::string_view::npos) before.remove_prefix(n + 1);
  if (auto n = before.rfind("\\n"); n != std::string_view::npos) before.remove_prefix(n + 2);
  if (auto n = before.rfind("<br"); n != std::string_view::npos) before.remove_prefix(n);
  return before;
}

// The next frame of code from `at` on; its extension's position, or npos.
std::size_t next_frame(std::string_view s, std::size_t at, const Frame*& which) {
  for (at = s.find('.', at); at != std::string_view::npos; at = s.find('.', at + 1)) {
    std::string_view here = s.substr(at, 8);
    for (const Frame& f : kFrames) {
      if (!here.starts_with(f.extension)) continue;
      if (!f.after(s.substr(at + f.extension.size(), 64), line_before(s, at))) continue;
      which = &f;
      return at;
    }
  }
  return at;
}

// Undoes what HTML and JSON do to line ends and quotation marks, so that one reader serves all three.
std::string unfold(std::string_view s) {
  static constexpr std::pair<std::string_view, char> kTokens[] = {
      {"\\n", '\n'},   {"\\r", '\n'},    {"\\t", ' '},    {"\\\"", '"'},   {"<br>", '\n'},
      {"<br/>", '\n'}, {"<br />", '\n'}, {"&nbsp;", ' '}, {"&quot;", '"'}, {"&#34;", '"'},
      {"&#39;", '\''}, {"&#x27;", '\''}, {"&lt;", '<'},   {"&gt;", '>'},
  };
  std::string out;
  out.reserve(s.size());
  for (std::size_t i = 0; i < s.size();) {
    bool token = false;
    if (s[i] == '\\' || s[i] == '<' || s[i] == '&')
      for (const auto& [from, to] : kTokens)
        if (s.substr(i, from.size()) == from) {
          out += to;
          i += from.size();
          token = true;
          break;
        }
    if (!token) out += s[i++];
  }
  return out;
}

bool name_char(char c) {
  return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '.' || c == '$' || c == ':' || c == '\\';
}

// "app.errors.NotReady" -> true; the last part must be a capitalised word that ends like one.
bool names_exception(std::string_view word) {
  while (!word.empty() && (word.back() == ':' || word.back() == '.')) word.remove_suffix(1);
  auto last = word.find_last_of(".:\\$");
  std::string_view name = last == std::string_view::npos ? word : word.substr(last + 1);
  if (name.size() < 4 || name[0] < 'A' || name[0] > 'Z') return false;
  for (std::string_view ending : {"Error", "Exception", "Fault", "DoesNotExist", "Warning", "NotFound", "Panic"})
    if (name.ends_with(ending) || (ending == "Error" && name == "Error")) return name != "Warning";
  return false;
}

std::string find_class(std::string_view s, bool last) {
  std::string_view found;
  for (std::size_t i = 0; i < s.size();) {
    if (!text::is_alpha(s[i])) {
      ++i;
      continue;
    }
    std::size_t start = i;
    while (i < s.size() && name_char(s[i])) ++i;
    std::string_view word = s.substr(start, i - start);
    if (!names_exception(word)) continue;
    found = word;
    if (!last) break;
  }
  while (!found.empty() && (found.back() == ':' || found.back() == '.')) found.remove_suffix(1);
  return text::printable(found, 80);
}

bool path_char(char c) {
  return text::is_alpha(c) || text::is_digit(c) || std::string_view("_-./\\:@+~$[]").find(c) != std::string_view::npos;
}

// "views.py:12": the file's last two parts and the line.
std::string frame_text(std::string_view s, std::size_t at, const Frame& f) {
  std::size_t start = at;
  while (start > 0 && at - start < kBefore && path_char(s[start - 1])) --start;
  std::string_view file = s.substr(start, at + f.extension.size() - start);
  std::size_t slash = file.find_last_of("/\\");
  if (slash != std::string_view::npos && slash > 0)
    if (auto up = file.find_last_of("/\\", slash - 1); up != std::string_view::npos) file.remove_prefix(up + 1);
  std::string out(file);
  std::string_view rest = s.substr(at + f.extension.size(), 64);
  auto digit = rest.find_first_of("0123456789");
  std::size_t end = digit;
  if (digit != std::string_view::npos && digits_at(rest, end)) out.append(":").append(rest.substr(digit, end - digit));
  return text::printable(out, 120);
}

}  // namespace

std::string_view trace_kind(std::string_view body) {
  for (const Marker& m : kMarkers)
    if (contains(body, m.text)) return m.kind;
  const Frame* f = nullptr;
  return next_frame(body, 0, f) == std::string_view::npos ? std::string_view() : f->kind;
}

std::optional<Trace> find_trace(std::string_view body) {
  std::string_view kind = trace_kind(body);
  if (kind.empty()) return std::nullopt;
  Trace trace{kind, {}, {}};
  std::string plain = unfold(body);
  // Python prints the innermost call and the exception last; the others print them first.
  const Frame* f = nullptr;
  bool last = false;
  for (std::size_t at = next_frame(plain, 0, f); at != std::string_view::npos; at = next_frame(plain, at + 1, f)) {
    trace.frame = frame_text(plain, at, *f);
    last = f->kind == "python";
    if (!last) break;
  }
  // A Django page has its class in the title; a bare trace has it on the last line.
  bool page = contains(plain, "<title>");
  trace.exception = find_class(page ? std::string_view(plain).substr(plain.find("<title>")) : plain, last && !page);
  return trace;
}

std::string exception_class(std::string_view body) { return find_class(unfold(body), false); }

}  // namespace gatehouse::controls::error_mask
