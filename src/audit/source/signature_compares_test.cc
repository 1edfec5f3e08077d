#include "audit/source/signature_compares.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

std::vector<std::string> script(const std::string& lines) {
  return lines_of("routes/webhook.js",
                  "const crypto = require('crypto');\nfunction good(req) {\n" + lines + "}\nmodule.exports = good;\n",
                  "WHK-004");
}

TEST(SignatureCompares, OfScripts) {
  const std::string mark = "  const mark = crypto.createHmac('sha256', key).update(req.body).digest('hex');\n";
  EXPECT_TRUE(said(script(mark + "  return mark === req.headers['x-signature'];\n"), "WHK-004:4"));
  EXPECT_TRUE(said(script(mark + "  if (req.body.razorpay_signature !== mark) throw new Error('no');\n"), "WHK-004:4"));
  EXPECT_TRUE(said(script("  const hmac = crypto.createHmac('sha512', key);\n  hmac.update(req.body);\n"
                          "  const mark = hmac.digest('hex');\n  return mark == req.headers['x-signature'];\n"),
                   "WHK-004:6"));
  EXPECT_TRUE(said(script(mark + "  return `sha256=${mark}` === req.headers['x-hub-signature-256'];\n"), "WHK-004:4"));
  EXPECT_TRUE(script(mark + "  return crypto.timingSafeEqual(Buffer.from(mark), Buffer.from(sent));\n").empty());
  EXPECT_TRUE(script(mark + "  return mark === undefined || mark === '';\n").empty());
  // The digest of a file says what it is, and guards nothing.
  EXPECT_TRUE(
      script("  const sum = crypto.createHash('sha256').update(req.body).digest('hex');\n  return sum === old;\n")
          .empty());
}

TEST(SignatureCompares, OfPython) {
  const auto python = [](const std::string& lines) {
    return lines_of("app/webhook.py", "import hmac, hashlib\ndef good(body, sent):\n" + lines, "WHK-004");
  };
  const std::string mark = "    mark = hmac.new(KEY, body, hashlib.sha256).hexdigest()\n";
  EXPECT_TRUE(said(python(mark + "    return mark == sent\n"), "WHK-004:4"));
  EXPECT_TRUE(said(python(mark + "    if 'sha256=' + mark != sent:\n        raise ValueError\n"), "WHK-004:4"));
  EXPECT_TRUE(python(mark + "    return hmac.compare_digest(mark, sent)\n").empty());
}

TEST(SignatureCompares, SixPlacesOfOneFileAreNamed) {
  std::string lines = "  const mark = crypto.createHmac('sha256', key).update(req.body).digest('hex');\n";
  for (int i = 0; i < 20; ++i) lines += "  if (mark !== req.body.s" + std::to_string(i) + ") return false;\n";
  const auto report = report_of(
      {{"routes/webhook.js", "const crypto = require('crypto');\nfunction good(req) {\n" + lines + "}\n"}}, "WHK-004");
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings.front().locations.size(), 6u);
}

}  // namespace
}  // namespace gatehouse::audit::source
