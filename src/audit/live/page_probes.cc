#include <algorithm>
#include <array>
#include <set>

#include "audit/catalog.h"
#include "audit/live/ask.h"
#include "audit/live/csp.h"
#include "audit/live/probes.h"
#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit::live {
namespace {

using proof::Observation;
using proof::Seen;
using proof::Sent;
using proof::Target;

// ---- policy ----

Observation policy(Target& site) {
  const std::string path = proof::page_of(site);
  auto page = get(site, path);
  if (!page) return proof::unanswered(page.error());
  if (!is_html(*page)) return proof::unknown(path + " is no HTML page: a policy would rule nothing there");
  const std::string header = page->header("content-security-policy");
  if (header.empty()) {
    const bool only = page->has("content-security-policy-report-only");
    return from(
        {at_path("CSP-001", site, path,
                 only ? "only Content-Security-Policy-Report-Only: nothing is blocked" : "no Content-Security-Policy")},
        "");
  }
  std::vector<proof::Finding> out;
  for (const CspWeakness& w : weaknesses(Csp::parse(header))) {
    auto same = std::find_if(out.begin(), out.end(), [&](const proof::Finding& f) { return f.id == w.rule; });
    if (same != out.end()) {
      same->evidence.push_back(w.what);
      same->severity = std::max(same->severity, w.severity);
      continue;
    }
    out.push_back(at_path(w.rule, site, path, w.what));
    out.back().severity = w.severity;
  }
  return from(std::move(out), "The content security policy has no known weakness.");
}

Observation static_nonce(Target& site) {
  const std::string path = proof::page_of(site);
  std::vector<std::string> seen;
  for (int i = 0; i < 2; ++i) {
    Sent s;
    s.path = path;
    s.headers = {{"Cache-Control", "no-cache"}};
    auto page = site.send(s);
    if (!page) return proof::unanswered(page.error());
    const auto n = nonces(Csp::parse(page->header("content-security-policy")));
    if (n.empty()) return proof::unknown("the policy has no nonce");
    seen.push_back(n.front());
  }
  if (seen[0] != seen[1]) return proof::holds("The policy's nonce is new in every answer.");
  auto f = at_path("CSP-008", site, path, "two answers carried the same nonce");
  f.severity = proof::Severity::high;
  return from({std::move(f)}, "");
}

// ---- cookies ----

struct Cookie {
  std::string name, value;
  bool secure = false, http_only = false;
  std::string same_site;
};

Cookie parse_cookie(std::string_view header) {
  Cookie c;
  const auto parts = text::split(header, ';');
  const std::size_t equals = parts[0].find('=');
  c.name = text::trim(parts[0].substr(0, equals));
  if (equals != std::string_view::npos) c.value = text::trim(parts[0].substr(equals + 1));
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view a = text::trim(parts[i]);
    if (text::iequals(a, "secure")) c.secure = true;
    if (text::iequals(a, "httponly")) c.http_only = true;
    if (text::istarts_with(a, "samesite=")) c.same_site = text::to_lower(a.substr(9));
  }
  return c;
}

bool session_name(std::string_view name) {
  const std::string n = text::to_lower(name);
  return has(n, "sess") || has(n, "auth") || has(n, "token") || n == "sid" || n.ends_with(".sid") || has(n, "jwt") ||
         has(n, "login") || has(n, "user");
}

// Is this value an open JSON text with somebody's identity in it?
bool readable_identity(std::string_view value) {
  std::string v(value);
  if (auto decoded = text::percent_decode(v)) v = *decoded;
  if (!v.starts_with('{'))
    for (const auto& decoded : {text::unbase64(v), text::unbase64url(v)})
      if (decoded && decoded->starts_with('{')) v = *decoded;
  if (!v.starts_with('{')) return false;
  const auto json = json::parse(v, {.depth = 8, .bytes = 8192, .allow_duplicate_members = true});
  if (!json) return false;
  for (const auto& [name, member] : json->object())
    for (std::string_view word : {"id", "user", "role", "email", "admin", "name"})
      if (has(text::to_lower(name), word)) return true;
  return false;
}

Observation cookies(Target& site) {
  std::vector<std::string> pages = pages_of(site);
  for (const std::string& p : site.paths("sign_in")) pages.push_back(p);
  std::vector<proof::Finding> out;
  std::set<std::string> seen;
  const bool tls = site.url().starts_with("https://");
  for (const std::string& path : pages) {
    auto page = get(site, path);
    if (!page) continue;
    for (const auto& [name, value] : page->headers) {
      if (name != "set-cookie") continue;
      const Cookie c = parse_cookie(value);
      if (!seen.insert(c.name).second || c.value.empty()) continue;
      const bool session = session_name(c.name);
      const std::string shown = text::printable(c.name, 80);
      auto add = [&](std::string_view rule, std::string what, bool main) {
        auto f = at_path(rule, site, path, "cookie " + shown + " " + what);
        f.title += ": " + shown;
        if (!main) f.severity = proof::Severity::low;
        out.push_back(std::move(f));
      };
      if (!c.secure && tls) add("CK-001", "without Secure", session);
      // A CSRF token in a cookie is read by script on purpose.
      if (!c.http_only && session && !has(text::to_lower(c.name), "csrf") && !has(text::to_lower(c.name), "xsrf"))
        add("CK-002", "without HttpOnly", true);
      if (c.same_site.empty() || (c.same_site == "none" && session))
        add("CK-003", c.same_site.empty() ? "without SameSite" : "with SameSite=None", session);
      if (readable_identity(c.value)) add("CK-005", "is readable JSON about the user", true);
    }
  }
  if (seen.empty()) return proof::unknown("no page that was asked for sets a cookie");
  return from(std::move(out), "Cookies carry Secure, HttpOnly and SameSite.");
}

// ---- errors ----

struct Leak {
  std::string_view mark, what;
};
constexpr std::array<Leak, 30> kTraces = {
    {{"Traceback (most recent call last)", "a Python traceback"},
     {"You're seeing this error because you have <code>DEBUG = True", "Django's debug page"},
     {"<title>DisallowedHost at", "Django's debug page"},
     {"Request URL:</th>", "Django's debug page"},
     {"Using the URLconf defined in", "Django's debug page"},
     {"Werkzeug Debugger", "the Werkzeug debugger"},
     {"werkzeug.debug", "the Werkzeug debugger"},
     {"    at Object.<anonymous>", "a Node stack trace"},
     {"at Layer.handle", "an Express stack trace"},
     {"node_modules/", "a path of the server's packages"},
     {"node:internal/", "a Node stack trace"},
     {"java.lang.", "a Java stack trace"},
     {"site-packages/", "a path of the server's packages"},
     {"psycopg2.", "a PostgreSQL driver's text"},
     {"asyncpg.exceptions", "a PostgreSQL driver's text"},
     {"sqlalchemy.exc", "an SQLAlchemy text"},
     {"SQLSTATE[", "a database error"},
     {"sqlite3.OperationalError", "a SQLite error"},
     {"PrismaClient", "a Prisma error"},
     {"MongoServerError", "a MongoDB error"},
     {"ECONNREFUSED", "an inner connection's failure"},
     {"StripeInvalidRequestError", "a Stripe error"},
     {"stripe.error.", "a Stripe error"},
     {"No such customer", "a Stripe error's text"},
     {"PGRST", "a PostgREST error"},
     {"JSONDecodeError", "a Python exception"},
     {"pydantic_core", "a Python exception"},
     {"ZeroDivisionError", "a Python exception"},
     {"KeyError:", "a Python exception"},
     {"TypeError: Cannot read", "a JavaScript exception"}}};

Observation errors(Target& site) {
  std::vector<Sent> tries;
  auto add = [&](std::string method, std::string path, std::vector<std::pair<std::string, std::string>> headers = {},
                 std::string body = {}) {
    Sent s;
    s.method = std::move(method);
    s.path = std::move(path);
    s.headers = std::move(headers);
    s.body = std::move(body);
    tries.push_back(std::move(s));
  };
  add("GET", "/gatehouse-audit-no-such-page");
  add("GET", "/api/gatehouse-audit-no-such-page");
  for (const std::string& p : site.paths("protected")) add("GET", p, {{"Authorization", "Bearer not.a.token"}});
  for (const std::string& p : site.paths("page"))
    add("GET", p + (has(p, "?") ? "&" : "?") + "id='%22%3C&page=-1&limit=abc");
  for (const std::string& p : site.paths("error")) add("GET", p);
  if (site.may_write())
    for (const std::string& p : site.paths("sign_in"))
      add("POST", p, {{"Content-Type", "application/json"}}, "{\"broken");
  std::vector<proof::Finding> out;
  bool answered = false;
  for (const Sent& s : tries) {
    auto seen = site.send(s);
    if (!seen) continue;
    answered = true;
    if (seen->status < 400) continue;
    for (const Leak& l : kTraces) {
      if (!has(seen->body, l.mark)) continue;
      const bool page = has(l.what, "debug");
      auto f = at_path(page ? "ERR-001" : "ERR-002", site, s.path,
                       s.method + " answered " + std::to_string(seen->status) + " with " + std::string(l.what));
      if (std::none_of(out.begin(), out.end(), [&](const proof::Finding& o) { return o.id == f.id; }))
        out.push_back(std::move(f));
      break;
    }
  }
  if (!answered) return proof::unknown("the site did not answer");
  return from(std::move(out), "Errors carry no stack trace and no inner text.");
}

// ---- private answers in caches, fields that should not leave ----

Observation private_cache(Target& site) {
  const auto paths = site.paths("protected");
  if (paths.empty()) return proof::unknown("no path that needs sign-in is known");
  std::vector<proof::Finding> out;
  for (const std::string& p : paths) {
    auto seen = get(site, p);
    if (!seen) return proof::unanswered(seen.error());
    const std::string control = text::to_lower(seen->header("cache-control"));
    const bool kept = has(control, "public") || has(control, "s-maxage");
    if (kept) {
      out.push_back(at_path("HDR-008", site, p, "Cache-Control: " + text::printable(control, 120)));
      break;
    }
  }
  return from(std::move(out), "Answers of protected addresses are not offered to shared caches.");
}

Observation private_fields(Target& site) {
  std::vector<std::string> paths = site.paths("api");
  for (const std::string& p : site.paths("page")) paths.push_back(p);
  std::vector<proof::Finding> out;
  bool any = false;
  for (const std::string& p : paths) {
    auto seen = get(site, p);
    if (!seen || !has(seen->header("content-type"), "json")) continue;
    any = true;
    for (std::string_view name :
         {"\"private_metadata\"", "\"privateMetadata\"", "\"password_hash\"", "\"password\":\"$2",
          "\"hashed_password\"", "\"secret_key\"", "\"service_role\"", "$argon2id$", "\"stripe_secret"})
      if (has(seen->body, name)) {
        out.push_back(at_path("DATA-001", site, p, "the answer carries " + std::string(name)));
        break;
      }
  }
  if (!any) return proof::unknown("no JSON answer was seen");
  return from(std::move(out), "No answer that was seen carries private fields.");
}

Observation trace(Target& site) {
  Sent s;
  s.method = "TRACE";
  s.headers = {{"X-Gatehouse-Echo", "audit"}};
  auto seen = site.send(s);
  if (!seen) return proof::unanswered(seen.error());
  if (seen->status >= 200 && seen->status < 300 && has(text::to_lower(seen->body), "x-gatehouse-echo"))
    return from({at_path("MET-001", site, "/", "TRACE sends the request back")}, "");
  return proof::holds("TRACE is not answered.");
}

Observation open_redirect(Target& site) {
  std::vector<std::string> paths = pages_of(site);
  for (const std::string& p : site.paths("sign_in")) paths.push_back(p);
  for (const std::string& p : paths)
    for (std::string_view name : {"next", "redirect", "return_to", "url", "callbackUrl"}) {
      const std::string path =
          p + (has(p, "?") ? "&" : "?") + std::string(name) + "=https%3A%2F%2Fgatehouse-audit.invalid%2F";
      auto seen = get(site, path);
      if (!seen) return proof::unanswered(seen.error());
      if (seen->status < 300 || seen->status >= 400) continue;
      const std::string to = text::to_lower(seen->header("location"));
      if (to.starts_with("https://gatehouse-audit.invalid") || to.starts_with("//gatehouse-audit.invalid"))
        return from({at_path("RED-001", site, path, "Location: " + text::printable(to, 120))}, "");
    }
  return proof::holds("No page that was tried redirects to a stranger's address.");
}

constexpr proof::Probe kProbes[] = {
    {"CSP-001", "csp", false, policy},
    {"CSP-008", "csp", false, static_nonce},
    {"CK-001", "cookies", false, cookies},
    {"ERR-001", "error_mask", false, errors},
    {"HDR-008", "headers", false, private_cache},
    {"DATA-001", "response_filter", false, private_fields},
    {"MET-001", "canonical", false, trace},
    {"RED-001", "", false, open_redirect},
};

}  // namespace

proof::Finding at_path(std::string_view rule, const Target& site, std::string_view path, std::string evidence) {
  proof::Finding f = finding_of(rule);
  proof::Location at;
  at.url = std::string(site.url()) + std::string(path);
  f.locations.push_back(std::move(at));
  f.evidence.push_back(std::move(evidence));
  return f;
}

std::vector<std::string> pages_of(const proof::Target& site) {
  auto pages = site.paths("page");
  if (pages.empty()) pages.emplace_back("/");
  return pages;
}

std::span<const proof::Probe> page_probes() { return kProbes; }

}  // namespace gatehouse::audit::live
