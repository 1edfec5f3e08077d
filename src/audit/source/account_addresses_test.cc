#include "audit/source/account_addresses.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

int column_line(std::string_view path, std::string_view text) {
  AccountAddresses notes;
  read_account_addresses(path, text, notes);
  return notes.unique ? -1 : notes.column.at.line;
}

TEST(AccountAddresses, AreNotUniqueInEachWayOfDeclaring) {
  EXPECT_EQ(column_line("app/models.py",
                        "class User(Base):\n    id = Column(Integer)\n    email = Column(String, index=True)\n"),
            3);
  EXPECT_EQ(column_line("app/models.py", "class User(Document):\n    email: EmailStr\n"), 2);
  EXPECT_EQ(column_line("models/User.js",
                        "const userSchema = new mongoose.Schema({\n  email: { type: String, required: true },\n});\n"),
            2);
  EXPECT_EQ(column_line("schema.prisma", "model User {\n  id String @id\n  email String\n}\n"), 3);
  EXPECT_EQ(column_line("db/init.sql", "CREATE TABLE IF NOT EXISTS users (\n  id int,\n  email text not null\n);\n"),
            3);
  EXPECT_EQ(column_line("db/schema.ts", "export const users = pgTable('users', {\n  email: varchar('email'),\n});\n"),
            2);
}

TEST(AccountAddresses, AreUniqueByColumnIndexOrConstraint) {
  EXPECT_EQ(column_line("app/models.py", "class User(Base):\n    email = Column(String, unique=True)\n"), -1);
  EXPECT_EQ(column_line("models/User.js",
                        "const s = new Schema({ email: String });\ns.index({ email: 1 }, { unique: true });\n"),
            -1);
  EXPECT_EQ(column_line("db/init.sql",
                        "create table users (id int, email text);\nCREATE UNIQUE INDEX u ON users (lower(email));\n"),
            -1);
  // What a form takes, and people who have no account.
  EXPECT_EQ(column_line("app/schemas.py", "class UserCreate(BaseModel):\n    email: EmailStr\n"), 0);
  EXPECT_EQ(column_line("db/init.sql", "create table contacts (\n  email text\n);\n"), 0);
  EXPECT_EQ(column_line("app/models.py", "class User(Base):\n    email = Column(String, primary_key=True)\n"), 0);
}

TEST(AccountAddresses, MatterWhereStrangersSignUp) {
  const std::pair<std::string, std::string> model{
      "app/models.py",
      "from db import Base\nclass User(Base):\n    id = Column(Integer)\n    email = Column(String)\n"};
  EXPECT_TRUE(finds({model,
                     {"app/auth.py",
                      "@router.post('/register')\ndef register(body: SignUp, db=Depends(get_db)):\n"
                      "    user = User(email=body.email, hashed_password=hash_password(body.password))\n"
                      "    db.add(user)\n    db.commit()\n    return {'id': user.id}\n"}},
                    "AU-013", "one address"));
  EXPECT_FALSE(finds({model}, "AU-013", ""));
}

}  // namespace
}  // namespace gatehouse::audit::source
