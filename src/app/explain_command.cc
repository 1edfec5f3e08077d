#include "app/explain_command.h"

#include <ostream>

#include "app/finding_ids.h"
#include "audit/catalog.h"
#include "base/json.h"
#include "base/text.h"
#include "controls/catalog.h"
#include "proof/report.h"

namespace gatehouse::app {
namespace {

constexpr std::string_view kHelp =
    R"(Prints what the finding means, what follows from it, how to mend it and how to close it at the edge.

  gatehouse explain CORS-001
  gatehouse explain SEC-013 --format json | jq -r .fix

Exit codes: 0 known, 2 unknown.)";

void tell_as_text(const proof::Finding& f, std::ostream& out) {
  out << f.id << "  " << f.title << "  (" << proof::text(f.severity) << ")\n\n"
      << "What follows:  " << f.impact << "\n\nFix:           " << f.fix
      << "\n\nAt the edge:   " << (f.mitigation.empty() ? "nothing: only the code can mend it" : f.mitigation) << "\n";
  if (!f.false_positive.empty()) out << "\nMay be wrong:  " << f.false_positive << "\n";
  out << "\nReferences:   ";
  for (int c : f.cwe) out << " CWE-" << c;
  out << "  OWASP " << f.owasp_2021 << ":2021 " << f.owasp_2025 << ":2025 ";
  for (const std::string& a : f.asvs) out << " ASVS " << a;
  out << "\n";
}

int tell(const proof::Finding& f, std::string_view format, World& world) {
  if (format == "json")
    world.out << json::write(proof::to_json(f), 2) << "\n";
  else
    tell_as_text(f, world.out);
  return kOk;
}

int explain(const Arguments& arguments, World& world) {
  const std::string id = arguments.words().front();
  const std::string format = arguments.value_or("format", "text");
  if (format != "text" && format != "json") {
    world.err << "gatehouse explain: no format '" << text::printable(format) << "'; there are text and json\n";
    return kUsage;
  }
  const audit::Rule* r = audit::rule(id);
  // What only a control's probe finds is explained by the control's card.
  if (r == nullptr) {
    for (const auto& control : controls::catalog())
      for (const proof::Probe& p : control->probes())
        if (p.id == id) return tell(proof::from_card(control->card(), id), format, world);
    const auto ids = finding_ids();
    world.err << "gatehouse explain: no finding is called " << text::printable(id);
    if (auto near = text::nearest(id, ids))
      world.err << "; did you mean " << *near << "?";
    else
      world.err << "; `gatehouse docs --format rules` lists them, and each report names its own";
    world.err << "\n";
    return kUsage;
  }
  return tell(r->finding, format, world);
}

}  // namespace

Command explain_command() {
  return {.name = "explain",
          .summary = "Tell all about one finding",
          .words = "ID",
          .min_words = 1,
          .max_words = 1,
          .options = {{"format", 'f', "text|json", "the form; text when not given"}},
          .help = kHelp,
          .run = explain};
}

}  // namespace gatehouse::app
