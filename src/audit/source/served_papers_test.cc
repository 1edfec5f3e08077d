// Papers in folders that everybody is served.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using Strings = std::vector<std::string>;
using ::testing::IsEmpty;

// `mount` of an Express application, and a file that keeps something there.
Strings of_express(const std::string& mount, const std::string& keep, const std::string& path = "routes/a.js") {
  return places_of({{"package.json", R"({"dependencies":{"express":"^5.0.0"}})"},
                    {"app.js", "const express = require('express');\nconst app = express();\n" + mount + "\n"},
                    {path, "const fs = require('fs');\nconst path = require('path');\n" + keep + "\n"}},
                   "FS-003");
}

TEST(ServedPapers, AFolderThatIsServedHoldsNobodysPapers) {
  const std::string keep = "fs.writeFileSync(path.join(__dirname, '..', 'files', 'invoices', `i-${n}.pdf`), pdf);";
  EXPECT_EQ(of_express("app.use('/files', express.static('files'));", keep), Strings{"app.js:3"});
  EXPECT_EQ(of_express("app.use(express.static(path.join(__dirname, 'files')));", keep), Strings{"app.js:3"});
  EXPECT_THAT(of_express("app.use('/files', requireLogin, express.static('files'));", keep), IsEmpty());
  EXPECT_THAT(of_express("app.use(express.static('public'));", keep), IsEmpty());
}

TEST(ServedPapers, PicturesOfGoodsAreMeantToBeSeen) {
  const std::string mount = "app.use('/files', express.static('files'));";
  EXPECT_THAT(of_express(mount, "fs.writeFileSync('files/products/a.png', png);"), IsEmpty());
  EXPECT_EQ(of_express(mount, "fs.writeFileSync('files/a.png', png);", "routes/passport.js"), Strings{"app.js:3"})
      << "the file's own name tells what is kept";
}

TEST(ServedPapers, TheFolderMayBeAConstantOfAnotherFile) {
  EXPECT_EQ(
      places_of({{"src/config.ts", "import path from 'path';\nexport const ROOT_DIR = path.resolve('data', 'up');\n"},
                 {"src/app.ts", "import { ROOT_DIR } from './config';\napp.use('/s', express.static(ROOT_DIR));\n"},
                 {"src/kyc.ts",
                  "import { ROOT_DIR } from './config';\nimport path from 'path';\n"
                  "const keep = multer.diskStorage({ destination: path.join(ROOT_DIR, 'kyc') });\n"}},
                "FS-003"),
      Strings{"src/app.ts:2"});
}

TEST(ServedPapers, PythonServesFoldersToo) {
  const std::string mount =
      "from fastapi.staticfiles import StaticFiles\napp.mount('/u', StaticFiles(directory='u'))\n";
  EXPECT_EQ(places_of({{"main.py", mount},
                       {"r.py", "def keep(n, pdf):\n    open(f'u/contracts/{n}.pdf', 'wb').write(pdf)\n"}},
                      "FS-003"),
            Strings{"main.py:2"});
  EXPECT_EQ(places_of({{"m.py", "class C(models.Model):\n    pdf = models.FileField(upload_to='contracts/')\n"},
                       {"urls.py",
                        "urlpatterns = [re_path('^media/(?P<path>.*)$', serve, {'document_root': "
                        "settings.MEDIA_ROOT})]\n"}},
                      "FS-003"),
            Strings{"urls.py:1"});
}

TEST(ServedPapers, MediaOfADjangoThatDebugsAreServed) {
  const auto media = [](const std::string& debug, const std::string& field) {
    return finds(
        {{"site/settings.py", "INSTALLED_APPS = ['django.contrib.auth']\nMIDDLEWARE = []\nDEBUG = " + debug + "\n"},
         {"site/urls.py",
          "from django.conf.urls.static import static\nurlpatterns = [] + static(settings.MEDIA_URL, "
          "document_root=settings.MEDIA_ROOT)\n"},
         {"api/models.py", "from django.db import models\n\n\nclass Paper(models.Model):\n    " + field +
                               "\n    file = models.FileField(upload_to='uploads/')\n"}},
        "FS-003");
  };
  EXPECT_TRUE(media("True", "user = models.ForeignKey(User, on_delete=models.CASCADE)"));
  EXPECT_FALSE(media("False", "user = models.ForeignKey(User, on_delete=models.CASCADE)"));
  EXPECT_FALSE(media("True", "name = models.CharField()"));
}

}  // namespace
}  // namespace gatehouse::audit::source
