// Which value of a statement goes into which column, and what follows when the client sends it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using Strings = std::vector<std::string>;

Strings sign_up(const std::string& body, std::string_view only) {
  return lines_of(
      "src/auth.js",
      "const router = express.Router();\nrouter.post('/signup', async (req, res) => {\n  const { name, email, "
      "password, role } = req.body;\n  const hash = await bcrypt.hash(password, 10);\n" +
          body + "  res.json({ ok: true });\n});\n",
      only);
}

TEST(SqlWrites, ARoleThatTheClientSendsIsFoundBehindItsPlace) {
  const Strings told = {"AZ-007:5"};
  EXPECT_EQ(
      sign_up("  await db.query('INSERT INTO users (name, email, password, role) VALUES (?, ?, ?, ?)', [name, email, "
              "hash, role]);\n",
              "AZ-007"),
      told);
  EXPECT_EQ(sign_up("  await pool.query('INSERT INTO users (role, name) VALUES ($2, $1)', [name, role]);\n", "AZ-007"),
            told);
  EXPECT_TRUE(
      sign_up("  await db.query(\"INSERT INTO users (role, name, email) VALUES ('user', ?, ?)\", [name, email]);\n",
              "AZ-007")
          .empty());
  EXPECT_TRUE(
      sign_up("  if (!['buyer', 'seller'].includes(role)) return res.sendStatus(400);\n  await db.query('INSERT INTO "
              "users (name, role) VALUES (?, ?)', [name, role]);\n",
              "AZ-007")
          .empty());
}

TEST(SqlWrites, WhatAStatementSaysItselfIsWritten) {
  const auto pay = [](const std::string& statement) {
    return lines_of("src/orders.js",
                    "router.post('/orders/:id/pay', requireAuth, async (req, res) => {\n  " + statement +
                        "\n  res.json({ ok: true });\n});\n",
                    "PAY-002");
  };
  const Strings told = {"PAY-002:2"};
  EXPECT_EQ(
      pay("await pool.query(\"UPDATE orders SET status = 'paid' WHERE id = $1 AND user_id = $2\", [req.params.id, "
          "req.user.id]);"),
      told);
  EXPECT_EQ(pay("await db.execute('UPDATE orders SET status = ? WHERE id = ? AND user_id = ?', ['paid', req.params.id, "
                "req.user.id]);"),
            told);
  EXPECT_TRUE(pay("await db.execute(\"UPDATE orders SET status = 'cancelled' WHERE id = ? AND user_id = ?\", "
                  "[req.params.id, req.user.id]);")
                  .empty());
  const auto python = [](const std::string& statement) {
    return lines_of("app/orders.py",
                    "from fastapi import APIRouter, Depends\nrouter = APIRouter()\n\n@router.post('/orders/{id}/pay')\n"
                    "def pay(id: int, user=Depends(get_current_user)):\n    " +
                        statement + "\n    return {'ok': True}\n",
                    "PAY-002");
  };
  EXPECT_EQ(python("conn.execute(\"UPDATE orders SET status = 'paid' WHERE id = ? AND user_id = ?\", (id, user.id))"),
            Strings{"PAY-002:6"});
  EXPECT_EQ(
      python("db.execute(text('UPDATE orders SET status = :status WHERE id = :id'), {'status': 'paid', 'id': id})"),
      Strings{"PAY-002:6"});
  EXPECT_TRUE(python("conn.execute('UPDATE orders SET paid = FALSE WHERE id = %s', (id,))").empty());
}

TEST(SqlWrites, APictureIsNoTextThatNamesAFile) {
  const auto upload = [](const std::string& what) {
    return lines_of(
        "src/me.js",
        "router.put('/me', requireAuth, async (req, res) => {\n  const { pic } = req.body;\n  const up = await "
        "cloudinary.uploader.upload(" +
            what + ");\n  res.json(up.secure_url);\n});\n",
        "FA-016");
  };
  EXPECT_EQ(upload("pic"), Strings{"FA-016:3"});
  EXPECT_TRUE(upload("req.file.path").empty());
}

TEST(SqlWrites, ATokenHoldsNoRowOfAModelThatIsWrittenByHand) {
  const auto sign = [](const std::string& payload) {
    return lines_of("src/auth.js",
                    "const jwt = require('jsonwebtoken');\nexports.login = async (req, res) => {\n  const user = await "
                    "User.findByEmail(req.body.email);\n  res.json(jwt.sign(" +
                        payload + ", process.env.KEY, { expiresIn: '1h' }));\n};\n",
                    "JWT-008");
  };
  EXPECT_EQ(sign("user"), Strings{"JWT-008:4"});
  EXPECT_TRUE(sign("{ sub: user.id }").empty());
}

}  // namespace
}  // namespace gatehouse::audit::source
