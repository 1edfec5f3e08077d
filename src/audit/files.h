// Where the audited files come from: a folder on disk, or memory for tests.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/given_up.h"
#include "audit/source.h"
#include "base/result.h"

namespace gatehouse::audit {

class Files {
 public:
  virtual ~Files() = default;
  // Sorted by path; each once.
  virtual const std::vector<Entry>& entries() const = 0;
  // At most `limit` bytes from the start. Problem "unreadable" when it is gone, grew wild or is no regular file.
  virtual Result<std::string> read(const Entry& entry, std::size_t limit) const = 0;
  // What the walk left out by design, in words for "not checked".
  virtual const std::vector<std::string>& left_out() const = 0;
  // What it should have entered and could not.
  virtual const std::vector<GivenUp>& given_up() const = 0;
  // The folder on disk, for what needs it (git); empty for memory.
  virtual std::string root() const { return {}; }
};

struct WalkLimits {
  std::size_t files = 200'000;
  int depth = 64;
};

// Walks below `folder` without following any symbolic link, without leaving the file system folder it was given, and
// without reading devices, pipes or sockets. Skips what others wrote and installed (node_modules, virtual
// environments, VCS folders, caches), never what the project built (dist, build, .next/static, public).
// Problem "no_folder" with the system's reason when it cannot be opened.
Result<std::unique_ptr<Files>> open_folder(const std::string& folder, const WalkLimits& limits = {});

// Files that exist only here: {path, text}.
std::unique_ptr<Files> memory_files(std::vector<std::pair<std::string, std::string>> files);

}  // namespace gatehouse::audit
