#include "audit/source/shared_answers.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(SharedAnswers, AnAnswerObjectOfAllRequestsIsTold) {
  const auto answers = [](const std::string& method, const std::string& exported) {
    return finds(
        {{"utils/answer.js",
          "class Answer {\n  constructor() {\n    this.response = { result: null };\n  }\n  success(data) {\n    " +
              method + "\n  }\n}\nmodule.exports = " + exported + ";\n"}},
        "RUN-002");
  };
  EXPECT_TRUE(answers("this.response.result = data; return this.response;", "new Answer()"));
  EXPECT_FALSE(answers("this.response.result = data; return this.response;", "Answer"));
  EXPECT_FALSE(answers("this.response = {}; this.response.result = data; return this.response;", "new Answer()"));
  EXPECT_FALSE(answers("return { result: data };", "new Answer()"));
}

}  // namespace
}  // namespace gatehouse::audit::source
