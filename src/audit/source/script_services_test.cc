// What a server hands to its own browser, to its log, and to whoever sent a wrong signature.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool says(const std::string& code, std::string_view id) { return !lines_of("server/out.js", code, id).empty(); }

TEST(ScriptServices, PapersEscapeWhatPeopleWrote) {
  const auto paper = [](const std::string& value) {
    return "const puppeteer = require('puppeteer');\nmodule.exports = async (invoice, client) => {\n"
           "  const html = `<h1>Invoice</h1>${invoice.notes ? `<p>${" +
           value +
           "}</p>` : ''}`;\n  const page = await browser.newPage();\n"
           "  await page.setContent(html, { waitUntil: 'networkidle0' });\n  return page.pdf();\n};\n";
  };
  EXPECT_TRUE(says(paper("invoice.notes"), "RE-001"));
  EXPECT_FALSE(says(paper("escapeHtml(invoice.notes)"), "RE-001"));
  EXPECT_FALSE(says(paper("Number(invoice.total)"), "RE-001"));
}

TEST(ScriptServices, StatementsAreNotLogged) {
  EXPECT_TRUE(says("const db = new Sequelize(url, { logging: console.log });\n", "LOG-001"));
  EXPECT_TRUE(says("mongoose.set('debug', true);\n", "LOG-001"));
  EXPECT_FALSE(says("if (process.env.NODE_ENV !== 'production') mongoose.set('debug', true);\n", "LOG-001"));
  EXPECT_FALSE(says("const db = new Sequelize(url, { logging: false });\n", "LOG-001"));
}

TEST(ScriptServices, AFailureIsNoAnswerOfAModel) {
  const auto asks = [](const std::string& failed) {
    return "const axios = require('axios');\nmodule.exports = async (prompt) => {\n  try {\n"
           "    const r = await axios.post('https://generativelanguage.googleapis.com/v1', { prompt }, { timeout: 9 "
           "});\n"
           "    return r.data.text;\n  } catch (error) {\n    " +
           failed + "\n  }\n};\n";
  };
  EXPECT_TRUE(says(asks("return `Failed: ${error.message}`;"), "EX-010"));
  EXPECT_TRUE(says(asks("let said = 'x'; said = error.response.data.message; return `${said}`;"), "EX-010"));
  EXPECT_FALSE(says(asks("throw new Error('the model failed');"), "EX-010"));
  EXPECT_FALSE(says(asks("return null;"), "EX-010"));
}

TEST(ScriptServices, FormattersOfErrorsKeepTheStack) {
  const auto made = [](const std::string& data) {
    return "const t = initTRPC.create({\n  errorFormatter({ shape, error }) {\n    return { ...shape, " + data +
           " };\n  },\n});\n";
  };
  EXPECT_TRUE(says(made("stack: error.stack"), "EX-010"));
  EXPECT_FALSE(says(made("code: error.code"), "EX-010"));
}

TEST(ScriptServices, ErrorTextsHoldNoSecret) {
  const auto hook = [](const std::string& said) {
    return "app.post('/webhook', (req, res) => {\n"
           "  const expected = crypto.createHmac('sha256', SECRET).update(req.body).digest('hex');\n"
           "  const expectedSignature = expected;\n"
           "  if (expectedSignature !== req.headers['x-signature']) return res.status(400).json(" +
           said + ");\n  res.json({ ok: true });\n});\n";
  };
  EXPECT_TRUE(says(hook("{ error: 'Invalid signature', expectedSignature }"), "SEC-018"));
  EXPECT_TRUE(says(hook("{ error: `Invalid signature, expected ${expectedSignature}` }"), "SEC-018"));
  EXPECT_FALSE(says(hook("{ error: 'Invalid signature' }"), "SEC-018"));
}

}  // namespace
}  // namespace gatehouse::audit::source
