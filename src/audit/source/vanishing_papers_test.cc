#include "audit/source/vanishing_papers.h"

#include <gtest/gtest.h>

namespace gatehouse::audit::source {
namespace {

TEST(VanishingPapers, GoWithTheAccountOrTheThingThatWasSold) {
  const auto django = vanishing_papers("shop/models.py",
                                       "class Payment(models.Model):\n"
                                       "    user = models.ForeignKey(User, on_delete=models.CASCADE)\n"
                                       "    course = models.ForeignKey(Course, on_delete=models.CASCADE)\n");
  ASSERT_EQ(django.size(), 1u);
  EXPECT_EQ(django[0].at.line, 2);
  EXPECT_EQ(vanishing_papers(
                "schema.prisma",
                "model Order {\n  user User @relation(fields: [userId], references: [id], onDelete: Cascade)\n}\n")
                .size(),
            1u);
  EXPECT_EQ(
      vanishing_papers("db/init.sql",
                       "CREATE TABLE public.payments (\n  user_id uuid REFERENCES users (id) ON DELETE CASCADE\n);\n")
          .size(),
      1u);
}

TEST(VanishingPapers, StayOrArePartsOfAPaper) {
  for (const char* text :
       {"class Payment(models.Model):\n    user = models.ForeignKey(User, on_delete=models.PROTECT)\n",
        "class Payment(models.Model):\n    order = models.ForeignKey(Order, on_delete=models.CASCADE)\n",
        "class OrderItem(models.Model):\n    product = models.ForeignKey(Product, on_delete=models.CASCADE)\n",
        "class Comment(models.Model):\n    user = models.ForeignKey(User, on_delete=models.CASCADE)\n"})
    EXPECT_TRUE(vanishing_papers("shop/models.py", text).empty()) << text;
}

}  // namespace
}  // namespace gatehouse::audit::source
