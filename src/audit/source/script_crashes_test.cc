// One request that ends the process, or holds it up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using Strings = std::vector<std::string>;
using ::testing::Contains;
using ::testing::IsEmpty;

// A route of Express `version` with this handler, in a file that also says `before`.
Strings of_route(const std::string& handler, const std::string& before = {}, const std::string& version = "^4.18.2") {
  return audited({{"package.json", R"({"dependencies":{"express":")" + version + "\"}}"},
                  {"routes/a.js", "const router = require('express').Router();\n" + before + "\nrouter.get('/:id', " +
                                      handler + ");\nmodule.exports = router;\n"}},
                 "RUN-001");
}

TEST(Crashes, AnAsyncHandlerOfExpressFourHasNobodyToTakeWhatItThrows) {
  const std::string plain = "async (req, res) => { res.json(await load(req.params.id)); }";
  EXPECT_THAT(of_route(plain), Contains("RUN-001:3"));
  EXPECT_THAT(of_route(plain, {}, "^5.0.0"), IsEmpty()) << "Express 5 takes it";
  EXPECT_THAT(of_route(plain, "require('express-async-errors');"), IsEmpty());
  EXPECT_THAT(of_route(plain, "process.on('unhandledRejection', report);"), IsEmpty());
  EXPECT_THAT(of_route("wrap(" + plain + ")"), IsEmpty());
  EXPECT_THAT(of_route("async (req, res) => { try { res.json(await load(req.params.id)); } catch (e) { res.end(); } }"),
              IsEmpty());
  EXPECT_THAT(of_route("async (req, res) => { res.json(await load(req.params.id).catch(() => null)); }"), IsEmpty());
}

TEST(Crashes, AHandlerThatIsNamedCountsOnlyWhereItIsMountedAsItIs) {
  const std::string named = "const one = async (req, res) => { res.json(await load(req.params.id)); };";
  EXPECT_THAT(of_route("one", named), Contains("RUN-001:2"));
  EXPECT_THAT(of_route("wrap(one)", named), IsEmpty());
  EXPECT_THAT(of_route("two", named), IsEmpty()) << "nobody mounts it";
}

TEST(Crashes, CallbacksAndChainsThrowPastEveryTry) {
  EXPECT_THAT(of_route("(req, res) => { db.query(q, (err, rows) => { if (err) throw err; res.json(rows); }); }"),
              Contains("RUN-001:3"));
  EXPECT_THAT(of_route("(req, res) => { load(req.params.id).then((r) => res.json(r)); }"), Contains("RUN-001:3"));
  EXPECT_THAT(of_route("(req, res, next) => { load(req.params.id).then((r) => res.json(r)).catch(next); }"), IsEmpty());
  EXPECT_THAT(of_route("(req, res, next) => { load(req.params.id).then((r) => res.json(r), next); }"), IsEmpty());
}

TEST(Crashes, AMessageThatIsNoJsonEndsASocketServer) {
  const auto socket = [](const std::string& handler) {
    return lines_of(
        "ws.js",
        "const { WebSocketServer } = require('ws');\nnew WebSocketServer({ port: 1 }).on('connection', (ws) "
        "=> {\n  ws.on('message', " +
            handler + ");\n});\n",
        "RUN-001");
  };
  EXPECT_THAT(socket("(raw) => { const m = JSON.parse(raw); ws.send(m.n); }"), Contains("RUN-001:3"));
  EXPECT_THAT(socket("(raw) => { try { ws.send(JSON.parse(raw).n); } catch { ws.close(); } }"), IsEmpty());
}

TEST(Standstills, LongWorkInTheServersOwnThreadIsTold) {
  const auto in = [](const std::string& path, const std::string& code) { return lines_of(path, code, "RUN-003"); };
  EXPECT_THAT(in("services/hash.js", "const c = require('crypto');\nexports.of = (p) => c.scryptSync(p, 's', 64);\n"),
              Contains("RUN-003:2"));
  EXPECT_THAT(in("scripts/seed.js", "const b = require('bcrypt');\nconst f = () => b.hashSync('x', 12);\n"), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source
