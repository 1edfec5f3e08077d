// What lies below somebody's record is taken by an id of its own: /invoices/:id/lines/:line.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::pair<std::string, std::string> kSchema{
    "prisma/schema.prisma",
    "model User {\n  id String @id\n  email String\n  password String\n  invoices Invoice[]\n}\n"
    "model Invoice {\n  id String @id\n  userId String\n  user User @relation(fields: [userId], references: [id])\n"
    "  lines Line[]\n}\n"
    "model Line {\n  id String @id\n  invoiceId String\n"
    "  invoice Invoice @relation(fields: [invoiceId], references: [id])\n}\n"};

std::vector<std::string> handler(const std::string& ask, const std::string& where) {
  return audited(
      {kSchema,
       {"routes/lines.js",
        "const router = require('express').Router()\nrouter.delete('/invoices/:id/lines/:line', requireAuth, async "
        "(req, res) => {\n"
        "  const invoice = await prisma.invoice.findFirst({ where: { id: req.params.id, userId: req.user.id } "
        "})\n  if (!invoice) return res.sendStatus(404)\n" +
            ask + "  await prisma.line.delete({ where: { " + where + " } })\n  res.end()\n})\n"}},
      "AZ-001");
}

TEST(Children, are_not_had_by_owning_another_parent) {
  EXPECT_TRUE(said(handler("", "id: req.params.line"), "AZ-001:5"));
  EXPECT_FALSE(said(handler("", "id: req.params.line, invoiceId: req.params.id"), "AZ-001"));
  EXPECT_FALSE(said(handler("", "id: req.params.line, invoiceId: invoice.id"), "AZ-001"));
  EXPECT_FALSE(said(handler("  const line = await prisma.line.findUnique({ where: { id: req.params.line } })\n"
                            "  if (line.invoiceId !== invoice.id) return res.sendStatus(404)\n",
                            "id: req.params.line"),
                    "AZ-001"));
}

TEST(Children, are_followed_into_the_service_that_removes_them) {
  const auto service = [](const std::string& where) {
    return audited({kSchema,
                    {"services/invoices.js",
                     "class InvoiceService {\n  async dropLine(userId, id, lineId) {\n"
                     "    const invoice = await prisma.invoice.findFirst({ where: { id, userId } })\n"
                     "    if (!invoice) return false\n    await prisma.line.delete({ where: { " +
                         where + " } })\n    return true\n  }\n}\nmodule.exports = new InvoiceService()\n"},
                    {"routes/lines.js",
                     "const service = require('../services/invoices')\n"
                     "const router = require('express').Router()\nrouter.delete('/invoices/:id/lines/:line', "
                     "requireAuth, async (req, res) => {\n"
                     "  res.json(await service.dropLine(req.user.id, req.params.id, req.params.line))\n})\n"}},
                   "AZ-001");
  };
  EXPECT_TRUE(said(service("id: lineId"), "AZ-001:4"));
  EXPECT_FALSE(said(service("id: lineId, invoiceId: id"), "AZ-001"));
}

TEST(Children, below_what_only_a_session_names_are_somebodys_too) {
  const auto found = audited(
      {{"models.js",
        "exports.Invoice = sequelize.define('Invoice', { companyId: DataTypes.INTEGER });\n"
        "exports.InvoiceLine = sequelize.define('InvoiceLine', { invoiceId: DataTypes.INTEGER });\n"},
       {"r.js",
        "const r = require('express').Router();\nconst { Invoice, InvoiceLine } = require('./models');\n"
        "r.delete('/:id/lines/:line', requireAuth, async (req, res) => {\n"
        "  const invoice = await Invoice.findOne({ where: { id: req.params.id, companyId: req.session.companyId } });\n"
        "  if (!invoice) return res.sendStatus(404);\n"
        "  await InvoiceLine.destroy({ where: { id: req.params.line } });\n  res.end();\n});\n"}},
      "AZ-001");
  EXPECT_TRUE(said(found, "AZ-001:6"));
}

// What belongs to a project, asked for by the project's id, and made with it.
std::vector<std::string> tasks(const std::string& lines) {
  return audited({{"prisma/schema.prisma",
                   "model User {\n  id String @id\n  email String\n  password String\n}\nmodel Project {\n  id String "
                   "@id\n  ownerId String\n  owner User @relation(fields: [ownerId], references: [id])\n}\nmodel Task "
                   "{\n  id String @id\n  title String\n  projectId String\n  project Project @relation(fields: "
                   "[projectId], references: [id])\n}\n"},
                  {"app/api/tasks/route.ts",
                   "import { auth } from '@/lib/auth'\nconst taskSchema = z.object({ title: z.string(), projectId: "
                   "z.string() })\nconst bareSchema = z.object({ title: z.string() })\n"
                   "export async function POST(req: Request) {\n  const session = await auth()\n  if "
                   "(!session?.user) return new Response(null, { status: 401 })\n" +
                       lines + "  return Response.json({})\n}\n"}},
                 "AZ-001");
}

TEST(Children, are_somebodys_when_their_parent_is) {
  EXPECT_TRUE(said(tasks("  const { projectId } = await req.json()\n"
                         "  const rows = await prisma.task.findMany({ where: { projectId } })\n"),
                   "AZ-001:8"));
  EXPECT_TRUE(said(tasks("  const data = taskSchema.parse(await req.json())\n  await prisma.task.create({ data })\n"),
                   "AZ-001:8"));
  EXPECT_FALSE(said(tasks("  const data = bareSchema.parse(await req.json())\n  await prisma.task.create({ data })\n"),
                    "AZ-001"));
  EXPECT_FALSE(said(tasks("  const data = taskSchema.parse(await req.json())\n  const mine = await "
                          "prisma.project.findFirst({ where: { id: data.projectId, ownerId: session.user.id } })\n  if "
                          "(!mine) return new Response(null, { status: 404 })\n  await prisma.task.create({ data })\n"),
                    "AZ-001"));
}

TEST(Children, of_a_team_are_not_asked_for_by_who_asks_for_the_team) {
  const auto route = [](const std::string& lines) {
    return audited(
        {{"prisma/schema.prisma",
          "model User {\n  id String @id\n  email String\n  password String\n}\nmodel Team {\n  id String "
          "@id\n  ownerId String\n  owner User @relation(fields: [ownerId], references: [id])\n}\nmodel Key "
          "{\n  id String @id\n  teamId String\n  team Team @relation(fields: [teamId], references: "
          "[id])\n}\n"},
         {"src/auth.ts",
          "export const auth = (req, res, next) => { req.user = jwt.verify(req.cookies.t, key); next(); };\n"
          "export const isMember = async (req, res, next) => {\n  if (!(await prisma.member.findFirst({ where: "
          "{ teamId: req.params.teamId, userId: req.user.id } }))) return res.sendStatus(403);\n  "
          "next();\n};\n"},
         {"src/teams.ts",
          "import { Router } from 'express';\nimport { auth, isMember } from './auth';\nconst r = "
          "Router();\n" +
              lines}},
        "AZ-001");
  };
  EXPECT_FALSE(said(route("r.patch('/teams/:teamId', auth, isMember, async (req, res) => {\n  res.json(await "
                          "prisma.team.update({ where: { id: req.params.teamId }, data: { name: 'x' } }));\n});\n"),
                    "AZ-001"));
  EXPECT_TRUE(said(route("r.delete('/teams/:teamId/keys/:keyId', auth, isMember, async (req, res) => {\n  await "
                         "prisma.key.delete({ where: { id: req.params.keyId } });\n  res.end();\n});\n"),
                   "AZ-001:5"));
}

}  // namespace
}  // namespace gatehouse::audit::source
