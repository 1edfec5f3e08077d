#include "audit/rules/matcher.h"

#include <fnmatch.h>

#include <algorithm>
#include <stdexcept>

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
    case Facts::yaml:
      return kind == Kind::yaml;
  }
  return false;
}

bool covers(const Match& m, const Entry& e) {
  if (!has_facts(e.kind, m.in)) return false;
  const std::string name(e.name());
  return m.files.empty() || std::any_of(m.files.begin(), m.files.end(), [&](const std::string& glob) {
           return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0 || ::fnmatch(glob.c_str(), e.path.c_str(), 0) == 0;
         });
}

}  // namespace

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
    for (const Fact& fact : facts_of(source, in))
      for (const std::size_t i : search_->in(fact.text)) {
        if (!wanted[i]) continue;
        auto& f = sink.find(*rows[i].rule, {std::string(source.path()), fact.line, fact.line, {}}, quote(fact.text));
        f.severity = rows[i].match->severity;
        f.confidence = rows[i].match->confidence;
        if (!rows[i].match->title.empty()) f.title = rows[i].match->title;
      }
  }
}

}  // namespace gatehouse::audit
