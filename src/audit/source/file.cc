#include "audit/source/file.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

File::File(const Source& s, const Tree& t, Project& p, Sink& out)
    : path(s.path()), tree(t), project(p), sink(out), imports(syntax::imports(t)) {
  std::vector<Node> nodes = t.python() ? t.all("call") : t.all("call_expression");
  if (!t.python()) {
    const auto made = t.all("new_expression");
    nodes.insert(nodes.end(), made.begin(), made.end());
    std::sort(nodes.begin(), nodes.end(), [](Node a, Node b) { return a.index() < b.index(); });
  }
  calls.reserve(nodes.size());
  for (const Node n : nodes)
    if (auto call = as_call(n)) calls.push_back(std::move(*call));
}

std::vector<const Call*> File::calls_in(Node within) const {
  std::vector<const Call*> out;
  if (!within) return out;
  auto it = std::lower_bound(calls.begin(), calls.end(), within.index(),
                             [](const Call& c, std::uint32_t i) { return c.node.index() < i; });
  for (; it != calls.end() && it->node.inside(within); ++it) out.push_back(&*it);
  if (!tree.charge(out.size() + 8)) out.clear();
  return out;
}

std::string File::full(std::string_view name) const {
  const std::size_t dot = name.find('.');
  const auto it = imports.find(name.substr(0, dot));
  if (it == imports.end()) return std::string(name);
  return it->second + (dot == std::string_view::npos ? "" : std::string(name.substr(dot)));
}

bool File::imports_from(std::string_view part) const {
  return std::any_of(imports.begin(), imports.end(),
                     [&](const auto& i) { return i.second.find(part) != i.second.npos; });
}

std::string redacted(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size();) {
    const char quote = line[i];
    out += quote;
    ++i;
    if (quote != '"' && quote != '\'') continue;
    const std::size_t end = line.find(quote, i);
    if (end == std::string_view::npos) continue;
    const std::string_view inner = line.substr(i, end - i);
    const bool token =
        std::none_of(inner.begin(), inner.end(), [](char c) { return c == ' ' || c == '/' || c == ':'; });
    const bool dense = std::any_of(inner.begin(), inner.end(), [](char c) { return text::is_digit(c); });
    if (inner.size() >= 16 && token && dense)
      out += std::string(inner.substr(0, 3)) + "…";
    else
      out += inner;
    out += quote;
    i = end + 1;
  }
  return out;
}

std::string File::shown(Node at) const {
  std::string said(text::trim(tree.line_text(at.line())));
  // A statement that only begins on this line ("await db", "return Response(") shows nobody what it does.
  constexpr int kMostLines = 5;
  constexpr std::size_t kEnough = 120, kOneMore = 80;
  bool listing = false;  // its arguments stand a line each
  for (int line = at.line() + 1; line < at.line() + kMostLines && said.size() < kEnough; ++line) {
    const std::string_view next = text::trim(tree.line_text(line));
    const bool chained = next.starts_with('.') || next.starts_with("?.");
    const bool opened = said.ends_with('(') || said.ends_with("({");
    const bool goes_on = opened || said.ends_with(" =") || (listing && said.ends_with(',') && said.size() < kOneMore);
    if (next.empty() || (!chained && !goes_on)) break;
    listing |= opened;
    // Stops: a line further down that brings a password into the report of something else.
    if (icontains_any(next, {"passw", "secret", "token", "key"})) break;
    if (said.ends_with('=') || said.ends_with('{') || said.ends_with(',')) said += ' ';
    said += next;
  }
  return redacted(quote(said));
}

proof::Location place(std::string_view path, int line, int end_line) {
  return proof::Location{std::string(path), line, std::max(line, end_line), {}};
}

proof::Finding& File::hit(std::string_view id, Node at, std::string evidence) {
  const int last_line = std::min(at.end_line(), at.line() + 12);  // a long block is shown by its head
  return sink.find(id, place(path, at.line(), last_line), evidence.empty() ? shown(at) : std::move(evidence));
}

void also(proof::Finding& finding, const File& file, Node at) {
  const proof::Location l = place(file.path, at.line(), at.line());
  for (const auto& have : finding.locations)
    if (have.path == l.path && have.line == l.line) return;
  finding.locations.push_back(l);
  finding.evidence.push_back(file.shown(at));
}

namespace {

bool any_word(const std::vector<std::string>& list, std::initializer_list<std::string_view> any) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& w) { return std::find(any.begin(), any.end(), w) != any.end(); });
}

bool joined(const std::vector<std::string>& list, std::string_view pair) {  // "sign in" as neighbours
  std::string all = " ";
  for (const auto& w : list) (all += w) += ' ';
  return contains(all, " " + std::string(pair) + " ");
}

}  // namespace

bool secret_name(std::string_view identifier) {
  const auto w = words(identifier);
  if (w.empty()) return false;
  if (any_word(w,
               {"publishable", "public",     "anon",    "site",     "count",    "counts",   "type",       "name",
                "url",         "uri",        "field",   "fields",   "expiry",   "expires",  "expire",     "ttl",
                "max",         "min",        "limit",   "length",   "usage",    "header",   "prefix",     "placeholder",
                "label",       "hash",       "hashed",  "hasher",   "hashers",  "valid",    "validators", "required",
                "enabled",     "exists",     "is",      "has",      "strength", "reset",    "id",         "ids",
                "lifetime",    "algorithm",  "color",   "tokens",   "error",    "errors",   "message",    "schema",
                "missing",     "configured", "set",     "version",  "path",     "file",     "age",        "minutes",
                "days",        "hours",      "seconds", "duration", "check",    "charset",  "attr",       "chars",
                "category",    "class",      "backend", "pattern",  "format",   "alphabet", "policy",     "encoding",
                "scheme",      "mode"}))
    return false;
  if (w.back() == "endpoint") return false;  // but endpoint_secret is one
  if (any_word(w, {"secret", "password", "passwd", "pwd", "credential", "credentials", "apikey", "privatekey", "jwt",
                   "token", "bearer", "authorization", "cvv", "cvc", "ssn", "passphrase", "secretkey"}))
    return true;
  return joined(w, "api key") || joined(w, "private key") || joined(w, "service role") || joined(w, "access key") ||
         joined(w, "signing key") || joined(w, "encryption key") || joined(w, "card number") ||
         joined(w, "admin key") || joined(w, "auth key") || joined(w, "service key");
}

bool sign_in_door(std::string_view name) {
  const auto w = words(name);
  if (name.ends_with("/token") || name.ends_with("/access-token")) return true;
  return any_word(w, {"login",     "signin",   "signup",       "register", "registration", "otp",
                      "password",  "forgot",   "authenticate", "passcode", "2fa",          "mfa",
                      "totp",      "logon",    "passwort",     "anmelden", "einloggen",    "registrieren",
                      "registrar", "registro", "olvide",       "recuperar"}) ||
         joined(w, "iniciar sesion") || joined(w, "sign in") || joined(w, "sign up") || joined(w, "log in") ||
         joined(w, "magic link") || joined(w, "auth token") || joined(w, "verify code") || joined(w, "verify email") ||
         joined(w, "verification code") || joined(w, "send code") || joined(w, "resend verification") ||
         joined(w, "resend email") || joined(w, "resend code");
}

bool says_otp(const Code& code) {
  if (!icontains(code, "otp")) return false;
  for (std::size_t i = 0; i + 3 <= code.size(); ++i)
    if (text::iequals(code.substr(i, 3), "otp") && (i < 4 || !text::iequals(code.substr(i - 4, 4), "forg")))
      return true;
  return false;
}

bool webhook_door(std::string_view name) {
  const auto w = words(name);
  return any_word(w, {"webhook", "webhooks", "hook", "hooks", "svix", "ipn", "itn"}) || joined(w, "stripe events") ||
         joined(w, "stripe event") || joined(w, "payment notification") || joined(w, "payment notifications") ||
         joined(w, "mpesa callback") || joined(w, "stk callback");
}

bool public_door(std::string_view name) {
  const auto w = words(name);
  return sign_in_door(name) || webhook_door(name) ||
         any_word(w, {"health",    "healthz",   "healthcheck", "ready",     "readyz",      "live",     "livez",
                      "ping",      "status",    "version",     "docs",      "redoc",       "openapi",  "public",
                      "logout",    "signout",   "callback",    "refresh",   "csrf",        "contact",  "newsletter",
                      "subscribe", "waitlist",  "feedback",    "oauth",     "sso",         "metrics",  "robots",
                      "sitemap",   "favicon",   "landing",     "pricing",   "plans",       "faq",      "trial",
                      "demo",      "config",    "track",       "analytics", "unsubscribe", "confirm",  "verify",
                      "csp",       "wellknown", "static",      "assets",    "index",       "home",     "share",
                      "shared",    "invite",    "cron",        "auth",      "session",     "sessions", "events",
                      "guest",     "anonymous", "root",        "spec",      "acs",         "saml",     "ldap",
                      "swagger",   "legal",     "terms",       "privacy",   "consent",     "activate", "activation",
                      "resend"}) ||
         joined(w, "sign out") || joined(w, "well known") || joined(w, "log out");
}

bool personal_noun(std::string_view name) {
  return has_word(name, {"user",          "users",        "me",           "account",       "accounts",
                         "profile",       "profiles",     "order",        "orders",        "invoice",
                         "invoices",      "project",      "projects",     "document",      "documents",
                         "file",          "files",        "photo",        "photos",        "upload",
                         "uploads",       "message",      "messages",     "admin",         "billing",
                         "payment",       "payments",     "customer",     "customers",     "subscription",
                         "subscriptions", "settings",     "keys",         "key",           "export",
                         "download",      "downloads",    "internal",     "debug",         "history",
                         "chat",          "chats",        "conversation", "conversations", "team",
                         "teams",         "member",       "members",      "tenant",        "organization",
                         "organizations", "workspace",    "workspaces",   "ticket",        "tickets",
                         "credits",       "wallet",       "transactions", "transaction",   "notes",
                         "note",          "task",         "tasks",        "album",         "albums",
                         "gallery",       "galleries",    "provision",    "instances",     "servers",
                         "server",        "seller",       "sellers",      "portal",        "checkout",
                         "memberships",   "athletes",     "athlete",      "students",      "student",
                         "dashboard",     "reports",      "report",       "logs",          "audit",
                         "backup",        "secrets",      "cart",         "carts",         "address",
                         "addresses",     "booking",      "bookings",     "reservation",   "reservations",
                         "appointment",   "appointments", "patient",      "patients",      "wishlist",
                         "expense",       "expenses",     "salary",       "payslip",       "prescription",
                         "employee",      "employees",    "client",       "clients",       "lead",
                         "leads",         "subscribers",  "guests",       "portfolio",     "portfolios",
                         "workout",       "workouts",     "budget",       "budgets",       "income",
                         "loan",          "loans",        "claim",        "claims",        "resume",
                         "resumes",       "application",  "applications", "grade",         "grades",
                         "attendance",    "medical",      "vehicle",      "vehicles",      "shipment",
                         "shipments",     "refund",       "refunds",      "payout",        "payouts",
                         "withdrawal",    "withdrawals",  "contract",     "contracts",     "kunden",
                         "bestellungen",  "rechnungen",   "pedidos",      "facturas",      "citas",
                         "clientes",      "usuarios",     "pacientes",    "tareas",        "reservas",
                         "benutzer",      "mitglieder",   "pagos",        "fees",          "salaries",
                         "habit",         "habits",       "journal",      "journals",      "diary",
                         "submission",    "submissions",  "goal",         "goals",         "deal",
                         "deals",         "trip",         "trips",        "itinerary",     "prescriptions",
                         "diagnosis",     "payslips",     "receipt",      "receipts",      "memo",
                         "memos",         "chore",        "chores",       "prospect",      "prospects",
                         "timesheet",     "timesheets",   "payroll",      "payrolls",      "purchase",
                         "purchases",     "transfer",     "transfers",    "deposit",       "deposits",
                         "dispute",       "disputes",     "enrollment",   "enrollments",   "enrolment",
                         "enrolments",    "transcript",   "transcripts",  "beneficiary",   "beneficiaries",
                         "passenger",     "passengers"});
}

}  // namespace gatehouse::audit::source
