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

}  // namespace
}  // namespace gatehouse::audit::source
