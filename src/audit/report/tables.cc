// The tables that Markdown and HTML share.
#include <algorithm>
#include <array>
#include <set>

#include "audit/catalog.h"
#include "audit/report/render.h"

namespace gatehouse::audit::report {
namespace {

struct Category {
  std::string_view id, name;
};
constexpr std::array<Category, 10> kTop10 = {{{"A01", "Broken access control"},
                                              {"A02", "Cryptographic failures"},
                                              {"A03", "Injection"},
                                              {"A04", "Insecure design"},
                                              {"A05", "Security misconfiguration"},
                                              {"A06", "Vulnerable and outdated components"},
                                              {"A07", "Identification and authentication failures"},
                                              {"A08", "Software and data integrity failures"},
                                              {"A09", "Security logging and monitoring failures"},
                                              {"A10", "Server-side request forgery"}}};

// A box of the checklist and the requirements whose findings leave it open.
struct Item {
  int priority;
  std::string_view text;
  std::string_view requirements;  // blanks between
};
constexpr Item kItems[] = {
    {0, "No secret in the repository, its history, an image or the browser's code", "SEC-K1 SEC-K4"},
    {0, "Debug off and no built-in secret: insecure defaults cannot start", "CFG-1 CFG-2"},
    {0, "Every protected route verifies a signed token before the handler", "ID-1 ID-2 ID-4"},
    {0, "Issuer, audience and authorized parties are required", "ID-3"},
    {0, "Records are reached by their owner only", "ID-10 DAT-3"},
    {0, "Sessions are signed or opaque, never plain cookies", "SES-1"},
    {0, "Cookie-authenticated writes are protected against CSRF", "CSRF-1 CSRF-2 CSRF-3"},
    {0, "CORS names its origins; no wildcard with credentials", "CORS-1 CORS-2"},
    {0, "Webhooks verify the raw body's signature before anything else", "WHK-1 WHK-5"},
    {0, "Only a verified webhook confirms a payment", "PAY-1 PAY-2"},
    {0, "HTTPS everywhere, with secure cookies", "TLS-1 SES-3"},
    {1, "Sign-in and every public API are rate limited", "LIM-1 LIM-2 LIM-5"},
    {1, "Errors reveal nothing of the inside", "ERR-1 ERR-2 ERR-3"},
    {1, "Private fields never leave in responses", "ERR-4"},
    {1, "Security headers and a content security policy on every response", "HDR-1 HDR-2"},
    {1, "Input is validated; queries are parameterized", "VAL-1 VAL-2 VAL-3"},
    {1, "Client addresses come from trusted proxies only", "IP-1"},
    {1, "Dependencies pinned, locked and scanned", "DEP-1"},
    {1, "Webhook events are handled once", "WHK-2 WHK-3 WHK-4"},
    {1, "Object storage is public only where declared", "DAT-4"},
    {2, "Logs are structured and free of secrets and personal data", "LOG-1 LOG-2 LOG-4"},
    {2, "Sensitive changes are written to an audit log", "AUD-1"},
    {2, "Sessions expire, rotate and can be revoked", "SES-2 SES-4 ID-7"},
    {2, "Public identifiers cannot be counted through", "ID-11"},
    {2, "A security contact is published", "OPS-2"},
    {2, "Export and deletion of a user's data, privacy pages", "PRV-1 PRV-2"},
};

bool asks(std::string_view list, const std::vector<std::string>& requirements) {
  return std::any_of(requirements.begin(), requirements.end(), [&](const std::string& r) {
    for (std::size_t at = list.find(r); at != std::string_view::npos; at = list.find(r, at + 1)) {
      const bool begins = at == 0 || list[at - 1] == ' ';
      const bool ends = at + r.size() == list.size() || list[at + r.size()] == ' ';
      if (begins && ends) return true;
    }
    return false;
  });
}

// Is there any rule that could have opened this box? Without one a tick would be a claim, not evidence.
bool looked_at(std::string_view list) {
  const auto all = rules();
  return std::any_of(all.begin(), all.end(), [&](const Rule& r) { return asks(list, r.finding.requirements); });
}

}  // namespace

std::vector<Box> checklist(const proof::Report& report) {
  std::vector<Box> out;
  for (const Item& item : kItems) {
    Box box{item.priority, std::string(item.text), false, {}};
    std::set<std::string> open;
    for (const proof::Finding& f : report.findings)
      if (f.severity != proof::Severity::info && asks(item.requirements, f.requirements)) open.insert(f.id);
    for (const std::string& id : open) box.evidence += (box.evidence.empty() ? "" : ", ") + id;
    if (open.empty()) {
      box.ticked = looked_at(item.requirements);
      box.evidence = box.ticked ? "looked for, none found" : "not checked";
    }
    out.push_back(std::move(box));
  }
  return out;
}

std::vector<OwaspRow> owasp(const proof::Report& report) {
  std::vector<OwaspRow> out;
  for (const Category& c : kTop10) {
    OwaspRow row{std::string(c.id), std::string(c.name), {}, {}};
    proof::Severity worst = proof::Severity::info;
    std::size_t count = 0;
    std::set<std::string> ids;
    for (const proof::Finding& f : report.findings) {
      if (f.owasp_2021 != c.id) continue;
      ++count;
      ids.insert(f.id);
      worst = std::max(worst, f.severity);
    }
    row.findings.assign(ids.begin(), ids.end());
    const auto all = rules();
    const bool covered =
        std::any_of(all.begin(), all.end(), [&](const Rule& r) { return r.finding.owasp_2021 == c.id; });
    row.state = count > 0 ? std::to_string(count) + (count == 1 ? " finding" : " findings") + ", worst " +
                                std::string(text(worst))
                : covered ? "checked, nothing found"
                          : "not checked";
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace gatehouse::audit::report
