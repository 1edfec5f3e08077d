#include "audit/readers/content_policy.h"

#include <algorithm>
#include <array>

#include "audit/live/csp.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr std::size_t kLongest = 4000;  // bytes of one directive

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

bool comment(std::string_view line) {
  line = text::trim(line);
  for (const std::string_view mark : {"//", "#", "*", "/*", "<!--", "{/*"})
    if (line.starts_with(mark)) return true;
  return false;
}

struct Form {
  std::string_view word;       // as it is written
  std::string_view directive;  // as browsers call it
};

constexpr std::array<Form, 6> kForms = {{{"script-src", "script-src"},
                                         {"scriptSrc", "script-src"},
                                         {"CSP_SCRIPT_SRC", "script-src"},
                                         {"default-src", "default-src"},
                                         {"defaultSrc", "default-src"},
                                         {"CSP_DEFAULT_SRC", "default-src"}}};

// The strings of ["'self'", "'unsafe-inline'"]; names that stand between them are not known.
std::string listed(std::string_view text, std::size_t at) {
  const char close = text[at] == '[' ? ']' : text[at] == '(' ? ')' : '}';
  std::string out;
  for (++at; at < text.size() && text[at] != close; ++at) {
    const char q = text[at];
    if (q == '/' && text.substr(at).starts_with("//")) {
      while (at + 1 < text.size() && text[at + 1] != '\n') ++at;
      continue;
    }
    if (q != '"' && q != '\'' && q != '`') continue;
    std::string one;
    for (++at; at < text.size() && text[at] != q && text[at] != '\n'; ++at)
      if (text[at] != '\\') one += text[at];
    if (has(one, "$") || out.size() > kLongest) continue;
    out += (out.empty() ? "" : " ") + one;
  }
  return out;
}

// script-src 'self' … up to the semicolon, the end of the string or of the line. What a program puts in is left out:
// it may be for developers alone.
std::string written(std::string_view text, std::size_t at, char quote) {
  std::string out;
  for (; at < text.size() && out.size() < kLongest; ++at) {
    const char c = text[at];
    if (c == ';' || c == '\n' || c == '"' || c == '`' || c == '<') break;
    if (c == '\\') continue;
    // 'script-src https: *' ends with the quote that began it; 'self' is a word of the policy.
    if (c == '\'' && quote == '\'' && (at + 1 >= text.size() || has(",;\n])} +", text.substr(at + 1, 1))) &&
        std::count(out.begin(), out.end(), '\'') % 2 == 0)
      break;
    if ((c == '$' && at + 1 < text.size() && text[at + 1] == '{') || (c == '{' && quote != 0)) {
      const std::size_t end = text.find('}', at);
      if (end == std::string_view::npos || end - at > 200) break;
      at = end;
      // A nonce that is made for each answer, and not 'unsafe-eval' of the development server.
      if (out.ends_with("nonce-")) out += "0123456789abcdef";
      continue;
    }
    out += c;
  }
  return std::string(text::trim(out));
}

struct Said {
  std::string sources;
  std::size_t at = 0;
  bool script = false;
};

std::vector<Said> directives(std::string_view text) {
  std::vector<Said> out;
  for (const Form& form : kForms)
    for (std::size_t at = text.find(form.word); at != std::string_view::npos && out.size() < 40;
         at = text.find(form.word, at + 1)) {
      if (at > 0 && (text::is_alpha(text[at - 1]) || text[at - 1] == '-' || text[at - 1] == '_')) continue;
      std::size_t next = at + form.word.size();
      if (next >= text.size() || text::is_alpha(text[next]) || text[next] == '-' || text[next] == '_') continue;
      const char before = at > 0 ? text[at - 1] : ' ';
      const bool closed = text[next] == before && (before == '"' || before == '\'');
      if (closed) ++next;
      while (next < text.size() && has(" \t\r\n:=", text.substr(next, 1))) ++next;
      if (next >= text.size()) continue;
      Said s{{}, at, form.directive == "script-src"};
      if (text[next] == '[' || text[next] == '(' || text[next] == '{')
        s.sources = listed(text, next);
      else if (closed || form.word[0] == 'C' || form.word.find('-') == std::string_view::npos)
        s.sources = has("\"'`", text.substr(next, 1)) ? written(text, next + 1, text[next]) : std::string();
      else
        s.sources = written(text, next, before);
      if (!s.sources.empty()) out.push_back(std::move(s));
    }
  std::sort(out.begin(), out.end(), [](const Said& a, const Said& b) { return a.at < b.at; });
  return out;
}

}  // namespace

bool ContentPolicyReader::wants(const Entry& e) const {
  if (e.role == Role::test || e.role == Role::example || e.role == Role::document) return false;
  if (e.name() == "_headers" || e.name() == ".htaccess" || e.name().starts_with("Caddyfile")) return true;
  if (e.role != Role::product || e.size > kParsedBytes) return false;
  switch (e.kind) {
    case Kind::python:
    case Kind::javascript:
    case Kind::typescript:
    case Kind::jsx:
    case Kind::tsx:
    case Kind::html:
    case Kind::nginx:
    case Kind::dockerfile:
      return true;
    case Kind::json:
      return e.name() == "vercel.json" || e.name() == "staticwebapp.config.json" || e.name() == "firebase.json";
    case Kind::toml:
      return e.name() == "netlify.toml" || e.name() == "fly.toml";
    case Kind::yaml:
      return e.name() == "render.yaml" || has(e.path, "traefik") || has(e.name(), "compose");
    default:
      return false;
  }
}

// Stops: a policy that is there and lets an injected script run all the same.
void ContentPolicyReader::read(const Source& source, Project&, Sink& sink) {
  if (source.patterns_only()) return;
  const std::string_view text = source.text();
  if (!has(text, "-src") && !has(text, "Src") && !has(text, "_SRC")) return;
  const auto all = directives(text);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Said& s = all[i];
    const int line = source.line_at(s.at);
    if (comment(source.line(line))) continue;
    // script-src decides where both are said of one policy.
    const bool beside = !s.script && std::any_of(all.begin(), all.end(), [&](const Said& o) {
      return o.script && std::max(o.at, s.at) - std::min(o.at, s.at) < 1500;
    });
    if (beside) continue;
    const auto policy = live::Csp::parse("script-src " + s.sources + "; object-src 'none'; base-uri 'none'");
    std::string_view told;
    for (const auto& w : live::weaknesses(policy)) {
      if (w.rule != "CSP-002" && w.rule != "CSP-003" && w.rule != "CSP-004") continue;
      if (w.rule == "CSP-003" && told == "CSP-002") continue;  // one remark is enough
      if (w.rule == told) continue;
      told = w.rule;
      auto& f = sink.find(w.rule, source.path(), line, quote(source.line(line)));
      f.evidence.push_back(w.what);
      f.severity = w.rule == "CSP-003" ? proof::Severity::low : proof::Severity::medium;
    }
  }
}

}  // namespace gatehouse::audit
