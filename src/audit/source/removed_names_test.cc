#include "audit/source/removed_names.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool removed(const std::string& manifest, const std::string& path, const std::string& code) {
  const bool pip = path.ends_with(".py");
  return finds({{pip ? "requirements.txt" : "package.json", manifest}, {path, code}}, "RUN-004");
}

std::string npm(const std::string& package, const std::string& version) {
  return "{\"name\":\"x\",\"dependencies\":{\"" + package + "\":\"" + version + "\"}}\n";
}

TEST(RemovedNames, AnImportThatThePinnedVersionHasNotIsTold) {
  const std::string code = "from werkzeug.urls import url_parse\n\n\ndef back(x):\n    return url_parse(x).netloc\n";
  EXPECT_TRUE(removed("Werkzeug==3.0.1\n", "app.py", code));
  EXPECT_TRUE(removed("Flask==3.0.0\n", "app.py", code));
  EXPECT_TRUE(removed("Flask>=2.0\nwerkzeug\n", "app.py", code));
  EXPECT_FALSE(removed("Werkzeug==2.3.7\n", "app.py", code));
  EXPECT_FALSE(removed("requests==2.31.0\n", "app.py", code));
  EXPECT_FALSE(removed("Werkzeug==3.0.1\n", "app.py",
                       "try:\n    from werkzeug.urls import url_parse\nexcept ImportError:\n    url_parse = None\n"));
  EXPECT_TRUE(removed("Django==5.1\n", "a/views.py",
                      "from django.utils import timezone\n\n\ndef f(x):\n    return x.astimezone(timezone.utc)\n"));
  EXPECT_FALSE(removed("Django==5.1\n", "a/views.py",
                       "from datetime import timezone\n\n\ndef f(x):\n    return x.astimezone(timezone.utc)\n"));
}

TEST(RemovedNames, AColumnCalledMetadataStopsTheModels) {
  const std::string head = "from app import db\n\n\nclass Note(db.Model):\n    ";
  EXPECT_TRUE(removed("sqlalchemy\n", "m.py", head + "metadata = db.Column(db.Text)\n"));
  EXPECT_FALSE(removed("sqlalchemy\n", "m.py", head + "extra = db.Column('metadata', db.Text)\n"));
}

TEST(RemovedNames, FormsOfOlderScriptsAreTold) {
  const std::string logout = "app.post('/out', (req, res) => { req.logout(); res.end(); });\n";
  EXPECT_TRUE(removed(npm("passport", "^0.7.0"), "a.js", logout));
  EXPECT_FALSE(removed(npm("passport", "^0.5.3"), "a.js", logout));
  const std::string star =
      "const express = require('express');\nconst app = express();\napp.get('*', (q, r) => r.end());\n";
  EXPECT_TRUE(removed(npm("express", "^5.1.0"), "a.js", star));
  EXPECT_FALSE(removed(npm("express", "^4.18.0"), "a.js", star));
  const std::string query =
      "const User = require('./models/user');\nexports.f = (q, r) => {\n"
      "  User.findOne({ email: String(q.body.email) }, (err, user) => r.json(user.name));\n};\n";
  EXPECT_TRUE(removed(npm("mongoose", "^8.0.0"), "a.js", query));
  EXPECT_FALSE(removed(npm("mongoose", "^6.0.0"), "a.js", query));
  const std::string refused =
      "import { z } from 'zod';\nexport const check = (s) => (req, res, next) => {\n  try {\n    s.parse(req.body);\n"
      "    next();\n  } catch (error) {\n    if (error instanceof z.ZodError) {\n"
      "      res.status(400).json((error as any).errors.map((e) => e.message));\n    }\n  }\n};\n";
  EXPECT_TRUE(removed(npm("zod", "^4.1.0"), "check.ts", refused));
  EXPECT_FALSE(removed(npm("zod", "^3.23.0"), "check.ts", refused));
}

TEST(RemovedNames, OptionsThatNothingReadsProtectNothing) {
  const std::string head = "import { clerkMiddleware } from '@clerk/nextjs/server'\nexport default clerkMiddleware(";
  EXPECT_TRUE(removed(npm("@clerk/nextjs", "^6.0.0"), "middleware.ts", head + "{ publicRoutes: ['/'] })\n"));
  EXPECT_FALSE(removed(npm("@clerk/nextjs", "^6.0.0"), "middleware.ts", head + "async (auth) => auth.protect())\n"));
}

TEST(RemovedNames, TwoPackagesThatDoNotGoTogether) {
  const std::string code = "from passlib.context import CryptContext\npwd = CryptContext(schemes=['bcrypt'])\n";
  EXPECT_TRUE(removed("passlib==1.7.4\nbcrypt==5.0.0\n", "security.py", code));
  EXPECT_FALSE(removed("passlib==1.7.4\nbcrypt==4.0.1\n", "security.py", code));
}

}  // namespace
}  // namespace gatehouse::audit::source
