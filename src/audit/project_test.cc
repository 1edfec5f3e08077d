#include "audit/project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Tree = std::vector<std::pair<std::string, std::string>>;

TEST(Project, a_file_is_found_by_its_whole_path_and_by_no_part_of_it) {
  const auto files =
      memory_files(Tree{{"src/app.py", "x"}, {"src/app.pyc", "x"}, {"app.py", "x"}, {"src-old/app.py", "x"}});
  const Project project(*files);
  for (const char* path : {"app.py", "src/app.py", "src-old/app.py"}) {
    ASSERT_NE(project.entry(path), nullptr) << path;
    EXPECT_EQ(project.entry(path)->path, path);
  }
  for (const char* path : {"", "src", "src/", "src/app", "src/app.p", "/app.py", "./app.py", "SRC/app.py", "z"})
    EXPECT_EQ(project.entry(path), nullptr) << path;
}

TEST(Project, a_name_is_looked_for_in_every_folder) {
  const auto files = memory_files(Tree{{"a/package.json", "{}"}, {"package.json", "{}"}, {"b/my-package.json", "{}"}});
  const Project project(*files);
  std::vector<std::string> paths;
  for (const Entry* e : project.named("package.json")) paths.push_back(e->path);
  EXPECT_THAT(paths, ElementsAre("a/package.json", "package.json"));
  EXPECT_THAT(project.named("a/package.json"), IsEmpty()) << "a name is no path";
}

TEST(Project, a_file_opened_again_is_text_and_neither_too_large_nor_secret_to_us) {
  const std::string large(kParsedBytes + 1, 'x');
  const auto files = memory_files(Tree{{"a.py", "x = 1\n"},
                                       {"large.py", large},
                                       {"just.py", large.substr(1)},
                                       {"crypt.py", std::string("\0GITCRYPT\0", 10) + "zzz"},
                                       {"wide.env", std::string("\xff\xfe"
                                                                "A\0=\0"
                                                                "1\0",
                                                                8)}});
  const Project project(*files);
  ASSERT_TRUE(project.open("a.py"));
  EXPECT_EQ(project.open("a.py")->text(), "x = 1\n");
  EXPECT_FALSE(project.open("large.py"));
  EXPECT_TRUE(project.open("just.py"));
  EXPECT_FALSE(project.open("crypt.py"));
  EXPECT_FALSE(project.open("nowhere.py"));
  ASSERT_TRUE(project.open("wide.env"));
  EXPECT_EQ(project.open("wide.env")->text(), "A=1") << "the same words as at the first reading";
}

TEST(Project, a_package_is_depended_on_when_a_manifest_asks_for_it_not_when_a_lock_file_brings_it_along) {
  const auto files = memory_files({});
  Project project(*files);
  Dependency asked, brought;
  asked.name = "express";
  brought.name = "qs";
  brought.locked = true;
  project.dependencies = {asked, brought};
  EXPECT_TRUE(project.depends_on("express"));
  EXPECT_FALSE(project.depends_on("qs"));
  EXPECT_FALSE(project.depends_on("expres"));
  EXPECT_FALSE(project.depends_on(""));
}

struct Doors {
  std::vector<std::string> seen;
};
struct Keys {
  std::vector<std::string> seen;
};

TEST(Project, notes_are_kept_by_their_type_and_belong_to_one_project) {
  const auto files = memory_files({});
  Project one(*files), other(*files);
  const Project& looked_at = one;
  EXPECT_THAT(looked_at.notes<Doors>().seen, IsEmpty()) << "a question makes nothing";
  one.notes<Doors>().seen.push_back("front");
  EXPECT_THAT(looked_at.notes<Doors>().seen, ElementsAre("front"));
  EXPECT_THAT(looked_at.notes<Keys>().seen, IsEmpty());
  EXPECT_THAT(static_cast<const Project&>(other).notes<Doors>().seen, IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit
