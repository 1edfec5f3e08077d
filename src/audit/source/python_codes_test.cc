// Ways into an account beside its password.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

bool finds(const std::string& code, std::string_view id) {
  const std::string head =
      "import random\nfrom django.contrib.auth import get_user_model, login\n"
      "from rest_framework_simplejwt.tokens import RefreshToken\nfrom rest_framework.views import APIView\n"
      "User = get_user_model()\n";
  return source::finds({{"shop/views.py", head + code}}, id);
}

std::string post(const std::string& body) { return "class Door(APIView):\n    def post(self, request):\n" + body; }

const std::string kByMail = "        user = User.objects.filter(email=request.data['email']).first()\n";

TEST(PythonCodes, ACodeInTheAnswerIsNoCode) {
  const std::string make = "        otp = str(random.randint(0, 9999))\n";
  EXPECT_TRUE(finds(post(make + "        return Response({'sent': True, 'otp': otp})\n"), "AU-007"));
  EXPECT_FALSE(finds(post(make + "        return Response({'sent': True})\n"), "AU-007"));
  EXPECT_FALSE(finds(post(make + "        if settings.DEBUG:\n            return Response({'otp': otp})\n"), "AU-007"));
  EXPECT_FALSE(finds(post("        otp = request.data['otp']\n        random.shuffle(x)\n"
                          "        return Response({'otp': otp})\n"),
                     "AU-007"));
}

TEST(PythonCodes, AMailedLinkIsNotAnswered) {
  const auto door = [](const std::string& answer) {
    return source::finds({{"requirements.txt", "fastapi==0.115.0\n"},
                          {"auth.py",
                           "from fastapi import APIRouter, Form\nrouter = APIRouter()\n\n\n"
                           "@router.post('/reset-password')\nasync def forgot(email: str = Form(...)):\n"
                           "    verify_url = await send_reset_email(email, make_token(email))\n    return " +
                               answer + "\n"}},
                         "AU-007");
  };
  EXPECT_TRUE(door("done(data={VERIFY_URL: verify_url})"));
  EXPECT_TRUE(door("done(url=verify_url)"));
  EXPECT_FALSE(door("done(data={'sent': True})"));
}

TEST(PythonCodes, ANameAloneOpensNoAccount) {
  const std::string set = "        user.set_password(request.data['new'])\n        user.save()\n";
  EXPECT_TRUE(finds(post(kByMail + set), "AU-006"));
  EXPECT_FALSE(
      finds(post(kByMail + "        if user.otp != request.data['otp']:\n            raise Wrong\n" + set), "AU-006"));
  EXPECT_FALSE(finds(post(kByMail +
                          "        if not tokens.check_token(user, request.data['t']):\n"
                          "            raise Wrong\n" +
                          set),
                     "AU-006"));
  EXPECT_FALSE(finds(post("        user = request.user\n" + set), "AU-006"));
}

TEST(PythonCodes, SomebodyIsSignedInForMoreThanAnAddress) {
  const std::string enter = "        return Response(str(RefreshToken.for_user(user)))\n";
  const std::string made = "        user, new = User.objects.get_or_create(email=request.data['email'])\n";
  EXPECT_TRUE(finds(post(made + enter), "AU-006"));
  EXPECT_FALSE(
      finds(post("        info = id_token.verify_oauth2_token(request.data['t'], web)\n" + made + enter), "AU-006"));
  EXPECT_FALSE(finds(post("        info = requests.get(url, timeout=3).json()\n" + made + enter), "AU-006"));
  EXPECT_FALSE(finds(post("        user = User.objects.create_user(email=request.data['email'])\n" + enter), "AU-006"));
}

TEST(PythonCodes, ACodeThatWasUsedMustNotMatchAnEmptyOne) {
  const std::string rest =
      "        user.set_password(request.data['new'])\n        user.otp = ''\n        user.save()\n";
  const std::string fetch = "        user = User.objects.get(id=request.data['id'], otp=otp)\n";
  const std::string read = "        otp = request.data['otp']\n";
  EXPECT_TRUE(finds(post(read + fetch + rest), "AU-006"));
  EXPECT_FALSE(finds(post(read + "        if not otp:\n            raise Wrong\n" + fetch + rest), "AU-006"));
}

TEST(PythonCodes, ANewPasswordIsSetByWhoKnowsTheOldOne) {
  const std::string set = "        request.user.set_password(request.data['new'])\n";
  EXPECT_TRUE(finds(post(set), "AU-008"));
  EXPECT_FALSE(
      finds(post("        if not request.user.check_password(request.data['old']):\n            raise Wrong\n" + set),
            "AU-008"));
}

TEST(PythonCodes, ANewPasswordEndsTheTokensOfTheOldOne) {
  const std::string change = "def change(request):\n    request.user.set_password(request.data['new'])\n";
  EXPECT_TRUE(finds(change, "JWT-009"));
  EXPECT_FALSE(
      finds(change + "    for t in OutstandingToken.objects.filter(user=request.user):\n        end(t)\n", "JWT-009"));
  EXPECT_FALSE(finds("def register(request):\n    user.set_password(request.data['new'])\n", "JWT-009"));
}

TEST(PythonCodes, ALinkThatCarriesACodeIsACodeInTheLog) {
  const std::string made = "def send(request, user):\n    link = f'https://shop/reset?otp={user.otp}'\n";
  EXPECT_TRUE(finds(made + "    print('link', link)\n", "SEC-014"));
  EXPECT_FALSE(
      finds("def send(request, user):\n    link = f'https://shop/{user.id}'\n    print('link', link)\n", "SEC-014"));
}

}  // namespace
}  // namespace gatehouse::audit
