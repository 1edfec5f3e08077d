#include "audit/source/named_routes.h"

#include <algorithm>
#include <map>

#include "audit/source/doors.h"
#include "base/text.h"

namespace gatehouse::audit::source {

namespace {

constexpr std::size_t kNamed = 2;  // of the doors of one handler

std::size_t indent(std::string_view line) { return std::min(line.find_first_not_of(" \t"), line.size()); }

bool defines(std::string_view line) {
  line.remove_prefix(indent(line));
  return line.starts_with("def ") || line.starts_with("async def ") || line.starts_with("class ");
}

// The last line of the Python block whose decorator or head stands at `from`.
int block_end(const Source& source, int from) {
  int head = from;
  while (head <= source.lines() && !defines(source.line(head))) ++head;
  if (head > source.lines() || head > from + 40) return from;
  const std::size_t depth = indent(source.line(head));
  int body = head;
  while (body <= source.lines() && !text::trim(source.line(body)).ends_with(':')) ++body;
  int end = body;
  for (int i = body + 1; i <= source.lines(); ++i) {
    const std::string_view line = source.line(i);
    if (text::trim(line).empty()) continue;
    if (indent(line) <= depth) break;
    end = i;
  }
  return end;
}

// What a method of a class of views answers, below the address of the class.
std::string of_method(const std::string& path, std::string_view method) {
  struct Row {
    std::string_view name, verb;
    bool one;
  };
  static constexpr Row kMethods[] = {
      {"get", "GET", false},       {"post", "POST", false},          {"put", "PUT", false},
      {"patch", "PATCH", false},   {"delete", "DELETE", false},      {"list", "GET", false},
      {"create", "POST", false},   {"retrieve", "GET", true},        {"update", "PUT", true},
      {"destroy", "DELETE", true}, {"partial_update", "PATCH", true}};
  for (const Row& r : kMethods)
    if (r.name == method) return std::string(r.verb) + " " + path + (r.one && !path.ends_with('}') ? "/{id}" : "");
  return path;
}

// What stands above a method: @action(detail=True, methods=["post"]).
struct Decorator {
  bool action = false, detail = false;
  std::string verb;  // empty for none or several
};

Decorator above(const Source& source, int method, int first) {
  Decorator out;
  std::string said;
  for (int i = method - 1; i > first && i > method - 8; --i) {
    const std::string_view line = source.line(i);
    if (defines(line) || text::trim(line).empty()) break;
    said += line;
    if (text::trim(line).starts_with("@action")) {
      out.action = true;
      break;
    }
  }
  out.detail = said.find("detail=True") != said.npos;
  for (const std::string_view verb : {"get", "post", "put", "patch", "delete"}) {
    if (said.find("\"" + std::string(verb) + "\"") == said.npos &&
        said.find("'" + std::string(verb) + "'") == said.npos)
      continue;
    if (!out.verb.empty()) return out.verb.clear(), out;
    for (const char c : verb) out.verb += static_cast<char>(c - 'a' + 'A');
  }
  if (out.action && out.verb.empty()) out.verb = "GET";
  return out;
}

// The method of the class around this line; the address of the class between them.
std::string inside_class(const Source& source, const std::string& path, int first, int line) {
  for (int i = line; i > first; --i) {
    const std::string_view text = source.line(i);
    const std::size_t def = text.find("def ");
    if (!defines(text) || def == text.npos || indent(text) == 0 || indent(text) > 4) continue;
    const std::string_view name = text.substr(def + 4, text.find('(', def) - def - 4);
    const Decorator said = above(source, i, first);
    if (!said.action) return of_method(path, name);
    return (said.verb.empty() ? "" : said.verb + " ") + path + (said.detail ? "/{id}/" : "/") + std::string(name);
  }
  return path;
}

struct Span {
  int from = 0, to = 0;
  const Way* way = nullptr;
  bool view_class = false;
};

}  // namespace

void name_routes(const Project& project, std::deque<proof::Finding>& findings) {
  std::map<std::string, std::vector<proof::Location*>, std::less<>> wanted;
  for (proof::Finding& f : findings)
    for (proof::Location& l : f.locations)
      if (l.line > 0 && l.url.empty() && !l.path.empty()) wanted[l.path].push_back(&l);
  if (wanted.empty()) return;
  const std::vector<Way> ways = ways_of(project);
  std::map<std::string, std::vector<Span>, std::less<>> spans;
  std::map<std::string, std::optional<Source>, std::less<>> sources;
  const auto text_of = [&](const std::string& path) -> const std::optional<Source>& {
    const auto [it, fresh] = sources.try_emplace(path);
    if (fresh) it->second = project.open(path);
    return it->second;
  };
  for (const Way& w : ways) {
    // Where it is declared names it as well.
    if (wanted.contains(w.at.path)) spans[w.at.path].push_back({w.at.line, std::max(w.at.line, w.at.end_line), &w});
    if (!wanted.contains(w.handler.path)) continue;
    Span s{w.handler.line, w.handler.end_line, &w};
    if (w.handler.path.ends_with(".py")) {
      const auto& source = text_of(w.handler.path);
      if (!source) continue;
      s.to = block_end(*source, s.from);
      s.view_class = source->line(s.from).starts_with("class ");
    }
    spans[w.handler.path].push_back(s);
  }
  for (auto& [path, places] : wanted) {
    const auto here = spans.find(path);
    if (here == spans.end()) continue;
    for (proof::Location* l : places) {
      int narrowest = 0;
      for (const Span& s : here->second)
        if (s.from <= l->line && l->line <= s.to && (narrowest == 0 || s.to - s.from + 1 < narrowest))
          narrowest = s.to - s.from + 1;
      std::vector<std::string> named;
      for (const Span& s : here->second) {
        if (l->line < s.from || l->line > s.to || s.to - s.from + 1 != narrowest) continue;
        const Way& w = *s.way;
        std::string name = s.view_class       ? inside_class(*text_of(path), w.path, s.from, l->line)
                           : w.method.empty() ? w.path
                                              : w.method + " " + w.path;
        if (std::find(named.begin(), named.end(), name) == named.end()) named.push_back(std::move(name));
      }
      for (std::size_t i = 0; i < named.size() && i < kNamed; ++i) l->route += (i == 0 ? "" : ", ") + named[i];
      if (named.size() > kNamed) l->route += " and " + std::to_string(named.size() - kNamed) + " more";
    }
  }
}

}  // namespace gatehouse::audit::source
