// How accounts change hands: by an address nobody proved, by coming first, by what stands in the source.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source::fixture {
namespace {

TEST(PythonContact, ANewAddressIsProvedFirst) {
  const auto view = [](const std::string& check) {
    return found(
        {{"me/views.py",
          "from django.shortcuts import redirect\nfrom django.contrib.auth.decorators import login_required\n"
          "@login_required\ndef edit_profile(request):\n    user = request.user\n" +
              check + "    user.email = request.POST['email']\n    user.save()\n    return redirect('me')\n"}});
  };
  EXPECT_TRUE(has(view(""), "AU-008:me/views.py:6"));
  EXPECT_FALSE(has(view("    if not user.check_password(request.POST['password']):\n        return redirect('me')\n"),
                   "AU-008"));
}

TEST(PythonContact, FormsAndSerializersOverTheCallerCount) {
  const auto tree = [](const std::string& fields) {
    return found({{"me/serializers.py",
                   "from rest_framework import serializers\n"
                   "class ProfileSerializer(serializers.ModelSerializer):\n    class Meta:\n"
                   "        model = User\n        fields = [" +
                       fields + "]\n"},
                  {"me/views.py",
                   "from rest_framework import generics\nfrom rest_framework.permissions import IsAuthenticated\n"
                   "class Me(generics.RetrieveUpdateAPIView):\n    serializer_class = ProfileSerializer\n"
                   "    permission_classes = [IsAuthenticated]\n    def get_object(self):\n"
                   "        return self.request.user\n"}});
  };
  EXPECT_TRUE(has(tree("'first_name', 'email'"), "AU-008"));
  EXPECT_FALSE(has(tree("'first_name', 'last_name'"), "AU-008"));
}

TEST(PythonContact, BodiesWrittenFieldByFieldCount) {
  const auto tree = [](const std::string& field) {
    return found({{"app/main.py",
                   "from fastapi import FastAPI, Depends\nfrom pydantic import BaseModel\napp = FastAPI()\n"
                   "class ProfileUpdate(BaseModel):\n    " +
                       field +
                       ": str | None = None\n@app.patch('/me')\n"
                       "def update(body: ProfileUpdate, user=Depends(get_current_user), db=Depends(get_db)):\n"
                       "    for key, value in body.model_dump(exclude_unset=True).items():\n"
                       "        setattr(user, key, value)\n    db.commit()\n"}});
  };
  EXPECT_TRUE(has(tree("email"), "AU-008"));
  EXPECT_FALSE(has(tree("nickname"), "AU-008"));
}

TEST(PythonAdmins, ComeNotByBeingFirst) {
  const auto route = [](const std::string& right) {
    return found({{"app/main.py",
                   "from fastapi import FastAPI, Depends\napp = FastAPI()\n@app.post('/signup')\n"
                   "def signup(body: SignUp, db=Depends(get_db)):\n"
                   "    first = db.query(User).count() == 0\n    user = User(email=body.email, is_admin=" +
                       right + ")\n    db.add(user)\n    db.commit()\n"}});
  };
  EXPECT_TRUE(has(route("first"), "AZ-007"));
  EXPECT_FALSE(has(route("False"), "AZ-007"));
}

TEST(PythonAdmins, AreNotNamedByADefault) {
  const auto app = [](const std::string& fallback) {
    return found({{"app/main.py",
                   "import os\nfrom flask import Flask, session\napp = Flask(__name__)\n"
                   "ADMIN_EMAIL = os.environ.get('ADMIN_EMAIL'" +
                       fallback +
                       ")\n@app.route('/panel')\ndef panel():\n"
                       "    if session['email'] != ADMIN_EMAIL:\n        abort(403)\n    return 'ok'\n"}});
  };
  EXPECT_TRUE(has(app(", 'boss@example.org'"), "SEC-013"));
  EXPECT_FALSE(has(app(""), "SEC-013"));
}

TEST(PythonAdmins, AreNotMadeWithAPasswordOfTheSource) {
  const auto route = [](const std::string& given, const std::string& name) {
    return found(
        {{"app/routes.py", "from flask import Flask\napp = Flask(__name__)\n@app.route('/install')\ndef " + name +
                               "():\n    user = User(email='a@b.example', password=generate_password_hash(" + given +
                               "))\n    db.session.add(user)\n    db.session.commit()\n    return 'ok'\n"}});
  };
  EXPECT_TRUE(has(route("'blue-heron'", "install"), "SEC-017:app/routes.py:5"));
  EXPECT_FALSE(has(route("os.environ['FIRST_PASSWORD']", "install"), "SEC-017"));
  EXPECT_FALSE(has(route("'blue-heron'", "dummy_for_timing"), "SEC-017"));
}

}  // namespace
}  // namespace gatehouse::audit::source::fixture
