// The forms of a report. Each is a pure function of it: same report, same bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proof/report.h"

namespace gatehouse::audit::report {

// One finding that was closed, or should have been: what the same probe saw before and after.
struct Closing {
  struct Look {
    std::string at, verdict;  // the site; "open", "closed", "unknown"
    std::vector<std::string> evidence;
  };
  std::string id, title, mitigation;
  std::vector<Look> looks;  // before, after
};

struct Context {
  std::string name;  // of the project, for the title; empty: the target's
  std::string date;  // "2026-11-22"; empty: none is written
  std::string host;  // for the commands of "How to verify": "https://app.example.com"; empty: a placeholder is told
  bool self_signed = false;  // its certificate does not hold (on one's own machine): curl must be told
  std::string protected_path = "/api/users/me";
  std::string sign_in_path = "/api/auth/login";
  std::optional<Closing> closing;  // the report is about this alone: no score, no tables, no checklist
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
  std::string evidence;  // why: the findings that leave it open, or who looked
};
std::vector<Box> checklist(const proof::Report& report);
// The place in the checklist of the first box that the finding leaves open.
inline constexpr std::size_t kNoBox = static_cast<std::size_t>(-1);
std::size_t box_of(const proof::Finding& finding);

// The rows of the Top 10 of 2021, with what the report says about each.
struct OwaspRow {
  std::string id, name, state;  // "A01", "Broken access control", "3 findings (1 high)"
  std::vector<std::string> findings;
};
std::vector<OwaspRow> owasp(const proof::Report& report);

struct GdprRow {
  std::string article, asks, state;
};
std::vector<GdprRow> gdpr(const proof::Report& report);

// What to mend, in which order: findings that leave the same box of the checklist open are one piece of work.
struct Work {
  std::string what;              // the box; empty for a finding by itself
  std::vector<std::string> ids;  // each once, worst first
  std::size_t places = 0;        // findings in all
  std::string how;               // the first sentence of each fix
};
std::vector<Work> remediation(const proof::Report& report);

// How a reader sees for himself, with commands to copy.
struct Step {
  std::string title, expected;
  std::string language;  // "bash", "javascript"
  std::string commands;
};
std::vector<Step> verification(const Context& context);
// "https://app.example.com", or the placeholder.
std::string host_of(const Context& context);

// What the report cannot vouch for, and what to do about it; empty when everything was read and reached.
std::string incomplete(const proof::Report& report);

// The two or three sentences above the numbers: what holds, what is wrong, what to begin with.
std::string in_short(const proof::Report& report);

}  // namespace gatehouse::audit::report
