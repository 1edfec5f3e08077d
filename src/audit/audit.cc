#include "audit/audit.h"

#include <algorithm>
#include <array>

#include "audit/decode.h"
#include "audit/readers/dependencies.h"
#include "audit/settle.h"
#include "audit/suppress.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr std::size_t kPatternBytes = std::size_t{64} << 20;
constexpr std::size_t kNamed = 12;  // how many files a remark names before it only counts

// Pictures, fonts, archives and the like hold no words of the project.
bool is_binary_name(std::string_view name) {
  static constexpr std::array<std::string_view, 46> kExtensions = {
      "png", "jpg",  "jpeg", "gif", "webp", "avif", "ico",    "bmp",     "tif",   "tiff", "woff", "woff2",
      "ttf", "otf",  "eot",  "mp3", "mp4",  "mov",  "webm",   "wav",     "ogg",   "zip",  "gz",   "bz2",
      "xz",  "7z",   "tar",  "tgz", "rar",  "jar",  "pdf",    "psd",     "so",    "a",    "o",    "dll",
      "exe", "wasm", "pyc",  "bin", "node", "db",   "sqlite", "sqlite3", "lockb", "icns"};
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string ext = text::to_lower(name.substr(dot + 1));
  return std::find(kExtensions.begin(), kExtensions.end(), ext) != kExtensions.end();
}

std::string named(const std::vector<std::string>& paths) {
  std::string out;
  for (std::size_t i = 0; i < paths.size() && i < kNamed; ++i) out += (i > 0 ? ", " : "") + text::printable(paths[i]);
  if (paths.size() > kNamed) out += " and " + std::to_string(paths.size() - kNamed) + " more";
  return out;
}

// Environment files first, then manifests and lock files: what they say helps to judge the rest.
int turn(const Entry& e) {
  if (e.kind == Kind::env) return 0;
  if (e.kind == Kind::lock || e.name() == "package.json" || e.name() == "pyproject.toml" ||
      names_requirements(e.name()))
    return 1;
  return e.role == Role::bundle ? 3 : 2;
}

}  // namespace

proof::Report audit_source(const Files& files, Pack pack, const AuditOptions& options) {
  Project project(files);
  Sink sink;
  Ignores ignores;
  std::vector<const Entry*> order;
  for (const Entry& e : files.entries()) order.push_back(&e);
  std::stable_sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) { return turn(*a) < turn(*b); });

  for (auto& reader : pack.readers) reader->begin(project, sink);
  std::vector<std::string> patterns_only, no_text;
  std::size_t done = 0, read = 0;
  for (const Entry* e : order) {
    if (options.progress && done % 64 == 0) options.progress(done, order.size());
    ++done;
    if (is_binary_name(e->name())) continue;
    const bool wanted =
        std::any_of(pack.readers.begin(), pack.readers.end(), [&](const auto& r) { return r->wants(*e); });
    if (!wanted && e->name() != ".gatehouse-ignore") continue;
    auto text = files.read(*e, kPatternBytes);
    if (!text) {
      sink.gave_up({e->path, "the file cannot be read", false});
      continue;
    }
    const Content content = decode(*e, *text);
    if (content == Content::encrypted || content == Content::stream) no_text.push_back(e->path);
    if (content != Content::text) continue;
    if (e->size > kPatternBytes && e->kind != Kind::other && e->kind != Kind::text)
      sink.gave_up({e->path, "only its first 64 MiB were read"});
    ++read;
    const Source source(*e, std::move(*text));
    if (source.patterns_only() && e->role != Role::bundle && e->kind != Kind::lock && e->kind != Kind::other &&
        e->kind != Kind::text)
      patterns_only.push_back(e->path);
    if (e->path == ".gatehouse-ignore") ignores.add_file(e->path, source.text());
    ignores.scan(source);
    for (auto& reader : pack.readers)
      if (reader->wants(*e) && (!source.patterns_only() || reader->takes_patterns_only()))
        reader->read(source, project, sink);
  }
  if (options.progress) options.progress(order.size(), order.size());
  for (const auto& check : pack.checks) check->look(project, sink);
  if (options.seen) options.seen(project);

  if (!no_text.empty()) sink.not_checked("encrypted, or films with the name of a source file: " + named(no_text));
  if (!patterns_only.empty())
    sink.not_checked("over 1 MiB or minified, so searched for secrets only and not parsed: " + named(patterns_only));
  proof::Report report = settle(project, sink, ignores, options);
  // Stops: a wrong folder in a pipeline that is clean for ever, since nothing stands in it.
  if (read == 0 && report.complete) {
    report.not_checked.push_back("the source: there is no file in this folder that an audit reads; name the project's");
    report.looked.source = false;
    report.complete = false;
  }
  return report;
}

}  // namespace gatehouse::audit
