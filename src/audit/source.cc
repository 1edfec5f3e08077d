#include "audit/source.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

template <std::size_t N>
bool one_of(std::string_view s, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), s) != list.end();
}

constexpr std::array<std::string_view, 21> kTestFolders = {
    "test",      "tests",   "__tests__",  "spec",         "specs",   "e2e",       "cypress",
    "fixtures",  "fixture", "__mocks__",  "__fixtures__", "mocks",   "mock",      "testdata",
    "test_data", "testing", "playwright", "bench",        "benches", "benchmark", "benchmarks"};
constexpr std::array<std::string_view, 7> kExampleFolders = {"examples", "example", "samples", "sample",
                                                             "demo",     "demos",   "snippets"};
constexpr std::array<std::string_view, 4> kDocumentFolders = {"docs", "doc", "documentation", "wiki"};
constexpr std::array<std::string_view, 8> kBundleFolders = {"dist",    "build",       "public",           "out",
                                                            ".output", "staticfiles", "storybook-static", "www"};

bool is_test_name(std::string_view n) {
  return n.starts_with("test_") || has(n, "_test.") || has(n, ".test.") || has(n, ".spec.") || has(n, ".stories.") ||
         n == "conftest.py" || n == "tests.py" || has(n, ".fixture.") || has(n, ".mock.");
}

bool is_example_name(std::string_view n) {
  return has(n, ".example") || has(n, ".sample") || has(n, ".template") || has(n, "-example.") || has(n, ".tmpl") ||
         n.starts_with("example.") || n.starts_with("sample.") || n == ".env.dist" || n == "env.dist" ||
         n == ".env.defaults";
}

bool is_document_name(std::string_view n) {
  return n.ends_with(".md") || n.ends_with(".mdx") || n.ends_with(".rst") || n.ends_with(".adoc") ||
         n.starts_with("readme") || n.starts_with("changelog") || n.starts_with("license");
}

std::string_view extension(std::string_view name) {
  std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
}

Kind kind_by_extension(std::string_view ext) {
  struct Row {
    std::string_view ext;
    Kind kind;
  };
  static constexpr Row kRows[] = {
      {"py", Kind::python},      {"pyi", Kind::python},   {"js", Kind::javascript}, {"mjs", Kind::javascript},
      {"cjs", Kind::javascript}, {"jsx", Kind::jsx},      {"ts", Kind::typescript}, {"mts", Kind::typescript},
      {"cts", Kind::typescript}, {"tsx", Kind::tsx},      {"vue", Kind::vue},       {"svelte", Kind::vue},
      {"html", Kind::html},      {"htm", Kind::html},     {"jinja", Kind::html},    {"j2", Kind::html},
      {"ejs", Kind::html},       {"hbs", Kind::html},     {"css", Kind::css},       {"scss", Kind::css},
      {"json", Kind::json},      {"jsonc", Kind::json},   {"yml", Kind::yaml},      {"yaml", Kind::yaml},
      {"toml", Kind::toml},      {"ini", Kind::ini},      {"cfg", Kind::ini},       {"properties", Kind::ini},
      {"sql", Kind::sql},        {"sh", Kind::shell},     {"bash", Kind::shell},    {"zsh", Kind::shell},
      {"md", Kind::markdown},    {"mdx", Kind::markdown}, {"rst", Kind::markdown},  {"adoc", Kind::markdown},
      {"txt", Kind::text},       {"pem", Kind::key},      {"key", Kind::key},       {"p12", Kind::key},
      {"pfx", Kind::key},        {"jks", Kind::key},      {"ppk", Kind::key},
  };
  for (const Row& r : kRows)
    if (ext == r.ext) return r.kind;
  return Kind::other;
}

}  // namespace

std::string_view Entry::name() const {
  std::string_view p = path;
  std::size_t slash = p.rfind('/');
  return slash == std::string_view::npos ? p : p.substr(slash + 1);
}

std::string_view Entry::folder() const {
  std::string_view p = path;
  std::size_t slash = p.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : p.substr(0, slash);
}

Kind kind_of(std::string_view path) {
  const std::string lower = text::to_lower(path);
  std::string_view name = lower;
  if (std::size_t slash = name.rfind('/'); slash != std::string_view::npos) name = name.substr(slash + 1);
  const std::string_view ext = extension(name);
  static constexpr std::array<std::string_view, 11> kLocks = {
      "package-lock.json", "npm-shrinkwrap.json", "yarn.lock",    "pnpm-lock.yaml",
      "bun.lock",          "poetry.lock",         "pipfile.lock", "uv.lock",
      "pdm.lock",          "cargo.lock",          "composer.lock"};
  if (one_of(name, kLocks)) return Kind::lock;
  const bool odd = name.starts_with(".env_") || name.starts_with(".env-") || name.starts_with(".env ") ||
                   name == ".envrc" || name == "env.txt" || name == "env.local" || name == "env.production";
  if (odd || name == ".env" || name.starts_with(".env.") || ext == "env" || name == "env.example" ||
      name == ".flaskenv" || name == ".dev.vars" || name == "env.dist" || name == "env.sample")
    return name.ends_with(".js") || name.ends_with(".ts") ? kind_of(std::string("x") + std::string(name)) : Kind::env;
  if (name == "dockerfile" || name == "containerfile" || name.starts_with("dockerfile.") || ext == "dockerfile")
    return Kind::dockerfile;
  // nginx.default, nginx.prod: what follows the name tells where it is used.
  static constexpr std::array<std::string_view, 12> kNginx = {
      "conf", "template", "tpl", "default", "dev", "prod", "local", "stage", "production", "staging", "vhost", "ssl"};
  if (name.starts_with("nginx") || name == "default.conf" || name == "default.conf.template" ||
      (ext == "conf" && (has(lower, "nginx") || has(lower, "conf.d/") || has(lower, "sites-"))))
    return ext.empty() || one_of(ext, kNginx) ? Kind::nginx : kind_by_extension(ext);
  if (name == "pipfile") return Kind::toml;
  return kind_by_extension(ext);
}

Role role_of(std::string_view path) {
  const std::string lower = text::to_lower(path);
  std::vector<std::string_view> parts = text::split(lower, '/');
  const std::string_view name = parts.back();
  parts.pop_back();
  // A sample is one wherever it stands, and a test file among sources is a test.
  if (is_example_name(name)) return Role::example;
  if (is_test_name(name)) return Role::test;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (one_of(parts[i], kTestFolders)) return Role::test;
    if (one_of(parts[i], kExampleFolders)) return Role::example;
    if (one_of(parts[i], kDocumentFolders)) return Role::document;
    if (parts[i] == ".next" && i + 1 < parts.size() && parts[i + 1] == "static") return Role::bundle;
    // out/, www/ and build/ hold sources in some trees: only what a browser could be given counts as built.
    if (one_of(parts[i], kBundleFolders)) {
      const std::string_view ext = extension(name);
      if (ext == "js" || ext == "mjs" || ext == "css" || ext == "html" || ext == "map" || ext == "json" ||
          ext == "txt" || ext == "xml" || ext == "svg" || parts[i] == "public")
        return Role::bundle;
    }
  }
  return is_document_name(name) ? Role::document : Role::product;
}

Source::Source(const Entry& entry, std::string text) : entry_(&entry), text_(std::move(text)) {
  patterns_only_ = text_.size() > kParsedBytes || entry.size > kParsedBytes;
  const bool code = entry.kind == Kind::javascript || entry.kind == Kind::css || entry.kind == Kind::html;
  if (!patterns_only_ && code && text_.size() > 4096) {
    const std::size_t breaks = static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '\n')) + 1;
    patterns_only_ = text_.size() / breaks > 300;
  }
}

const std::vector<std::size_t>& Source::starts() const {
  if (starts_.empty()) {
    starts_.push_back(0);
    for (std::size_t at = text_.find('\n'); at != std::string::npos && at + 1 < text_.size();
         at = text_.find('\n', at + 1))
      starts_.push_back(at + 1);
  }
  return starts_;
}

int Source::line_at(std::size_t offset) const {
  const auto& s = starts();
  return static_cast<int>(std::upper_bound(s.begin(), s.end(), offset) - s.begin());
}

std::string_view Source::line(int number) const {
  const auto& s = starts();
  if (number < 1 || static_cast<std::size_t>(number) > s.size()) return {};
  const std::size_t from = s[static_cast<std::size_t>(number) - 1];
  std::size_t to = text_.find('\n', from);
  if (to == std::string::npos) to = text_.size();
  if (to > from && text_[to - 1] == '\r') --to;
  return std::string_view(text_).substr(from, to - from);
}

}  // namespace gatehouse::audit
