#include "audit/catalog_parts.h"

namespace gatehouse::audit {
namespace {

using enum proof::Severity;
using C = proof::Confidence;

constexpr Rule kRules[] = {
    {"DEP-001", low, C::high, "Python packages without an exact version", "1357 829", "A06/A03", "15.2.4 15.1.1",
     "DEP-1", "Two builds of the same commit may run different code; a bad release reaches production by itself.",
     "Pin every package with `==` (pip-compile, uv or poetry write the full list) and commit the result.", "", "",
     "No matter when a committed lock file settles the versions and the build uses it."},
    {"DEP-002", low, C::high, "JavaScript packages by range and no lock file", "1357 829", "A06/A03", "15.2.4 15.1.1",
     "DEP-1",
     "Each install may bring different code, including a version published an hour ago by somebody who took over the "
     "package.",
     "Commit the lock file and install with `npm ci` (or the frozen mode of pnpm, yarn, bun).", "", "", ""},
    {"DEP-003", low, C::high, "Lock file is ignored by git", "1357", "A06/A03", "15.2.4", "DEP-1",
     "The lock file exists on one machine only: every other build resolves anew.",
     "Take it out of .gitignore and commit it.", "", "", ""},
    {"DEP-004", high, C::high, "Package with a known vulnerability", "1395", "A06/A03", "15.2.1", "DEP-1",
     "The fault is public, and so are the tools that use it.", "Update to a fixed version.", "", "",
     "The vulnerable function may never be called; say so with an ignore that expires."},
    {"DEP-006", medium, C::medium, "Runtime or framework past its end of life", "1104", "A06/A03", "15.2.1", "DEP-1",
     "Faults found from now on are published but not mended.", "Move to a supported release.", "", "", ""},
    {"DEP-007", medium, C::high, "Package straight from an address or a branch", "494 829", "A08/A08", "15.2.4",
     "DEP-1", "Whoever controls the address decides what is installed, without a version, review or checksum.",
     "Use the registry's release, or pin the full commit.", "", "",
     "A pinned commit of your own organisation is fine."},
    {"DEP-009", high, C::medium, "Packages from two indexes", "427 829", "A08/A03", "15.2.4", "DEP-1",
     "With a second index pip takes the highest version of either: somebody who registers your private name in the "
     "public "
     "one is installed instead.",
     "Use `--index-url` with one proxying index, or pin with hashes.", "", "", ""},
    {"DEP-010", medium, C::high, "Workflow action not pinned to a commit", "829 494", "A08/A08", "15.2.4", "DEP-1",
     "A moved tag runs somebody else's code with the workflow's token and secrets.",
     "Pin third-party actions to a full commit id with the version as a comment.", "", "",
     "Actions of GitHub itself are reported only together with others."},
    {"DEP-011", low, C::high, "Container image without a fixed version", "1104 494", "A06/A03", "15.2.4", "DEP-1",
     "The same file builds different images on different days.", "Name the version, better the digest.", "", "", ""},
    {"DEP-014", high, C::high, "Workflow for forks that runs their code with secrets", "829 94", "A08/A08", "15.2.5",
     "DEP-1",
     "`pull_request_target` runs with the repository's secrets; checking out the fork's commit gives them to whoever "
     "opens a "
     "pull request.",
     "Use `pull_request`, or never run the checked-out code in that workflow.", "", "", ""},
};

constexpr Rule kAudit[] = {
    {"SUP-001", medium, C::high, "Ignore without a reason or an expiry date", "1164", "A09/A09", "15.1.1", "RPT-1",
     "A finding is hidden, and nobody can tell why or until when.",
     "Write `gatehouse: ignore ID until=2027-01-31 reason=\"…\"`.", "", "", ""},
    {"SUP-002", medium, C::high, "Ignore that has expired", "1164", "A09/A09", "15.1.1", "RPT-1",
     "The exception was meant to end and the finding is shown again.",
     "Mend the finding, or decide anew and write a new date.", "", "", ""},
    {"SUP-003", low, C::high, "Ignore that hides nothing", "1164", "A09/A09", "15.1.1", "RPT-1",
     "It would silently hide the next fault at this place.", "Remove it.", "", "", ""},
};

}  // namespace

std::span<const Rule> supply_rules() { return kRules; }
std::span<const Rule> audit_rules() { return kAudit; }

}  // namespace gatehouse::audit
