#include "audit/source/open_keys.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool open_to_nothing(const std::string& top, const std::string& asked) {
  return finds({{"requirements.txt", "flask==3.1.0\n"},
                {"app.py", "import os\nfrom flask import Flask, abort, request\napp = Flask(__name__)\n" + top +
                               "\n\n@app.post('/setup')\ndef setup():\n    if " + asked +
                               ":\n        abort(403)\n    rebuild()\n    return {'ok': True}\n"}},
               "EX-021");
}

TEST(OpenKeys, NoneIsNone) {
  EXPECT_TRUE(open_to_nothing("", "request.json.get('key') != os.getenv('SETUP_KEY')"));
  EXPECT_FALSE(open_to_nothing("", "request.json.get('key') != os.environ['SETUP_KEY']"));
  EXPECT_FALSE(open_to_nothing("KEY = os.getenv('SETUP_KEY')\nif not KEY:\n    raise RuntimeError('SETUP_KEY')\n",
                               "request.json.get('key') != KEY"));
}

}  // namespace
}  // namespace gatehouse::audit::source
