#include "audit/source/data_builders.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::pair<std::string, std::string> kSession{
    "lib/session.ts",
    "export async function requireUser() {\n  const s = await getSession()\n  if (!s.userId) redirect('/login')\n"
    "  return { id: s.userId, role: s.role }\n}\nexport async function requireOwner() {\n"
    "  const u = await requireUser()\n  if (u.role !== 'owner') throw new Error('owners only')\n  return u\n}\n"};

std::vector<std::string> action(const std::string& guard) {
  return audited({kSession,
                  {"app/plans/actions.ts",
                   "'use server'\nimport { db } from '@/lib/db'\n"
                   "import { requireOwner, requireUser } from '@/lib/session'\n"
                   "export async function create(form: FormData) {\n  await requireOwner()\n"
                   "  await db.insertInto('plans').values({ title: String(form.get('title')) }).execute()\n}\n"
                   "export async function update(id: string, form: FormData) {\n  await " +
                       guard +
                       "()\n  await db.updateTable('plans').set({ title: String(form.get('title')) })"
                       ".where('id', '=', id).execute()\n}\n"}});
}

TEST(Builders, of_queries_name_their_table_by_a_string) {
  EXPECT_TRUE(said(action("requireUser"), "AZ-008:10"));
  EXPECT_FALSE(said(action("requireOwner"), "AZ-008"));
  EXPECT_FALSE(said(action("requireOwner"), "NX-003")) << "who asks for a rank asks who is calling";
}

TEST(Services, with_a_verb_for_a_name_are_read_and_no_records) {
  const auto found = audited(
      {{"prisma/schema.prisma",
        "model User {\n  id String @id\n  email String\n  password String\n}\n"
        "model Client {\n  id String @id\n  userId String\n  user User @relation(fields: [userId], references: "
        "[id])\n}\n"
        "model Invoice {\n  id String @id\n  userId String\n  user User @relation(fields: [userId], references: [id])\n"
        "  clientId String\n  client Client @relation(fields: [clientId], references: [id])\n}\n"},
       {"lib/invoice.service.ts",
        "export class InvoiceService {\n  static async create(userId: string, data: Form) {\n"
        "    return db.invoice.create({ data: { userId, clientId: data.clientId } })\n  }\n}\n"},
       {"app/api/invoices/route.ts",
        "import { InvoiceService } from '@/lib/invoice.service'\n"
        "export async function POST(request: Request) {\n  const { userId } = await auth()\n"
        "  if (!userId) return new Response(null, { status: 401 })\n"
        "  const body = (await request.json()) as Form\n"
        "  return Response.json(await InvoiceService.create(userId, body))\n}\n"}});
  EXPECT_TRUE(said(found, "AZ-001:6"));
  EXPECT_FALSE(said(found, "AZ-007"));
}

}  // namespace
}  // namespace gatehouse::audit::source
