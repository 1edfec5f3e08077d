#include "audit/syntax/tree.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "audit/syntax/code.h"

namespace gatehouse::audit::syntax {
namespace {

Tree parsed(Language language, std::string_view text) {
  auto tree = Tree::parse(language, text);
  EXPECT_TRUE(tree);
  return std::move(*tree);
}

TEST(SyntaxTree, KnowsLinesParentsAndFields) {
  const std::string_view text = "def f(a):\n    return g(a, key=\"x\")\n";
  const Tree tree = parsed(Language::python, text);
  const auto calls = tree.all("call");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].line(), 2);
  EXPECT_EQ(function_name(function_around(calls[0])), "f");
  const auto call = as_call(calls[0]);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->name, "g");
  EXPECT_EQ(literal(call->keyword("key")), "x");
  EXPECT_FALSE(call->keyword("other"));
  EXPECT_TRUE(calls[0].inside(tree.root()));
}

TEST(SyntaxTree, CommentsAndDocstringsProveNothing) {
  const std::string_view text = "def f():\n    \"\"\"calls verify()\"\"\"\n    # verify()\n    return 1\n";
  const Tree tree = parsed(Language::python, text);
  EXPECT_EQ(tree.code().find("verify"), std::string_view::npos);
  EXPECT_EQ(tree.code().size(), text.size());
}

TEST(SyntaxTree, NamesCalleesAcrossAwaitParenthesesAndChains) {
  const Tree tree = parsed(Language::typescript, "(await cookies()).set(\"a\", b!); new Stripe(k); x?.y.z();");
  std::vector<std::string> names;
  for (const char* type : {"call_expression", "new_expression"})
    for (const Node n : tree.all(type)) names.push_back(as_call(n)->name);
  EXPECT_NE(std::find(names.begin(), names.end(), "cookies().set"), names.end());
  EXPECT_NE(std::find(names.begin(), names.end(), "new Stripe"), names.end());
  EXPECT_NE(std::find(names.begin(), names.end(), "x.y.z"), names.end());
}

TEST(SyntaxTree, TellsBuiltTextFromPlainText) {
  const Tree python =
      parsed(Language::python, "a = \"x\" \"y\"\nb = f\"x {c}\"\nd = \"%s\" % e\ng = \"{}\".format(h)\n");
  const auto right = [&](std::size_t i) { return python.all("assignment")[i].child("right"); };
  EXPECT_EQ(literal(right(0)), "xy");
  EXPECT_FALSE(literal(right(1)));
  EXPECT_EQ(holes(right(1)).size(), 1u);
  EXPECT_EQ(holes(right(2)).size(), 1u);
  EXPECT_EQ(holes(right(3)).size(), 1u);
  const Tree script = parsed(Language::javascript, "a = `x ${b}`; c = 'x' + d;");
  for (const Node n : script.all("assignment_expression")) EXPECT_EQ(holes(n.child("right")).size(), 1u) << n.text();
}

TEST(SyntaxTree, FollowsImportsOfEveryForm) {
  const Tree python = parsed(Language::python, "import jwt as j\nfrom a.b import c as d, e\nimport os.path\n");
  const Imports p = imports(python);
  EXPECT_EQ(p.at("j"), "jwt");
  EXPECT_EQ(p.at("d"), "a.b.c");
  EXPECT_EQ(p.at("e"), "a.b.e");
  const Tree script = parsed(Language::typescript,
                             "import x, { y as z } from 'm';\nimport * as n from 'k';\nconst { q } = require('r');\n");
  const Imports s = imports(script);
  EXPECT_EQ(s.at("x"), "m");
  EXPECT_EQ(s.at("z"), "m.y");
  EXPECT_EQ(s.at("n"), "k");
  EXPECT_EQ(s.at("q"), "r.q");
}

TEST(SyntaxTree, RefusesWhatIsTooLargeForTheParser) {
  const std::string large((1u << 20) + 1, ' ');
  const auto too_large = Tree::parse(Language::python, large);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code, "too_large");
  std::string deep;  // would make tree-sitter free a wrong address
  for (int i = 0; i < 40'000; ++i) deep += "f(";
  const auto too_deep = Tree::parse(Language::python, deep);
  ASSERT_FALSE(too_deep);
  EXPECT_EQ(too_deep.error().code, "too_large");
}

TEST(SyntaxTree, TakesDeepNestingAndBrokenTextWithoutComplaint) {
  for (const Language language : {Language::python, Language::javascript, Language::typescript, Language::tsx}) {
    for (const char* unit : {"f(", "[", "a + ", "if (a) {", "<a>", "not ", "\xff\xfe", "`${"}) {
      std::string text;
      for (int i = 0; i < 5'000; ++i) text += unit;
      const auto tree = Tree::parse(language, text);
      if (!tree) continue;
      for (const Node n : tree->all("call_expression")) EXPECT_FALSE(dotted(n).empty());
    }
  }
}

TEST(SyntaxTree, OutlivesTheMemoryItWasParsedWith) {
  const std::string first = "def f(a):\n    return g(a)\n";
  std::string broken, long_one;  // one that is given up half-way and one that needs several blocks lie between
  for (int i = 0; i < 3'000; ++i) broken += "`${";
  for (int i = 0; i < 6'000; ++i) long_one += "x = f(y)\n";
  const Tree kept = parsed(Language::python, first);
  (void)Tree::parse(Language::javascript, broken);
  const Tree last = parsed(Language::python, long_one);
  EXPECT_EQ(kept.all("call").size(), 1u);
  EXPECT_EQ(as_call(kept.all("call")[0])->name, "g");
  EXPECT_EQ(last.all("call").size(), 6'000u);
  EXPECT_EQ(parsed(Language::python, first).all("call").size(), 1u);
}

TEST(SyntaxTree, KnowsTypesByNameInTheOrderOfTheText) {
  const Tree tree = parsed(Language::typescript, "f(1); type A = string; g(h(2)); class B { f() {} }");
  std::string names;
  for (const Node n : tree.all("call_expression")) names += n.child("function").text();
  EXPECT_EQ(names, "fgh");
  EXPECT_TRUE(tree.all("no_such_type").empty());
  EXPECT_FALSE(tree.root().child("no_such_field"));
  EXPECT_EQ(tree.all("class_declaration")[0].all("method_definition").size(), 1u);
  EXPECT_TRUE(tree.root().any_of("module", "program"));
  EXPECT_FALSE(Node().any_of("", "program"));
}

TEST(SyntaxTree, StopsAnsweringWhenAFileAsksTooMuch) {
  const Tree tree = parsed(Language::python, "a = 1\n");
  EXPECT_FALSE(tree.spent());
  tree.charge(1'000'000'000);
  EXPECT_TRUE(tree.spent());
  EXPECT_TRUE(tree.all("assignment").empty());
  EXPECT_TRUE(tree.root().code().empty());
}

TEST(Words, SplitNamesOfEveryStyle) {
  const std::vector<std::string> expected{"stripe", "secret", "key"};
  EXPECT_EQ(words("stripeSecretKey"), expected);
  EXPECT_EQ(words("STRIPE_SECRET_KEY"), expected);
  EXPECT_EQ(words("stripe-secret-key"), expected);
  EXPECT_EQ(words("JWTToken"), (std::vector<std::string>{"jwt", "token"}));
}

}  // namespace
}  // namespace gatehouse::audit::syntax
