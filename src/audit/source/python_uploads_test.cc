// Files that clients send, errors on pages, changes by GET, and what is given without payment.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

constexpr const char* kFast = "from fastapi import APIRouter, Depends, UploadFile\n\nrouter = APIRouter()\n\n";

TEST(PythonUploadsTest, AnUploadThatIsBelievedByItsNameIsTold) {
  const auto upload = [](const std::string& check) {
    return audited(
        {{"api.py",
          kFast +
              std::string("@router.post('/papers')\nasync def papers(paper: UploadFile, user=Depends(get_user)):\n"
                          "    ") +
              check +
              "\n    if paper.size > MAX_SIZE: raise TooLarge()\n    await save_upload_file(paper, ROOT / key())\n"}});
  };
  EXPECT_TRUE(said(upload("if not paper.content_type.startswith('image/'): raise Wrong()"), "FA-016:6"));
  EXPECT_FALSE(said(upload("if magic.from_buffer(await paper.read(512)) not in ALLOWED: raise Wrong()"), "FA-016"));
}

TEST(PythonUploadsTest, AClientsNameInAPathIsTold) {
  const auto path = [](const std::string& made) {
    return audited({{"api.py", kFast + std::string("async def keep(cover: UploadFile):\n    target = ROOT / ") + made +
                                   "\n    await write(cover, target)\n"}});
  };
  EXPECT_TRUE(said(path("f'cover_{cover.filename}'"), "FA-018:6"));
  EXPECT_FALSE(said(path("f'cover_{Path(cover.filename).suffix}'"), "FA-018"));
  EXPECT_FALSE(said(path("f'cover_{clean(cover.filename)}'"), "FA-018"));
}

TEST(PythonUploadsTest, AKeptNameThatBecomesAPathLaterIsTold) {
  const std::string keep = "def add(form):\n    db.add(Paper(owner=1, filename=form.file.data.filename))\n";
  const auto send = [](const std::string& part) {
    return "from flask import send_file\nimport os\n\ndef give(paper):\n    return send_file(os.path.join(ROOT, " +
           part + "))\n";
  };
  EXPECT_TRUE(said(audited({{"keep.py", keep}, {"give.py", send("paper.filename")}}), "FA-018:5"));
  EXPECT_FALSE(said(audited({{"keep.py", keep}, {"give.py", send("paper.key")}}), "FA-018"));
}

TEST(PythonErrorsTest, ErrorsOnPagesAreTold) {
  const auto page = [](const std::string& text) {
    return audited({{"pages.py",
                     "from flask import flash\n\ndef page():\n    try:\n        work()\n    except Exception as e:\n"
                     "        flash(" +
                         text + ", 'danger')\n"}});
  };
  EXPECT_TRUE(said(page("f'It failed: {str(e)}'"), "FA-004:7"));
  EXPECT_FALSE(said(page("'It failed'"), "FA-004"));
}

TEST(PythonWritesTest, APageOfTheAdministrationThatChangesOnOpeningIsTold) {
  const auto admin = [](const std::string& first) {
    return audited(
        {{"shop/admin.py",
          "from django.contrib import admin\n\nclass BillAdmin(admin.ModelAdmin):\n"
          "    def get_urls(self):\n        return [path('x/', self.admin_site.admin_view(self.settle))]\n\n"
          "    def settle(self, request, pk):\n" +
              first + "        bill = Bill.objects.get(pk=pk)\n        bill.paid = True\n        bill.save()\n"}});
  };
  EXPECT_TRUE(said(admin(""), "CSRF-003:7"));
  EXPECT_FALSE(said(admin("        if request.method != 'POST': raise Denied\n"), "CSRF-003"));
}

TEST(PythonWritesTest, AGetOfFastApiThatChangesIsToldWhereCookiesSayWhoCalls) {
  const std::string route =
      kFast + std::string(
                  "@router.get('/plan/cancel')\ndef cancel_plan(user=Depends(get_user), db=Depends(get_db)):\n"
                  "    user.plan = None\n    db.commit()\n");
  const std::string door = "def enter(response, token):\n    response.set_cookie('session', token)\n";
  EXPECT_TRUE(said(audited({{"api.py", route}, {"door.py", door}}), "CSRF-003:6"));
  EXPECT_FALSE(said(audited({{"api.py", route}}), "CSRF-003"));
}

TEST(PythonRoutesGuardTest, AHelperThatVerifiesTheRequestIsAGuard) {
  const auto route = [](const std::string& first) {
    return audited(
        {{"api.py",
          kFast +
              std::string(
                  "@router.get('/me')\ndef me(user=Depends(get_current_user)):\n    return 1\n\n"
                  "@router.delete('/orders/{order_id}')\nasync def drop(order_id: str, request: Request):\n    ") +
              first + "\n    await remove(order_id)\n"}});
  };
  EXPECT_TRUE(said(route("log(request)"), "FA-003"));
  EXPECT_FALSE(said(route("user = await verify_caller(request, client)"), "FA-003"));
}

TEST(PythonMoneyTest, ASubscriptionThatIsMadeActiveForTheAskingIsTold) {
  const auto made = [](const std::string& status) {
    return audited(
        {{"api.py",
          kFast +
              std::string(
                  "@router.post('/subscriptions')\ndef create_subscription(data: New, user=Depends(get_user)):\n"
                  "    sub = Subscription(user_id=user.id, plan_id=data.plan_id, status=") +
              status + ")\n    db.add(sub)\n    db.commit()\n"}});
  };
  EXPECT_TRUE(said(made("'active'"), "PAY-002:7"));
  EXPECT_FALSE(said(made("'pending'"), "PAY-002"));
}

TEST(PythonWebhooksTest, AHashOverContentAndSecretIsNoSignature) {
  EXPECT_TRUE(said(audited({{"proof.py",
                             "import hashlib\n\ndef verify_webhook_signature(body, given, secret):\n"
                             "    return hashlib.sha256(f'{body}{secret}'.encode()).hexdigest() == given\n"}}),
                   "EX-018:4"));
  EXPECT_FALSE(
      said(audited({{"proof.py",
                     "import hashlib, hmac\n\ndef verify_webhook_signature(body, given, secret):\n"
                     "    return hmac.compare_digest(hmac.new(secret, body, hashlib.sha256).hexdigest(), given)\n"}}),
           "EX-018"));
}

TEST(PythonWebhooksTest, WhatTheBuyerWritesDoesNotSayWhatWasBought) {
  const auto event = [](const std::string& more) {
    return audited({{"events.py", "def created(attributes, db):\n    sent = attributes.get('custom_data', {})\n" +
                                      more + "    db.add(Subscription(plan=sent.get('plan_id')))\n"}});
  };
  EXPECT_TRUE(said(event(""), "PAY-001:3"));
  EXPECT_FALSE(said(event("    if attributes['variant_id'] != VARIANTS[sent.get('plan_id')]: return\n"), "PAY-001"));
}

TEST(PythonFilesTest, OneSegmentOfTheAddressHoldsNoSlash) {
  const auto route = [](const std::string& path, const std::string& parameter) {
    return audited({{"app.py",
                     "from fastapi import FastAPI\nfrom fastapi.responses import FileResponse\napp = FastAPI()\n"
                     "@app.get('/files" +
                         path + "')\ndef show(" + parameter +
                         ": str):\n    path = ROOT / name\n    return FileResponse(path)\n"}});
  };
  EXPECT_FALSE(said(route("/{name}", "name"), "FA-018"));
  EXPECT_TRUE(said(route("/{name:path}", "name"), "FA-018:7"));
  EXPECT_TRUE(said(route("", "name"), "FA-018:7"));
}

TEST(PythonStartTest, AnEmptySecretAsDefaultIsTold) {
  EXPECT_TRUE(
      said(audited({{"config.py", "class Settings(BaseSettings):\n    WEBHOOK_SECRET: str = \"\"\n"}}), "ENV-006:2"));
  EXPECT_FALSE(said(audited({{"config.py", "class Settings(BaseSettings):\n    WEBHOOK_SECRET: str\n"}}), "ENV-006"));
}

}  // namespace
}  // namespace gatehouse::audit::source
