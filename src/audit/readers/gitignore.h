// .gitignore and .dockerignore: which paths they leave out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/project.h"

namespace gatehouse::audit {

class IgnoreList {
 public:
  enum class Style : unsigned char { git, docker };
  static IgnoreList parse(std::string_view text, Style style);
  // `path` is relative to the list's folder. The last line that matches decides.
  bool covers(std::string_view path) const;

 private:
  struct Line {
    std::string pattern;
    bool negated = false, anchored = false, folder_only = false;
  };
  std::vector<Line> lines_;
};

// Do the project's .gitignore files leave this path out? Those of the folders above it count, as in git.
bool git_ignores(const Project& project, std::string_view path);

}  // namespace gatehouse::audit
