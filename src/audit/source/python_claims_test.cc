// Faults of Python applications beside their mended twins: one line makes the difference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

bool finds(const std::string& path, const std::string& text, std::string_view id) {
  return source::finds({{path, text}}, id);
}

struct Twin {
  const char *id, *head, *faulty, *mended, *tail;
};

void tell_apart(const std::string& path, const std::vector<Twin>& twins) {
  for (const Twin& t : twins) {
    const std::string head = t.head, tail = t.tail;
    EXPECT_TRUE(finds(path, head + t.faulty + tail, t.id)) << t.id << " in\n" << head + t.faulty + tail;
    EXPECT_FALSE(finds(path, head + t.mended + tail, t.id)) << t.id << " in\n" << head + t.mended + tail;
  }
}

TEST(Accounts, ArePassedOverAndToldApartFromTheirMendedTwins) {
  tell_apart("app/api.py",
             {{"DJ-030", "def join(password):\n    db.add(", "User(password=password)",
               "User(password=hash_password(strong(password)))", ")\nmin_password = 12\n"},
              {"DJ-030", "def join(data):\n    users.insert_one({'password': ", "data['password']",
               "bcrypt.hashpw(data['password'])", "})\nmin_password = 12\n"},
              {"JWT-001", "from clients import supabase\ndef current(", "", "supabase",
               "):\n    return supabase.auth.get_user()\n"},
              {"JWT-009", "import jwt\n", "revoked_tokens = set()\n", "revoked_tokens = Store('revoked')\n", "x = 1\n"},
              {"AZ-007",
               "from fastapi import APIRouter, Depends\nrouter = APIRouter()\n@router.post('/invite')\ndef "
               "invite(body: Invite, "
               "user=Depends(get_current_user)):\n",
               "", "    if body.role not in below(user):\n        raise HTTPException(403)\n",
               "    return create_member(user.team, body.role)\n"}});
}

TEST(Money, IsNamedByTheServer) {
  tell_apart(
      "app/api.py",
      {{"PAY-002",
        "from flask import Flask, request\napp = Flask(__name__)\n@app.route('/orders', methods=['POST'])\ndef "
        "add():\n    state = ",
        "request.form.get('status')", "'new'", "\n    db.session.add(Orders(status=state))\n"},
       {"PAY-001",
        "from flask import Flask, request\napp = Flask(__name__)\n@app.route('/orders', methods=['POST'])\n"
        "@login_required\ndef add():\n",
        "", "    if current_user.role != 'admin':\n        abort(403)\n",
        "    save(price=request.form.get('price'))\n"},
       {"EX-012",
        "from fastapi import APIRouter\nrouter = APIRouter()\n@router.post('/checkout')\ndef pay(body: Checkout):\n    "
        "return stripe.checkout.Session.create(success_url=",
        "body.success_url", "settings.SITE + '/done'", ")\n"}});
}

TEST(Errors, KeptForTheAnswerAreToldLikeThoseThatAreIt) {
  const char* head =
      "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/ready')\ndef ready():\n    checks = {}\n    "
      "try:\n        ping()\n    except Exception as e:\n        ";
  tell_apart(
      "app/api.py",
      {{"FA-004", head, "checks['db'] = str(e)", "checks['db'] = 'down'", "\n    return {'checks': checks}\n"},
       {"FA-004", head, "checks['db'] = str(e)", "known['db'] = str(e)", "\n    return {'checks': checks}\n"},
       {"FA-004",
        "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/tail')\ndef tail():\n    def lines():\n"
        "        try:\n            yield from source()\n        except Exception as e:\n            yield ",
        "f'error {e}'", "'error'", "\n    return StreamingResponse(lines())\n"}});
}

TEST(Logs, AreToldWhenTheyHoldTheWholeRequestUnderAnyName) {
  const char* head =
      "from fastapi import APIRouter, Request\nrouter = APIRouter()\n@router.post('/x')\nasync def take(request: "
      "Request):\n    raw = await request.body()\n    text = raw.decode()\n    logger.info('got %s', ";
  tell_apart("app/api.py",
             {{"LOG-001", head, "text", "len(text)", ")\n"}, {"LOG-001", head, "locals()", "'it'", ")\n"}});
}

TEST(Checks, ThatPassWhateverTheyAreGivenAreNone) {
  tell_apart("app/hooks.py", {{"EX-021", "def verify_webhook_signature(body, signature):\n    return ", "True",
                               "hmac.compare_digest(sign(body), signature)", "\n"}});
}

TEST(Passwords, OfDjangoPassTheValidatorsOfTheSettings) {
  const auto view = [](const std::string& code) {
    const auto report =
        audit_source(*memory_files({{"shop/settings.py", "INSTALLED_APPS = ['django.contrib.auth']\nMIDDLEWARE = []\n"},
                                    {"accounts/views.py", "from django.contrib.auth.models import User\n" + code}}),
                     source_pack(), {});
    return std::any_of(report.findings.begin(), report.findings.end(),
                       [](const proof::Finding& f) { return f.id == "DJ-030"; });
  };
  const auto with = [&](const std::string& import, const std::string& check) {
    return view(import + "def join(request):\n    password = request.POST['password']\n" + check +
                "    User.objects.create_user('a', password=password)\n");
  };
  const std::string validates = "from django.contrib.auth.password_validation import validate_password\n";
  EXPECT_TRUE(with("", ""));
  EXPECT_FALSE(with(validates, "    validate_password(password)\n"));
  // One of the project's own by that name may look for anything.
  EXPECT_TRUE(with("def validate_password(p):\n    return bool(p)\n", ""));
  const std::string serializer =
      "class Join(serializers.ModelSerializer):\n    password = serializers.CharField(min_length=8)\n"
      "    def create(self, validated_data):\n        return User.objects.create_user(**validated_data)\n";
  EXPECT_TRUE(view(serializer));
  EXPECT_FALSE(view(validates + serializer));
}

TEST(Migrations, MakeNoAccountWithAPasswordThatEverybodyReads) {
  const auto made = [](const std::string& password) {
    return source::lines_of(
        "shop/migrations/0003_boss.py",
        "from django.db import migrations\ndef boss(apps, schema_editor):\n    PASSWORD = " + password +
            "\n    get_user_model().objects.create_superuser(username='boss', password=PASSWORD)\n",
        "SEC-017");
  };
  EXPECT_THAT(made("'letmein9'"), ::testing::Contains("SEC-017:4"));
  EXPECT_THAT(made("os.environ['BOSS_PASSWORD']"), ::testing::IsEmpty());
}

TEST(Panels, AskWhoIsCalling) {
  tell_apart("app/panel.py", {{"FA-003", "from sqladmin import Admin\npanel = Admin(app, engine", "",
                               ", authentication_backend=Staff(secret)", ")\n"}});
}

TEST(DjangoSettings, HoldNoPasswordOfADatabase) {
  const char* head =
      "INSTALLED_APPS = ['shop']\nDATABASES = {'default': {'NAME': 'shop', 'HOST': 'db.example.com', 'PASSWORD': ";
  tell_apart("shop/settings.py",
             {{"SEC-017", head, "'s3same'", "env('DB_PASSWORD')", "}}\n"},
              {"INF-017", head, "env('P')", "env('P'), 'OPTIONS': {'sslmode': 'require'}", "}}\n"}});
}

TEST(DjangoUploads, AreMeasuredByTheViewOrByItsSerializer) {
  const std::string view =
      "from rest_framework.views import APIView\nclass Attach(APIView):\n    def post(self, request):\n        s = "
      "AttachmentSerializer(data=request.FILES)\n        s.is_valid(raise_exception=True)\n        s.save()\n";
  const std::string serializer = "class AttachmentSerializer(ModelSerializer):\n    ";
  EXPECT_TRUE(finds("shop/views.py", view + serializer + "file = FileField()\n", "FA-016"));
  EXPECT_FALSE(finds("shop/views.py", view + serializer + "file = FileField(validators=[small, pdf])\n", "FA-016"));
}

TEST(Claims, OfSigningOutAndOfShutDocumentationAreHeldAgainstTheCode) {
  tell_apart("app/api.py", {{"JWT-009",
                             "from rest_framework_simplejwt.tokens import RefreshToken\nclass LogoutView(APIView):\n"
                             "    def post(self, request):\n",
                             "        logout(request)\n", "        RefreshToken(request.data['refresh']).blacklist()\n",
                             "        return Response()\n"},
                            {"FA-002", "from fastapi import FastAPI\napp = FastAPI(docs_url=None if PROD else '/docs'",
                             "", ", openapi_url=None if PROD else '/openapi.json'", ")\n"}});
}

TEST(Claims, OfDjangoThatPasswordsAreJudgedWantAValidator) {
  tell_apart(
      "shop/settings.py",
      {{"DJ-030",
        "SECRET_KEY = os.environ['SECRET_KEY']\nMIDDLEWARE = []\n"
        "INSTALLED_APPS = ['django.contrib.admin', 'django.contrib.auth']\n",
        "", "AUTH_PASSWORD_VALIDATORS = [{'NAME': 'django.contrib.auth.password_validation.MinimumLengthValidator'}]\n",
        "USE_TZ = True\n"}});
}

}  // namespace
}  // namespace gatehouse::audit
