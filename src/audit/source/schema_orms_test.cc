// Whose a record is, as object mappers declare it.
#include <gtest/gtest.h>

#include "audit/source/schema.h"

namespace gatehouse::audit::source {
namespace {

Schema declared(std::string_view text) {
  Schema out;
  read_declared(text, out);
  settle_schema(out);
  return out;
}

TEST(Orms, ClassesOfTypeormAndItsKin) {
  const Schema s = declared(
      "@Entity('users')\nexport class User {\n  @PrimaryGeneratedColumn() id: number;\n  @Column({ unique: true }) "
      "email: string;\n  @Column({ select: false }) password: string;\n}\n@Entity()\nexport class Task {\n  @Column() "
      "title: string;\n  @ManyToOne(() => User, (u) => u.tasks)\n  @JoinColumn({ name: 'owner_id' })\n  owner: "
      "User;\n}\n");
  ASSERT_NE(s.of("User"), nullptr);
  EXPECT_TRUE(s.of("User")->person);
  EXPECT_TRUE(s.of("User")->hides);
  ASSERT_NE(s.of("Task"), nullptr);
  EXPECT_TRUE(s.of("Task")->owned);
  EXPECT_TRUE(s.of("Task")->columns.contains("title"));
}

TEST(Orms, ModelsOfSequelize) {
  const Schema s = declared(
      "module.exports = (sequelize, DataTypes) => {\n  const Order = sequelize.define('Order', {\n    total: "
      "DataTypes.FLOAT,\n    UserId: { type: DataTypes.INTEGER, references: { model: 'Users', key: 'id' } },\n  "
      "});\n}\n"
      "class Product extends Model {}\nProduct.init({ price: DataTypes.FLOAT }, { sequelize });\n");
  ASSERT_NE(s.of("Order"), nullptr);
  EXPECT_TRUE(s.of("Order")->owned);
  ASSERT_NE(s.of("Product"), nullptr);
  EXPECT_TRUE(s.of("Product")->columns.contains("price"));
  EXPECT_FALSE(s.of("Product")->owned);
}

TEST(Orms, TablesOfKnex) {
  const Schema s = declared(
      "exports.up = (knex) => knex.schema.createTable('notes', (t) => {\n  t.increments('id');\n  "
      "t.integer('user_id').references('id').inTable('users');\n  t.text('body');\n})\n");
  ASSERT_NE(s.of("notes"), nullptr);
  EXPECT_TRUE(s.of("notes")->owned);
  EXPECT_TRUE(s.of("notes")->columns.contains("body"));
}

TEST(Orms, SchemasOfEntitiesAndTablesInText) {
  for (const char* text :
       {"new EntitySchema({ name: 'User', columns: { email: { type: 'varchar' }, password: { type: 'varchar' } } "
        "});\nnew "
        "EntitySchema({ name: 'Order', columns: { total: { type: 'int' } }, relations: { buyer: { type: 'many-to-one', "
        "target: 'User' } } });\n",
        "db.exec(`CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, email TEXT, password TEXT);\nCREATE TABLE "
        "orders (id INTEGER, buyer INTEGER REFERENCES users(id), total INTEGER)`);\n"}) {
    const Schema s = declared(text);
    ASSERT_NE(s.of("User"), nullptr) << text;
    EXPECT_TRUE(s.of("User")->person) << text;
    ASSERT_NE(s.of("Order"), nullptr) << text;
    EXPECT_TRUE(s.of("Order")->owned) << text;
    EXPECT_TRUE(s.of("Order")->columns.contains("total")) << text;
  }
}

TEST(Orms, AScopeKeepsThePasswordBack) {
  const auto hides = [](const std::string& options) {
    return declared("User.init({ email: DataTypes.STRING, password: DataTypes.STRING }, { sequelize" + options +
                    " });\n")
        .of("User")
        ->hides;
  };
  EXPECT_TRUE(hides(", defaultScope: { attributes: { exclude: ['password'] } }"));
  EXPECT_FALSE(hides(""));
}

TEST(Orms, HalfADeclarationIsNoModel) {
  for (const char* text : {"@Entity", "@Entity(", "@Entity() class A {", "@Entity() class A { @Column(", ".define('",
                           "createTable('a', (t) => {", "x.init(", "@Table class A { @", "createTable(",
                           "EntitySchema({ name:", "EntitySchema({ columns: name:", "CREATE TABLE"})
    EXPECT_TRUE(declared(text).of("b") == nullptr) << text;
}

}  // namespace
}  // namespace gatehouse::audit::source
