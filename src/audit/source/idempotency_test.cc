#include "audit/source/idempotency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(IdempotencyKeys, are_kept_in_the_step_that_looks_for_them) {
  const auto plugin = [](const std::string& more) {
    return "export async function once(req, reply) {\n  const key = `idempotency:${req.user.id}:${req.headers.key}`\n"
           "  const kept = await redis.get(key)\n  if (kept) return reply.send(kept)\n"
           "  await redis.set(key, 'working'" +
           more + ")\n}\n";
  };
  const auto found = [](const std::string& text) { return places_of({{"src/once.js", text}}, "WHK-002"); };
  EXPECT_THAT(found(plugin("")), ElementsAre("src/once.js:3"));
  EXPECT_THAT(found(plugin(", { NX: true }")), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source
