// What is one visitor's, in a variable of everybody.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using Strings = std::vector<std::string>;
using ::testing::Contains;
using ::testing::IsEmpty;

Strings of_node(const std::string& code) {
  return lines_of("routes/a.js", "const router = require('express').Router();\n" + code, "RUN-002");
}
Strings of_flask(const std::string& code) {
  return lines_of("app.py", "from flask import request\n" + code, "RUN-002");
}

TEST(SharedState, AVariableOfTheModuleThatARequestFills) {
  EXPECT_THAT(of_node("let currentUser;\nrouter.post('/', (req, res) => { currentUser = find(req.body.name); });\n"),
              Contains("RUN-002:2"));
  EXPECT_THAT(of_node("let otp;\nrouter.post('/', (req, res) => { otp = randomInt(9); });\n"), Contains("RUN-002:2"))
      << "drawn for whoever asked";
  EXPECT_THAT(of_node("let pool;\nrouter.post('/', (req, res) => { pool = make(req.body.name); });\n"), IsEmpty());
  EXPECT_THAT(of_node("let user;\nconst f = () => { if (!user) user = load(); return user; };\n"), IsEmpty())
      << "made once, of nothing that anybody sent";
  EXPECT_THAT(of_node("router.post('/', (req, res) => { let user; user = find(req.body.name); });\n"), IsEmpty());
}

TEST(SharedState, WhoeverAsksJustNowIsNobodysForLong) {
  const auto of_next = [](const std::string& code) {
    return lines_of("lib/who.ts", "import { headers, cookies } from 'next/headers';\n" + code, "RUN-002");
  };
  EXPECT_THAT(
      of_next("let session;\nexport const check = async () => {\n  session = await auth.api.getSession({ headers: "
              "await headers() });\n  return !!session;\n};\n"),
      Contains("RUN-002:2"));
  EXPECT_THAT(
      of_next("export const check = async () => {\n  let session;\n  session = await auth.api.getSession({ headers: "
              "await headers() });\n  return !!session;\n};\n"),
      IsEmpty());
  EXPECT_THAT(
      of_next("let client;\nexport async function db() {\n  if (client) return client;\n  const jar = await "
              "cookies();\n  client = createServerClient(url, key, { cookies: { getAll: () => jar.getAll() } });\n"
              "  return client;\n}\n"),
      Contains("RUN-002:6"));
}

TEST(SharedState, ThousandsOfVariablesAndWritersEndInARemarkAndNotInHours) {
  std::string text = "const router = require('express').Router();\n";
  for (int i = 0; i < 3000; ++i) text += "let user" + std::to_string(i) + ";\n";
  for (int i = 0; i < 1500; ++i)
    text += "router.post('/', (req, res) => { user" + std::to_string(i) + " = req.body.n; });\n";
  const auto report = audit_source(*memory_files({{"routes/a.js", text}}), source_pack(), {});
  EXPECT_FALSE(report.complete) << "too tangled to be called clean";
}

TEST(SharedState, AServiceKeepsNoCaller) {
  const auto service = [](const std::string& field) {
    return lines_of(
        "user.service.ts",
        "import { Injectable } from '@nestjs/common';\n@Injectable()\nexport class UserService {\n  private "
        "x;\n  async enter(mail: string) {\n    " +
            field + ";\n  }\n}\n",
        "RUN-002");
  };
  EXPECT_THAT(service("this.currentUser = await this.find(mail)"), Contains("RUN-002:6"));
  EXPECT_THAT(service("const user = await this.find(mail)"), IsEmpty());
}

TEST(SharedState, OneClientOfSupabaseSignsEverybodyIn) {
  const std::string enter =
      "router.post('/', async (req, res) => { await supabase.auth.signInWithPassword(pair(req)); });\n";
  const std::string ask =
      "router.get('/', async (req, res) => { res.json(await supabase.from('notes').select()); });\n";
  EXPECT_THAT(of_node("const supabase = createClient(a, b);\n" + enter + ask), Contains("RUN-002:3"));
  EXPECT_THAT(of_node("const supabase = createClient(a, b);\n" + enter), IsEmpty()) << "it asks for nothing";
  EXPECT_THAT(of_node("router.post('/', async (req, res) => { const supabase = createClient(a, b); await "
                      "supabase.auth.signInWithPassword(pair(req)); });\n"),
              IsEmpty());
}

TEST(SharedState, WhatEverybodySharesByOtherNames) {
  EXPECT_THAT(of_node("router.post('/', (req, res) => { req.app.locals.user = req.body.name; });\n"),
              Contains("RUN-002:2"));
  EXPECT_THAT(of_node("router.post('/', (req, res) => { global.session.user = req.body.name; });\n"),
              Contains("RUN-002:2"));
  EXPECT_THAT(of_node("router.post('/', (req, res) => { res.locals.user = req.body.name; });\n"), IsEmpty());
  EXPECT_THAT(of_node("const cart = [];\nrouter.post('/', (req, res) => { cart.push(req.body.sku); });\n"),
              Contains("RUN-002:2"));
}

TEST(SharedState, APythonGlobalThatARequestFills) {
  EXPECT_THAT(of_flask("current_user = None\n@app.post('/')\ndef enter():\n    global current_user\n    current_user = "
                       "find(request.form['mail'])\n"),
              Contains("RUN-002:2"));
  EXPECT_THAT(of_flask("model = None\n@app.post('/')\ndef enter():\n    global model\n    model = load()\n"),
              IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source
