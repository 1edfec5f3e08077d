#include "audit/source/next_reach.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(NextReach, OnePatternAndOneAddress) {
  EXPECT_TRUE(matches_address("/dashboard/:path*", "/dashboard/team"));
  EXPECT_FALSE(matches_address("/dashboard/:path*", "/api/team"));
  EXPECT_TRUE(matches_address("/api/private(.*)", "/api/private/x"));
  EXPECT_FALSE(matches_address("/api/chat", "/api/chat/history"));
  EXPECT_TRUE(matches_address("/(api|trpc)(.*)", "/api/team"));
  EXPECT_FALSE(matches_address("/(api|trpc)(.*)", "/team"));
  // What a matcher leaves out.
  const std::string_view pages = "/((?!api|_next/static|_next/image|favicon.ico).*)";
  EXPECT_FALSE(matches_address(pages, "/api/team"));
  EXPECT_TRUE(matches_address(pages, "/team"));
  EXPECT_TRUE(matches_address("/((?!.*\\..*|_next).*)", "/api/team"));
  EXPECT_FALSE(matches_address("/app/((?!open).*)", "/app/open/x"));
  // Half a pattern is no pattern, and no place to fall out of.
  EXPECT_TRUE(matches_address("/((?!", "/api"));
  EXPECT_TRUE(matches_address("", "/api"));
}

// Whether GET /api/team stands open behind this middleware.
bool open_behind(const std::string& middleware) {
  return finds(
      {{"package.json", R"({"dependencies":{"next":"15.5.9","react":"19.2.3","next-auth":"4.24.11"}})"},
       {"middleware.ts",
        "import { NextResponse } from 'next/server';\nimport { getToken } from 'next-auth/jwt';\n" + middleware},
       {"app/api/team/route.ts",
        "import { prisma } from '@/lib/prisma';\nexport async function DELETE(req) {\n"
        "  const { id } = await req.json();\n  await prisma.team.delete({ where: { id } });\n"
        "  return Response.json({ ok: true });\n}\n"}},
      "NX-002");
}

const std::string kHead = "export async function middleware(req) {\n  const { pathname } = req.nextUrl;\n";
const std::string kAsk = "  const token = await getToken({ req });\n";
const std::string kRefuse = "  if (!token) return NextResponse.redirect(new URL('/login', req.url));\n";
const std::string kTail = "  return NextResponse.next();\n}\n";

// Stops: handlers taken for shut because a middleware stands before other addresses.
TEST(NextReach, OnlyWhatTheMatcherNamesIsShut) {
  const std::string all = kHead + kAsk + kRefuse + kTail;
  EXPECT_FALSE(open_behind(all));
  EXPECT_FALSE(open_behind(all + "export const config = { matcher: ['/((?!_next|favicon.ico).*)'] };\n"));
  EXPECT_FALSE(open_behind(all + "export const config = { matcher: '/api/:path*' };\n"));
  EXPECT_TRUE(open_behind(all + "export const config = { matcher: ['/dashboard/:path*', '/api/chat'] };\n"));
  EXPECT_TRUE(open_behind(all + "export const config = { matcher: ['/((?!api|_next).*)'] };\n"));
}

TEST(NextReach, WhatTheCodeLetsPassStandsOpen) {
  EXPECT_TRUE(
      open_behind(kHead + "  if (pathname.startsWith('/api')) return NextResponse.next();\n" + kAsk + kRefuse + kTail));
  EXPECT_TRUE(open_behind("const PUBLIC = ['/', '/login', '/api/team'];\n" + kHead +
                          "  if (PUBLIC.some((p) => pathname.startsWith(p))) return NextResponse.next();\n" + kAsk +
                          kRefuse + kTail));
  EXPECT_FALSE(open_behind("const PUBLIC = ['/', '/login'];\n" + kHead +
                           "  if (PUBLIC.includes(pathname)) return NextResponse.next();\n" + kAsk + kRefuse + kTail));
}

TEST(NextReach, AskedForSomeAddressesAlone) {
  EXPECT_TRUE(open_behind(kHead + kAsk +
                          "  if (pathname.startsWith('/dashboard') && !token)\n"
                          "    return NextResponse.redirect(new URL('/login', req.url));\n" +
                          kTail));
  EXPECT_TRUE(open_behind(kHead +
                          "  const isProtected = pathname.startsWith('/dashboard') || pathname === '/api/chat';\n"
                          "  if (!isProtected) return NextResponse.next();\n" +
                          kAsk + kRefuse + kTail));
  EXPECT_FALSE(open_behind(kHead +
                           "  const isProtected = pathname.startsWith('/dashboard') || pathname.startsWith('/api');\n"
                           "  if (!isProtected) return NextResponse.next();\n" +
                           kAsk + kRefuse + kTail));
  EXPECT_TRUE(
      open_behind("const shut = createRouteMatcher(['/dashboard(.*)']);\n"
                  "export default clerkMiddleware(async (auth, req) => {\n"
                  "  if (shut(req)) await auth.protect();\n});\n"));
  EXPECT_FALSE(
      open_behind("const open = createRouteMatcher(['/sign-in(.*)']);\n"
                  "export default clerkMiddleware(async (auth, req) => {\n"
                  "  if (!open(req)) await auth.protect();\n});\n"));
}

// Who is signed in is sent from the sign-in to the dashboard; who is not is refused everywhere.
TEST(NextReach, ARedirectForMembersBindsNothing) {
  EXPECT_FALSE(
      open_behind(kHead + kAsk +
                  "  if (token && pathname === '/login') return NextResponse.redirect(new URL('/', req.url));\n"
                  "  if (!token && pathname !== '/login') {\n"
                  "    return NextResponse.redirect(new URL('/login', req.url));\n  }\n" +
                  kTail));
}

// Stops: a middleware whose questions name each other in a circle, and end the audit with its stack.
TEST(NextReach, QuestionsThatLeadToThemselvesEnd) {
  std::string text =
      "const a = b;\nconst b = a;\nconst isA = (r) => isB(r);\nconst isB = (r) => isA(r);\n"
      "function isC(r) { return isD(r); }\nfunction isD(r) { return isC(r); }\n" +
      kHead;
  for (int i = 0; i < 40; ++i) text += "  if (!isA(req) && isC(a) || isB(b)) return NextResponse.redirect('/login');\n";
  // It asks for nobody: what stands behind it is open.
  EXPECT_TRUE(open_behind(text + kTail + "export const config = { matcher: ['/((?!((((', '/(|||', a] };\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
