#include "audit/git/repository.h"

#include <git2.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <queue>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/text.h"

namespace gatehouse::audit::git {
namespace {

template <class T, void (*Free)(T*)>
struct Freer {
  void operator()(T* p) const { Free(p); }
};
template <class T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freer<T, Free>>;
using Repo = Owned<git_repository, git_repository_free>;
using Index = Owned<git_index, git_index_free>;
using Reference = Owned<git_reference, git_reference_free>;
using References = Owned<git_reference_iterator, git_reference_iterator_free>;
using Object = Owned<git_object, git_object_free>;
using Commit = Owned<git_commit, git_commit_free>;
using Tree = Owned<git_tree, git_tree_free>;
using Odb = Owned<git_odb, git_odb_free>;
using Blob = Owned<git_blob, git_blob_free>;

struct OidHash {
  std::size_t operator()(const git_oid& o) const {
    std::size_t h = 0;
    for (std::size_t i = 0; i < sizeof(h); ++i) h = (h << 8) | o.id[i];
    return h;
  }
};
struct OidEqual {
  bool operator()(const git_oid& a, const git_oid& b) const { return git_oid_equal(&a, &b) != 0; }
};
using OidSet = std::unordered_set<git_oid, OidHash, OidEqual>;

tl::unexpected<Problem> broken(const char* what) {
  const git_error* e = git_error_last();
  return fail(Source::us, "broken_repository",
              std::string(what) + (e != nullptr ? std::string(": ") + e->message : ""));
}

// The library counts its users itself.
struct Library {
  Library() {
    git_libgit2_init();
    // The folder's owner does not matter for reading; what its objects claim to be does.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() { git_libgit2_shutdown(); }
};

constexpr std::size_t kMostParts = 2'000'000;  // files below .git/objects and .git/refs
constexpr std::uintmax_t kMostConfig = 1 << 20;

tl::unexpected<Problem> elsewhere(const std::string& part, std::string_view why) {
  return fail(Source::us, "no_repository", ".git" + part + std::string(why));
}

// Nothing, or why this part is not the repository's own. What is absent is for the library to miss.
// Stops: a link to the objects of another repository of this machine, and a pipe that holds its reader for ever.
Result<void> own_part(const std::string& dot_git, const std::string& part, mode_t kind) {
  struct stat st{};
  if (::lstat((dot_git + part).c_str(), &st) != 0) return {};
  if (S_ISLNK(st.st_mode)) return elsewhere(part, " is a symbolic link");
  if ((st.st_mode & S_IFMT) != kind) return elsewhere(part, kind == S_IFDIR ? " is no folder" : " is no file");
  return {};
}

Result<void> own_parts_below(const std::string& dot_git, const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::size_t parts = 0;
  for (fs::recursive_directory_iterator at(dot_git + folder, error), end; !error && at != end; at.increment(error)) {
    if (++parts > kMostParts) return elsewhere(folder, " holds too many files to be looked through");
    const fs::file_type type = at->symlink_status(error).type();
    if (error || type == fs::file_type::directory || type == fs::file_type::regular) continue;
    return elsewhere(at->path().string().substr(dot_git.size()),
                     type == fs::file_type::symlink ? " is a symbolic link" : " is no file");
  }
  return {};
}

// Stops: settings that have the library open any file of this machine, or a pipe, as more settings.
Result<void> own_settings(const std::string& dot_git) {
  for (const char* name : {"/config", "/config.worktree"}) {
    std::ifstream in(dot_git + name, std::ios::binary);
    std::string text(kMostConfig, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() == kMostConfig) return elsewhere(name, " is larger than settings are");
    if (text::to_lower(text).find("[include") != std::string::npos) return elsewhere(name, " includes other files");
  }
  return {};
}

}  // namespace

struct Repository::Impl {
  Library library;
  Repo repo;
};

Repository::Repository(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Result<Repository> Repository::open(const std::string& folder) {
  const std::string dot_git = folder + "/.git";
  struct stat st{};
  // Stops: a `.git` file or link, or a list of alternates, that makes us read another repository of this machine.
  if (::lstat(dot_git.c_str(), &st) != 0 || !S_ISDIR(st.st_mode))
    return fail(Source::us, "no_repository", "no .git folder");
  for (const char* other : {"/objects/info/alternates", "/commondir"})
    if (::lstat((dot_git + other).c_str(), &st) == 0) return elsewhere(other, " points to another repository");
  for (const char* below : {"/objects", "/refs"}) {
    if (auto own = own_part(dot_git, below, S_IFDIR); !own) return fail(std::move(own.error()));
    if (auto own = own_parts_below(dot_git, below); !own) return fail(std::move(own.error()));
  }
  for (const char* file : {"/HEAD", "/index", "/packed-refs", "/config", "/config.worktree", "/shallow"})
    if (auto own = own_part(dot_git, file, S_IFREG); !own) return fail(std::move(own.error()));
  if (auto own = own_settings(dot_git); !own) return fail(std::move(own.error()));
  auto impl = std::make_unique<Impl>();
  git_repository* raw = nullptr;
  if (git_repository_open_ext(&raw, folder.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) != 0)
    return broken("the repository cannot be opened");
  impl->repo.reset(raw);
  return Repository(std::move(impl));
}

Result<std::set<std::string, std::less<>>> Repository::tracked() const {
  git_index* raw = nullptr;
  if (git_repository_index(&raw, impl_->repo.get()) != 0) return broken("the index cannot be read");
  const Index index(raw);
  std::set<std::string, std::less<>> out;
  const std::size_t n = git_index_entrycount(index.get());
  for (std::size_t i = 0; i < n; ++i)
    if (const git_index_entry* e = git_index_get_byindex(index.get(), i)) out.emplace(e->path);
  return out;
}

namespace {

// Commits, newest first, from every branch and tag. A parent that is missing ends its line, not the walk.
class Commits {
 public:
  Commits(git_repository* repo, bool shallow, HistoryGaps& gaps) : repo_(repo), shallow_(shallow), gaps_(gaps) {}

  bool begin() {
    git_reference_iterator* raw = nullptr;
    if (git_reference_iterator_new(&raw, repo_) != 0) return false;
    const References references(raw);
    git_reference* ref = nullptr;
    int state = 0;
    while ((state = git_reference_next(&ref, references.get())) == 0) {
      const Reference one(ref);
      if (git_reference_is_branch(ref) || git_reference_is_remote(ref) || git_reference_is_tag(ref)) enter(ref);
    }
    if (state != GIT_ITEROVER) ++gaps_.broken;
    if (git_repository_head(&ref, repo_) == 0) {  // fails in a repository without commits: nothing to walk then
      const Reference head(ref);
      enter(ref);
    }
    return true;
  }

  Commit next() {
    if (open_.empty()) return nullptr;
    const git_oid id = open_.top().second;
    open_.pop();
    git_commit* raw = nullptr;
    if (git_commit_lookup(&raw, repo_, &id) != 0) return nullptr;  // it was there a moment ago
    Commit commit(raw);
    for (unsigned i = 0; i < git_commit_parentcount(raw); ++i) enter(*git_commit_parent_id(raw, i), true);
    return commit;
  }

 private:
  struct Older {
    bool operator()(const std::pair<git_time_t, git_oid>& a, const std::pair<git_time_t, git_oid>& b) const {
      return a.first < b.first;
    }
  };

  void enter(const git_reference* ref) {
    git_object* raw = nullptr;
    const int state = git_reference_peel(&raw, ref, GIT_OBJECT_COMMIT);
    const Object object(raw);
    if (state == 0)
      enter(*git_object_id(raw), false);
    else if (state != GIT_EPEEL && state != GIT_EINVALIDSPEC)  // tags of a blob or a tree lead to no commit
      ++gaps_.broken;
  }
  void enter(const git_oid& id, bool parent) {
    if (!seen_.insert(id).second) return;
    git_commit* raw = nullptr;
    const int state = git_commit_lookup(&raw, repo_, &id);
    const Commit commit(raw);
    if (state == 0)
      open_.emplace(git_commit_time(raw), id);
    else if (state == GIT_ENOTFOUND && parent && shallow_)
      gaps_.shallow = true;
    else
      ++gaps_.broken;
  }

  git_repository* repo_;
  bool shallow_;
  HistoryGaps& gaps_;
  OidSet seen_;
  std::priority_queue<std::pair<git_time_t, git_oid>, std::vector<std::pair<git_time_t, git_oid>>, Older> open_;
};

}  // namespace

Result<HistoryGaps> Repository::history(const std::function<void(const HistoryBlob&)>& each,
                                        const HistoryLimits& limits) const {
  git_odb* raw_odb = nullptr;
  if (git_repository_odb(&raw_odb, impl_->repo.get()) != 0) return broken("the objects cannot be opened");
  const Odb odb(raw_odb);
  struct stat st{};
  const std::string shallow = std::string(git_repository_path(impl_->repo.get())) + "shallow";
  HistoryGaps gaps;
  Commits walk(impl_->repo.get(), ::lstat(shallow.c_str(), &st) == 0, gaps);
  if (!walk.begin()) return broken("the history cannot be walked");

  OidSet seen;  // trees and blobs
  std::size_t commits = 0, blobs = 0, bytes = 0;
  struct Open {
    git_oid tree;
    std::string prefix;
    int depth;
  };
  while (const Commit commit = walk.next()) {
    if (++commits > limits.commits) {
      gaps.beyond = "commits older than the newest " + std::to_string(limits.commits);
      return gaps;
    }
    char hex[GIT_OID_HEXSZ + 1];
    git_oid_tostr(hex, sizeof hex, git_commit_id(commit.get()));
    std::vector<Open> open{{*git_commit_tree_id(commit.get()), "", 0}};
    while (!open.empty()) {
      const Open at = std::move(open.back());
      open.pop_back();
      if (!seen.insert(at.tree).second) continue;
      git_tree* raw_tree = nullptr;
      if (at.depth > 64 || git_tree_lookup(&raw_tree, impl_->repo.get(), &at.tree) != 0) {
        ++gaps.broken;
        continue;
      }
      const Tree tree(raw_tree);
      for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
        const git_tree_entry* e = git_tree_entry_byindex(tree.get(), i);
        const git_oid& oid = *git_tree_entry_id(e);
        const std::string path = at.prefix + git_tree_entry_name(e);
        const git_object_t type = git_tree_entry_type(e);
        if (type == GIT_OBJECT_TREE) {
          open.push_back({oid, path + "/", at.depth + 1});
        } else if (type == GIT_OBJECT_BLOB && seen.insert(oid).second) {
          std::size_t size = 0;
          git_object_t kind = GIT_OBJECT_ANY;
          // The header first: a small delta may unfold to gigabytes.
          if (git_odb_read_header(&size, &kind, odb.get(), &oid) != 0) {
            ++gaps.broken;
            continue;
          }
          if (size > limits.blob_bytes) continue;
          if (++blobs > limits.blobs) {
            gaps.beyond = "blobs after the first " + std::to_string(limits.blobs);
            return gaps;
          }
          if ((bytes += size) > limits.all_bytes) {
            gaps.beyond = "blobs after the first " + std::to_string(limits.all_bytes >> 20) + " MiB";
            return gaps;
          }
          git_blob* raw_blob = nullptr;
          if (git_blob_lookup(&raw_blob, impl_->repo.get(), &oid) != 0) {
            ++gaps.broken;
            continue;
          }
          const Blob blob(raw_blob);
          each({path,
                hex,
                {static_cast<const char*>(git_blob_rawcontent(blob.get())),
                 static_cast<std::size_t>(git_blob_rawsize(blob.get()))}});
        }
      }
    }
  }
  return gaps;
}

}  // namespace gatehouse::audit::git
