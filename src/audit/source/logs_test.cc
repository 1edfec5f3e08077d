// What the readers of Python and JavaScript say about logs, and about keys that stand in the code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> found(std::string path, std::string text, std::string_view only = "LOG") {
  return source::lines_of(std::move(path), std::move(text), only);
}

TEST(Logs, a_whole_request_is_followed_through_what_only_rewrites_it) {
  EXPECT_THAT(found("app/hooks.py",
                    "async def hook(request):\n"
                    "    headers = dict(request.headers)\n"
                    "    payload = await request.body()\n"
                    "    text = payload.decode('utf-8')\n"
                    "    logging.debug(f\"headers {headers}\")\n"
                    "    event = json.loads(text)\n"
                    "    kind = event.get('type')\n"
                    "    data = event.get('data')\n"
                    "    logging.info(f\"kind {kind}\")\n"
                    "    logging.info(f\"data {data}\")\n"
                    "    logging.info(f\"fields {locals()}\")\n"),
              UnorderedElementsAre("LOG-001:5", "LOG-001:10", "LOG-001:11"));
  EXPECT_THAT(found("app/count.py", "def count(rows):\n    data = rows.get('data')\n    print(data)\n"), IsEmpty());
}

TEST(Logs, a_persons_record_is_told_on_the_server_and_its_number_is_not) {
  EXPECT_THAT(found("src/app/api/users/route.ts",
                    "export async function POST(req: Request) {\n"
                    "  const stripeCustomer = await findCustomer(req);\n"
                    "  console.log('customer', stripeCustomer);\n"
                    "  console.log('customer', stripeCustomer.id);\n"
                    "}\n"),
              ElementsAre("LOG-001:3"));
  EXPECT_THAT(found("prisma/seed.ts", "async function main() { const user = await make(); console.log(user); }\n"),
              IsEmpty());
}

TEST(Keys, that_nothing_can_replace_are_no_defaults) {
  EXPECT_THAT(found("main.py", "app = Flask(__name__)\napp.secret_key = \"Hi-this-is-key\"\n", "SEC"),
              ElementsAre("SEC-008:2"));
}

}  // namespace
}  // namespace gatehouse::audit
