#include "audit/source/python_replies.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool fast(std::string_view back) {
  return finds({{"main.py", "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/ready')\ndef ready():\n    " +
                                std::string(back) + "\n"}},
               "RUN-004", "takes the pair");
}

TEST(PythonReplies, APairIsAListForFastApi) {
  EXPECT_TRUE(fast("return {'status': 'down'}, 503"));
  EXPECT_TRUE(fast("return {'status': 'down'}, status.HTTP_503_SERVICE_UNAVAILABLE"));
  EXPECT_FALSE(fast("return {'status': 'down'}"));
  EXPECT_FALSE(fast("return 1, 2"));
  // Flask means it so.
  EXPECT_FALSE(finds(
      {{"main.py", "from flask import Flask\napp = Flask(__name__)\n@app.get('/r')\ndef r():\n    return {}, 503\n"}},
      "RUN-004", "pair"));
}

TEST(PythonReplies, APairIsNoResponseForDjango) {
  const auto view = [](std::string_view back) {
    return finds({{"views.py",
                   "from django.shortcuts import render\ndef pay(request):\n    if request.POST:\n        return "
                   "render(request, 'a.html')\n    " +
                       std::string(back) + "\n"}},
                 "RUN-004", "pair");
  };
  EXPECT_TRUE(view("return messages.error(request, 'declined'), False"));
  EXPECT_FALSE(view("return render(request, 'b.html', {'a': (1, 2)})"));
}

TEST(PythonReplies, AQueryAtTheTopIsAskedOnce) {
  const auto forms = [](std::string_view body) {
    return finds({{"forms.py", "from django import forms\nfrom .models import City\nclass F(forms.Form):\n    " +
                                   std::string(body) + "\n"}},
                 "RUN-004", "while the module is loaded");
  };
  EXPECT_TRUE(forms("city = forms.ChoiceField(choices=[(c.id, c.name) for c in City.objects.all()])"));
  EXPECT_FALSE(forms("city = forms.ModelChoiceField(queryset=City.objects.all())"));
  EXPECT_FALSE(forms("def clean(self):\n        return [c for c in City.objects.all()]"));
}

}  // namespace
}  // namespace gatehouse::audit::source
