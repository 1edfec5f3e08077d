#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(DeadGuards, AReturnAheadOfTheRefusalOpensTheDoor) {
  const auto python = [](const std::string& first) {
    return !lines_of("app/deps.py",
                     "from fastapi import Header, HTTPException\nasync def verify_api_key(x_api_key: str = "
                     "Header(None)):\n" +
                         first + "    if x_api_key != KEY:\n        raise HTTPException(status_code=403)\n",
                     "EX-021")
                .empty();
  };
  EXPECT_TRUE(python("    return\n"));
  EXPECT_TRUE(python("    return True\n"));
  EXPECT_FALSE(python(""));
  EXPECT_FALSE(python("    if x_api_key == OTHER:\n        return\n"));
  const auto script = [](const std::string& first) {
    return !lines_of("auth.js",
                     "const express = require('express');\nfunction protect(req, res, next) {\n" + first +
                         "  if (!req.user) return res.status(401).end();\n  next();\n}\nmodule.exports = protect;\n",
                     "EX-021")
                .empty();
  };
  EXPECT_TRUE(script("  return next();\n"));
  EXPECT_FALSE(script(""));
  EXPECT_FALSE(script("  if (req.path === '/health') return next();\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
