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

TEST(PythonErrors, AHelperOfTheProjectsOwnSaysItOn) {
  const auto service = [](const std::string& failed) {
    return finds({{"requirements.txt", "fastapi==0.115.0\n"},
                  {"app/services/orders.py",
                   "from app.utils.response import response\nasync def make(cart):\n    try:\n"
                   "        return response(await store(cart), 'Made', 200)\n    except Exception as e:\n        " +
                       failed + "\n"}},
                 "FA-004");
  };
  EXPECT_TRUE(service("return response(None, f'Failed: {str(e)}', 400)"));
  EXPECT_TRUE(service("return error_response(str(e)), 500"));
  EXPECT_FALSE(service("return response(None, 'Failed', 400)"));
  EXPECT_FALSE(service("return log_error(str(e))"));
  EXPECT_TRUE(finds({{"app.py",
                      "from flask import Flask\napp = Flask(__name__)\n@app.get('/ready')\ndef ready():\n    try:\n"
                      "        ping()\n        return {'ok': True}\n    except Exception as e:\n"
                      "        return {'ok': False, 'detail': str(e)}, 503\n"}},
                    "FA-004"));
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
