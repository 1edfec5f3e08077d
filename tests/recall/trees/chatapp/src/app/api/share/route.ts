import { db } from "@/lib/db";
import { sql } from "drizzle-orm";
import { NextRequest, NextResponse } from "next/server";

export async function GET(req: NextRequest) {
  const slug = req.nextUrl.searchParams.get("slug");
  const rows = await db.execute(sql.raw(`select * from chats where slug = '${slug}'`));
  return NextResponse.json(rows);
}

export async function DELETE(req: NextRequest) {
  const { chatId } = await req.json();
  await db.execute(sql`delete from chats where id = ${chatId}`);
  return NextResponse.json({ ok: true });
}
