// Values that lead to themselves, in every form of saying so and before everything that follows a value: each must end.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

// "{}" stands for the name.
std::string with(std::string_view text, std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "{}") {
      out += name;
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

constexpr std::string_view kNames[] = {"url", "secret", "price", "order", "user", "body", "path", "client"};

TEST(Cycles, OfPythonEnd) {
  constexpr std::string_view kForms[] = {"{} = f\"{{}}?page=2\"",  "{} = {} or 'x'", "{} = {} + '/a'",
                                         "{} = {}.get('x')",       "{} = wrap({})",  "{} = {}.filter(id={})",
                                         "{} = [x for x in {}]",   "{} = '%s' % {}", "{}, b = b, {}",
                                         "{} = text({})",          "{} = {}.{}",     "{} = {} if {} else {}",
                                         "{} = os.getenv('A', {})"};
  constexpr std::string_view kUses =
      "    requests.get({})\n    requests.get(f\"https://{{}}/x\")\n    open({})\n    db.execute({})\n"
      "    db.execute(f\"select * from t where id = {{}}\")\n    eval({})\n    jwt.decode({}, {}, "
      "algorithms=['HS256'])\n"
      "    stripe.checkout.Session.create(line_items={}, success_url={}, metadata={})\n"
      "    User.objects.filter(**{}).update(**{})\n    db.query(User).filter(User.id == {}).first()\n"
      "    send_mail({}, {}, {}, [{}])\n    print({})\n    setattr(user, {}, {})\n    return redirect({})\n";
  for (const std::string_view name : kNames) {
    std::string text = "import os, jwt, stripe, requests\nfrom fastapi import APIRouter\nrouter = APIRouter()\n";
    for (std::size_t i = 0; i < std::size(kForms); ++i)
      text += "@router.post('/" + std::to_string(i) + "/{id}')\n" +
              with("def f(request, {}, b=None, user=Depends(me)):\n    ", name) + with(kForms[i], name) + "\n" +
              with(kUses, name);
    EXPECT_FALSE(audited({{"app/" + std::string(name) + ".py", text}}).empty()) << name;
  }
}

TEST(Cycles, OfScriptsEnd) {
  constexpr std::string_view kForms[] = {"var {} = {} || 'x'",
                                         "let {} = `${{}}/a`",
                                         "const {} = wrap({})",
                                         "const {} = {}.{}",
                                         "const { {} } = {}",
                                         "const {} = new TextEncoder().encode({})",
                                         "const {} = Buffer.from({})",
                                         "const {} = {} ? {} : {}",
                                         "const {} = { ...{}, {} }",
                                         "const [{}] = {}",
                                         "const {} = await {}.find({})",
                                         "const {} = process.env.A || {}"};
  constexpr std::string_view kUses =
      "  fetch({});\n  res.redirect({});\n  fs.readFile({}, done);\n  pool.query(`select * from t where id = ${{}}`);\n"
      "  jwt.sign({}, {});\n  crypto.createHmac('sha256', {}).update({}).digest('hex') === {};\n"
      "  stripe.checkout.sessions.create({ line_items: {}, success_url: {}, metadata: {} });\n"
      "  User.findByIdAndUpdate({}, {});\n  Object.assign(user, {});\n  user.password = {};\n  await user.save();\n"
      "  supabase.from('orders').update({}).eq('id', {});\n  sendMail({ to: {}, html: {} });\n  new RegExp({});\n"
      "  res.json({ {} });\n";
  for (const std::string_view name : kNames) {
    std::string text = "const express = require('express');\nconst router = express.Router();\n";
    for (std::size_t i = 0; i < std::size(kForms); ++i)
      text += "router.post('/" + std::to_string(i) + "/:id', auth, async (req, res) => {\n  " + with(kForms[i], name) +
              ";\n" + with(kUses, name) + "});\n";
    EXPECT_FALSE(audited({{"routes/" + std::string(name) + ".js", text}}).empty()) << name;
  }
}

}  // namespace
}  // namespace gatehouse::audit::source
