// Texts of failures that leave with what is answered.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(PythonErrors, WhatIsHandedOnAsAResultIsSaidOn) {
  const auto service = [](const std::string& failed) {
    return finds({{"requirements.txt", "flask==3.1.0\n"},
                  {"app/orders.py",
                   "def make(cart):\n    try:\n        return True, store(cart)\n"
                   "    except Exception as e:\n        " +
                       failed + "\n"}},
                 "FA-004", "handed to whoever answers");
  };
  EXPECT_TRUE(service("return False, str(e)"));
  EXPECT_TRUE(service("return {'success': False, 'error': str(e)}"));
  EXPECT_FALSE(service("return False, 'could not be made'"));
  EXPECT_FALSE(service("return False, None"));
}

TEST(PythonErrors, AnotherServersAnswerStaysInside) {
  const auto view = [](const std::string& said) {
    return finds({{"shop/views.py",
                   "import requests\nfrom django.http import JsonResponse\ndef pay(request):\n"
                   "    r = requests.post('https://pay.example/v1', timeout=5)\n"
                   "    return JsonResponse({'error': 'failed', 'details': " +
                       said + "}, status=502)\n"}},
                 "DJ-029", "another server");
  };
  EXPECT_TRUE(view("r.text"));
  EXPECT_FALSE(view("r.status_code"));
  EXPECT_FALSE(view("'later'"));
}

}  // namespace
}  // namespace gatehouse::audit::source
