// What a client sends, in markup, patterns and addresses of Python.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::string kHead = "import re\nimport requests\nfrom flask import Flask, request\napp = Flask(__name__)\n";

TEST(PythonInputs, AMailHoldsNoMarkupOfAStranger) {
  const auto mail = [](const std::string& value) {
    return !lines_of("app/mailer.py",
                     "from email.message import EmailMessage\ndef send(data):\n    html = f'<p>{" + value +
                         "}</p>'\n    return html\n",
                     "RE-001")
                .empty();
  };
  EXPECT_TRUE(mail("data[\"name\"]"));
  EXPECT_TRUE(mail("data.full_name"));
  EXPECT_FALSE(mail("escape(data.full_name)"));
  EXPECT_FALSE(mail("data.order_id"));
}

TEST(PythonInputs, APageSaysNothingThatWasSentToIt) {
  const auto page = [](const std::string& said) {
    return !lines_of("app.py",
                     kHead + "@app.get('/s')\ndef s():\n    q = request.args.get('q')\n    return " + said + "\n",
                     "RE-001")
                .empty();
  };
  EXPECT_TRUE(page("f'<h1>{q}</h1>'"));
  EXPECT_FALSE(page("f'<h1>{escape(q)}</h1>'"));
  EXPECT_FALSE(page("{'q': q}"));
}

TEST(PythonInputs, APatternIsEscaped) {
  const auto search = [](const std::string& code) {
    return !lines_of("app.py", kHead + "@app.get('/s')\ndef s():\n    q = request.args['q']\n    " + code + "\n",
                     "VAL-002")
                .empty();
  };
  EXPECT_TRUE(search("return re.compile(q)"));
  EXPECT_TRUE(search("return db.find({'name': {'$regex': q}})"));
  EXPECT_TRUE(search("return Item.objects.filter(name__iregex=q)"));
  EXPECT_FALSE(search("return re.compile(re.escape(q))"));
  EXPECT_FALSE(search("return db.find({'name': {'$regex': re.escape(q)}})"));
}

TEST(PythonInputs, AnAddressIsMadeOfWhatWasEncoded) {
  const auto rate = [](const std::string& part) {
    return finds(
        {{"client.py", "import requests\ndef rate(a, b):\n    return requests.get('https://v6.example.com/' + " + part +
                           ", timeout=5)\n"},
         {"views.py", "from client import rate\ndef view(request):\n    return rate(request.GET['a'], 'usd')\n"}},
        "EX-013", "part of an address");
  };
  EXPECT_TRUE(rate("a"));
  EXPECT_FALSE(rate("b")) << "nobody sends that one";
  EXPECT_FALSE(rate("quote(a)"));
}

}  // namespace
}  // namespace gatehouse::audit::source
