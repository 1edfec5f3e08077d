// What a call is made on: collections and repositories that stand at the top of a file.
#include "audit/source/data_receivers.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

// Strangers read people through `users`, which the top of the file was given.
bool told(const std::string& top) {
  return finds({{"src/api.js", "const express = require('express');\nconst router = express.Router();\n" + top +
                                   "router.get('/users', async (req, res) => {\n  res.json(await users.find());\n});\n"
                                   "module.exports = router;\n"}},
               "EX-023");
}

TEST(DataReceivers, CollectionsAndRepositoriesAtTheTopOfAFileAreRecords) {
  EXPECT_TRUE(told("const users = db.collection('users');\n"));
  EXPECT_TRUE(told("const users = AppDataSource.getRepository('User');\n"));
  EXPECT_FALSE(told("const users = require('./texts');\n"));
}

TEST(DataReceivers, AThousandNamesAtTheTopAreNotAskedByEveryCall) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "const a" + std::to_string(i) + " = b(" + std::to_string(i) + ");\n";
  EXPECT_FALSE(told(many + "const users = db.collection('users');\n")) << "beyond the bound of 400 statements";
}

}  // namespace
}  // namespace gatehouse::audit::source
