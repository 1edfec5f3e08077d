#include "audit/git/repository.h"

#include <git2.h>
#include <sys/stat.h>

#include <unordered_set>
#include <vector>

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
using Walk = Owned<git_revwalk, git_revwalk_free>;
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
  for (const char* elsewhere : {"/objects/info/alternates", "/commondir"})
    if (::lstat((dot_git + elsewhere).c_str(), &st) == 0)
      return fail(Source::us, "no_repository", std::string(".git") + elsewhere + " points to another repository");
  for (const char* part : {"/objects", "/refs", "/objects/pack", "/index", "/HEAD", "/packed-refs"})
    if (::lstat((dot_git + part).c_str(), &st) == 0 && S_ISLNK(st.st_mode))
      return fail(Source::us, "no_repository", std::string(".git") + part + " is a symbolic link");
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

Result<std::string> Repository::history(const std::function<void(const HistoryBlob&)>& each,
                                        const HistoryLimits& limits) const {
  git_revwalk* raw_walk = nullptr;
  git_odb* raw_odb = nullptr;
  if (git_revwalk_new(&raw_walk, impl_->repo.get()) != 0) return broken("the history cannot be walked");
  const Walk walk(raw_walk);
  if (git_repository_odb(&raw_odb, impl_->repo.get()) != 0) return broken("the objects cannot be opened");
  const Odb odb(raw_odb);
  git_revwalk_sorting(walk.get(), GIT_SORT_TIME);
  git_revwalk_push_glob(walk.get(), "refs/heads/*");
  git_revwalk_push_glob(walk.get(), "refs/tags/*");
  git_revwalk_push_glob(walk.get(), "refs/remotes/*");
  git_revwalk_push_head(walk.get());  // fails in a repository without commits: nothing to walk then

  OidSet seen;  // trees and blobs
  std::size_t commits = 0, blobs = 0, bytes = 0;
  git_oid id;
  struct Open {
    git_oid tree;
    std::string prefix;
    int depth;
  };
  while (git_revwalk_next(&id, walk.get()) == 0) {
    if (++commits > limits.commits) return "commits older than the newest " + std::to_string(limits.commits);
    git_commit* raw_commit = nullptr;
    if (git_commit_lookup(&raw_commit, impl_->repo.get(), &id) != 0) continue;
    const Commit commit(raw_commit);
    char hex[GIT_OID_HEXSZ + 1];
    git_oid_tostr(hex, sizeof hex, &id);
    std::vector<Open> open{{*git_commit_tree_id(commit.get()), "", 0}};
    while (!open.empty()) {
      const Open at = std::move(open.back());
      open.pop_back();
      if (at.depth > 64 || !seen.insert(at.tree).second) continue;
      git_tree* raw_tree = nullptr;
      if (git_tree_lookup(&raw_tree, impl_->repo.get(), &at.tree) != 0) continue;
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
          if (git_odb_read_header(&size, &kind, odb.get(), &oid) != 0 || size > limits.blob_bytes) continue;
          if (++blobs > limits.blobs) return "blobs after the first " + std::to_string(limits.blobs);
          if ((bytes += size) > limits.all_bytes)
            return "blobs after the first " + std::to_string(limits.all_bytes >> 20) + " MiB";
          git_blob* raw_blob = nullptr;
          if (git_blob_lookup(&raw_blob, impl_->repo.get(), &oid) != 0) continue;
          const Blob blob(raw_blob);
          each({path,
                hex,
                {static_cast<const char*>(git_blob_rawcontent(blob.get())),
                 static_cast<std::size_t>(git_blob_rawsize(blob.get()))}});
        }
      }
    }
  }
  return std::string();
}

}  // namespace gatehouse::audit::git
