// Django's settings beside the deployment checks: throttles, rotated tokens, what answers by default.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source::fixture {
namespace {

std::vector<std::string> settings(const std::string& more) {
  return found({{"core/settings.py",
                 "import os\nfrom datetime import timedelta\nSECRET_KEY = os.environ['SECRET_KEY']\nDEBUG = False\n"
                 "INSTALLED_APPS = ['django.contrib.auth', 'rest_framework']\n"
                 "MIDDLEWARE = ['django.middleware.security.SecurityMiddleware']\n" +
                     more}});
}

TEST(DjangoLimits, CountByAnAddressThatCallersCannotWrite) {
  const auto rest = [](const std::string& more) {
    return settings("REST_FRAMEWORK = {'DEFAULT_THROTTLE_CLASSES': ['rest_framework.throttling.AnonRateThrottle']" +
                    more + "}\n");
  };
  EXPECT_TRUE(has(rest(""), "RL-003"));
  EXPECT_FALSE(has(rest(", 'NUM_PROXIES': 1"), "RL-003"));
}

TEST(DjangoLimits, HoldForAllProcesses) {
  const std::string throttle =
      "REST_FRAMEWORK = {'DEFAULT_THROTTLE_CLASSES': ['rest_framework.throttling.ScopedRateThrottle']}\n";
  EXPECT_TRUE(has(settings(throttle), "RL-005"));
  EXPECT_FALSE(
      has(settings(throttle + "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.redis.RedisCache'}}\n"),
          "RL-005"));
}

TEST(DjangoTokens, ThatWereExchangedAreNoLongerGood) {
  EXPECT_TRUE(has(settings("SIMPLE_JWT = {'ROTATE_REFRESH_TOKENS': True}\n"), "JWT-009"));
  EXPECT_FALSE(has(settings("INSTALLED_APPS += ['rest_framework_simplejwt.token_blacklist']\n"
                            "SIMPLE_JWT = {'ROTATE_REFRESH_TOKENS': True, 'BLACKLIST_AFTER_ROTATION': True}\n"),
                   "JWT-009"));
}

TEST(DjangoOrigins, OnASwitchThatIsOffAreShut) {
  const auto on = [](const std::string& fallback) {
    return settings("if env.bool('CORS_ALLOW_ALL_ORIGINS', default=" + fallback +
                    "):\n    CORS_ALLOW_ALL_ORIGINS = True\nelse:\n    CORS_ALLOWED_ORIGINS = []\n");
  };
  EXPECT_FALSE(has(on("False"), "DJ-020"));
  EXPECT_TRUE(has(on("True"), "DJ-020"));
}

TEST(DjangoSchema, IsOpenUntilTheSettingsShutIt) {
  const auto urls = [](const std::string& more) {
    return found({{"core/urls.py",
                   "from django.urls import path\nfrom drf_spectacular.views import SpectacularAPIView\n"
                   "urlpatterns = [path('schema/', SpectacularAPIView.as_view())]\n"},
                  {"core/settings.py", "# django\nINSTALLED_APPS = []\n" + more}});
  };
  EXPECT_TRUE(has(urls(""), "FA-002"));
  EXPECT_FALSE(has(urls("SPECTACULAR_SETTINGS = {'SERVE_PERMISSIONS': ['rest_framework.permissions.IsAdminUser']}\n"),
                   "FA-002"));
}

TEST(DjangoSerializers, ThatOnlyShowAreWrittenByNobody) {
  const auto view = [](const std::string& made) {
    return found({{"plans/serializers.py",
                   "from rest_framework import serializers\n"
                   "class PlanSerializer(serializers.ModelSerializer):\n    class Meta:\n"
                   "        model = Subscription\n        fields = ['tier', 'until']\n"},
                  {"plans/views.py",
                   "from rest_framework.views import APIView\nclass PlanView(APIView):\n"
                   "    def post(self, request):\n        s = PlanSerializer(" +
                       made + ")\n        return Response(s.data)\n"}});
  };
  EXPECT_FALSE(has(view("request.user.subscription"), "AZ-007"));
  EXPECT_TRUE(has(view("request.user.subscription, data=request.data"), "AZ-007"));
}

TEST(DjangoViews, ASerializerThatKnowsTheCallerMayHaveAsked) {
  const auto tree = [](const std::string& check) {
    return found(
        {{"stay/serializers.py",
          "from rest_framework import serializers\n"
          "class ReviewSerializer(serializers.Serializer):\n"
          "    booking_id = serializers.IntegerField()\n"
          "    def validate_booking_id(self, value):\n" +
              check + "        return value\n"},
         {"stay/models.py",
          "from django.db import models\nclass Booking(models.Model):\n"
          "    user = models.ForeignKey('auth.User', on_delete=models.CASCADE)\n"},
         {"stay/views.py",
          "from rest_framework.views import APIView\nfrom rest_framework.permissions import IsAuthenticated\n"
          "class ReviewView(APIView):\n    permission_classes = [IsAuthenticated]\n    def post(self, request):\n"
          "        s = ReviewSerializer(data=request.data, context={'request': request})\n"
          "        s.is_valid(raise_exception=True)\n"
          "        booking = Booking.objects.get(id=s.validated_data['booking_id'])\n"
          "        return Response(booking.note)\n"}});
  };
  EXPECT_TRUE(has(tree(""), "AZ-001"));
  EXPECT_FALSE(has(tree("        request = self.context['request']\n"
                        "        if not request.user.bookings.filter(id=value).exists():\n"
                        "            raise serializers.ValidationError('no')\n"),
                   "AZ-001"));
}

TEST(DjangoSettings, DjoserShowsEverybodyAndVerifiesNobody) {
  const auto djoser = [](const std::string& said) { return settings("DJOSER = {" + said + "}\n"); };
  EXPECT_TRUE(has(djoser("'HIDE_USERS': False"), "DATA-001"));
  EXPECT_TRUE(has(djoser("'HIDE_USERS': False"), "AU-012"));
  EXPECT_FALSE(has(djoser("'SEND_ACTIVATION_EMAIL': True"), "AU-012"));
  EXPECT_FALSE(has(djoser("'SEND_ACTIVATION_EMAIL': True"), "DATA-001"));
}

}  // namespace
}  // namespace gatehouse::audit::source::fixture
