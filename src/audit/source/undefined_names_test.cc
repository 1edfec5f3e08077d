#include "audit/source/undefined_names.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

std::vector<std::string> script(const std::string& code, const std::string& path = "pay.js") {
  return audited({{path, "const orders = require('./orders');\n" + code}});
}

TEST(UndefinedNames, AFunctionThatStandsNowhereIsTold) {
  EXPECT_TRUE(said(script("exports.f = (req, res) => {\n  res.end(hmac(req.body));\n};\n"), "RUN-004:3"));
  EXPECT_TRUE(said(audited({{"a.py", "import os\n\ndef pay(x):\n    return charge(x)\n"}}), "RUN-004:4"));
}

TEST(UndefinedNames, WhateverDefinesANameSilencesIt) {
  for (const char* code :
       {"function hmac(x) { return x; }\nexports.f = (q, r) => { r.end(hmac(q)); };\n",
        "const { hmac } = orders;\nexports.f = (q, r) => { r.end(hmac(q)); };\n",
        "exports.f = (q, hmac) => { return hmac(q); };\n",
        "let hmac;\nexports.f = (q, r) => { hmac = hmac || make(); return hmac(q); };\nfunction make() {}\n",
        "exports.f = (q, r) => { setTimeout(() => r.end(), 5); return parseInt(q, 10); };\n",
        "exports.f = (q, r) => { try { q(); } catch (hmac) { return hmac(q); } };\n",
        "globalThis.hmac = 1;\nexports.f = (q) => hmac(q);\n"})
    EXPECT_FALSE(said(script(code), "RUN-004")) << code;
  for (const char* code : {"from tools import *\n\ndef pay(x):\n    return charge(x)\n",
                           "import a\n\ndef pay(x, charge):\n    return charge(x)\n",
                           "from tools import charge\n\ndef pay(x):\n    return charge(x)\n",
                           "import a\n\ndef pay(x):\n    raise ValueError(len(x))\n",
                           "import a\n\nglobals()['charge'] = a\n\ndef pay(x):\n    return charge(x)\n"})
    EXPECT_FALSE(said(audited({{"a.py", code}}), "RUN-004")) << code;
  // A script of a page may have it from another one; a typed one has a compiler.
  EXPECT_FALSE(said(audited({{"public/app.js", "function f() { return hmac(1); }\n"}}), "RUN-004"));
  EXPECT_FALSE(said(script("exports.f = (q) => hmac(q);\n", "pay.ts"), "RUN-004"));
}

TEST(UndefinedNames, AnObjectThatStandsNowhereIsTold) {
  EXPECT_TRUE(said(script("exports.f = async (req, res) => {\n  res.json(await Image.findAll());\n};\n"), "RUN-004:3"));
  for (const char* code : {"const { Image } = orders;\nexports.f = async (q, r) => r.json(await Image.findAll());\n",
                           "exports.f = (q, r) => r.json(JSON.parse(Buffer.from(q).toString()));\n",
                           "class Image {}\nexports.f = (q, r) => r.json(Image.all());\n",
                           "exports.f = (q, r) => r.json(orders.Image.all());\n"})
    EXPECT_FALSE(said(script(code), "RUN-004")) << code;
}

TEST(UndefinedNames, AModuleThatDoesNotGiveANameAwayIsAsked) {
  const auto project = [](const std::string& exported) {
    return audited({{"auth.js", "const guard = (req, res, next) => next();\n" + exported},
                    {"server.js", "const { guardSocket: g } = require('./auth');\nio.use(g);\n"}});
  };
  EXPECT_TRUE(said(project("module.exports = { guard };\n"), "RUN-004:1"));
  EXPECT_TRUE(said(project("exports.guard = guard;\n"), "RUN-004:1"));
  for (const char* whole : {"module.exports = { guard, guardSocket: guard };\n", "exports.guardSocket = guard;\n",
                            "module.exports = { ...require('./more') };\n", "module.exports = make();\n",
                            "Object.assign(exports, { guard });\n", "exports[name] = guard;\n", ""})
    EXPECT_FALSE(said(project(whole), "RUN-004")) << whole;
}

TEST(UndefinedNames, WaitingWhereNobodyCanWaitRefusesTheFile) {
  const std::string inner = "  rows.forEach((row) => {\n    await save(row);\n  });\n}\n";
  EXPECT_TRUE(said(audited({{"a.ts", "export async function f(rows) {\n" + inner}}), "RUN-004:3"));
  EXPECT_FALSE(said(audited({{"a.ts", "export async function f(rows) {\n  for (const r of rows) await save(r);\n}\n"}}),
                    "RUN-004"));
  EXPECT_FALSE(said(audited({{"a.mjs", "const rows = await load();\n"}}), "RUN-004"));
  EXPECT_TRUE(said(audited({{"a.py", "def f(x):\n    return await x.load()\n"}}), "RUN-004:2"));
  EXPECT_FALSE(said(audited({{"a.py", "async def f(x):\n    return [await y for y in x]\n"}}), "RUN-004"));
}

TEST(UndefinedNames, AWordInATextDefinesNothing) {
  EXPECT_TRUE(
      said(script("exports.f = async (q, r) => {\n  r.json(await Image.findAll());\n  throw new Error('Image not "
                  "found');\n};\n"),
           "RUN-004:3"));
}

TEST(UndefinedNames, AtTheTopOfAModuleToo) {
  EXPECT_TRUE(said(script("mongoose.connect(process.env.MONGO_URI);\n", "server.js"), "RUN-004:2"));
  EXPECT_FALSE(said(script("const mongoose = require('mongoose');\nmongoose.connect('x');\n", "server.js"), "RUN-004"));
}

}  // namespace
}  // namespace gatehouse::audit::source
