#include "audit/source/served_docs.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(ServedDocs, AreOpenWhereNothingKeepsThemBack) {
  const auto docs = [](const std::string& line) { return !lines_of("src/app.js", line + "\n", "FA-002").empty(); };
  EXPECT_TRUE(docs("app.use('/docs', swaggerUi.serve, swaggerUi.setup(spec));"));
  EXPECT_TRUE(docs("SwaggerModule.setup('api', app, document);"));
  EXPECT_FALSE(
      docs("if (process.env.NODE_ENV !== 'production') app.use('/docs', swaggerUi.serve, swaggerUi.setup(spec));"));
  EXPECT_FALSE(docs("app.use('/docs', requireAuth, swaggerUi.serve, swaggerUi.setup(spec));"));
  EXPECT_FALSE(
      docs("app.use('/docs', basicAuth({ users }));\napp.use('/docs', swaggerUi.serve, swaggerUi.setup(spec));"));
}

}  // namespace
}  // namespace gatehouse::audit::source
