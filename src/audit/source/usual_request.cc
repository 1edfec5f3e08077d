#include "audit/source/usual_request.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace gatehouse::audit::source {

namespace {

constexpr auto npos = std::string_view::npos;

bool letter(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; }

bool has(std::string_view s, std::string_view part) { return s.find(part) != npos; }

std::string_view word_at(std::string_view s, std::size_t at) {
  std::size_t end = at;
  while (end < s.size() && letter(s[end])) ++end;
  return s.substr(at, end - at);
}

template <class Take>
void each_word(std::string_view s, std::string_view word, Take take) {
  for (std::size_t at = s.find(word); at != npos; at = s.find(word, at + word.size())) {
    const char before = at == 0 ? '\n' : s[at - 1];
    const char after = at + word.size() < s.size() ? s[at + word.size()] : '\n';
    // "req" is a key, form.req a field.
    if (letter(before) || letter(after) || before == '.' || before == '"' || before == '\'' || before == '-') continue;
    take(at, after);
  }
}

// The name is used as nothing but a request is.
bool asked_as_request(std::string_view body, std::string_view name, bool plain) {
  static constexpr std::string_view kOnly[] = {"POST", "GET", "META", "FILES", "COOKIES", "query_params"};
  static constexpr std::string_view kOften[] = {"user", "session", "data", "method", "headers", "body", "auth"};
  bool out = false;
  each_word(body, name, [&](std::size_t at, char after) {
    if (after != '.' || out) return;
    const std::string_view field = word_at(body, at + name.size() + 1);
    out = std::find(std::begin(kOnly), std::end(kOnly), field) != std::end(kOnly) ||
          (plain && std::find(std::begin(kOften), std::end(kOften), field) != std::end(kOften));
  });
  return out;
}

// Another thing is called so here.
bool taken(std::string_view body) {
  bool out = false;
  each_word(body, "request", [&](std::size_t at, char after) {
    const std::string_view rest = body.substr(at + 7, 3);
    out = out || after == '.' || after == ',' || after == ')' || after == '[' || after == ':' || rest == " = ";
  });
  return out;
}

bool plain_name(std::string_view name) {
  static constexpr std::string_view kPlain[] = {"req", "_req", "_request", "request_", "http_request", "rq", "r"};
  return std::find(std::begin(kPlain), std::end(kPlain), name) != std::end(kPlain);
}

bool request_type(std::string_view type) {
  type = text::trim(type);
  if (const auto dot = type.rfind('.'); dot != npos) type.remove_prefix(dot + 1);
  return type == "Request" || type == "AuthenticatedRequest" || type.ends_with("HttpRequest") ||
         type == "WSGIRequest" || type == "ASGIRequest";
}

struct Function {
  std::size_t begin, body, end;  // its parameters' begin, what follows them, where it ends
};

// The function whose name ends at `at`; its end is the first line that stands no deeper.
std::optional<Function> function_at(std::string_view s, std::size_t at, std::size_t indent) {
  const std::size_t open = s.find('(', at);
  if (open == npos) return std::nullopt;
  std::size_t close = open;
  for (int depth = 0; close < s.size(); ++close) {
    if (s[close] == '(' || s[close] == '[') ++depth;
    if ((s[close] == ')' || s[close] == ']') && --depth == 0) break;
  }
  std::size_t end = s.find('\n', close);
  while (end != npos) {
    const std::size_t first = s.find_first_not_of(" \t\r", end + 1);
    if (first == npos) return Function{open + 1, std::min(close, s.size()), s.size()};
    if (s[first] != '\n' && s[first] != '#' && s[first] != ')' && first - end - 1 <= indent) break;
    end = s.find('\n', first);
  }
  return Function{open + 1, std::min(close, s.size()), end == npos ? s.size() : end};
}

// The parameter that is the request: the first after self, or one of that type.
std::string_view request_parameter(std::string_view given, std::string_view body, bool django) {
  bool first = true;
  for (std::string_view p : text::split(given, ',')) {
    p.remove_prefix(std::min(p.find_first_not_of(" \t\r\n"), p.size()));
    const std::string_view name = word_at(p, 0);
    if (name.empty() || name == "self" || name == "cls") continue;
    std::string_view type = p.substr(name.size());
    type = type.starts_with(":") ? type.substr(1, type.find('=') == npos ? npos : type.find('=') - 1) : "";
    if (request_type(type)) return name == "request" ? "" : name;
    if (django && first && name != "request" && type.empty() && asked_as_request(body, name, plain_name(name)))
      return name;
    // Handed on only: to a decorated view, to a template.
    if (django && first && plain_name(name) && name.size() > 1 && type.empty()) return name;
    first = false;
  }
  return {};
}

struct Change {
  std::size_t at, size;
};

void rename(std::string_view s, std::size_t begin, std::size_t end, std::string_view name, std::vector<Change>& out) {
  each_word(s.substr(begin, end - begin), name, [&](std::size_t at, char after) {
    // f(req=req): the first is the parameter of another.
    const std::string_view rest = s.substr(begin + at + name.size(), 2);
    if (after == '=' && rest != "==") return;
    out.push_back({begin + at, name.size()});
  });
}

}  // namespace

std::optional<std::string> with_usual_request(std::string_view s) {
  const bool django = has(s, "django") || has(s, "rest_framework") || has(s, "from ninja");
  if (!django && !has(s, "Request") && !has(s, "flask")) return std::nullopt;
  std::vector<Change> changes;
  // from flask import request as req
  if (const std::size_t as = s.find("request as "); as != npos && has(s, "flask")) {
    const std::string_view name = word_at(s, as + 11);
    if (!name.empty() && name != "request") rename(s, 0, s.size(), name, changes);
  }
  for (std::size_t line = 0; line < s.size();) {
    const std::size_t first = s.find_first_not_of(" \t", line);
    if (first == npos) break;
    std::size_t at = first;
    if (s.substr(at).starts_with("async def ")) at += 6;
    if (s.substr(at).starts_with("def "))
      if (const auto f = function_at(s, at + 4, first - line)) {
        const std::string_view body = s.substr(f->body, f->end - f->body);
        std::string_view name = request_parameter(s.substr(f->begin, f->body - f->begin), body, django);
        // req = self.request
        if (name.empty() && django)
          if (const std::size_t own = body.find(" = self.request\n"); own != npos) {
            std::size_t from = own;
            while (from > 0 && letter(body[from - 1])) --from;
            name = body.substr(from, own - from);
          }
        if (!name.empty() && name != "request" && !taken(s.substr(f->begin, f->end - f->begin)))
          rename(s, f->begin, f->end, name, changes);
      }
    const std::size_t end = s.find('\n', first);
    if (end == npos) break;
    line = end + 1;
  }
  if (changes.empty()) return std::nullopt;
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.at < b.at; });
  std::string out;
  out.reserve(s.size() + changes.size() * 8);
  std::size_t done = 0;
  for (const Change& c : changes) {
    if (c.at < done) continue;  // a function within a function
    out.append(s.substr(done, c.at - done));
    out += "request";
    done = c.at + c.size;
  }
  out.append(s.substr(done));
  return out;
}

}  // namespace gatehouse::audit::source
