#include "audit/source/kept_endings.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

constexpr const char* kTitle = "An upload keeps the ending";

bool python(const std::string& check) {
  return finds({{"requirements.txt", "fastapi==0.115.5\n"},
                {"app/upload.py",
                 "import os, shutil, uuid\nfrom fastapi import APIRouter, UploadFile\nrouter = APIRouter()\n\n"
                 "@router.post('/')\nasync def upload(file: UploadFile, user=Depends(get_user)):\n"
                 "    if not file.content_type.startswith('image/'):\n        raise HTTPException(400)\n"
                 "    ext = os.path.splitext(file.filename)[1]\n" +
                     check +
                     "    with open(f'./uploads/{uuid.uuid4()}{ext}', 'wb') as out:\n"
                     "        shutil.copyfileobj(file.file, out)\n"}},
               "FA-016", kTitle);
}

TEST(KeptEndings, OfPython) {
  EXPECT_TRUE(python(""));
  EXPECT_FALSE(python("    if ext not in {'.png', '.jpg'}:\n        raise HTTPException(400)\n"));
  EXPECT_FALSE(python("    Image.open(file.file).verify()\n"));
  // A service that is handed the name.
  EXPECT_TRUE(
      finds({{"requirements.txt", "fastapi==0.115.5\n"},
             {"app/storage.py",
              "import os, uuid\nclass Local:\n    def save(self, fileobj, filename):\n"
              "        ext = os.path.splitext(filename)[1]\n        key = uuid.uuid4().hex + ext\n"
              "        with open(os.path.join('static', key), 'wb') as f:\n            f.write(fileobj.read())\n"
              "        return key\n"}},
            "FA-016", kTitle));
}

bool multer(const std::string& filter) {
  return finds({{"package.json", R"({"dependencies":{"express":"4.21.2","multer":"2.0.2"}})"},
                {"upload.js",
                 "const multer = require('multer');\nconst path = require('path');\n"
                 "const storage = multer.diskStorage({\n  destination: 'public/uploads',\n"
                 "  filename: (req, file, cb) => cb(null, Date.now() + path.extname(file.originalname)),\n});\n"
                 "module.exports = multer({ storage, limits: { fileSize: 1e6 }, fileFilter: (req, file, cb) => {\n" +
                     filter + "} });\n"}},
               "FA-016", kTitle);
}

TEST(KeptEndings, OfScripts) {
  EXPECT_TRUE(multer("  cb(null, file.mimetype.startsWith('image/'));\n"));
  EXPECT_FALSE(multer(
      "  const ok = /jpeg|png/;\n  cb(null, ok.test(path.extname(file.originalname)) && ok.test(file.mimetype));\n"));
  EXPECT_TRUE(finds({{"package.json", R"({"dependencies":{"next":"15.5.9"}})"},
                     {"app/api/uploads/route.ts",
                      "import { writeFile } from 'fs/promises';\nexport async function POST(req) {\n"
                      "  const session = await auth();\n  if (!session) return new Response('', { status: 401 });\n"
                      "  const file = (await req.formData()).get('file');\n"
                      "  if (!ALLOWED.has(file.type) || file.size > 1e6) return new Response('', { status: 415 });\n"
                      "  const ext = file.name.split('.').pop();\n"
                      "  await writeFile('public/uploads/' + crypto.randomUUID() + '.' + ext, Buffer.from(await "
                      "file.arrayBuffer()));\n"
                      "  return Response.json({ ok: true });\n}\n"}},
                    "FA-016", kTitle));
}

TEST(KeptEndings, SixAreToldAndNoMore) {
  Texts files{{"package.json", R"({"dependencies":{"express":"4.21.2","multer":"2.0.2"}})"}};
  for (int i = 0; i < 12; ++i)
    files.emplace_back("upload" + std::to_string(i) + ".js",
                       "const multer = require('multer');\nconst path = require('path');\n"
                       "exports.s = multer.diskStorage({ filename: (req, file, cb) => cb(null, 'x' + "
                       "path.extname(file.originalname)) });\n");
  int told = 0;
  for (const auto& f : report_of(files, "FA-016").findings) told += f.title.starts_with(kTitle) ? 1 : 0;
  EXPECT_EQ(told, 6);
}

}  // namespace
}  // namespace gatehouse::audit::source
