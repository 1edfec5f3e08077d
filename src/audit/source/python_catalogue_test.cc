// What a house shows and sells: an account is too little to ask for, where strangers make accounts.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool django(const std::string& view, const std::string& owner = {}, const std::string& join = "register") {
  return said(audited({{"shop/models.py",
                        "from django.db import models\n\nclass Product(models.Model):\n    name = "
                        "models.CharField()\n    price = models.DecimalField()\n" +
                            owner},
                       {"shop/views.py",
                        "from django.contrib.auth.decorators import login_required\nfrom rest_framework import "
                        "viewsets\n\ndef " +
                            join + "(request):\n    return enter(request)\n\n" + view}},
                      "AZ-008"),
              "AZ-008");
}

TEST(Catalogue, OfDjangoIsForStaffToChange) {
  const std::string remove =
      "def drop(request, pk):\n    product = get_object_or_404(Product, pk=pk)\n    product.delete()\n";
  EXPECT_TRUE(django("@login_required\n" + remove));
  EXPECT_FALSE(django("@login_required\n@permission_required('shop.delete_product')\n" + remove));
  EXPECT_FALSE(django("@login_required\n" + remove, "    user = models.ForeignKey(settings.AUTH_USER_MODEL)\n"));
  EXPECT_FALSE(django("@login_required\n" + remove, {}, "index"));
}

TEST(Catalogue, OfAnApiIsForStaffToChange) {
  const std::string view =
      "class Products(viewsets.ModelViewSet):\n    queryset = Product.objects.all()\n    serializer_class = Out\n    "
      "permission_classes = ";
  EXPECT_TRUE(django(view + "[IsAuthenticated]\n"));
  EXPECT_FALSE(django(view + "[IsAdminUser]\n"));
  EXPECT_FALSE(django(view + "[IsAuthenticated, IsShopkeeper]\n"));
}

bool fastapi(const std::string& user, const std::string& code, const std::string& base = "Base") {
  return said(
      audited(
          {{"models.py",
            "from sqlalchemy import Column, Float, Integer, String\n\nclass User(Base):\n    __tablename__ = "
            "'users'\n    email = Column(String)\n" +
                user + "\nclass Product(" + base + "):\n    __tablename__ = 'products'\n    price = Column(Float)\n"},
           {"main.py",
            "from fastapi import Depends, FastAPI\napp = FastAPI()\n\n@app.delete('/products/{product_id}')\ndef "
            "drop(product_id: int, db=Depends(get_db), me=Depends(get_current_user)):\n" +
                code}},
          "AZ-008"),
      "AZ-008");
}

TEST(Catalogue, OfRoutesIsForThoseWithARank) {
  const std::string drop = "    product = db.get(Product, product_id)\n    db.delete(product)\n";
  EXPECT_TRUE(fastapi("    role = Column(String)\n", drop));
  EXPECT_FALSE(fastapi({}, drop));
  EXPECT_FALSE(fastapi("    role = Column(String)\n", "    if me.role != 'admin':\n        raise No(403)\n" + drop));
  EXPECT_FALSE(fastapi("    role = Column(String)\n", drop, "TenantMixin, Base"));
}

}  // namespace
}  // namespace gatehouse::audit::source
