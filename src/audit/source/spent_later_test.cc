#include "audit/source/spent_later.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(Texts files) { return places_of(std::move(files), "PAY-004"); }

std::string worker(const std::string& where) {
  return "export async function run(job) {\n  const text = await model(job.file)\n"
         "  await prisma.user.update({ where: { " +
         where + " }, data: { credits: { decrement: 1 } } })\n}\n";
}
const std::string kAsk =
    "export async function start(user) {\n  if (user.credits <= 0) throw new Error('none left')\n  await "
    "run(user)\n}\n";

TEST(SpentLater, what_is_asked_in_one_place_is_lowered_in_another) {
  EXPECT_THAT(found({{"src/ask.ts", kAsk}, {"src/worker.ts", worker("id: job.userId")}}),
              ElementsAre("src/worker.ts:3"));
  EXPECT_THAT(found({{"src/ask.ts", kAsk}, {"src/worker.ts", worker("id: job.userId, credits: { gte: 1 }")}}),
              IsEmpty());
  EXPECT_THAT(found({{"src/worker.ts", worker("id: job.userId")}}),
              IsEmpty());  // nobody looks at it: no limit is meant
  EXPECT_THAT(found({{"src/ask.ts", kAsk},
                     {"src/worker.ts", worker("id: job.userId")},
                     {"db/1.sql", "alter table users add constraint c check (credits >= 0);\n"}}),
              IsEmpty());
}

TEST(SpentLater, stock_is_lowered_whatever_is_left) {
  const auto sell = [](const std::string& more) {
    return "def sell(db, lines):\n    for line in lines:\n"
           "        db.execute(\"UPDATE products SET stock = stock - $1 WHERE id = $2" +
           more + "\", line.quantity, line.product)\n    db.commit()\n";
  };
  EXPECT_THAT(found({{"shop/orders.py", sell("")}}), ElementsAre("shop/orders.py:3"));
  EXPECT_THAT(found({{"shop/orders.py", sell(" AND stock >= $1")}}), IsEmpty());
  const std::string take =
      "def take(lines):\n    for line in lines:\n"
      "        Article.objects.filter(pk=line.article).update(stock=F('stock') - line.quantity)\n";
  EXPECT_THAT(found({{"shop/services.py", take}}), ElementsAre("shop/services.py:3"));
  EXPECT_THAT(
      found({{"shop/services.py", take},
             {"shop/models.py", "class Article(models.Model):\n    stock = models.PositiveIntegerField(default=0)\n"}}),
      IsEmpty());
}

TEST(SpentLater, what_was_not_taken_is_not_given_back) {
  const auto job = [](const std::string& first, const std::string& last) {
    return "export async function run(job) {\n" + first +
           "  try {\n    const file = await load(job)\n    const text = await model(file)\n    await store(text)\n" +
           last +
           "  } catch (e) {\n    await prisma.user.update({ where: { id: job.userId }, data: { credits: { increment: 1 "
           "} } "
           "})\n  }\n}\n";
  };
  const std::string take =
      "    await prisma.user.update({ where: { id: job.userId }, data: { credits: { decrement: 1 } } })\n";
  EXPECT_THAT(found({{"src/worker.ts", job("", take)}}), ElementsAre("src/worker.ts:8"));
  EXPECT_THAT(found({{"src/worker.ts", job(take, "")}}), IsEmpty());
}

TEST(SpentLater, a_procedure_behind_the_work_comes_too_late) {
  const auto route = [](const std::string& call) {
    return "export async function POST() {\n  const { data: row } = await "
           "db.from('credits').select('credits').single()\n"
           "  if (row.credits <= 0) return new Response('none left', { status: 402 })\n"
           "  const answer = await model()\n" +
           call + "  return Response.json(answer)\n}\n";
  };
  EXPECT_THAT(found({{"app/api/a/route.ts", route("  const { error } = await db.rpc('decrement_credits')\n")}}),
              ElementsAre("app/api/a/route.ts:5"));
  EXPECT_THAT(
      found({{"app/api/a/route.ts",
              route("  const { data: taken } = await db.rpc('decrement_credits')\n  if (!taken) throw none()\n")}}),
      IsEmpty());
}

TEST(SpentLater, functions_of_the_database_take_steps_too) {
  const auto function = [](const std::string& lock) {
    return "create function spend(p_amount int) returns boolean as $$\ndeclare v int;\nbegin\n"
           "  select credits into v from wallets where id = auth.uid()" +
           lock +
           ";\n  if v < p_amount then return false; end if;\n"
           "  update wallets set credits = credits - p_amount where id = auth.uid();\n  return true;\nend $$;\n";
  };
  EXPECT_THAT(found({{"supabase/migrations/1.sql", function("")}, {"index.js", "const a = 1\n"}}),
              ElementsAre("supabase/migrations/1.sql:4"));
  EXPECT_THAT(found({{"supabase/migrations/1.sql", function(" for update")}, {"index.js", "const a = 1\n"}}),
              IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source
