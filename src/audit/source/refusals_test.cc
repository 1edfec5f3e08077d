// A refusal has to end what it refuses.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool script(const std::string& lines, const char* path = "routes.js") {
  return finds(
      {{path, "export default async function handler(req, res) {\n  const user = await caller(req)\n" + lines + "}\n"}},
      std::string_view(path).starts_with("pages/api/") ? "NX-002" : "EX-023", "refusal");
}

TEST(Refusals, OfAHandlerEndIt) {
  EXPECT_TRUE(script("  if (!user) res.status(401).end()\n  await db.order.deleteMany()\n  res.end()\n"));
  EXPECT_TRUE(script("  if (!user) {\n    res.status(403).json({})\n  }\n  res.json(await rows(user))\n",
                     "pages/api/orders.js"));
  EXPECT_FALSE(script("  if (!user) return res.status(401).end()\n  await db.order.deleteMany()\n  res.end()\n"));
  EXPECT_FALSE(script("  if (!user) {\n    res.status(401).end()\n    return\n  }\n  await clear()\n"));
  EXPECT_FALSE(script("  if (!user) {\n    res.status(401).end()\n  } else {\n    await clear()\n  }\n  log()\n"));
  EXPECT_FALSE(script("  if (!user) res.status(401).end()\n  if (user) {\n    res.json(await rows(user))\n  }\n"));
  EXPECT_FALSE(script("  if (!user) res.status(401).end()\n"));
}

bool python(const std::string& import, const std::string& lines, const char* id) {
  return finds({{"views.py", "from " + import + " import redirect\n\ndef view(request):\n" + lines}}, id, "refusal");
}

TEST(Refusals, AreRaisedOrReturned) {
  const std::string work = "    Order.objects.all().delete()\n    return done()\n";
  EXPECT_TRUE(python("fastapi", "    if not user:\n        HTTPException(status_code=401)\n" + work, "FA-003"));
  EXPECT_FALSE(python("fastapi", "    if not user:\n        raise HTTPException(status_code=401)\n" + work, "FA-003"));
  EXPECT_TRUE(python("django.shortcuts",
                     "    if not request.user.is_authenticated:\n        redirect('login')\n" + work, "DJ-036"));
  EXPECT_FALSE(python("django.shortcuts",
                      "    if not request.user.is_authenticated:\n        return redirect('login')\n" + work,
                      "DJ-036"));
}

}  // namespace
}  // namespace gatehouse::audit::source
