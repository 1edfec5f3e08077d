// The source side of `gatehouse audit`: walk, read, judge, settle.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "audit/check.h"
#include "audit/files.h"
#include "proof/report.h"

namespace gatehouse::audit {

class Vulnerabilities;  // vulnerabilities.h

// The readers and checks of every kind of project. Each call makes new ones: readers keep state.
// Known vulnerabilities are told from `database`; null says in the report that nobody looked.
Pack source_pack(std::shared_ptr<const Vulnerabilities> database = nullptr);

// Secrets and environment files only: the pattern pass without the parsers, many times faster.
Pack secret_pack();
// Does the search for patterns alone find all that `only` asks for? True for "SEC", too, for speed: the report says
// then what was left out.
bool only_secrets(std::string_view only);

// Called now and then with how many files are read, of how many.
using Progress = std::function<void(std::size_t done, std::size_t all)>;

struct AuditOptions {
  std::string only;      // ids or their beginnings, separated by commas; empty for all
  std::int64_t now = 0;  // seconds since 1970, for expiries
  Progress progress;
  std::function<void(const Project&)> seen;  // called once, when every file was read and judged
};

// Reads every file once, one in memory at a time, and returns the sorted report.
proof::Report audit_source(const Files& files, Pack pack, const AuditOptions& options);

}  // namespace gatehouse::audit
