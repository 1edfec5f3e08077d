// What is known of the audited project: its files, and the facts that readers found in them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/files.h"
#include "audit/source.h"
#include "proof/finding.h"

namespace gatehouse::audit {

// NAME=value in an environment file, a Dockerfile, a Compose file or a workflow.
struct EnvVariable {
  std::string name, value;
  std::string path;
  int line = 0;
  bool example = false;  // from .env.example and the like
};

// A package somebody asked for, or that a lock file settled.
struct Dependency {
  std::string ecosystem;  // "PyPI", "npm", as in OSV
  std::string name;       // lower case
  std::string wanted;     // as written: "^5.52.0", ">=4", ""
  std::string version;    // settled exactly, or empty
  bool dev = false;
  bool locked = false;  // came from a lock file
  std::string path;
  int line = 0;
};

class Project {
 public:
  explicit Project(const Files& files);

  const Files& files() const { return files_; }
  const std::vector<Entry>& entries() const { return files_.entries(); }
  const Entry* entry(std::string_view path) const;                    // exact path, or null
  std::vector<const Entry*> named(std::string_view file_name) const;  // wherever it stands
  // The file's text again, up to 1 MiB; nothing when it is larger or unreadable.
  std::optional<Source> open(std::string_view path) const;

  std::vector<EnvVariable> env;
  std::vector<Dependency> dependencies;
  std::set<std::string, std::less<>> frameworks;  // "django", "drf", "express", "next", "fastapi", "flask", "vite", …

  // Does a manifest ask for this package? Name in lower case, either ecosystem.
  bool depends_on(std::string_view package) const;

  // A reader's own notes, kept by type and made at the first question. Readers write them, checks read them.
  // The key is an address and not the type's name: two files may each have a struct of one name in an unnamed
  // namespace, and some compilers give both the same std::type_info name.
  template <class T>
  T& notes() {
    auto& slot = notes_[&key_<T>];
    if (!slot) slot = std::make_shared<T>();
    return *static_cast<T*>(slot.get());
  }
  template <class T>
  const T& notes() const {
    static const T none;
    auto it = notes_.find(&key_<T>);
    return it == notes_.end() ? none : *static_cast<const T*>(it->second.get());
  }

 private:
  const Files& files_;
  template <class T>
  inline static const char key_ = 0;

  std::map<const void*, std::shared_ptr<void>> notes_;
  mutable std::set<std::string, std::less<>>
      wanted_;  // names of the first counted_ dependencies that a manifest asks for
  mutable std::size_t counted_ = 0;
};

}  // namespace gatehouse::audit
