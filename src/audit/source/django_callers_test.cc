// A view that looks up its caller by itself is no open one; a helper whose answer nobody looks at guards nothing.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

// POST of orders with these first lines, beside a view that asks.
bool open_view(const std::string& first, const std::string& helper = {}) {
  return !places_of(
              {{"shop/settings.py", "INSTALLED_APPS = ['rest_framework', 'shop']\nREST_FRAMEWORK = {}\n"},
               {"shop/urls.py",
                "from django.urls import path\nurlpatterns = [path('orders/', OrderView.as_view()), "
                "path('bills/', BillView.as_view())]\n"},
               {"shop/who.py", "import os\nfrom .models import Session, User\n" + helper},
               {"shop/views.py",
                "import os\nfrom rest_framework.views import APIView\nfrom .who import holder\n"
                "class BillView(APIView):\n    permission_classes = [IsAuthenticated]\n    def post(self, request):\n"
                "        bill()\n"
                "class OrderView(APIView):\n    def post(self, request):\n" +
                    first +
                    "        Order.objects.create(title=request.data['title'])\n        return Response({})\n"}},
              "DJ-036")
              .empty();
}

const std::string kHelper =
    "def holder(request):\n    key = request.headers['Authorization'].split(' ')[1]\n"
    "    found = Session.objects.filter(key=key)\n    if found.exists():\n        return found[0].user\n    return "
    "None\n";

TEST(DjangoCallers, AHelperThatLooksUpTheKeyAsks) {
  const std::string asked =
      "        user = holder(request)\n        if user is None:\n            return Response(status=401)\n";
  EXPECT_FALSE(open_view(asked, kHelper));
  EXPECT_TRUE(open_view(asked, "def holder(request):\n    return request.data.get('user')\n"));
  // Nobody looks at what it said.
  EXPECT_TRUE(open_view("        user = holder(request)\n", kHelper));
  EXPECT_FALSE(open_view("        user = holder(request)\n",
                         "def holder(request):\n    found = Session.objects.filter(key=request.headers['X-Token'])\n"
                         "    if not found:\n        raise PermissionDenied()\n    return found[0].user\n"));
}

TEST(DjangoCallers, AKeyIsAskedForByMoreThanItsPresence) {
  EXPECT_FALSE(
      open_view("        found = Session.objects.filter(key=request.headers.get('X-Token')).first()\n"
                "        if not found:\n            return Response(status=401)\n"));
  EXPECT_TRUE(open_view("        if not request.headers.get('X-Token'):\n            return Response(status=401)\n"));
  EXPECT_FALSE(open_view("        if not request.session.get('user_id'):\n            return Response(status=401)\n"));
}

bool open_key(const std::string& lines, const std::string& elsewhere = {}) {
  return finds({{"shop/views.py",
                 "import os\nfrom rest_framework.views import APIView\nclass RefillView(APIView):\n"
                 "    def post(self, request):\n" +
                     lines + "            return Response(status=403)\n        refill()\n"},
                {"shop/settings.py", "import os\n" + elsewhere}},
               "EX-021", "who sends none has the right one");
}

TEST(OpenKeys, NoneIsNone) {
  EXPECT_TRUE(open_key("        if request.data.get('key') != os.getenv('REFILL_KEY'):\n"));
  EXPECT_TRUE(
      open_key("        given = request.headers.get('X-Key')\n"
               "        if not given == os.environ.get('REFILL_KEY'):\n"));
  EXPECT_TRUE(open_key("        if request.data['key'] != os.getenv('REFILL_KEY'):\n"));
  // It cannot be None, or the variable cannot.
  EXPECT_FALSE(open_key("        if request.headers['X-Key'] != os.getenv('REFILL_KEY'):\n"));
  EXPECT_FALSE(open_key("        if request.data.get('key') != os.environ['REFILL_KEY']:\n"));
  EXPECT_FALSE(open_key("        if request.data.get('key') != os.getenv('REFILL_KEY', 'x'):\n"));
  EXPECT_FALSE(open_key("        if request.data.get('key') != os.getenv('REFILL_KEY'):\n",
                        "if not os.getenv('REFILL_KEY'):\n    raise RuntimeError()\n"));
  EXPECT_FALSE(
      open_key("        key = os.getenv('REFILL_KEY')\n        if not key:\n            raise Http404\n"
               "        if request.data.get('key') != key:\n"));
}

TEST(OpenKeys, AreGuardsAllTheSame) {
  EXPECT_FALSE(
      open_view("        if request.data.get('key') != os.getenv('REFILL_KEY'):\n"
                "            return Response(status=400)\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
