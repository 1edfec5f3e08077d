// Marks that a step leaves in the session, and steps that do not ask for them.
#include "audit/source/unread_marks.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using Strings = std::vector<std::string>;

Strings reset(const std::string& last_step) {
  return lines_of(
      "accounts/views.py",
      "from django.shortcuts import redirect, render\n\ndef check(request):\n    if request.POST['code'] == "
      "request.session.get('code'):\n        request.session['code_verified'] = True\n        return "
      "redirect('reset')\n    return render(request, 'code.html')\n\ndef reset(request):\n" +
          last_step +
          "    user = User.objects.get(email=request.session.get('reset_email'))\n    "
          "user.set_password(request.POST['password'])\n    user.save()\n    "
          "request.session.pop('code_verified', None)\n    return redirect('login')\n",
      "AU-006");
}

TEST(UnreadMarks, APasswordIsSetOnlyWhereTheMarkIsAskedFor) {
  EXPECT_EQ(reset(""), Strings{"AU-006:11"});
  EXPECT_TRUE(reset("    if not request.session.get('code_verified'):\n        return redirect('check')\n").empty());
  EXPECT_TRUE(reset("    if 'code_verified' not in request.session:\n        return redirect('check')\n").empty());
}

Strings confirm(const std::string& next_step) {
  return lines_of("src/auth.js",
                  "router.post('/code', async (req, res) => {\n  if (req.body.code !== req.session.code) return "
                  "res.sendStatus(400);\n  req.session.otpVerified = true;\n  res.json({ ok: true });\n});\n"
                  "router.post('/reset', async (req, res) => {\n  " +
                      next_step +
                      "\n  const hash = await bcrypt.hash(req.body.password, 12);\n  await User.updateOne({ email: "
                      "req.session.email }, { password: hash });\n  delete req.session.otpVerified;\n  "
                      "res.json({ ok: true });\n});\n",
                  "AU-006");
}

TEST(UnreadMarks, AMarkThatNobodyAsksForIsTold) {
  EXPECT_EQ(confirm(""), Strings{"AU-006:3"});
  EXPECT_TRUE(confirm("if (!req.session.otpVerified) return res.sendStatus(403);").empty());
  EXPECT_TRUE(confirm("const { otpVerified } = req.session;\n  if (!otpVerified) return res.sendStatus(403);").empty());
}

}  // namespace
}  // namespace gatehouse::audit::source
