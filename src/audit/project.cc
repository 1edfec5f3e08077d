#include "audit/project.h"

#include <algorithm>

#include "audit/decode.h"

namespace gatehouse::audit {

Project::Project(const Files& files) : files_(files) {}

const Entry* Project::entry(std::string_view path) const {
  const auto& all = entries();
  auto it =
      std::lower_bound(all.begin(), all.end(), path, [](const Entry& e, std::string_view p) { return e.path < p; });
  return it != all.end() && it->path == path ? &*it : nullptr;
}

std::vector<const Entry*> Project::named(std::string_view file_name) const {
  std::vector<const Entry*> out;
  for (const Entry& e : entries())
    if (e.name() == file_name) out.push_back(&e);
  return out;
}

std::optional<Source> Project::open(std::string_view path) const {
  const Entry* e = entry(path);
  if (e == nullptr || e->size > kParsedBytes) return std::nullopt;
  auto text = files_.read(*e, kParsedBytes);
  if (!text || decode(*e, *text) != Content::text) return std::nullopt;
  return Source(*e, std::move(*text));
}

bool Project::depends_on(std::string_view package) const {
  // Many readers ask this in every file, and a lock file brings thousands of names.
  for (; counted_ < dependencies.size(); ++counted_)
    if (const Dependency& d = dependencies[counted_]; !d.locked) wanted_.insert(d.name);
  return wanted_.contains(package);
}

}  // namespace gatehouse::audit
