// What browsers are given: pages, and the code they load.
#include <algorithm>
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

constexpr proof::Probe kProbes[] = {
    {"BUN-001", "", false, bundle_secrets},
    {"BUN-002", "window_env", false, window_env},
    {"BUN-003", "", false, source_maps},
};

}  // namespace

std::vector<std::string> scripts_of(std::string_view page, std::string_view origin) {
  std::vector<std::string> out;
  for (std::size_t at = page.find("<"); at != std::string_view::npos; at = page.find('<', at + 1)) {
    const std::string_view tag = page.substr(at, std::min<std::size_t>(page.find('>', at), at + 2048) - at);
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
