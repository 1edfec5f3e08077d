// What an audit says in the end. Every form of it (Markdown, HTML, JSON, SARIF, terminal) is made from this one value.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/json.h"
#include "proof/finding.h"

namespace gatehouse::proof {

struct Summary {
  std::size_t critical = 0, high = 0, medium = 0, low = 0, info = 0;
  std::size_t total() const { return critical + high + medium + low + info; }
};

// One line of the score's sum: "high findings: 3 x 8 = 24".
struct ScoreLine {
  std::string what;
  int points = 0;  // what it takes away, 0 or negative
};

struct Score {
  int points = 100;            // 0 … 100
  std::string grade;           // "A+", "A", "B", "C", "D", "E", "F"; "none" when silence proves nothing
  std::vector<ScoreLine> sum;  // 100 plus these lines is `points`, floor included
};

// A probe that was asked and did not find its fault.
struct Held {
  std::string id;
  std::vector<std::string> requirements;
  std::string owasp_2021;
};

// What was looked at. Checklists and tables are ticked by it: silence of somebody who never looked is no evidence.
struct Looked {
  bool source = false;     // a tree was read
  std::string only;        // the ids that were asked for, as given; empty for all
  std::vector<Held> held;  // on the running site
};

struct Report {
  std::string tool = "gatehouse";
  std::string version;
  std::string target;  // the audited folder or address, as the reader knows it
  std::vector<Finding> findings;
  std::vector<std::string> positives;    // what was seen to be right
  std::vector<std::string> not_checked;  // what nobody looked at, and why
  Looked looked;
  std::vector<std::string> given_up;  // paths that should have been read and were not, or not to their end
  bool complete = true;               // false when something that was asked for could not be read or reached

  Summary summary() const;
  Score score() const;
  // Findings worst first, then by id, path and line; of positives that differ in their places alone one, with all its
  // places. Renderers expect this order.
  void sort();
};

// The identity of a finding across edits: its id, path and evidence, never its line. 32 hex digits.
std::string fingerprint(const Finding& finding);

// One of its findings, with the same names.
json::Value to_json(const Finding& finding);

// {"tool","target","complete","summary","score","findings","positives","not_checked"}: names that stay.
json::Value to_json(const Report& report);

}  // namespace gatehouse::proof
