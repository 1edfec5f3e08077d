// The forms of a report. Each is a pure function of it: same report, same bytes.
#pragma once

#include <string>
#include <string_view>

#include "proof/report.h"

namespace gatehouse::audit::report {

struct Context {
  std::string name;  // of the project, for the title; empty: the target's
  std::string date;  // "2026-11-22"; empty: none is written
  std::string host;  // for the commands of "How to verify": "https://app.example.com"; empty: a placeholder is told
  std::string protected_path = "/api/users/me";
  std::string sign_in_path = "/api/auth/login";
};

// Title, executive summary, findings by severity, positives, order of remediation; then the OWASP and GDPR tables, the
// checklist, how to verify, the score's sum and what was not checked.
std::string markdown(const proof::Report& report, const Context& context);
// One file, no request to anywhere: charts, filters, print style. Everything from the project is escaped.
std::string html(const proof::Report& report, const Context& context);
// SARIF 2.1.0, within what GitHub code scanning accepts: relative addresses, one location, levels and
// security-severity.
std::string sarif(const proof::Report& report);
// For a terminal: a short summary first, then the findings.
std::string terminal(const proof::Report& report, bool colour);

// The checklist, ticked by what was found: P0 critical and high, P1 medium, P2 the rest.
struct Box {
  int priority = 0;
  std::string text;
  bool ticked = false;
  std::string evidence;  // why
};
std::vector<Box> checklist(const proof::Report& report);

// The rows of the Top 10 of 2021, with what the report says about each.
struct OwaspRow {
  std::string id, name, state;  // "A01", "Broken access control", "3 findings (1 high)"
  std::vector<std::string> findings;
};
std::vector<OwaspRow> owasp(const proof::Report& report);

}  // namespace gatehouse::audit::report
