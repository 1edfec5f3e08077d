#include <algorithm>

#include "audit/report/alike.h"
#include "audit/report/render.h"
#include "base/text.h"

namespace gatehouse::audit::report {
namespace {

using proof::Finding;
using proof::Severity;

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

void one_fault(std::string& out, const Alike& all) {
  const Finding& f = *all.front();
  out += "### [" + f.id + "] " + plain(f.title) + places_of(all) + "\n";
  out += "- Severity: " + capital(proof::text(f.severity)) + "\n";
  if (f.severity == Severity::critical && !f.impact.empty()) {
    const std::size_t stop = f.impact.find(". ");
    out += "- Impact statement: " + f.impact.substr(0, stop == std::string::npos ? stop : stop + 1) + "\n";
  }
  std::string places, evidence;
  const std::vector<Sight> seen = sights(all);
  for (const Sight& s : seen) {
    places += (places.empty() ? "" : ", ") + code(s.at);
    if (!s.route.empty()) places += " (" + code(s.route) + ")";
    const std::string at = seen.size() == 1 || s.at.empty() ? std::string() : code(s.at) + ": ";
    for (const std::string& e : s.evidence) evidence += "  - " + at + code(e) + "\n";
  }
  if (evidence.empty()) evidence = "  - It is absent from the named place.\n";
  out += "- Location: " + places + "\n- Evidence:\n" + evidence;
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

void summary(std::string& out, const proof::Report& r) {
  const proof::Score score = r.score();
  out += "## Executive Summary\n\n";
  if (const std::string gap = incomplete(r); !gap.empty()) out += "**" + plain(gap) + "**\n\n";
  out += plain(in_short(r)) + "\n\n";
  out += "Score: **" + std::to_string(score.points) + " of 100, grade " + score.grade + "**. The sum: 100";
  for (const proof::ScoreLine& l : score.sum)
    out += (l.points < 0 ? " − " : " + ") + std::to_string(l.points < 0 ? -l.points : l.points) + " (" + l.what + ")";
  out += " = " + std::to_string(score.points) + ".\n\n";
}

void findings(std::string& out, const proof::Report& r) {
  const std::vector<Alike> faults = alike(r);
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
    for (const Alike& all : faults)
      if (all.front()->severity == section.severity) one_fault(out, all);
  }
}

void order_of_work(std::string& out, const proof::Report& r) {
  out += "## Recommended Remediation Order\n";
  int n = 0;
  for (const Work& w : remediation(r)) {
    std::string ids;
    for (const std::string& id : w.ids) ids += (ids.empty() ? "`" : ", `") + id + "`";
    if (w.places > w.ids.size()) ids += ", " + std::to_string(w.places) + " places";
    const bool group = w.ids.size() > 1 && !w.what.empty();
    out +=
        std::to_string(++n) + ". " + (group ? "**" + w.what + "** (" + ids + "): " : ids + ": ") + plain(w.how) + "\n";
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
  for (const GdprRow& row : gdpr(r)) out += "| " + row.article + " | " + row.asks + " | " + row.state + " |\n";
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
    out += "- [" + std::string(box.ticked ? "x" : " ") + "] " + box.text + " (" + plain(box.evidence) + ")\n";
  }
  out += "\n";
}

std::string indented(std::string_view lines) {
  std::string out = "   ";
  for (char c : lines) {
    out += c;
    if (c == '\n') out += "   ";
  }
  return out;
}

void verify(std::string& out, const Context& c) {
  out += "## How to Verify\n\n";
  if (c.host.empty())
    out += "Put your address for `" + host_of(c) + "`, or run the audit with `--url` and these lines carry it.\n\n";
  int n = 0;
  for (const Step& step : verification(c))
    out += std::to_string(++n) + ". " + step.title + ". " + step.expected + "\n\n   ```" + step.language + "\n" +
           indented(step.commands) + "\n   ```\n\n";
}

void closing(std::string& out, const Closing& c) {
  out += "## Executive Summary\n\nOnly " + c.id + " was looked at. " +
         (c.looks.empty() ? "" : "It is " + c.looks.back().verdict + " at " + plain(c.looks.back().at) + ".") + "\n\n";
  out += "## Close and Prove\n\n### [" + c.id + "] " + plain(c.title) + "\n- Policy:\n  - " +
         (c.mitigation.empty() ? "none at the edge" : code(c.mitigation)) + "\n";
  for (std::size_t i = 0; i < c.looks.size(); ++i) {
    const Closing::Look& look = c.looks[i];
    out += std::string(i == 0 ? "- Before" : "- After") + ", at " + code(look.at) + ": " + look.verdict + "\n";
    for (const std::string& e : look.evidence) out += "  - " + code(e) + "\n";
  }
  out += "\n";
}

}  // namespace

std::string markdown(const proof::Report& r, const Context& c) {
  std::string out = "# Security Best Practices Report\n\n";
  out += "Target: " + code(c.name.empty() ? r.target : c.name);
  if (!c.date.empty()) out += "  \nDate: " + c.date;
  out += "  \nTool: " + r.tool + " " + r.version + "\n\n";
  if (c.closing) {
    closing(out, *c.closing);
    findings(out, r);
    verify(out, c);
    return out;
  }
  summary(out, r);
  findings(out, r);
  out += "## Positives Observed\n";
  for (const std::string& p : r.positives) out += "- " + plain(p) + "\n";
  if (r.positives.empty()) out += "- None could be proven.\n";
  out += "\n";
  order_of_work(out, r);
  tables(out, r);
  verify(out, c);
  out += "## Not Checked\n";
  for (const std::string& n : r.not_checked) out += "- " + plain(n) + "\n";
  if (r.not_checked.empty()) out += "- Nothing that was asked for was left out.\n";
  return out;
}

}  // namespace gatehouse::audit::report
