#include "audit/readers/gitignore.h"

#include <fnmatch.h>

#include "base/text.h"

namespace gatehouse::audit {

IgnoreList IgnoreList::parse(std::string_view text, Style style) {
  IgnoreList out;
  for (std::string_view line : text::split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = text::trim(line);
    if (line.empty() || line.front() == '#') continue;
    Line l;
    if (line.front() == '!') {
      l.negated = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      l.folder_only = true;
      line.remove_suffix(1);
    }
    l.anchored = style == Style::docker || line.find('/') != std::string_view::npos;
    if (line.starts_with('/')) line.remove_prefix(1);
    if (line.starts_with("./")) line.remove_prefix(2);
    if (line.starts_with("**/")) {
      line.remove_prefix(3);
      l.anchored = false;
    }
    if (line.ends_with("/**")) line.remove_suffix(3);
    l.pattern = line;
    if (!l.pattern.empty()) out.lines_.push_back(std::move(l));
  }
  return out;
}

bool IgnoreList::covers(std::string_view path) const {
  bool ignored = false;
  for (const Line& l : lines_) {
    bool match = false;
    // The path itself, and each folder above it.
    for (std::size_t end = path.size();;) {
      const std::string part(path.substr(0, end));
      const bool whole = end == path.size();
      if (!(whole && l.folder_only)) {
        if (l.anchored) {
          match = ::fnmatch(l.pattern.c_str(), part.c_str(), FNM_PATHNAME) == 0;
        } else {
          const std::size_t slash = part.rfind('/');
          const std::string name = slash == std::string::npos ? part : part.substr(slash + 1);
          match = ::fnmatch(l.pattern.c_str(), name.c_str(), 0) == 0 ||
                  ::fnmatch(l.pattern.c_str(), part.c_str(), FNM_PATHNAME) == 0;
        }
      }
      if (match) break;
      end = path.substr(0, end).rfind('/');
      if (end == std::string_view::npos) break;
    }
    if (match) ignored = !l.negated;
  }
  return ignored;
}

bool git_ignores(const Project& project, std::string_view path) {
  bool ignored = false;
  // From the top down: nearer lists speak last.
  for (std::size_t from = 0;;) {
    const std::string folder(path.substr(0, from));
    if (auto list = project.open(folder + ".gitignore")) {
      // A nearer list that says nothing leaves the verdict of the farther one.
      ignored |= IgnoreList::parse(list->text(), IgnoreList::Style::git).covers(path.substr(from));
    }
    const std::size_t slash = path.find('/', from);
    if (slash == std::string_view::npos) return ignored;
    from = slash + 1;
  }
}

}  // namespace gatehouse::audit
