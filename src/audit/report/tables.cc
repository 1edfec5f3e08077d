// The tables that Markdown and HTML share.
#include <algorithm>
#include <array>
#include <set>

#include "audit/catalog.h"
#include "audit/report/render.h"
#include "audit/settle.h"

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

// Who must have looked before silence says anything: some faults show in a tree alone, some at a running site alone.
enum class Side : unsigned char { either, source, site };

// A box of the checklist and the requirements whose findings leave it open.
struct Item {
  int priority;
  std::string_view text;
  std::string_view requirements;  // blanks between
  Side side = Side::either;
  std::string_view gap{};  // what "not checked" begins with when a part of this was not looked at
};
constexpr Item kItems[] = {
    {0, "No secret in the repository, its history, an image or the browser's code", "SEC-K1 SEC-K4", Side::source,
     "git history"},
    {0, "Debug off and no built-in secret: insecure defaults cannot start", "CFG-1 CFG-2", Side::source},
    {0, "Every protected route verifies a signed token before the handler", "ID-1 ID-2 ID-4"},
    {0, "Issuer, audience and authorized parties are required", "ID-3", Side::source},
    {0, "Records are reached by their owner only", "ID-10 DAT-3", Side::source},
    {0, "Sessions are signed or opaque, never plain cookies", "SES-1", Side::source},
    {0, "Cookie-authenticated writes are protected against CSRF", "CSRF-1 CSRF-2 CSRF-3"},
    {0, "CORS names its origins; no wildcard with credentials", "CORS-1 CORS-2"},
    {0, "Webhooks verify the raw body's signature before anything else", "WHK-1 WHK-5"},
    {0, "Only a verified webhook confirms a payment", "PAY-1 PAY-2", Side::source},
    {0, "HTTPS everywhere, with secure cookies", "TLS-1 SES-3"},
    {1, "Sign-in and every public API are rate limited", "LIM-1 LIM-2 LIM-5"},
    {1, "Errors reveal nothing of the inside", "ERR-1 ERR-2 ERR-3"},
    {1, "Private fields never leave in responses", "ERR-4"},
    {1, "Security headers and a content security policy on every response", "HDR-1 HDR-2"},
    {1, "Input is validated; queries are parameterized", "VAL-1 VAL-2 VAL-3", Side::source},
    {1, "Client addresses come from trusted proxies only", "IP-1"},
    {1, "Dependencies pinned, locked and scanned", "DEP-1", Side::source, "known vulnerabilities"},
    {1, "Webhook events are handled once", "WHK-2 WHK-3 WHK-4", Side::source},
    {1, "Object storage is public only where declared", "DAT-4", Side::source},
    {2, "Logs are structured and free of secrets and personal data", "LOG-1 LOG-2 LOG-4", Side::source},
    {2, "Sensitive changes are written to an audit log", "AUD-1", Side::source},
    {2, "Sessions expire, rotate and can be revoked", "SES-2 SES-4 ID-7", Side::source},
    {2, "Public identifiers cannot be counted through", "ID-11", Side::source},
    {2, "A security contact is published", "OPS-2", Side::site},
    {2, "Export and deletion of a user's data, privacy pages", "PRV-1 PRV-2", Side::source},
};

constexpr std::string_view kNoHistory = "git history: no .git folder";

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

// Who looked for what `concerns` names, as words; empty when nobody did. What the tree alone can show is not proven by
// a running site, and a rule that was not selected did not look.
template <class OfRule, class OfProbe>
std::string looked_for(const proof::Report& report, Side side, OfRule&& of_rule, OfProbe&& of_probe) {
  std::size_t rules_asked = 0;
  if (report.looked.source && side != Side::site)
    for (const Rule& r : rules())
      if (!r.live && selected(report.looked.only, r.finding.id) && of_rule(r)) ++rules_asked;
  std::string probes;
  if (side != Side::source)
    for (const proof::Held& h : report.looked.held)
      if (of_probe(h)) probes += (probes.empty() ? "" : ", ") + h.id;
  std::string out;
  if (rules_asked > 0)
    out = std::to_string(rules_asked) + (rules_asked == 1 ? " rule" : " rules") + " over the source found nothing";
  if (!probes.empty()) out += (out.empty() ? "" : "; ") + ("holds at the site: " + probes);
  return out;
}

std::string looked_for(const proof::Report& report, Side side, std::string_view requirements) {
  return looked_for(
      report, side, [&](const Rule& r) { return asks(requirements, r.finding.requirements); },
      [&](const proof::Held& h) { return asks(requirements, h.requirements); });
}

std::string why_not(const proof::Report& report, Side side) {
  if (side == Side::source && !report.looked.source) return "not checked: no source was read";
  if (side == Side::site && report.looked.held.empty()) return "not checked: no site was looked at";
  return "not checked";
}

// The ids of findings that are about these requirements.
std::set<std::string> open_ids(const proof::Report& report, std::string_view requirements) {
  std::set<std::string> out;
  for (const proof::Finding& f : report.findings)
    if (f.severity != proof::Severity::info && asks(requirements, f.requirements)) out.insert(f.id);
  return out;
}

std::string joined(const std::set<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "" : ", ") + id;
  return out;
}

}  // namespace

std::vector<Box> checklist(const proof::Report& report) {
  std::vector<Box> out;
  for (const Item& item : kItems) {
    Box box{item.priority, std::string(item.text), false, joined(open_ids(report, item.requirements))};
    if (box.evidence.empty()) {
      const std::string evidence = looked_for(report, item.side, item.requirements);
      const auto gap = std::find_if(report.not_checked.begin(), report.not_checked.end(), [&](const std::string& n) {
        return !item.gap.empty() && n.find(item.gap) != std::string::npos;
      });
      // A tree without history has nothing there to look at; every other gap leaves the box open.
      // Nor is it ticked for want of findings in files that were given up.
      const bool unread = item.side != Side::site && report.looked.source && !report.given_up.empty();
      const bool whole = (gap == report.not_checked.end() || *gap == kNoHistory) && !unread;
      box.ticked = !evidence.empty() && whole;
      box.evidence = evidence.empty() ? why_not(report, item.side) : evidence;
      if (unread && !evidence.empty())
        box.evidence += ", but " + std::to_string(report.given_up.size()) +
                        (report.given_up.size() == 1 ? " file was" : " files were") + " not read to the end";
      if (gap != report.not_checked.end() && !evidence.empty()) box.evidence += "; not checked: " + *gap;
    }
    out.push_back(std::move(box));
  }
  return out;
}

std::size_t box_of(const proof::Finding& finding) {
  std::size_t i = 0;
  for (const Item& item : kItems) {
    if (asks(item.requirements, finding.requirements)) return i;
    ++i;
  }
  return kNoBox;
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
    if (count > 0) {
      row.state =
          std::to_string(count) + (count == 1 ? " finding" : " findings") + ", worst " + std::string(text(worst));
    } else {
      row.state = looked_for(
          report, Side::either, [&](const Rule& r) { return r.finding.owasp_2021 == c.id; },
          [&](const proof::Held& h) { return h.owasp_2021 == c.id; });
      if (row.state.empty()) row.state = "not checked";
    }
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<GdprRow> gdpr(const proof::Report& report) {
  struct Article {
    std::string_view article, asks, requirements;
  };
  // Without requirements: what a person must judge, no program can.
  static constexpr Article kArticles[] = {
      {"Art. 5(1)(f), 32", "Security of processing", "SEC-K1 SEC-K4 ID-1 ID-10 TLS-1 ERR-4 DAT-3 DAT-4"},
      {"Art. 5(1)(c)", "Data minimisation in logs and responses", "LOG-2 ERR-4"},
      {"Art. 15, 20", "Export of a person's data", "PRV-1"},
      {"Art. 17", "Erasure", "PRV-1"},
      {"Art. 7, 13", "Consent, privacy notice, terms", "PRV-2"},
      {"Art. 33", "Breach notice: trail of sensitive changes", "AUD-1"}};
  std::vector<GdprRow> out;
  for (const Article& a : kArticles) {
    const std::string open = joined(open_ids(report, a.requirements));
    std::string state = open.empty() ? looked_for(report, Side::either, a.requirements) : "open: " + open;
    if (state.empty()) state = "not checked: judge by hand";
    out.push_back({std::string(a.article), std::string(a.asks), std::move(state)});
  }
  return out;
}

}  // namespace gatehouse::audit::report
