// What looks like a hazard in JavaScript, and when it is none.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using Strings = std::vector<std::string>;

TEST(ScriptHazards, ABodyCopiedIsNotYetABodyWritten) {
  const auto line = [](const std::string& code) {
    return lines_of("src/users.js", "app.put('/users/:id', (req, res) => {\n  " + code + "\n  res.end();\n});\n",
                    "AZ-007");
  };
  EXPECT_EQ(line("Object.assign(user, req.body);"), Strings{"AZ-007:2"});
  EXPECT_TRUE(line("const body = Object.assign({}, req.body); log(body);").empty());
  EXPECT_TRUE(line("const body = Object.assign(req.body || {}, defaults); log(body);").empty());
}

TEST(ScriptHazards, EvalIsGraveOnlyWithWhatAClientSent) {
  const auto severity = [](std::string path, std::string code) {
    AuditOptions options;
    options.only = "EX-014";
    const auto files = memory_files({{std::move(path), std::move(code)}});
    const auto found = audit_source(*files, source_pack(), options).findings;
    return found.empty() ? proof::Severity::info : found.front().severity;
  };
  EXPECT_EQ(severity("src/calc.js", "app.get('/sum', (req, res) => { res.json(eval(req.query.sum)); });\n"),
            proof::Severity::critical);
  EXPECT_EQ(severity("src/calc.js", "function sum(a, b) { return eval(a + '+' + b); }\n"), proof::Severity::high);
}

TEST(ScriptHazards, AnHourDrawnForAJobIsNoSecret) {
  const auto hour = [](const std::string& function, const std::string& name) {
    return lines_of("src/jobs.js",
                    "function " + function + "() {\n  const " + name + " = Math.floor(Math.random() * 24);\n  run(" +
                        name + ");\n}\n",
                    "FA-010");
  };
  EXPECT_TRUE(hour("scheduleTokenCleanupJob", "h").empty());
  EXPECT_EQ(hour("makeToken", "h"), Strings{"FA-010:2"});
  EXPECT_EQ(hour("scheduleReset", "code"), Strings{"FA-010:2"});
}

TEST(ScriptHazards, AMigrationsOwnTextIsNoInjection) {
  const std::string code =
      "async function up(db, names) {\n  await db.raw(`UPDATE a, (${names}) as c SET a.b = c.b`);\n}\n";
  EXPECT_TRUE(lines_of("src/migrations/002-fill.js", code, "EX-020").empty());
  EXPECT_EQ(lines_of("src/fill.js", code, "EX-020"), Strings{"EX-020:2"});
}

TEST(ScriptHazards, APropertyComparedWithItsLastValueIsNoStoredPassword) {
  const auto compared = [](const std::string& with) {
    return lines_of("src/setup.js", "function check(" + with + ") {\n  return " + with + ".password === password;\n}\n",
                    "DJ-030");
  };
  EXPECT_EQ(compared("user"), Strings{"DJ-030:2"});
  EXPECT_TRUE(compared("prevProps").empty());
}

TEST(ScriptHazards, WhoIsSignedInHasNothingLeftToGuess) {
  const auto route = [](const std::string& path, const std::string& before) {
    return lines_of(
        "src/app.js",
        "const app = express();\napp.post('" + path + "', " + before + "(req, res) => res.json(done(req)));\n",
        "EX-004");
  };
  EXPECT_TRUE(route("/users/password", "requireAuth, ").empty());
  EXPECT_EQ(route("/users/login", ""), Strings{"EX-004:2"});
  EXPECT_EQ(route("/users/otp/verify", "requireAuth, "), Strings{"EX-004:2"});
  EXPECT_TRUE(route("/password_reset", "shared.brute.globalBlock, ").empty());
}

TEST(ScriptHazards, WhatIsHandedACodeSeesNoState) {
  const auto file = [](const std::string& head, const std::string& from) {
    return lines_of("src/google.js",
                    head + "  return fetch(TOKEN_URL, { method: 'POST', body: JSON.stringify({ code: " + from +
                        ", grant_type: 'authorization_code' }) });\n}\n",
                    "OAU-001");
  };
  EXPECT_TRUE(file("export async function redeem(authData) {\n", "authData.code").empty());
  EXPECT_EQ(file("export async function GET(request) {\n", "new URL(request.url).searchParams.get('code')").size(), 1u);
}

TEST(ScriptHazards, APasswordsCheckIsWaitedFor) {
  const auto sign_in = [](const std::string& check) {
    return lines_of("src/auth.js",
                    "exports.login = async (req, res) => {\n  const user = await User.findOne({ email });\n" + check +
                        "  res.json(token(user));\n};\n",
                    "AU-006");
  };
  EXPECT_EQ(sign_in("  const ok = bcrypt.compare(req.body.password, user.password);\n  if (!ok) return res.end();\n"),
            Strings{"AU-006:3"});
  EXPECT_EQ(sign_in("  if (!bcrypt.compare(req.body.password, user.password)) return res.end();\n"),
            Strings{"AU-006:3"});
  EXPECT_TRUE(sign_in("  const ok = await bcrypt.compare(req.body.password, user.password);\n").empty());
  EXPECT_TRUE(
      sign_in("  const ok = bcrypt.compare(p, user.password);\n  if (!(await ok)) return res.end();\n").empty());
  EXPECT_TRUE(sign_in("  bcrypt.compare(p, user.password, (e, ok) => done(ok));\n").empty());
}

TEST(ScriptHazards, APartOfTheAddressIsNoPartOfTheClients) {
  const auto call = [](const std::string& check) {
    return lines_of(
        "src/ask.js",
        "exports.ask = async (req, res) => {\n  const { prompt, model } = req.body;\n" + check +
            "  const r = await fetch(`https://api.example.com/v1/models/${model}:run?key=${KEY}`, { body: prompt });\n"
            "  res.json(await r.json());\n};\n",
        "EX-013");
  };
  EXPECT_EQ(call("").size(), 1u);
  EXPECT_TRUE(call("  if (!MODELS.includes(model)) return res.sendStatus(400);\n").empty());
}

TEST(ScriptHazards, AFilterIsNotTakenWhole) {
  const auto route = [](const std::string& from) {
    return lines_of("src/list.js",
                    "router.get('/rows/:query', async (req, res) => {\n  const query = JSON.parse(" + from +
                        ");\n  res.json(await Row.find(query));\n});\n",
                    "EX-015");
  };
  EXPECT_FALSE(route("req.params.query").empty());
  EXPECT_FALSE(route("req.query.filter").empty());
  EXPECT_TRUE(route("cached").empty());
}

TEST(ScriptStores, AccountsOfAServerHaveNoFixedPassword) {
  EXPECT_EQ(lines_of("src/ws.js", "client.user.create({ data: { name, password: 'letmein99' } });\n", "SEC-017"),
            Strings{"SEC-017:1"});
  EXPECT_TRUE(lines_of("src/ws.js", "client.user.create({ data: { name, password: hashed } });\n", "SEC-017").empty());
}

TEST(ScriptHazards, ATextThatIsSentIsAPage) {
  const auto sent = [](const std::string& answer) {
    return lines_of("src/bye.js", "app.get('/bye', (req, res) => {\n  " + answer + "\n});\n", "RE-001");
  };
  EXPECT_FALSE(sent("res.send('Bye ' + req.query.email);").empty());
  EXPECT_TRUE(sent("res.type('txt').send('Bye ' + req.query.email);").empty());
  EXPECT_TRUE(sent("res.json({ bye: req.query.email });").empty());
}

TEST(ScriptEnvironment, EachSecretIsAskedForByItself) {
  const auto app = [](const std::string& check) {
    return finds({{"package.json", "{\"name\":\"x\",\"dependencies\":{\"express\":\"^4.18.0\"}}\n"},
                  {"db.js", "if (!process.env.MONGO_URI) throw new Error('MONGO_URI');\n" + check},
                  {"token.js", "exports.sign = (u) => jwt.sign({ id: u }, process.env.JWT_SECRET);\n"}},
                 "ENV-006");
  };
  EXPECT_TRUE(app(""));
  EXPECT_FALSE(app("if (!process.env.JWT_SECRET) process.exit(1);\n"));
  EXPECT_FALSE(app("for (const n of names) if (!process.env[n]) throw new Error(n);\n"));
}

TEST(ScriptHazards, AnotherWayForTheMissingTargetChangesNothing) {
  const auto route = [](const std::string& target) {
    return lines_of("app/api/out/route.ts",
                    "export async function GET(req: Request) {\n  const { searchParams } = new URL(req.url);\n"
                    "  return Response.redirect(" +
                        target + ");\n}\n",
                    "EX-012");
  };
  EXPECT_FALSE(route("searchParams.get('next') ?? '/'").empty());
  EXPECT_TRUE(route("process.env.HOME_URL ?? '/'").empty());
}

// A browser that the server steers opens whatever address it is told, files of its own disk among them.
TEST(ScriptAddresses, OpenedByABrowserOfTheServer) {
  const auto opened = [](const std::string& what) {
    return said(audited({{"package.json", R"({"dependencies":{"express":"4.21.2","playwright":"1.48.2"}})"},
                         {"scrape.js",
                          "exports.scrape = async (req, res) => {\n  const { url } = req.body;\n"
                          "  const page = await browser.newPage();\n  await page.goto(" +
                              what + ");\n  res.json({ text: await page.content() });\n};\n"}}),
                "EX-013:4");
  };
  EXPECT_TRUE(opened("url, { timeout: 15000 }"));
  EXPECT_FALSE(opened("'https://example.com/prices'"));
}

}  // namespace
}  // namespace gatehouse::audit::source
