#include "audit/source/spent_uses.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool told(const std::string& path, const std::string& text) {
  return finds({{path, text}}, "PAY-004");  // other readers tell some of them, too
}

TEST(SpentUses, OfPython) {
  const std::string head =
      "def download(request, token):\n    link = Link.objects.get(token=token)\n"
      "    if link.usage_count >= 3:\n        raise Http404\n";
  EXPECT_TRUE(told("shop/views.py", head + "    link.usage_count += 1\n    link.save()\n"));
  EXPECT_FALSE(told("shop/views.py", head + "    link.usage_count = F('usage_count') + 1\n    link.save()\n"));
  EXPECT_FALSE(told("shop/views.py",
                    "def download(request, token):\n    with transaction.atomic():\n"
                    "        link = Link.objects.select_for_update().get(token=token)\n"
                    "        link.usage_count += 1\n        link.save()\n"));
  EXPECT_FALSE(
      told("shop/views.py",
           "def show(request, pk):\n    post = Post.objects.get(pk=pk)\n    post.views += 1\n    post.save()\n"));
}

TEST(SpentUses, OfScripts) {
  EXPECT_TRUE(
      told("coupons.js",
           "exports.redeem = async (req, res) => {\n  const c = await Coupon.findOne({ code: req.body.code });\n"
           "  c.usedCount += 1;\n  await c.save();\n};\n"));
  EXPECT_TRUE(
      told("coupons.js",
           "exports.redeem = async (req, res) => {\n  const c = await Coupon.findOne({ code: req.body.code });\n"
           "  c.usedCount++;\n  await c.save();\n};\n"));
  EXPECT_FALSE(told("coupons.js",
                    "exports.redeem = async (req, res) => {\n"
                    "  await Coupon.updateOne({ code: req.body.code }, { $inc: { usedCount: 1 } });\n};\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
