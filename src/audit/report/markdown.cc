#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "audit/report/render.h"
#include "base/text.h"

namespace gatehouse::audit::report {
namespace {

using proof::Finding;
using proof::Severity;

std::string place(const proof::Location& l) {
  if (!l.url.empty()) return l.url;
  std::string out = text::printable(l.path, 400);
  if (l.line > 0) out += ":" + std::to_string(l.line);
  return out;
}

// Inside backticks nothing is markup, save the backtick.
std::string code(std::string_view s) {
  std::string out = "`";
  for (char c : text::printable(s, 400)) out += c == '`' ? '\'' : c;
  return out + "`";
}

// What comes from the project could hold markup: it must stay words.
std::string plain(std::string_view s) {
  std::string out;
  for (char c : text::printable(s, 2000)) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '[' || c == ']' || c == '|') {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string capital(std::string_view s) {
  std::string out(s);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

std::string bullets(std::string_view sentences) { return "  - " + std::string(sentences) + "\n"; }

void one_finding(std::string& out, const Finding& f) {
  out += "### [" + f.id + "] " + plain(f.title) + "\n";
  out += "- Severity: " + capital(proof::text(f.severity)) + "\n";
  if (f.severity == Severity::critical && !f.impact.empty()) {
    const std::size_t stop = f.impact.find(". ");
    out += "- Impact statement: " + f.impact.substr(0, stop == std::string::npos ? stop : stop + 1) + "\n";
  }
  out += "- Location: ";
  for (std::size_t i = 0; i < f.locations.size(); ++i) out += (i > 0 ? ", " : "") + code(place(f.locations[i]));
  out += "\n- Evidence:\n";
  for (const std::string& e : f.evidence) out += "  - " + code(e) + "\n";
  if (f.evidence.empty()) out += "  - It is absent from the named place.\n";
  out += "- Impact:\n" + bullets(f.impact);
  out += "- Fix:\n" + bullets(f.fix);
  out += "- Mitigation:\n";
  out += f.mitigation.empty() ? "  - None at the edge: only the code can mend it.\n"
                              : "  - gatehouse: " + code(f.mitigation) + "\n";
  out += "- False positive notes:\n" + bullets(f.false_positive.empty() ? "None known." : f.false_positive);
  out += "- Confidence: " + capital(proof::text(f.confidence)) + "\n";
  std::string refs;
  for (int c : f.cwe) refs += (refs.empty() ? "" : ", ") + ("CWE-" + std::to_string(c));
  if (!f.owasp_2021.empty()) refs += (refs.empty() ? "" : ", ") + ("OWASP " + f.owasp_2021 + ":2021");
  if (!f.owasp_2025.empty()) refs += ", " + f.owasp_2025 + ":2025";
  for (const std::string& a : f.asvs) refs += ", ASVS " + a;
  out += "- References: " + refs + "\n\n";
}

std::string count(std::size_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

void summary(std::string& out, const proof::Report& r) {
  out += "## Executive Summary\n\n";
  const proof::Summary s = r.summary();
  const proof::Score score = r.score();
  if (s.total() == 0) {
    out += "Nothing was found in what could be looked at";
    out += r.not_checked.empty() ? ".\n\n" : "; what could not is listed under \"Not Checked\".\n\n";
  } else {
    out += "The audit found " + count(s.total(), "fault") + ": " + std::to_string(s.critical) + " critical, " +
           std::to_string(s.high) + " high, " + std::to_string(s.medium) + " medium, " + std::to_string(s.low) +
           " low" + (s.info > 0 ? ", " + std::to_string(s.info) + " for information" : "") + ". ";
    const Finding& worst = r.findings.front();
    out += "The most pressing is [" + worst.id + "] " + plain(worst.title) + ". ";
    const auto closable =
        std::count_if(r.findings.begin(), r.findings.end(), [](const Finding& f) { return !f.mitigation.empty(); });
    if (closable > 0)
      out += std::to_string(closable) +
             " of them can be closed, or their effect bounded, at the edge by the policy lines given under "
             "\"Mitigation\"; the "
             "others need the code.";
    out += "\n\n";
  }
  out += "Score: **" + std::to_string(score.points) + " of 100, grade " + score.grade + "**. The sum: 100";
  for (const proof::ScoreLine& l : score.sum)
    out += (l.points < 0 ? " − " : " + ") + std::to_string(l.points < 0 ? -l.points : l.points) + " (" + l.what + ")";
  out += " = " + std::to_string(score.points) + ".\n\n";
}

void findings(std::string& out, const proof::Report& r) {
  struct Section {
    Severity severity;
    std::string_view title;
  };
  for (const Section& section :
       {Section{Severity::critical, "Critical"}, Section{Severity::high, "High"}, Section{Severity::medium, "Medium"},
        Section{Severity::low, "Low"}, Section{Severity::info, "Informational"}}) {
    if (std::none_of(r.findings.begin(), r.findings.end(),
                     [&](const Finding& f) { return f.severity == section.severity; }))
      continue;
    out += "## " + std::string(section.title) + " Findings\n\n";
    for (const Finding& f : r.findings)
      if (f.severity == section.severity) one_finding(out, f);
  }
}

void remediation(std::string& out, const proof::Report& r) {
  out += "## Recommended Remediation Order\n";
  std::vector<std::string> seen;
  std::map<std::string, std::size_t> times;
  for (const Finding& f : r.findings) ++times[f.id];
  int n = 0;
  for (const Finding& f : r.findings) {
    if (f.severity == Severity::info || std::find(seen.begin(), seen.end(), f.id) != seen.end()) continue;
    seen.push_back(f.id);
    const std::size_t stop = f.fix.find(". ");
    out += std::to_string(++n) + ". `" + f.id + "`" +
           (times[f.id] > 1 ? " (" + std::to_string(times[f.id]) + " places)" : "") + ": " +
           f.fix.substr(0, stop == std::string::npos ? stop : stop + 1) + "\n";
  }
  if (n == 0) out += "Nothing to do.\n";
  out += "\n";
}

void tables(std::string& out, const proof::Report& r) {
  out += "## OWASP Top 10 Coverage\n\n| Category | State | Findings |\n|---|---|---|\n";
  for (const OwaspRow& row : owasp(r)) {
    out += "| " + row.id + ":2021 " + row.name + " | " + row.state + " | ";
    for (std::size_t i = 0; i < row.findings.size(); ++i) out += (i > 0 ? ", " : "") + row.findings[i];
    out += " |\n";
  }
  out += "\n## GDPR\n\n| Article | What it asks | State |\n|---|---|---|\n";
  auto open = [&](std::initializer_list<std::string_view> requirements) {
    std::set<std::string> ids;
    for (const Finding& f : r.findings)
      for (const std::string& q : f.requirements)
        if (std::find(requirements.begin(), requirements.end(), q) != requirements.end()) ids.insert(f.id);
    std::string s;
    for (const std::string& id : ids) s += (s.empty() ? "open: " : ", ") + id;
    return s;
  };
  auto row = [&](std::string_view article, std::string_view what, const std::string& ids, std::string_view otherwise) {
    out += "| " + std::string(article) + " | " + std::string(what) + " | " +
           (ids.empty() ? std::string(otherwise) : ids) + " |\n";
  };
  row("Art. 5(1)(f), 32", "Security of processing",
      open({"SEC-K1", "SEC-K4", "ID-1", "ID-10", "TLS-1", "ERR-4", "DAT-3", "DAT-4"}), "checked, nothing found");
  row("Art. 5(1)(c)", "Data minimisation in logs and responses", open({"LOG-2", "ERR-4"}), "checked, nothing found");
  row("Art. 15, 20", "Export of a person's data", open({"PRV-1"}), "not checked: judge by hand");
  row("Art. 17", "Erasure", open({"PRV-1"}), "not checked: judge by hand");
  row("Art. 7, 13", "Consent, privacy notice, terms", open({"PRV-2"}), "not checked: judge by hand");
  row("Art. 33", "Breach notice: trail of sensitive changes", open({"AUD-1"}), "not checked: judge by hand");
  out += "\n## Production Checklist\n\n";
  int priority = -1;
  for (const Box& box : checklist(r)) {
    if (box.priority != priority) {
      priority = box.priority;
      out += std::string(priority == 0 ? "" : "\n") + "### " +
             (priority == 0   ? "Critical (P0)"
              : priority == 1 ? "Important (P1)"
                              : "Nice to have (P2)") +
             "\n";
    }
    out += "- [" + std::string(box.ticked ? "x" : " ") + "] " + box.text + " (" + box.evidence + ")\n";
  }
  out += "\n";
}

void verify(std::string& out, const Context& c) {
  const std::string host = c.host.empty() ? "https://your-host.example" : c.host;
  out += "## How to Verify\n\n";
  if (c.host.empty())
    out += "Put your address for `" + host + "`, or run the audit with `--url` and these lines carry it.\n\n";
  out +=
      "1. What the browser was given. In the browser's console:\n\n   ```javascript\n   console.log(window.ENV, "
      "window.__ENV__);\n   ```\n\n"
      "   Only public names may appear; no value of your environment file.\n"
      "2. Secrets on the network:\n\n   ```bash\n   curl -s " +
      host + "/ | grep -oE '(src|href)=\"[^\"]+\\.js\"'\n   gatehouse audit --url " + host +
      " --only SEC,BUN\n   ```\n\n"
      "3. CORS. The answer must carry no `Access-Control-Allow-Origin`:\n\n   ```bash\n   curl -si -X POST " +
      host + c.sign_in_path +
      " -H 'Origin: https://malicious-site.example' -H 'Content-Type: application/json' -d '{}'\n   ```\n\n"
      "4. Authentication. The answer must be 401:\n\n   ```bash\n   curl -si " +
      host + c.protected_path + "\n   ```\n\n";
}

}  // namespace

std::string markdown(const proof::Report& r, const Context& c) {
  std::string out = "# Security Best Practices Report\n\n";
  out += "Target: " + code(c.name.empty() ? r.target : c.name);
  if (!c.date.empty()) out += "  \nDate: " + c.date;
  out += "  \nTool: " + r.tool + " " + r.version + "\n\n";
  summary(out, r);
  findings(out, r);
  out += "## Positives Observed\n";
  for (const std::string& p : r.positives) out += "- " + plain(p) + "\n";
  if (r.positives.empty()) out += "- None could be proven.\n";
  out += "\n";
  remediation(out, r);
  tables(out, r);
  verify(out, c);
  out += "## Not Checked\n";
  for (const std::string& n : r.not_checked) out += "- " + plain(n) + "\n";
  if (r.not_checked.empty()) out += "- Nothing that was asked for was left out.\n";
  return out;
}

}  // namespace gatehouse::audit::report
