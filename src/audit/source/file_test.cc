#include "audit/source/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::audit::source {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What a report shows of the first call to `name` in a script.
std::string shown_of(std::string text, std::string_view name) {
  const auto files = memory_files({{"a.ts", text}});
  const Source source(files->entries().front(), text);
  auto tree = syntax::Tree::parse(syntax::Language::typescript, text);
  Project project(*files);
  Sink sink;
  const File file(source, *tree, project, sink);
  for (const syntax::Call& c : file.calls)
    if (c.name == name) return file.shown(c.node);
  return "no such call";
}

TEST(Shown, a_line_that_says_all_stands_alone) {
  EXPECT_EQ(shown_of("  save(row);\nlog(row);\n", "save"), "save(row);");
}

TEST(Shown, a_chain_is_shown_to_its_end) {
  EXPECT_EQ(shown_of("await db\n  .from('orders')\n  .update(row)\n  .eq('id', id);\nnext();\n", "db.from"),
            "await db.from('orders').update(row).eq('id', id);");
}

TEST(Shown, arguments_that_stand_a_line_each_are_shown_while_they_are_few) {
  EXPECT_EQ(shown_of("return send(\n  { error: err.message },\n  500,\n);\n", "send"),
            "return send({ error: err.message }, 500, );");
  EXPECT_THAT(shown_of("send({\n  a: 1,\n  b: 2,\n  c: 3,\n  d: 4,\n  e: 5,\n});\n", "send"), Not(HasSubstr("e: 5")));
}

TEST(Shown, a_password_on_a_further_line_stays_out) {
  const std::string shown = shown_of("connect({\n  host: 'db',\n  password: 'hunter2',\n});\n", "connect");
  EXPECT_THAT(shown, HasSubstr("host: 'db'"));
  EXPECT_THAT(shown, Not(HasSubstr("hunter2")));
}

TEST(Shown, the_end_of_the_file_ends_it) { EXPECT_EQ(shown_of("send(", "send"), "no such call"); }

TEST(PersonalNouns, AreWhatBelongsToSomebody) {
  for (const char* noun : {"/api/receipts", "PayrollRun", "bank_transfers", "/memos/{id}"})
    EXPECT_TRUE(personal_noun(noun)) << noun;
  for (const char* noun : {"/api/recipes", "Country", "opening_hours"}) EXPECT_FALSE(personal_noun(noun)) << noun;
}

}  // namespace
}  // namespace gatehouse::audit::source
