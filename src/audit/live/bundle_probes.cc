// What browsers are given: pages, and the code they load.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

#include "audit/live/ask.h"
#include "audit/live/probes.h"
#include "audit/secrets/engine.h"

namespace gatehouse::audit::live {
namespace {

using proof::Observation;
using proof::Seen;
using proof::Target;

struct Served {
  std::string path, body;
};

std::vector<Served> browser_code(Target& site) {
  std::vector<Served> out;
  std::set<std::string> asked;
  std::vector<std::string> next;
  for (const std::string& p : pages_of(site)) {
    auto seen = get(site, p);
    if (!seen || seen->status != 200 || !asked.insert(p).second) continue;
    for (std::string& s : scripts_of(seen->body, site.url())) next.push_back(std::move(s));
    out.push_back({p, std::move(seen->body)});
  }
  for (std::string_view usual : {"/env.js", "/config.js", "/env-config.js", "/runtime-env.js"})
    next.emplace_back(usual);
  for (const std::string& p : next) {
    if (out.size() >= 24 || !asked.insert(p).second) continue;
    auto seen = get(site, p);
    if (!seen || seen->status != 200 || (p.ends_with(".js") && is_html(*seen))) continue;
    out.push_back({p, std::move(seen->body)});
  }
  return out;
}

Observation bundle_secrets(Target& site) {
  auto engine = secrets::Engine::create();
  if (!engine) return proof::unknown(engine.error().text());
  std::vector<proof::Finding> out;
  const auto served = browser_code(site);
  if (served.empty()) return proof::unknown("no page answered 200");
  for (const Served& s : served)
    for (const secrets::Hit& h : engine->scan(s.body, Kind::javascript)) {
      if (h.verdict != secrets::Verdict::secret && h.verdict != secrets::Verdict::test_key) continue;
      if (h.shape == secrets::Shape::assignment || h.shape == secrets::Shape::database_url ||
          h.shape == secrets::Shape::web_url_password)
        continue;
      auto f =
          at_path("BUN-001", site, s.path, secrets::redact(std::string_view(s.body).substr(h.begin, h.end - h.begin)));
      f.title += ": " + (h.provider.empty() ? h.what : h.provider + " " + h.what);
      f.severity = h.severity;
      out.push_back(std::move(f));
    }
  return from(std::move(out), "No provider secret stands in the code that browsers are given.");
}

// The names of `window.ENV = {…}` and its kin.
Observation window_env(Target& site) {
  std::vector<proof::Finding> out;
  bool any = false;
  for (const Served& s : browser_code(site)) {
    for (std::string_view mark :
         {"window.ENV", "window.__ENV", "window.env", "window._env_", "window.__RUNTIME_CONFIG__", "window.CONFIG"}) {
      std::size_t at = s.body.find(mark);
      if (at == std::string::npos) continue;
      at = s.body.find('{', at);
      if (at == std::string::npos) continue;
      const std::string_view object =
          std::string_view(s.body).substr(at, std::min<std::size_t>(s.body.find('}', at), at + 16384) - at);
      any = true;
      std::string names;
      for (std::size_t i = 0; i < object.size();) {
        if (!text::is_alpha(object[i]) && object[i] != '_') {
          ++i;
          continue;
        }
        std::size_t end = i;
        while (end < object.size() &&
               (text::is_alpha(object[end]) || text::is_digit(object[end]) || object[end] == '_'))
          ++end;
        std::size_t colon = end;
        while (colon < object.size() && (object[colon] == '"' || object[colon] == '\'' || object[colon] == ' '))
          ++colon;
        const std::string name(object.substr(i, end - i));
        if (colon < object.size() && object[colon] == ':' && secrets::name_class(name) == secrets::NameClass::secret) {
          const std::size_t value = object.find_first_not_of(" \"'", colon + 1);
          if (value != std::string_view::npos && object[value] != ',' && object[value] != '}')
            names += (names.empty() ? "" : ", ") + name;
        }
        i = end;
      }
      if (!names.empty())
        out.push_back(at_path("BUN-002", site, s.path, std::string(mark) + " holds " + text::printable(names)));
      break;
    }
  }
  if (!any) return proof::unknown("no window.ENV was found in what pages load");
  return from(std::move(out), "window.ENV holds public names only.");
}

Observation source_maps(Target& site) {
  std::vector<proof::Finding> out;
  const auto served = browser_code(site);
  if (served.empty()) return proof::unknown("no page answered 200");
  for (const Served& s : served) {
    if (!s.path.ends_with(".js")) continue;
    const std::size_t mark = s.body.rfind("//# sourceMappingURL=");
    if (mark == std::string::npos) continue;
    std::string_view name = std::string_view(s.body).substr(mark + 21);
    name = text::trim(name.substr(0, name.find('\n')));
    if (name.starts_with("data:") || has(name, "://")) continue;
    const std::string path =
        name.starts_with('/') ? std::string(name) : s.path.substr(0, s.path.rfind('/') + 1) + std::string(name);
    auto map = get(site, path);
    if (map && map->status == 200 && has(map->body, "\"sources\"")) {
      out.push_back(at_path("BUN-003", site, path,
                            has(map->body, "\"sourcesContent\"") ? "the map carries the whole source"
                                                                 : "the map names the source files"));
      break;
    }
  }
  return from(std::move(out), "No source map is served.");
}

// ---- libraries with known holes, by the banner that their builds keep ----

struct Library {
  std::string_view banner, name;
  std::array<int, 3> from, mended;  // holes from the first version named up to, not including, the second
  std::string_view what;
};
constexpr std::array<Library, 13> kLibraries = {{
    {"jQuery v", "jQuery", {1, 2, 0}, {3, 5, 0}, "CVE-2020-11022, CVE-2020-11023"},
    {"jQuery JavaScript Library v", "jQuery", {1, 2, 0}, {3, 5, 0}, "CVE-2020-11022, CVE-2020-11023"},
    {"jQuery UI - v", "jQuery UI", {1, 0, 0}, {1, 13, 2}, "CVE-2021-41184, CVE-2022-31160"},
    {"Bootstrap v", "Bootstrap", {3, 0, 0}, {3, 4, 1}, "CVE-2019-8331"},
    {"Bootstrap v", "Bootstrap", {4, 0, 0}, {4, 3, 1}, "CVE-2019-8331"},
    {"AngularJS v", "AngularJS", {1, 0, 0}, {2, 0, 0}, "CVE-2022-25844 and later; no longer mended by anybody"},
    {"@license DOMPurify ", "DOMPurify", {1, 0, 0}, {2, 5, 4}, "CVE-2024-45801"},
    {"@license DOMPurify ", "DOMPurify", {3, 0, 0}, {3, 2, 4}, "CVE-2025-26791"},
    {"//! version : ", "moment", {2, 18, 0}, {2, 29, 4}, "CVE-2022-31129"},
    {"handlebars v", "Handlebars", {1, 0, 0}, {4, 7, 7}, "CVE-2021-23369, CVE-2021-23383"},
    {"Underscore.js ", "Underscore", {1, 3, 2}, {1, 12, 1}, "CVE-2021-23358"},
    {"marked v", "marked", {0, 0, 1}, {4, 0, 10}, "CVE-2022-21680, CVE-2022-21681"},
    {"Axios v", "axios", {1, 0, 0}, {1, 8, 2}, "CVE-2025-27152"},
}};

// "3.4.1" at the start of a text; nothing when there are fewer than two numbers.
std::optional<std::array<int, 3>> version_at(std::string_view s) {
  std::array<int, 3> out{};
  int parts = 0;
  while (parts < 3) {
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), out[static_cast<std::size_t>(parts)]);
    if (error != std::errc{}) break;
    ++parts;
    s.remove_prefix(static_cast<std::size_t>(end - s.data()));
    if (!s.starts_with('.')) break;
    s.remove_prefix(1);
  }
  if (parts < 2) return std::nullopt;
  return out;
}

Observation old_libraries(Target& site) {
  const auto served = browser_code(site);
  if (served.empty()) return proof::unknown("no page answered 200");
  std::vector<proof::Finding> out;
  std::set<std::string> told;
  for (const Served& s : served)
    for (const Library& l : kLibraries) {
      const std::size_t at = s.body.find(l.banner);
      if (at == std::string::npos) continue;
      const auto v = version_at(std::string_view(s.body).substr(at + l.banner.size(), 20));
      if (!v || *v < l.from || *v >= l.mended) continue;
      const std::string version =
          std::to_string((*v)[0]) + "." + std::to_string((*v)[1]) + "." + std::to_string((*v)[2]);
      if (!told.insert(std::string(l.name) + version).second) continue;
      out.push_back(at_path("BUN-004", site, s.path, std::string(l.name) + " " + version + ": " + std::string(l.what)));
      out.back().title += ": " + std::string(l.name) + " " + version;
    }
  return from(std::move(out), "No library that was recognised in the browser's code has a known hole.");
}

// ---- the inside's names ----

Observation inner_hosts(Target& site) {
  const auto served = browser_code(site);
  if (served.empty()) return proof::unknown("no page answered 200");
  std::vector<proof::Finding> out;
  for (const Served& s : served) {
    const std::string_view body = s.body;
    for (std::size_t at = body.find("://"); at != std::string_view::npos; at = body.find("://", at + 3)) {
      const std::size_t end = std::min(body.find_first_of("/\"'`<> ),;\\", at + 3), body.size());
      std::string_view host = body.substr(at + 3, std::min<std::size_t>(end - at - 3, 100));
      if (const auto user = host.rfind('@'); user != std::string_view::npos) host.remove_prefix(user + 1);
      const std::string_view name = host.substr(0, host.find(':'));
      const bool inner = name.starts_with("10.") || name.starts_with("192.168.") || name.ends_with(".internal") ||
                         name.ends_with(".svc.cluster.local") || name.ends_with(".corp") || name.ends_with(".lan");
      const bool numeric = std::all_of(name.begin(), name.end(), [](char c) { return c == '.' || text::is_digit(c); });
      if (!inner || ((name.starts_with("10.") || name.starts_with("192.")) && !numeric) || has(site.url(), name))
        continue;
      out.push_back(at_path("BUN-005", site, s.path, text::printable(host, 100)));
      break;
    }
  }
  return from(std::move(out), "The browser's code names no host of the inside.");
}

constexpr proof::Probe kProbes[] = {
    {"BUN-001", "", false, bundle_secrets}, {"BUN-002", "window_env", false, window_env},
    {"BUN-003", "", false, source_maps},    {"BUN-004", "", false, old_libraries},
    {"BUN-005", "", false, inner_hosts},
};

}  // namespace

std::vector<std::string> scripts_of(std::string_view page, std::string_view origin) {
  std::vector<std::string> out;
  for (std::size_t at = page.find("<"); at != std::string_view::npos; at = page.find('<', at + 1)) {
    const std::string_view tag = tag_at(page, at);
    const bool script = text::istarts_with(tag, "<script"), link = text::istarts_with(tag, "<link");
    if (!script && !link) continue;
    const std::string_view word = script ? "src=" : "href=";
    std::size_t from = tag.find(word);
    if (from == std::string_view::npos) continue;
    from += word.size();
    if (from >= tag.size()) continue;
    const char quote = tag[from] == '"' || tag[from] == '\'' ? tag[from] : ' ';
    if (quote != ' ') ++from;
    std::string value(tag.substr(from, tag.find(quote, from) - from));
    value = value.substr(0, value.find('#'));
    if (value.starts_with(origin)) value = value.substr(origin.size());
    if (!value.starts_with("/") && !has(value, "://") && !value.empty()) value = "/" + value;
    if (!value.starts_with("/") || value.starts_with("//")) continue;
    if (link && !has(value, ".js")) continue;
    if (std::find(out.begin(), out.end(), value) == out.end()) out.push_back(std::move(value));
  }
  return out;
}

std::span<const proof::Probe> bundle_probes() { return kProbes; }

}  // namespace gatehouse::audit::live
