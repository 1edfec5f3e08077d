// What manifests of all kinds ask for, pinned or not. Long, as each packager has a form of its own and they share one
// judge.
#include "audit/readers/dependencies.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "audit/readers/gitignore.h"
#include "audit/vulnerabilities.h"
#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr json::Limits kManifest = {.depth = 64, .bytes = 64u << 20, .allow_duplicate_members = true};

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

bool name_char(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '_' || c == '.'; }

// PEP 503: one spelling for a name.
std::string pip_name(std::string_view s) {
  std::string out;
  for (char c : s) {
    const char l = text::lower(c);
    out += l == '_' || l == '.' ? '-' : l;
  }
  return out;
}

// "Django[argon2]>=4,<5 ; python_version > '3'"
std::optional<Dependency> pep508(std::string_view s) {
  s = text::trim(s);
  std::size_t n = 0;
  while (n < s.size() && name_char(s[n])) ++n;
  if (n == 0) return std::nullopt;
  Dependency d;
  d.ecosystem = "PyPI";
  d.name = pip_name(s.substr(0, n));
  std::string_view rest = text::trim(s.substr(n));
  if (rest.starts_with('[')) rest = text::trim(rest.substr(std::min(rest.size(), rest.find(']') + 1)));
  rest = text::trim(rest.substr(0, rest.find(';')));
  if (const std::size_t hash = rest.find(" --hash"); hash != std::string_view::npos)
    rest = text::trim(rest.substr(0, hash));
  if (rest.ends_with('\\')) rest = text::trim(rest.substr(0, rest.size() - 1));
  d.wanted = rest;
  if (rest.starts_with("==") && !has(rest, "*") && !has(rest, ",")) {
    d.version = text::trim(rest.substr(rest.starts_with("===") ? 3 : 2));
    std::erase_if(d.version, [](char c) { return c == '"' || c == '\''; });  // pip refuses them, people write them
  }
  return d;
}

bool exact_npm(std::string_view v) {
  if (v.starts_with('=')) v.remove_prefix(1);
  if (v.empty() || !text::is_digit(v[0])) return false;
  return std::all_of(v.begin(), v.end(), [](char c) { return name_char(c) || c == '+'; }) && !has(v, "x") &&
         std::count(v.begin(), v.end(), '.') >= 2;
}

bool is_workspace(std::string_view wanted) {
  return wanted.starts_with("workspace:") || wanted.starts_with("file:") || wanted.starts_with("link:") ||
         wanted.starts_with("catalog:") || wanted.starts_with("portal:");
}

bool from_address(std::string_view wanted) {
  return wanted.starts_with("git") || wanted.starts_with("http:") || wanted.starts_with("https:") ||
         wanted.starts_with("github:") || has(wanted, "@ git+") || has(wanted, "@ http") || has(wanted, "git+http");
}

// Ends in #<40 hex> or @<40 hex>.
bool at_commit(std::string_view wanted) {
  const std::size_t mark = wanted.find_last_of("#@");
  const std::string_view ref = mark == std::string_view::npos ? std::string_view{} : wanted.substr(mark + 1);
  return ref.size() == 40 && std::all_of(ref.begin(), ref.end(), [](char c) { return text::hex_value(c) >= 0; });
}

constexpr std::array<std::string_view, 6> kNpmLocks = {
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"};
constexpr std::array<std::string_view, 5> kPipLocks = {"poetry.lock", "uv.lock", "Pipfile.lock", "pdm.lock",
                                                       "requirements.lock"};

// A lock file in this folder or in one above it, as workspaces have it.
template <std::size_t N>
const Entry* lock_for(const Project& project, std::string_view folder, const std::array<std::string_view, N>& names) {
  for (std::string f(folder);;) {
    for (std::string_view name : names)
      if (const Entry* e = project.entry(f.empty() ? std::string(name) : f + "/" + std::string(name))) return e;
    if (f.empty()) return nullptr;
    const std::size_t slash = f.rfind('/');
    f = slash == std::string::npos ? "" : f.substr(0, slash);
  }
}

std::string listed(const std::vector<const Dependency*>& all) {
  std::string out;
  for (std::size_t i = 0; i < all.size() && i < 6; ++i)
    out += (i > 0 ? ", " : "") + all[i]->name +
           (all[i]->wanted.empty() ? "" : (all[i]->ecosystem == "npm" ? "@" : "") + all[i]->wanted);
  if (all.size() > 6) out += " and " + std::to_string(all.size() - 6) + " more";
  return text::printable(out, 300);
}

struct Hole {
  std::string_view from, fixed, what;
};
constexpr std::string_view kBusy = "CVE-2025-55184: a request keeps the server busy";
// Of Next.js, by its release lines: a header that passes the middleware (CVE-2025-29927), code run by a request to the
// server's components (CVE-2025-55182), and one that keeps the server busy for ever (CVE-2025-55184, CVE-2025-67779).
constexpr Hole kNextHoles[] = {
    {"11.1.4", "12.3.5", "CVE-2025-29927: a header passes the middleware"},
    {"13.0.0", "13.5.9", "CVE-2025-29927: a header passes the middleware"},
    {"14.0.0", "14.2.25", "CVE-2025-29927: a header passes the middleware"},
    {"15.0.0", "15.0.5", "CVE-2025-55182: a request runs code on the server"},
    {"15.1.0", "15.1.9", "CVE-2025-55182: a request runs code on the server"},
    {"15.2.0", "15.2.6", "CVE-2025-55182: a request runs code on the server"},
    {"15.3.0", "15.3.6", "CVE-2025-55182: a request runs code on the server"},
    {"15.4.0", "15.4.8", "CVE-2025-55182: a request runs code on the server"},
    {"15.5.0", "15.5.7", "CVE-2025-55182: a request runs code on the server"},
    {"16.0.0", "16.0.7", "CVE-2025-55182: a request runs code on the server"},
    {"14.2.25", "14.2.35", kBusy},
    {"15.0.5", "15.0.7", kBusy},
    {"15.1.9", "15.1.11", kBusy},
    {"15.2.6", "15.2.8", kBusy},
    {"15.3.6", "15.3.8", kBusy},
    {"15.4.8", "15.4.10", kBusy},
    {"15.5.7", "15.5.9", kBusy},
    {"16.0.7", "16.0.10", kBusy},
};

void next_versions(const Project& project, Sink& sink) {
  const Dependency* settled = nullptr;
  const Dependency* asked = nullptr;
  for (const Dependency& d : project.dependencies) {
    if (d.name != "next" || d.ecosystem != "npm") continue;
    if (d.locked && !d.version.empty()) settled = &d;
    if (!d.locked && asked == nullptr) asked = &d;
  }
  const Dependency* at = settled != nullptr ? settled : asked;
  if (at == nullptr || at->version.empty()) return;  // a range may have been settled on anything above
  // A candidate of a release has the holes of its line: 15.0.0-rc.0 came before 15.0.0, and before what closed them.
  const std::string line = at->version.substr(0, at->version.find('-'));
  for (const Hole& h : kNextHoles)
    if (compare_versions(line, h.from) >= 0 && compare_versions(at->version, h.fixed) < 0) {
      auto& f = sink.find(
          "NX-001", at->path, std::max(1, at->line),
          "next " + text::printable(at->version) + ": " + std::string(h.what) + ", closed in " + std::string(h.fixed));
      if (h.what == kBusy) f.severity = proof::Severity::medium;
      return;
    }
}

}  // namespace

std::vector<Dependency> parse_requirements(std::string_view text) {
  std::vector<Dependency> out;
  int number = 0;
  bool continued = false;
  for (std::string_view line : text::split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool rest_of_other = continued;
    continued = line.ends_with('\\');
    if (const std::size_t hash = line.find(" #"); hash != std::string_view::npos) line = line.substr(0, hash);
    line = text::trim(line);
    if (rest_of_other || line.empty() || line.front() == '#' || line.front() == '-') continue;
    if (auto d = from_address(line)
                     ? std::optional<Dependency>(Dependency{"PyPI", std::string(line.substr(line.rfind('/') + 1)),
                                                            std::string(line), "", false, false, "", 0})
                     : pep508(line)) {
      d->line = number;
      out.push_back(std::move(*d));
    }
  }
  return out;
}

std::vector<Dependency> parse_pyproject(std::string_view text) {
  std::vector<Dependency> out;
  std::string section;
  bool in_list = false, dev = false;
  int number = 0;
  for (std::string_view line : text::split(text, '\n')) {
    ++number;
    line = text::trim(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
    if (line.empty() || line.front() == '#') continue;
    if (!in_list && line.front() == '[') {
      section = line.substr(0, line.find(']') + 1);
      dev = has(section, "dev") || has(section, "test");
      continue;
    }
    const bool opens = section == "[project]" && line.starts_with("dependencies") && has(line, "[");
    const bool group =
        (section == "[project.optional-dependencies]" || section == "[dependency-groups]") && has(line, "= [");
    if (opens || group) {
      in_list = true;
      if (group) dev = true;
      line = line.substr(line.find('[') + 1);
    } else if (!in_list && section.starts_with("[tool.poetry") && has(section, "dependencies")) {
      const std::size_t equals = line.find('=');
      if (equals == std::string_view::npos) continue;
      Dependency d;
      d.ecosystem = "PyPI";
      d.name = pip_name(text::trim(line.substr(0, equals)));
      std::string_view v = text::trim(line.substr(equals + 1));
      if (const std::size_t at = v.find("version"); v.starts_with('{') && at != std::string_view::npos)
        v = text::trim(v.substr(v.find('=', at) + 1));
      if (v.size() > 1 && (v.front() == '"' || v.front() == '\'')) v = v.substr(1, v.find(v.front(), 1) - 1);
      d.wanted = v;
      if (d.name == "python") continue;
      if (!v.empty() && text::is_digit(v[0]) && !has(v, "*")) d.version = v;
      if (v.starts_with("==")) d.version = v.substr(2);
      d.dev = dev;
      d.line = number;
      out.push_back(std::move(d));
      continue;
    }
    if (!in_list) continue;
    // Quoted PEP 508 strings until the closing bracket outside of quotes.
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '"' || line[i] == '\'') {
        const std::size_t end = line.find(line[i], i + 1);
        if (end == std::string_view::npos) break;
        if (auto d = pep508(line.substr(i + 1, end - i - 1))) {
          d->dev = dev;
          d->line = number;
          out.push_back(std::move(*d));
        }
        i = end;
      } else if (line[i] == ']') {
        in_list = false;
        if (section != "[dependency-groups]" && section != "[project.optional-dependencies]") dev = false;
        break;
      } else if (line[i] == '#') {
        break;
      }
    }
  }
  return out;
}

std::vector<Dependency> parse_package_json(std::string_view text) {
  std::vector<Dependency> out;
  auto doc = json::parse(text, kManifest);
  if (!doc) return out;
  std::vector<std::size_t> starts{0};
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') starts.push_back(i + 1);
  for (std::string_view section : {"dependencies", "devDependencies", "optionalDependencies"}) {
    const json::Value* list = doc->find(section);
    if (list == nullptr) continue;
    const std::size_t from = text.find("\"" + std::string(section) + "\"");
    for (const auto& [name, value] : list->object()) {
      Dependency d;
      d.ecosystem = "npm";
      d.name = text::to_lower(name);
      d.wanted = std::string(value.string().value_or(""));
      if (exact_npm(d.wanted)) d.version = d.wanted.starts_with('=') ? d.wanted.substr(1) : d.wanted;
      d.dev = section == "devDependencies";
      const std::size_t at = text.find("\"" + name + "\"", from == std::string_view::npos ? 0 : from);
      if (at != std::string_view::npos)
        d.line = static_cast<int>(std::upper_bound(starts.begin(), starts.end(), at) - starts.begin());
      out.push_back(std::move(d));
    }
  }
  return out;
}

std::vector<Dependency> parse_lock(std::string_view file_name, std::string_view text) {
  std::vector<Dependency> out;
  auto add = [&](std::string_view ecosystem, std::string name, std::string version, int line, bool dev = false) {
    if (name.empty() || version.empty()) return;
    out.push_back({std::string(ecosystem), text::to_lower(name), "", std::move(version), dev, true, "", line});
  };
  if (file_name == "package-lock.json" || file_name == "npm-shrinkwrap.json") {
    auto doc = json::parse(text, kManifest);
    if (!doc) return out;
    if (const json::Value* packages = doc->find("packages"))
      for (const auto& [path, value] : packages->object()) {
        const std::size_t at = path.rfind("node_modules/");
        if (at == std::string::npos) continue;
        add("npm", path.substr(at + 13), std::string(value.string_at("version").value_or("")), 1,
            value.find("dev") != nullptr);
      }
    return out;
  }
  int number = 0;
  if (file_name == "yarn.lock") {
    std::string name;
    for (std::string_view line : text::split(text, '\n')) {
      ++number;
      if (!line.empty() && line[0] != ' ' && line[0] != '#') {
        std::string_view head = line.starts_with('"') ? line.substr(1) : line;
        name = head.substr(0, head.find('@', 1));
      } else if (std::string_view t = text::trim(line); t.starts_with("version")) {
        t = text::trim(t.substr(7));
        while (!t.empty() && (t.front() == '"' || t.front() == ':' || t.front() == ' ')) t.remove_prefix(1);
        while (!t.empty() && (t.back() == '"' || t.back() == '\r')) t.remove_suffix(1);
        add("npm", name, std::string(t), number);
      }
    }
  } else if (file_name == "pnpm-lock.yaml") {
    bool packages = false;
    for (std::string_view line : text::split(text, '\n')) {
      ++number;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty() && line[0] != ' ') packages = line.starts_with("packages:");
      if (!packages || !line.starts_with("  ") || line.starts_with("   ") || !line.ends_with(':')) continue;
      std::string_view key = text::trim(line.substr(0, line.size() - 1));
      if (key.size() > 2 && (key.front() == '\'' || key.front() == '"')) key = key.substr(1, key.size() - 2);
      if (key.starts_with('/')) key.remove_prefix(1);
      key = key.substr(0, key.find('('));
      const std::size_t at = key.rfind('@');
      if (at == std::string_view::npos || at == 0) continue;
      add("npm", std::string(key.substr(0, at)), std::string(key.substr(at + 1)), number);
    }
  } else if (file_name == "poetry.lock" || file_name == "uv.lock" || file_name == "pdm.lock") {
    std::string name;
    for (std::string_view line : text::split(text, '\n')) {
      ++number;
      line = text::trim(line);
      auto quoted = [&]() -> std::string {
        const std::size_t a = line.find('"'), b = line.rfind('"');
        return a == std::string_view::npos || b <= a ? std::string() : std::string(line.substr(a + 1, b - a - 1));
      };
      if (line == "[[package]]") name.clear();
      if (line.starts_with("name = ")) name = quoted();
      if (line.starts_with("version = ") && !name.empty()) add("PyPI", pip_name(name), quoted(), number);
    }
  }
  return out;
}

bool names_requirements(std::string_view file_name) {
  return file_name.starts_with("req") && (file_name.ends_with(".txt") || file_name.ends_with(".in"));
}

bool ManifestReader::wants(const Entry& e) const {
  if (e.role == Role::test || e.role == Role::example || e.role == Role::document) return false;
  const std::string_view n = e.name();
  return n == "package.json" || n == "pyproject.toml" || e.kind == Kind::lock || names_requirements(n) ||
         (e.path.find("requirements/") != std::string::npos && n.ends_with(".txt"));
}

void ManifestReader::read(const Source& source, Project& project, Sink& sink) {
  const std::string_view n = source.entry().name();
  std::vector<Dependency> found;
  if (n == "package.json") {
    found = parse_package_json(source.text());
  } else if (n == "pyproject.toml") {
    found = parse_pyproject(source.text());
  } else if (source.entry().kind == Kind::lock) {
    found = parse_lock(n, source.text());
  } else {
    found = parse_requirements(source.text());
    const bool dev = has(n, "dev") || has(n, "test") || has(n, "lint") || has(n, "docs");
    for (Dependency& d : found) d.dev = dev;
  }
  const bool object = n == "package.json" || n == "package-lock.json" || n == "npm-shrinkwrap.json";
  if (object && found.empty() && !json::parse(source.text(), kManifest))
    sink.gave_up({std::string(source.path()), "not readable as JSON"});
  for (Dependency& d : found) {
    d.path = source.path();
    project.dependencies.push_back(std::move(d));
  }
}

void DependencyCheck::look(const Project& project, Sink& sink) const {
  std::map<std::string, std::vector<const Dependency*>> manifests;
  for (const Dependency& d : project.dependencies) {
    if (!d.locked) manifests[d.path].push_back(&d);
  }
  std::size_t settled = 0;
  for (const auto& [path, all] : manifests) {
    const Entry* entry = project.entry(path);
    if (entry == nullptr || entry->name().ends_with(".in")) continue;
    const bool npm = all.front()->ecosystem == "npm";
    std::vector<const Dependency*> loose;
    for (const Dependency* d : all) {
      if (from_address(d->wanted)) {
        if (!at_commit(d->wanted)) sink.find("DEP-007", path, d->line, d->name + ": " + text::printable(d->wanted));
      } else if (d->version.empty() && !is_workspace(d->wanted) && !d->dev) {
        loose.push_back(d);
      }
    }
    const Entry* lock =
        npm ? lock_for(project, entry->folder(), kNpmLocks) : lock_for(project, entry->folder(), kPipLocks);
    if (lock != nullptr && git_ignores(project, lock->path)) {
      sink.find("DEP-003", lock->path, 1, ".gitignore names it");
    } else if (lock != nullptr) {
      ++settled;
    } else if (!loose.empty()) {
      // "latest" is the loosest of them.
      const auto any = std::find_if(loose.begin(), loose.end(), [](const Dependency* d) {
        return d->wanted == "latest" || d->wanted == "*" || d->wanted == "next" || d->wanted == "x";
      });
      if (any != loose.end()) std::rotate(loose.begin(), any, any + 1);
      auto& f = sink.find(npm ? "DEP-002" : "DEP-001", path, loose.front()->line, listed(loose));
      if (f.locations.front().line == 0) f.locations.front().line = 1;
    } else if (!all.empty()) {
      ++settled;
    }
  }
  if (settled > 0 && settled == manifests.size()) sink.positive("Every manifest is pinned or has a lock file.");

  next_versions(project, sink);
}

}  // namespace gatehouse::audit
