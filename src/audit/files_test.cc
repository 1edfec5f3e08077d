#include "audit/files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "audit/audit.h"
#include "audit/git/repository.h"

namespace gatehouse::audit {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "gatehouse_audit_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::vector<std::string> paths(const Files& files) {
  std::vector<std::string> out;
  for (const Entry& e : files.entries()) out.push_back(e.path);
  return out;
}

TEST(OpenFolder, never_follows_a_link_out_of_the_folder) {
  Folder outside, inside;
  outside.write("secret.txt", "x");
  inside.write("a.txt", "y");
  fs::create_symlink(outside.path() / "secret.txt", inside.path() / "link.txt");
  fs::create_directory_symlink(outside.path(), inside.path() / "folder");
  fs::create_directory_symlink(".", inside.path() / "loop");
  auto files = open_folder(inside.path().string());
  ASSERT_TRUE(files);
  EXPECT_THAT(paths(**files), ::testing::ElementsAre("a.txt"));
  EXPECT_THAT((*files)->left_out(), Contains(HasSubstr("3 symbolic links")));
}

TEST(OpenFolder, a_file_swapped_for_a_link_after_the_walk_is_not_read) {
  Folder outside, inside;
  outside.write("secret.txt", "outside");
  inside.write("sub/a.txt", "inside");
  auto files = open_folder(inside.path().string());
  ASSERT_TRUE(files);
  const Entry& e = (*files)->entries().at(0);
  EXPECT_EQ((*files)->read(e, 100).value(), "inside");
  fs::remove(inside.path() / "sub/a.txt");
  fs::create_symlink(outside.path() / "secret.txt", inside.path() / "sub/a.txt");
  EXPECT_FALSE((*files)->read(e, 100));
  fs::remove_all(inside.path() / "sub");
  fs::create_directory_symlink(outside.path(), inside.path() / "sub");
  EXPECT_FALSE((*files)->read(e, 100));
}

TEST(OpenFolder, a_hostile_tree_neither_hangs_nor_crashes_the_audit) {
  Folder f;
  // Ten sparse gigabytes, a pipe, names that are not UTF-8, a very deep path, deep nesting inside files.
  const int big = ::open((f.path() / "big.py").c_str(), O_CREAT | O_WRONLY, 0644);
  ASSERT_EQ(::ftruncate(big, off_t{10} << 30), 0);
  ::close(big);
  ASSERT_EQ(::mkfifo((f.path() / "pipe.py").c_str(), 0644), 0);
  f.write("bad\xff\xfename.py", "SECRET_KEY = 'x'\n");
  f.write("deep.json", std::string(100'000, '['));
  f.write("deep.py", std::string(50'000, '('));
  f.write("deep.ts", std::string(50'000, '{'));
  f.write("deep.yml", std::string(50'000, '['));
  f.write("compose.yml", "services: &a\n  x: *a\n");
  f.write("nul.py", std::string("a = 1\0b", 7));
  std::string path = "d";
  for (int i = 0; i < 90; ++i) path += "/d";
  f.write(path + "/x.py", "a = 1\n");
  auto files = open_folder(f.path().string());
  ASSERT_TRUE(files);
  EXPECT_THAT(paths(**files), Not(Contains("pipe.py")));
  EXPECT_THAT((*files)->left_out(), Contains(HasSubstr("nested deeper")));
  const proof::Report report = audit_source(**files, source_pack(), {});
  EXPECT_THAT(report.not_checked, Contains(HasSubstr("big.py")));
  EXPECT_FALSE(report.complete);
}

TEST(OpenFolder, skips_what_others_installed_and_keeps_what_was_built) {
  Folder f;
  for (const char* name :
       {"node_modules/x/a.js", "venv/pyvenv.cfg", "venv/lib/a.py", ".git/config", "dist/app.js", "build/static/js/m.js",
        ".next/static/c.js", ".next/cache/x.js", "public/env.js", "src/a.js"})
    f.write(name, "x");
  auto files = open_folder(f.path().string());
  ASSERT_TRUE(files);
  EXPECT_THAT(paths(**files), ::testing::ElementsAre(".next/static/c.js", "build/static/js/m.js", "dist/app.js",
                                                     "public/env.js", "src/a.js"));
}

TEST(Role, is_told_by_the_path) {
  EXPECT_EQ(role_of("src/app.ts"), Role::product);
  EXPECT_EQ(role_of("src/app.test.ts"), Role::test);
  EXPECT_EQ(role_of("backend/tests/test_x.py"), Role::test);
  EXPECT_EQ(role_of(".env.example"), Role::example);
  EXPECT_EQ(role_of(".env.production"), Role::product);
  EXPECT_EQ(role_of("docs/setup.md"), Role::document);
  EXPECT_EQ(role_of("web/dist/assets/i.js"), Role::bundle);
  EXPECT_EQ(role_of("public/env.js"), Role::bundle);
  EXPECT_EQ(role_of("build/generate.py"), Role::product);
}

TEST(Repository, refuses_a_git_folder_that_points_elsewhere) {
  Folder f;
  f.write(".git", "gitdir: /somewhere/else\n");
  EXPECT_FALSE(git::Repository::open(f.path().string()));
  Folder g;
  g.write(".git/objects/info/alternates", "/somewhere/else\n");
  EXPECT_FALSE(git::Repository::open(g.path().string()));
  Folder broken;
  broken.write(".git/HEAD", "ref: refs/heads/main\n");
  broken.write(".git/objects/aa/bb", "not an object");
  auto opened = git::Repository::open(broken.path().string());
  if (opened) {
    EXPECT_NO_THROW((void)opened->history([](const git::HistoryBlob&) {}));
  }
}

TEST(Repository, finds_a_secret_that_only_the_history_holds) {
  Folder f;
  const std::string key = std::string("sk_li") + "ve_aB3dE7gH1jK9mN5pQ2sT8vW4xY6z";
  const std::string git = "git -C '" + f.path().string() + "' -c user.name=t -c user.email=t@example.com ";
  f.write("pay.py", "KEY = '" + key + "'\n");
  f.write(".env", "API_SECRET=q8Zt5rLw2Nc7Vb4Xp1\n");
  ASSERT_EQ(std::system((git + "init -q && " + git + "add -A && " + git + "commit -qm one").c_str()), 0);
  f.write("pay.py", "KEY = os.environ['KEY']\n");
  ASSERT_EQ(std::system((git + "commit -qam two").c_str()), 0);
  auto files = open_folder(f.path().string());
  ASSERT_TRUE(files);
  std::vector<std::string> ids;
  for (const proof::Finding& x : audit_source(**files, source_pack(), {}).findings)
    ids.push_back(x.id + " " + x.locations.front().path);
  EXPECT_THAT(ids, Contains("SEC-002 pay.py"));
  EXPECT_THAT(ids, Contains("ENV-001 .env"));
}

}  // namespace
}  // namespace gatehouse::audit
