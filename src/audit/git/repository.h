// The audited project's own git objects, read without running git and without leaving the folder.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gatehouse::audit::git {

struct HistoryLimits {
  std::size_t blobs = 100'000;
  std::size_t blob_bytes = 1u << 20;
  std::size_t all_bytes = std::size_t{512} << 20;
  std::size_t commits = 20'000;
};

// What the walk did not see.
struct HistoryGaps {
  std::string beyond;      // which limit ended it; empty: none did
  std::size_t broken = 0;  // references and objects that are missing, or not what they claim to be
  bool shallow = false;    // a clone without its older commits
};

struct HistoryBlob {
  std::string path;    // where it stood when it was first met, newest commit first
  std::string commit;  // full hex id
  std::string_view text;
};

class Repository {
 public:
  // Only a `.git` folder that stands in `folder` itself and has all its parts. Problem "no_repository" when there is
  // none, or when it or a part of it leads elsewhere (a link, alternates, settings that include others) or is no file;
  // "broken_repository" when the library cannot open it.
  static Result<Repository> open(const std::string& folder);
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  ~Repository();

  // Paths in the index.
  Result<std::set<std::string, std::less<>>> tracked() const;
  // Every blob of every commit reachable from a branch or tag, each once. Stops at the limits, and goes on past objects
  // that lie. Problem "broken_repository" when there is no way in at all.
  Result<HistoryGaps> history(const std::function<void(const HistoryBlob&)>& each,
                              const HistoryLimits& limits = {}) const;

 private:
  struct Impl;
  explicit Repository(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What readers and checks may know of git.
struct GitFacts {
  bool known = false;
  std::set<std::string, std::less<>> tracked;
};

}  // namespace gatehouse::audit::git
