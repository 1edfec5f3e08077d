// Addresses that a client names, asked by functions that lie further down.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source::fixture {
namespace {

std::vector<std::string> app(const std::string& handler, const std::string& service) {
  return found({{"app/main.py",
                 "from fastapi import FastAPI, Depends\nfrom .services.fetcher import Fetcher, load\n"
                 "app = FastAPI()\nfetcher = Fetcher()\n" +
                     handler},
                {"app/services/fetcher.py", "import httpx\nimport requests\nimport urllib.request\n" + service}});
}

const std::string kPreview =
    "@app.post('/preview')\nasync def preview(body: LinkIn, user=Depends(get_current_user)):\n"
    "    return await fetcher.fetch(body.url)\n";

TEST(PythonFetches, AreSeenThroughAClass) {
  const auto service = [](const std::string& check, const std::string& address) {
    return "class Fetcher:\n    def __init__(self):\n        self.client = httpx.AsyncClient(timeout=5)\n"
           "    async def fetch(self, url):\n" +
           check + "        return await self.client.get(" + address + ")\n";
  };
  EXPECT_TRUE(has(app(kPreview, service("", "url")), "EX-013:app/services/fetcher.py:8"));
  EXPECT_FALSE(has(app(kPreview, service("        assert_public(url)\n", "url")), "EX-013"));
  EXPECT_FALSE(has(app(kPreview, service("", "f'https://api.example.com/{quote(url)}'")), "EX-013"));
}

TEST(PythonFetches, AreSeenThroughTwoFunctions) {
  const std::string handler =
      "@app.get('/read')\ndef read(link: str, user=Depends(get_current_user)):\n    return load(link)\n";
  EXPECT_TRUE(has(app(handler,
                      "def load(address):\n    return download(address)\n"
                      "def download(target):\n    with urllib.request.urlopen(target) as f:\n"
                      "        return f.read()\n"),
                  "EX-013:app/services/fetcher.py:7"));
  EXPECT_FALSE(has(app(handler,
                       "def load(address):\n    return download(BASE)\n"
                       "def download(target):\n    with urllib.request.urlopen(target) as f:\n"
                       "        return f.read()\n"),
                   "EX-013"));
}

TEST(PythonFetches, TheHostIsWhatCounts) {
  const auto direct = [](const std::string& address) {
    return app(
        "@app.get('/user/{name}')\ndef read(name: str, user=Depends(get_current_user)):\n"
        "    return requests.get(" +
            address + ", timeout=5).json()\n",
        "");
  };
  EXPECT_FALSE(has(direct("f'{BASE_URL}/users/{quote(name)}'"), "EX-013"));
  EXPECT_FALSE(has(found({{"app/main.py",
                           "import requests\nfrom fastapi import FastAPI\napp = FastAPI()\n"
                           "@app.get('/u/{name}')\ndef read(name: str):\n"
                           "    return requests.get(BASE + '/users/' + quote(name), timeout=5).json()\n"}}),
                   "EX-013"));
  EXPECT_TRUE(has(found({{"app/main.py",
                          "import requests\nfrom fastapi import FastAPI\napp = FastAPI()\n"
                          "@app.get('/u/{name}')\ndef read(name: str):\n"
                          "    return requests.get(f'https://{name}/profile', timeout=5).json()\n"}}),
                  "EX-013"));
}

}  // namespace
}  // namespace gatehouse::audit::source::fixture
