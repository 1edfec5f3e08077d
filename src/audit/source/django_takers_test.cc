// Forms that take what nobody says of himself.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool form(const std::string& fields, const std::string& view) {
  return said(
      audited(
          {{"a/forms.py",
            "from django import forms\n\nclass ProfileForm(forms.ModelForm):\n    class Meta:\n        model "
            "= User\n        fields = [" +
                fields + "]\n"},
           {"a/views.py", "from django.contrib.auth.decorators import login_required, user_passes_test\n\n" + view +
                              "def profile(request):\n    form = ProfileForm(request.POST, instance=request.user)\n    "
                              "if form.is_valid():\n        form.save()\n    return redirect('me')\n"}},
          "AZ-007"),
      "AZ-007:6");
}

TEST(DjangoTakers, OfRightsAreTheClients) {
  EXPECT_TRUE(form("'username', 'is_approved'", "@login_required\n"));
  EXPECT_FALSE(form("'username', 'bio'", "@login_required\n"));
  EXPECT_FALSE(form("'username', 'is_approved'", "@user_passes_test(boss)\n"));
}

bool ninja(const std::string& api, const char* id) {
  return said(
      audited({{"shop/models.py",
                "from django.db import models\n\nclass Address(models.Model):\n    user = "
                "models.ForeignKey(User, on_delete=models.CASCADE)\n"},
               {"shop/api.py",
                "from django.shortcuts import get_object_or_404\nfrom ninja import NinjaAPI\napi = NinjaAPI(" + api +
                    ")\n\n@api.get('/addresses')\ndef addresses(request):\n    return "
                    "list(Address.objects.values('id'))\n"}},
              id),
      id);
}

TEST(DjangoTakers, BehindTheDoorOfNinjaAreNoStrangers) {
  EXPECT_FALSE(ninja("auth=django_auth", "DJ-036"));
  EXPECT_TRUE(ninja("auth=django_auth", "AZ-001"));
}

}  // namespace
}  // namespace gatehouse::audit::source
