// Every finding the audit can make: what it is, how bad, which weakness, how to mend it. All of it is data, in
// rules/*.toml; what a parser must see for it stands in the readers, what a pattern can see stands beside the words.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/conf/finding.h"
#include "proof/finding.h"

namespace gatehouse::audit {

// What a pattern is held against: each fact of a file by itself, so no pattern reaches over a line break.
enum class Facts : unsigned char {
  line,        // a line, without blanks at its ends
  env,         // NAME=value of an environment file
  dockerfile,  // an instruction with its continuations joined: "FROM node:24.1 AS build"
  nginx,       // a directive with its words: "ssl_protocols TLSv1.2 TLSv1.3"
  package,  // what a manifest asks for: "PyPI django 4.2.23", or "npm @nestjs/core 8.4.4 up" where 8.4.4 and later of
            // the same line would do
  yaml,     // a value with its way: "services.db.privileged = true"; what stands in a list has the way "cap_add[]"
};

// One pattern of a rule.
struct Match {
  Facts in = Facts::line;
  std::vector<std::string> files;  // globs for the path or the name alone; empty for every file that has such facts
  std::string pattern;             // a regular expression that Hyperscan takes: no lookaround, no back references
  std::string except;              // when this is found in the same fact, too, there is no finding
  std::string title;               // in place of the rule's, when set
  proof::Severity severity = proof::Severity::medium;
  proof::Confidence confidence = proof::Confidence::high;
  conf::Place place;
};

// A small project, {path, text}, in which the rule must find something, or must not.
struct Sample {
  std::vector<std::pair<std::string, std::string>> files;
  conf::Place place;
};

struct Rule {
  proof::Finding finding;  // what a finding of this rule starts with
  bool live = false;       // seen on a running site, by probes that bring their own twins
  std::vector<Match> matches;
  std::vector<Sample> must, must_not;
  conf::Place place;
};

// Sorted by id. Read once from the files the program was built with; a fault in them is a bug and throws.
std::span<const Rule> rules();
const Rule* rule(std::string_view id);  // null when unknown

// A finding that starts with everything its rule knows. An unknown id is a bug and throws std::logic_error.
proof::Finding finding_of(std::string_view id);

}  // namespace gatehouse::audit
