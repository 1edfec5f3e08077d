// Who may open an account by another provider's sign-in, and under whose address.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using Strings = std::vector<std::string>;

TEST(Allauth, AnAccountIsJoinedByAnAddressThatWasShownToBeTheirs) {
  const auto adapter = [](const std::string& before) {
    return lines_of("accounts/adapters.py",
                    "from allauth.socialaccount.adapter import DefaultSocialAccountAdapter\nclass "
                    "Link(DefaultSocialAccountAdapter):\n    def pre_social_login(self, request, sociallogin):\n" +
                        before +
                        "        user = User.objects.get(email=sociallogin.user.email)\n        "
                        "sociallogin.connect(request, user)\n",
                    "OAU-003");
  };
  EXPECT_EQ(adapter(""), Strings{"OAU-003:5"});
  EXPECT_TRUE(
      adapter("        if not sociallogin.account.extra_data['email_verified']:\n            return\n").empty());
}

TEST(Allauth, AddressesAreConfirmedWhateverTheStageIsCalled) {
  const auto settings = [](const std::string& value) {
    return lines_of("shop/settings.py",
                    "import os\nSTAGE = os.getenv('STAGE', 'development')\nINSTALLED_APPS = ['allauth', "
                    "'allauth.account']\nMIDDLEWARE = []\nACCOUNT_EMAIL_VERIFICATION = " +
                        value + "\n",
                    "AU-006");
  };
  EXPECT_EQ(settings("'none'"), Strings{"AU-006:5"});
  EXPECT_EQ(settings("'mandatory' if STAGE == 'production' else 'none'"), Strings{"AU-006:5"});
  EXPECT_TRUE(settings("'mandatory'").empty());
}

TEST(Payments, ThePageAfterAPaymentAsksWhetherThereWasOne) {
  const auto page = [](const std::string& asked) {
    return lines_of("shop/views.py",
                    "from django.shortcuts import render\ndef payment_success(request):\n    session = "
                    "stripe.checkout.Session.retrieve(request.GET['session_id'])\n" +
                        asked +
                        "    profile = request.user.profile\n    profile.credits += int(session.metadata['credits'])\n"
                        "    profile.save()\n    return render(request, 'done.html')\n",
                    "PAY-002");
  };
  EXPECT_EQ(page(""), Strings{"PAY-002:5"});
  EXPECT_EQ(page("    if session.payment_status != 'paid':\n        raise Http404\n"), Strings{"PAY-002:7"})
      << "opened twice it counts twice";
  EXPECT_TRUE(
      page("    if session.payment_status != 'paid' or Purchase.objects.filter(session_id=session.id).exists():\n"
           "        raise Http404\n")
          .empty());
}

TEST(Webhooks, AStageOfDevelopmentIsNoProof) {
  const auto hook = [](const std::string& otherwise) {
    return lines_of("shop/views.py",
                    "import json, stripe\n@csrf_exempt\ndef stripe_webhook(request):\n    if settings.ENVIRONMENT == "
                    "'production':\n        event = stripe.Webhook.construct_event(request.body, "
                    "request.headers['stripe-signature'], settings.SECRET)\n    else:\n" +
                        otherwise + "    fulfil(event)\n    return HttpResponse()\n",
                    "EX-018,EX-019,EX-021,DJ-016,FA-014");
  };
  EXPECT_FALSE(
      hook("        try:\n            event = json.loads(request.body)\n        except ValueError:\n            "
           "return HttpResponse(status=400)\n")
          .empty());
  EXPECT_TRUE(hook("        return HttpResponse(status=400)\n").empty());
}

TEST(Webhooks, AnEmptySecretIsNoSecret) {
  const auto line = [](const std::string& code) {
    return lines_of("shop/settings.py", "import os\n" + code + "\n", "SEC-013");
  };
  EXPECT_EQ(line("STRIPE_WEBHOOK_SECRET = os.getenv('STRIPE_WEBHOOK_SECRET', '')"), Strings{"SEC-013:2"});
  EXPECT_TRUE(line("STRIPE_WEBHOOK_SECRET = os.environ['STRIPE_WEBHOOK_SECRET']").empty());
  // Another secret that is asked for says nothing of this one.
  const std::string empty = "STRIPE_WEBHOOK_SECRET = os.getenv('STRIPE_WEBHOOK_SECRET', '')\n";
  EXPECT_EQ(line(empty + "if not AWS_SECRET_ACCESS_KEY:\n    raise ValueError"), Strings{"SEC-013:2"});
  EXPECT_TRUE(line(empty + "if not STRIPE_WEBHOOK_SECRET:\n    raise ValueError").empty());
}

}  // namespace
}  // namespace gatehouse::audit::source
