// Decorators and middleware of a project's own that refuse strangers: what stands behind them is not open.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::string kUrls =
    "from django.urls import path\nurlpatterns = [path('orders/', OrderView.as_view()), path('bills/', "
    "BillView.as_view())]\n";
// Another view asks, so one that does not is told of.
const std::string kSibling =
    "class BillView(LoginRequiredMixin, View):\n    def post(self, request):\n        bill()\n";

std::vector<std::string> shop(const std::string& views, const std::string& more = {},
                              const std::string& middleware = "'django.middleware.security.SecurityMiddleware'") {
  return places_of(
      {{"shop/settings.py", "INSTALLED_APPS = ['shop']\nMIDDLEWARE = [" + middleware + "]\n"},
       {"shop/urls.py", kUrls},
       {"shop/access.py", "from django.http import JsonResponse\n" + more},
       {"shop/views.py", "from django.views import View\nfrom shop.access import asked\n" + kSibling + views}},
      "DJ-036");
}

const std::string kBare = "class OrderView(View):\n    def post(self, request):\n        make(request)\n";

TEST(DjangoGuards, ADecoratorIsKnownByWhatItDoesAndNotByItsName) {
  const std::string view =
      "class OrderView(View):\n    @asked()\n    def post(self, request):\n        make(request)\n";
  const auto decorator = [](const std::string& then) {
    return "def asked(kind='json'):\n    def outer(f):\n        def inner(self, request):\n            if not "
           "request.user.is_authenticated:\n                " +
           then + "\n            return f(self, request)\n        return inner\n    return outer\n";
  };
  EXPECT_TRUE(shop(view, decorator("return JsonResponse({}, status=401)")).empty());
  EXPECT_EQ(shop(view, decorator("note_stranger(request)")).size(), 1u);
  EXPECT_EQ(shop(kBare, decorator("return JsonResponse({}, status=401)")).size(), 1u);
}

TEST(DjangoGuards, OneUnguardedAnswerLeavesAViewOpen) {
  const std::string guard =
      "def asked(f):\n    def inner(self, request):\n        if request.user.is_anonymous:\n            raise "
      "PermissionDenied\n        return f(self, request)\n    return inner\n";
  const std::string view =
      "class OrderView(View):\n    @asked\n    def get(self, request):\n        show(request)\n    def post(self, "
      "request):\n        make(request)\n";
  EXPECT_EQ(shop(view, guard).size(), 1u);
}

TEST(DjangoGuards, AMiddlewareOfTheSettingsThatRefusesStrangersStandsBeforeEveryView) {
  const auto middleware = [](const std::string& asked) {
    return "class Gate:\n    def __call__(self, request):\n        if " + asked +
           ":\n            return redirect('/login/')\n        return self.next(request)\n";
  };
  const std::string stranger = "not request.user.is_authenticated";
  EXPECT_TRUE(shop(kBare, middleware(stranger), "'shop.access.Gate'").empty());
  EXPECT_EQ(shop(kBare, middleware(stranger)).size(), 1u) << "no settings name it";
  EXPECT_EQ(shop(kBare, middleware("request.path.startswith('/staff/') and " + stranger), "'shop.access.Gate'").size(),
            1u)
      << "it speaks for a part of the site";
  EXPECT_TRUE(shop(kBare, {}, "'django.contrib.auth.middleware.LoginRequiredMiddleware'").empty());
}

TEST(DjangoGuards, ManyViewsThatAskNobodyAreOneRemarkWithAllItsPlaces) {
  std::string views = kSibling, urls = "from django.urls import path\nurlpatterns = [";
  for (int i = 0; i < 20; ++i) {
    const std::string name = "Order" + std::to_string(i) + "View";
    views += "class " + name + "(View):\n    def post(self, request):\n        make(request)\n";
    urls += "path('orders" + std::to_string(i) + "/', " + name + ".as_view()), ";
  }
  const auto files = memory_files({{"shop/settings.py", "INSTALLED_APPS = ['shop']\n"},
                                   {"shop/urls.py", urls + "]\n"},
                                   {"shop/views.py", "from django.views import View\n" + views}});
  AuditOptions options;
  options.only = "DJ-036";
  const auto found = audit_source(*files, source_pack(), options).findings;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.front().locations.size(), 20u);
}

}  // namespace
}  // namespace gatehouse::audit::source
