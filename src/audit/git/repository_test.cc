#include "audit/git/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/testing/temporary_folder.h"

namespace gatehouse::audit::git {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// A repository that git itself made; the commands run in its folder.
class OfGit : public ::testing::Test {
 protected:
  OfGit() {
    std::filesystem::create_directories(root());
    shell(
        "git init -q -b main && git config user.name t && git config user.email t@example.com && git config "
        "gc.auto 0");
  }
  std::string root() const { return folder_.at("project"); }
  void shell(const std::string& commands) const {
    ASSERT_EQ(std::system(("cd '" + root() + "' && { " + commands + "; } >/dev/null 2>&1").c_str()), 0) << commands;
  }
  void write(const std::string& path, const std::string& text) const {
    const auto at = std::filesystem::path(root()) / path;
    std::filesystem::create_directories(at.parent_path());
    std::ofstream(at, std::ios::binary) << text;
  }
  void commit(const std::string& path, const std::string& text) const {
    write(path, text);
    shell("git add -A && git commit -qm word");
  }
  // What the walk gives out: text -> path. `gaps` is what it says of itself.
  std::multimap<std::string, std::string> history(const HistoryLimits& limits = {}) {
    std::multimap<std::string, std::string> out;
    auto opened = Repository::open(root());
    EXPECT_TRUE(opened) << opened.error().detail;
    if (!opened) return out;
    auto walked = opened->history([&](const HistoryBlob& b) { out.emplace(b.text, b.path); }, limits);
    EXPECT_TRUE(walked) << walked.error().detail;
    if (walked) gaps = *walked;
    return out;
  }
  // Why the repository is not opened.
  std::string refused() const {
    auto opened = Repository::open(root());
    return opened ? "opened" : opened.error().detail;
  }
  // A second repository beside the project, with a word in it that the audit of the project must never see.
  void another_beside() const {
    shell(
        "mkdir ../other && cd ../other && git init -q && echo secret-of-another > s && git add s && git -c "
        "user.name=t -c user.email=t@example.com commit -qm s");
  }

  const TemporaryFolder folder_;
  HistoryGaps gaps;
};

TEST_F(OfGit, each_blob_comes_once_and_the_newest_commit_names_it) {
  commit("old.py", "one\n");
  commit("b.py", "two\n");
  shell("git mv old.py new.py && git commit -qm moved");
  EXPECT_THAT(history(), UnorderedElementsAre(Pair("one\n", "new.py"), Pair("two\n", "b.py")));
  EXPECT_EQ(gaps.beyond, "");
  EXPECT_EQ(gaps.broken, 0u);
  EXPECT_FALSE(gaps.shallow);
}

TEST_F(OfGit, packs_and_packed_references_are_read_like_loose_ones) {
  commit("a.py", "one\n");
  commit("a.py", "two\n");
  shell("git branch side && git checkout -q side");
  commit("a.py", "three\n");
  shell(
      "git tag -a v1 -m v1 && git checkout -q main && git branch -D side && git gc -q --prune=now && test -f "
      ".git/packed-refs && ! test -f .git/refs/heads/main");
  EXPECT_THAT(history(), UnorderedElementsAre(Pair("one\n", "a.py"), Pair("two\n", "a.py"), Pair("three\n", "a.py")));
  EXPECT_EQ(gaps.broken, 0u);
}

TEST_F(OfGit, commits_of_a_head_that_is_on_no_branch_are_walked_too) {
  commit("a.py", "one\n");
  shell("git checkout -q --detach");
  commit("a.py", "on no branch\n");
  EXPECT_EQ(history().count("on no branch\n"), 1u);
}

TEST_F(OfGit, a_repository_without_commits_has_no_history_and_no_gaps) {
  EXPECT_THAT(history(), IsEmpty());
  EXPECT_EQ(gaps.broken, 0u);
}

TEST_F(OfGit, a_tag_of_a_file_is_no_damage) {
  commit("a.py", "one\n");
  shell("git tag blob HEAD:a.py");
  history();
  EXPECT_EQ(gaps.broken, 0u);
}

TEST_F(OfGit, tells_what_the_index_holds_and_nothing_of_what_it_ignores) {
  write(".gitignore", "*.log\n");
  write("x.log", "x");
  commit("src/a.py", "one\n");
  shell("rm src/a.py");
  auto opened = Repository::open(root());
  ASSERT_TRUE(opened);
  const auto tracked = opened->tracked();
  ASSERT_TRUE(tracked);
  EXPECT_THAT(*tracked, ElementsAre(".gitignore", "src/a.py")) << "gone from the folder is not gone from git";
}

TEST_F(OfGit, an_index_that_is_no_index_is_said_to_be_broken) {
  commit("a.py", "one\n");
  write(".git/index", "DIRC and then nothing");
  auto opened = Repository::open(root());
  ASSERT_TRUE(opened);
  const auto tracked = opened->tracked();
  ASSERT_FALSE(tracked);
  EXPECT_EQ(tracked.error().code, "broken_repository");
}

TEST_F(OfGit, limits_end_the_walk_and_say_which) {
  for (const char* text : {"one\n", "two\n", "three\n"}) commit("a.py", text);
  HistoryLimits limits;
  limits.commits = 1;
  EXPECT_THAT(history(limits), ElementsAre(Pair("three\n", "a.py"))) << "the newest";
  EXPECT_THAT(gaps.beyond, HasSubstr("commits"));
  limits = {};
  limits.blobs = 2;
  EXPECT_EQ(history(limits).size(), 2u);
  EXPECT_THAT(gaps.beyond, HasSubstr("blobs"));
  limits = {};
  limits.all_bytes = 8;
  EXPECT_EQ(history(limits).size(), 1u);
  EXPECT_THAT(gaps.beyond, HasSubstr("MiB"));
  limits = {};
  limits.blob_bytes = 4;
  EXPECT_EQ(history(limits).count("three\n"), 0u) << "a large blob is left out, and the others are not";
  EXPECT_EQ(gaps.beyond, "");
}

TEST_F(OfGit, folders_in_folders_have_an_end) {
  std::string deep;
  for (int i = 0; i < 80; ++i) deep += "d/";
  commit(deep + "a.py", "deep\n");
  commit("b.py", "one\n");
  EXPECT_THAT(history(), ElementsAre(Pair("one\n", "b.py")));
  EXPECT_EQ(gaps.broken, 1u) << "said, and not passed over";
}

// Stops: the audit of one project showing the files of another that stands on the same machine.
TEST_F(OfGit, whatever_leads_to_another_repository_is_refused_with_its_name) {
  commit("a.py", "one\n");
  another_beside();
  shell("cp -a .git ../kept");
  const auto anew = [&] { shell("rm -rf .git && cp -a ../kept .git"); };

  shell("echo \"$PWD/../other/.git/objects\" > .git/objects/info/alternates");
  EXPECT_EQ(refused(), ".git/objects/info/alternates points to another repository");
  anew();
  shell("for d in ../other/.git/objects/??; do ln -s \"../../$d\" .git/objects/ 2>/dev/null || true; done");
  EXPECT_THAT(refused(), HasSubstr(" is a symbolic link"));
  anew();
  shell("rm -rf .git/objects/aa && mkdir .git/objects/aa && ln -s /etc/passwd .git/objects/aa/bb");
  EXPECT_EQ(refused(), ".git/objects/aa/bb is a symbolic link");
  anew();
  shell("ln -s /etc/passwd .git/refs/heads/x");
  EXPECT_EQ(refused(), ".git/refs/heads/x is a symbolic link");
  for (const char* part : {"objects", "refs", "HEAD", "index", "config"}) {
    anew();
    shell(std::string("mv .git/") + part + " ../moved && ln -s ../../moved .git/" + part);
    EXPECT_EQ(refused(), std::string(".git/") + part + " is a symbolic link");
    shell("rm -rf ../moved");
  }
  anew();
  shell("printf '[core]\\n\\tx = y\\n[InClude]\\n\\tpath = /etc/hostname\\n' >> .git/config");
  EXPECT_EQ(refused(), ".git/config includes other files");
  anew();
  EXPECT_EQ(refused(), "opened") << "nothing of it was wrong before";
}

TEST_F(OfGit, a_worktree_is_not_followed_to_where_its_objects_are) {
  commit("a.py", "one\n");
  shell("git worktree add -q ../tree");
  const auto tree = Repository::open(folder_.at("tree"));
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().code, "no_repository");
  const auto inner = Repository::open(root() + "/.git/worktrees");
  EXPECT_FALSE(inner) << "no looking for a repository further up";
  EXPECT_EQ(refused(), "opened") << "the one it belongs to is read";
  shell("echo ../other > .git/commondir");
  EXPECT_EQ(refused(), ".git/commondir points to another repository");
}

// Stops: an audit that waits for ever for whoever writes into a pipe.
TEST_F(OfGit, pipes_in_the_place_of_files_are_refused_and_never_opened) {
  commit("a.py", "one\n");
  shell("cp -a .git ../kept");
  for (const char* part :
       {"HEAD", "config", "config.worktree", "index", "packed-refs", "shallow", "refs/heads/pipe", "objects/ab"}) {
    shell("rm -rf .git && cp -a ../kept .git && rm -rf .git/" + std::string(part) + " && mkfifo .git/" + part);
    EXPECT_EQ(refused(), std::string(".git/") + part + " is no file");
  }
}

TEST(Repository, what_is_no_repository_is_told_apart_from_a_broken_one) {
  const TemporaryFolder empty;
  EXPECT_EQ(Repository::open(empty.path()).error().code, "no_repository");
  std::ofstream(empty.at(".git")) << "gitdir: /somewhere/else\n";
  EXPECT_EQ(Repository::open(empty.path()).error().code, "no_repository");
  const TemporaryFolder broken;
  std::filesystem::create_directories(broken.at(".git/objects/aa"));
  std::ofstream(broken.at(".git/objects/aa/bb")) << "not an object";
  EXPECT_EQ(Repository::open(broken.path()).error().code, "broken_repository");
}

}  // namespace
}  // namespace gatehouse::audit::git
