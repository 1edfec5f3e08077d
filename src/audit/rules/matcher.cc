#include "audit/rules/matcher.h"

#include <fnmatch.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>

#include "audit/version_range.h"
#include "audit/vulnerabilities.h"
#include "base/text.h"

// The automaton that the build made of the program's own patterns, as bytes of the program.
__asm__(
    ".section .rodata\n"
    ".balign 16\n"
    ".global gatehouse_rule_database\n"
    "gatehouse_rule_database:\n"
    ".incbin \"" GATEHOUSE_RULE_DATABASE
    "\"\n"
    ".global gatehouse_rule_database_end\n"
    "gatehouse_rule_database_end:\n"
    ".byte 0\n"
    ".previous\n");
extern "C" const char gatehouse_rule_database[];
extern "C" const char gatehouse_rule_database_end[];

namespace gatehouse::audit {
namespace {

std::shared_ptr<const Patterns> own_patterns() {
  const std::string_view bytes(gatehouse_rule_database,
                               static_cast<std::size_t>(gatehouse_rule_database_end - gatehouse_rule_database));
  if (auto made = Patterns::load(rules(), bytes)) return made;
  conf::Findings findings;  // another version of the library than the build's
  auto made = Patterns::compile(rules(), findings);
  if (!made) throw std::logic_error(conf::render_text(findings, false));
  return made;
}

// Files of this kind have facts of that one; lines are everywhere.
bool has_facts(Kind kind, Facts in) {
  switch (in) {
    case Facts::line:
      return true;
    case Facts::env:
      return kind == Kind::env;
    case Facts::dockerfile:
      return kind == Kind::dockerfile;
    case Facts::nginx:
      return kind == Kind::nginx;
    case Facts::package:
      return false;
    case Facts::yaml:
      return kind == Kind::yaml;
  }
  return false;
}

// fnmatch without its cost where a pattern is a name or an ending: every rule asks it of every file.
bool fits(const std::string& glob, const std::string& name) {
  const auto wild = [](char c) { return c == '*' || c == '?' || c == '[' || c == '\\'; };
  const std::string_view ending = std::string_view(glob).substr(glob.starts_with('*') ? 1 : 0);
  if (std::any_of(ending.begin(), ending.end(), wild)) return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0;
  return ending.size() < glob.size() ? name.ends_with(ending) : name == glob;
}

bool covers(const Match& m, const Entry& e) {
  if (!has_facts(e.kind, m.in)) return false;
  if (m.files.empty()) return true;
  const std::string name(e.name());
  return std::any_of(m.files.begin(), m.files.end(),
                     [&](const std::string& glob) { return fits(glob, name) || fits(glob, e.path); });
}

// The version that is settled, by a pin or by the lock file nearest to the manifest; "8.4.4 up" for a range that stays
// within a line; nothing for what may be anything.
std::string version_of(const Project& project, const Dependency& d) {
  if (!d.version.empty()) return d.version;
  const Dependency* settled = nullptr;
  std::size_t shared = 0;
  for (const Dependency& o : project.dependencies) {
    if (!o.locked || o.name != d.name || o.ecosystem != d.ecosystem) continue;
    const std::size_t slash = o.path.rfind('/');
    const std::string_view folder = std::string_view(o.path).substr(0, slash == std::string::npos ? 0 : slash + 1);
    if (!d.path.starts_with(folder) || (settled != nullptr && folder.size() < shared)) continue;
    if (settled != nullptr && folder.size() == shared) {
      // Several of one name: which of them is asked for here is not known to this reader.
      if (compare_versions(o.version, settled->version) <= 0) continue;
    }
    settled = &o;
    shared = folder.size();
  }
  if (settled != nullptr) return settled->version;
  std::string_view w = d.wanted;
  const bool line = w.starts_with('^') || w.starts_with("~");
  const std::size_t from = w.find_first_of("0123456789");
  const std::size_t below = w.find("<");
  if (line && from != std::string_view::npos) {
    const std::size_t end = w.find_first_not_of("0123456789.", from);
    return std::string(w.substr(from, end == std::string_view::npos ? end : end - from)) + " up";
  }
  // ">=3.2,<4": what stands below the bound is of the line before it.
  if (d.ecosystem == "PyPI" && below != std::string_view::npos && w.starts_with(">=") && from < below) {
    const std::size_t end = w.find_first_not_of("0123456789.", from);
    const std::string low(w.substr(from, end - from));
    const std::string_view high = text::trim(w.substr(below + 1));
    const std::string_view major = high.substr(0, high.find('.'));
    const bool next = high == major || high.substr(major.size()).find_first_not_of(".0") == std::string_view::npos;
    std::uint64_t a = 0, b = 0;
    for (char c : std::string_view(low).substr(0, low.find('.'))) a = a * 10 + static_cast<std::uint64_t>(c - '0');
    for (char c : major) b = text::is_digit(c) && b < 100000 ? b * 10 + static_cast<std::uint64_t>(c - '0') : 100000;
    if ((next && b == a + 1) || (!next && b == a)) return low + " up";
  }
  return {};
}

// "5.2" is "5.2.0".
std::string three_parts(std::string version) {
  const std::size_t end = std::min(version.find_first_not_of("0123456789."), version.size());
  if (end != version.size() && version[end] != ' ') return version;
  for (auto dots = std::count(version.begin(), version.begin() + static_cast<std::ptrdiff_t>(end), '.'); dots < 2;
       ++dots)
    version.insert(end, ".0");
  return version;
}

proof::Finding& tell(const Patterns::Row& row, const proof::Location& at, std::string evidence, Sink& sink) {
  auto& f = sink.find(*row.rule, at, std::move(evidence));
  f.severity = row.match->severity;
  f.confidence = row.match->confidence;
  if (!row.match->title.empty()) f.title = row.match->title;
  return f;
}

}  // namespace

PackageCheck::PackageCheck() : PackageCheck(own_patterns()) {}
PackageCheck::PackageCheck(std::shared_ptr<const Patterns> patterns) : patterns_(std::move(patterns)) {}

void PackageCheck::look(const Project& project, Sink& sink) const {
  const auto& rows = patterns_->rows();
  const Patterns::Search search(patterns_);
  for (const Dependency& d : project.dependencies) {
    if (d.locked || d.dev) continue;
    std::set<std::size_t> told;
    const auto ask = [&](const std::string& version, std::string_view shown) {
      const std::string fact = d.ecosystem + " " + d.name + " " + three_parts(version);
      for (const std::size_t i : search.in(fact))
        if (rows[i].match->in == Facts::package && told.insert(i).second)
          tell(rows[i], {d.path, std::max(1, d.line), std::max(1, d.line), {}},
               text::printable(d.name + " " + std::string(shown), 200), sink);
    };
    const std::string version = version_of(project, d);
    if (version.empty() || version.ends_with(" up")) {
      // What the newest of the range still has, everything that can be installed has.
      if (const std::string newest = newest_of_range(d.wanted); !newest.empty()) ask(newest, d.wanted);
    }
    // Without any version: what nobody maintains is not maintained in any.
    if (version.empty() && newest_of_range(d.wanted).empty()) ask("any", "in any version");
    if (!version.empty()) ask(version, std::string_view(version).substr(0, version.find(' ')));
  }
}

PatternReader::PatternReader() : PatternReader(own_patterns()) {}
PatternReader::PatternReader(std::shared_ptr<const Patterns> patterns) : patterns_(std::move(patterns)) {}

bool PatternReader::wants(const Entry& entry) const {
  return std::any_of(patterns_->rows().begin(), patterns_->rows().end(),
                     [&](const auto& row) { return covers(*row.match, entry); });
}

void PatternReader::read(const Source& source, Project&, Sink& sink) {
  if (!search_) search_.emplace(patterns_);
  const auto& rows = patterns_->rows();
  for (Facts in : {Facts::line, Facts::env, Facts::dockerfile, Facts::nginx, Facts::yaml}) {
    std::vector<bool> wanted;
    for (const auto& row : rows) wanted.push_back(row.match->in == in && covers(*row.match, source.entry()));
    if (std::find(wanted.begin(), wanted.end(), true) == wanted.end()) continue;
    std::map<std::size_t, proof::Finding*> told;  // one finding a pattern and a file, with all its places
    const auto ask = [&](std::string_view fact, int line) {
      for (const std::size_t i : search_->in(fact)) {
        if (!wanted[i]) continue;
        const proof::Location at{std::string(source.path()), line, line, {}};
        proof::Finding*& first = told[i];
        if (first == nullptr) {
          first = &tell(rows[i], at, quote(fact), sink);
        } else if (first->locations.size() < 20) {
          first->locations.push_back(at);
          first->evidence.push_back(quote(fact));
        }
      }
    };
    if (in == Facts::line) {
      int number = 0;
      for (const std::string_view line : text::split(source.text(), '\n'))
        ask(text::trim(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line), ++number);
    } else {
      for (const Fact& fact : facts_of(source, in)) ask(fact.text, fact.line);
    }
  }
}

}  // namespace gatehouse::audit
