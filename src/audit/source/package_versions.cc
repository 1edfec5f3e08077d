#include "audit/source/package_versions.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::audit::source {

namespace {

Version version_in(std::string_view s) {
  Version v;
  std::size_t i = s.find_first_of("0123456789");
  if (i == s.npos) return v;
  const auto number = [&] {
    int n = 0;
    for (; i < s.size() && text::is_digit(s[i]); ++i) n = std::min(n * 10 + (s[i] - '0'), 100000);
    return n;
  };
  v.major = number();
  if (i + 1 < s.size() && s[i] == '.' && text::is_digit(s[i + 1])) {
    ++i;
    v.minor = number();
  }
  return v;
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash + 1);
}

}  // namespace

bool at_least(const File& file, std::string_view package, Version from) {
  const Dependency* nearest = nullptr;
  for (const Dependency& d : file.project.dependencies) {
    if (d.name != package || !file.path.starts_with(folder_of(d.path))) continue;
    const bool nearer = nearest == nullptr || folder_of(d.path).size() > folder_of(nearest->path).size();
    const bool surer = nearest != nullptr && folder_of(d.path).size() == folder_of(nearest->path).size() &&
                       !d.version.empty() && nearest->version.empty();
    if (nearer || surer) nearest = &d;
  }
  if (nearest == nullptr) return false;
  const std::string_view asked = nearest->version.empty() ? nearest->wanted : nearest->version;
  if (asked.empty()) return nearest->ecosystem == "PyPI";
  if (asked.starts_with('<') || asked.starts_with('*') || asked.find("||") != asked.npos) return false;
  return version_in(asked) >= from;
}

}  // namespace gatehouse::audit::source
