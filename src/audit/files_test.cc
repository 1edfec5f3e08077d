#include "audit/files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "audit/audit.h"
#include "base/testing/temporary_folder.h"

namespace gatehouse::audit {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

struct Folder : TemporaryFolder {
  void write(const std::string& name, std::string_view text) const {
    fs::create_directories(fs::path(at(name)).parent_path());
    std::ofstream(at(name), std::ios::binary) << text;
  }
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
  fs::create_symlink(outside.at("secret.txt"), inside.at("link.txt"));
  fs::create_directory_symlink(outside.path(), inside.at("folder"));
  fs::create_directory_symlink(".", inside.at("loop"));
  auto files = open_folder(inside.path());
  ASSERT_TRUE(files);
  EXPECT_THAT(paths(**files), ::testing::ElementsAre("a.txt"));
  EXPECT_THAT((*files)->left_out(), Contains(HasSubstr("3 symbolic links")));
}

TEST(OpenFolder, a_file_swapped_for_a_link_after_the_walk_is_not_read) {
  Folder outside, inside;
  outside.write("secret.txt", "outside");
  inside.write("sub/a.txt", "inside");
  auto files = open_folder(inside.path());
  ASSERT_TRUE(files);
  const Entry& e = (*files)->entries().at(0);
  EXPECT_EQ((*files)->read(e, 100).value(), "inside");
  fs::remove(inside.at("sub/a.txt"));
  fs::create_symlink(outside.at("secret.txt"), inside.at("sub/a.txt"));
  EXPECT_FALSE((*files)->read(e, 100));
  fs::remove_all(inside.at("sub"));
  fs::create_directory_symlink(outside.path(), inside.at("sub"));
  EXPECT_FALSE((*files)->read(e, 100));
}

TEST(OpenFolder, a_hostile_tree_neither_hangs_nor_crashes_the_audit) {
  Folder f;
  // Ten sparse gigabytes, a pipe, names that are not UTF-8, a very deep path, deep nesting inside files.
  const int big = ::open(f.at("big.py").c_str(), O_CREAT | O_WRONLY, 0644);
  ASSERT_EQ(::ftruncate(big, off_t{10} << 30), 0);
  ::close(big);
  ASSERT_EQ(::mkfifo(f.at("pipe.py").c_str(), 0644), 0);
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
  auto files = open_folder(f.path());
  ASSERT_TRUE(files);
  EXPECT_THAT(paths(**files), Not(Contains("pipe.py")));
  ASSERT_THAT((*files)->given_up(), ::testing::SizeIs(1));
  EXPECT_THAT((*files)->given_up()[0].why, HasSubstr("nested deeper"));
  const proof::Report report = audit_source(**files, source_pack(), {});
  EXPECT_FALSE(report.complete);
  // What no parser takes is named; what could be read to its end (a zero byte is a blank) is not.
  EXPECT_THAT(report.given_up, ::testing::IsSupersetOf({"big.py", "deep.py", "deep.ts"}));
  EXPECT_THAT(report.given_up, Contains(::testing::StartsWith("d/d/")));
  EXPECT_THAT(report.given_up, Not(Contains("nul.py")));
}

TEST(OpenFolder, skips_what_others_installed_and_keeps_what_was_built) {
  Folder f;
  for (const char* name :
       {"node_modules/x/a.js", "venv/pyvenv.cfg", "venv/lib/a.py", ".git/config", "dist/app.js", "build/static/js/m.js",
        ".next/static/c.js", ".next/cache/x.js", "public/env.js", "src/a.js"})
    f.write(name, "x");
  auto files = open_folder(f.path());
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

TEST(Repository, finds_a_secret_that_only_the_history_holds) {
  Folder f;
  const std::string key = std::string("sk_li") + "ve_aB3dE7gH1jK9mN5pQ2sT8vW4xY6z";
  const std::string git = "git -C '" + f.path() + "' -c user.name=t -c user.email=t@example.com ";
  f.write("pay.py", "KEY = '" + key + "'\n");
  f.write(".env", "API_SECRET=q8Zt5rLw2Nc7Vb4Xp1\n");
  ASSERT_EQ(std::system((git + "init -q && " + git + "add -A && " + git + "commit -qm one").c_str()), 0);
  f.write("pay.py", "KEY = os.environ['KEY']\n");
  ASSERT_EQ(std::system((git + "commit -qam two").c_str()), 0);
  auto files = open_folder(f.path());
  ASSERT_TRUE(files);
  std::vector<std::string> ids;
  for (const proof::Finding& x : audit_source(**files, source_pack(), {}).findings)
    ids.push_back(x.id + " " + x.locations.front().path);
  EXPECT_THAT(ids, Contains("SEC-002 pay.py"));
  EXPECT_THAT(ids, Contains("ENV-001 .env"));
}

// A repository of three commits, the middle one with the key; `damage` is done to it before it is audited.
proof::Report of_history(const std::string& damage) {
  Folder f;
  const std::string key = std::string("sk_li") + "ve_aB3dE7gH1jK9mN5pQ2sT8vW4xY6z";
  const std::string git = "git -C '" + f.path() + "' -c user.name=t -c user.email=t@example.com ";
  const auto commit = [&](const std::string& text, const std::string& word) {
    f.write("pay.py", text);
    return std::system((git + "add -A && " + git + "commit -qm " + word).c_str()) == 0;
  };
  EXPECT_EQ(std::system((git + "init -q").c_str()), 0);
  EXPECT_TRUE(commit("x = 1\n", "one") && commit("KEY = '" + key + "'\n", "two") && commit("x = 3\n", "three"));
  EXPECT_EQ(std::system(("cd '" + f.path() + "' && " + damage).c_str()), 0);
  auto files = open_folder(f.path());
  return audit_source(**files, source_pack(), {});
}

// Where git keeps an object, as a word of the shell.
std::string object(const std::string& name) {
  return "\"$(git rev-parse " + name + " | sed 's|^..|.git/objects/&/|')\"";
}

bool has_finding(const proof::Report& r, std::string_view id) {
  return std::any_of(r.findings.begin(), r.findings.end(), [&](const proof::Finding& f) { return f.id == id; });
}

TEST(Repository, a_whole_history_leaves_nothing_to_tell) {
  const auto report = of_history("true");
  EXPECT_TRUE(report.complete);
  EXPECT_TRUE(has_finding(report, "SEC-002"));
  EXPECT_THAT(report.not_checked, Not(Contains(HasSubstr("git history"))));
}

// Stops: a secret behind an object that was damaged so that nobody comes to it.
TEST(Repository, objects_that_lie_or_are_missing_make_the_audit_incomplete) {
  for (const std::string& damage :
       {"rm -f " + object("HEAD~1"), "rm -f " + object("HEAD~1^{tree}"), "rm -f " + object("HEAD~1:pay.py"),
        "chmod u+w .git/objects/*/* && cp " + object("HEAD:pay.py") + " " + object("HEAD~1:pay.py"),
        "chmod u+w .git/objects/*/* && echo lie > " + object("HEAD~1^{tree}"),
        std::string("echo 1234567890123456789012345678901234567890 > .git/refs/tags/gone")}) {
    const auto report = of_history(damage);
    EXPECT_FALSE(report.complete) << damage;
    EXPECT_THAT(report.given_up, ::testing::ElementsAre(".git")) << damage;
    EXPECT_THAT(report.not_checked, Contains(HasSubstr("git history: 1 object"))) << damage;
    EXPECT_TRUE(has_finding(report, "GAP-001")) << damage;
  }
}

TEST(Repository, a_missing_commit_ends_its_own_line_and_no_other) {
  const auto report = of_history("git branch old HEAD~1 && rm -f " + object("HEAD"));
  EXPECT_FALSE(report.complete);
  EXPECT_TRUE(has_finding(report, "SEC-002")) << "the other branch still leads to it";
}

TEST(Repository, a_shallow_clone_is_said_to_be_one_and_is_complete) {
  const auto report = of_history(
      "git clone -q --depth 1 \"file://$PWD\" shallow && rm -rf .git && mv shallow/.git .git && rm -rf shallow");
  EXPECT_TRUE(report.complete) << ::testing::PrintToString(report.not_checked);
  EXPECT_THAT(report.not_checked, Contains(HasSubstr("shallow")));
}

}  // namespace
}  // namespace gatehouse::audit
