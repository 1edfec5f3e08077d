#include "audit/source/page_scripts.h"

#include "audit/source/browser_guards.h"
#include "audit/source/browser_payments.h"
#include "audit/source/browser_reads.h"
#include "audit/source/script.h"
#include "audit/source/shown_passwords.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Data, templates and what a compiler in the browser turns into scripts.
bool runs(std::string_view head) {
  if (icontains(head, "src=")) return false;
  if (!icontains(head, "type=")) return true;
  return icontains_any(head, {"text/javascript", "\"module\"", "'module'", "application/javascript", "type=module"});
}

}  // namespace

std::string own_scripts(std::string_view page) {
  std::string out;
  const std::string low = text::to_lower(page);
  for (std::size_t at = low.find("<script"); at != low.npos; at = low.find("<script", at + 1)) {
    const std::size_t open = low.find('>', at);
    if (open == low.npos) break;
    const std::size_t close = std::min(low.find("</script", open), low.size());
    if (runs(std::string_view(low).substr(at, open - at + 1)) && close > open + 1) {
      if (out.empty())
        for (const char c : page) out += c == '\n' ? '\n' : ' ';
      for (std::size_t i = open + 1; i < close; ++i) out[i] = page[i];
    }
    at = close;
    if (at >= low.size()) break;
  }
  return out;
}

void read_page(File& file) {
  read_client(file);
  read_client_trust(file, file.project.notes<ScriptNotes>());
  read_browser_payments(file);
  read_browser_reads(file);
  read_browser_guards(file);
  judge_shown_passwords(file);
}

void read_page_scripts(const Source& source, Project& project, Sink& sink) {
  if (source.patterns_only()) return;
  // Few pages hold anything that these readers know.
  if (!icontains_any(source.text(), {"localstorage", "sessionstorage", "document.cookie", "innerhtml", "postmessage",
                                     "insertadjacenthtml", "document.write", "location", "supabase", "firebase",
                                     "firestore", ".from(", "import.meta.env", "password", "amount"}))
    return;
  const std::string scripts = own_scripts(source.text());
  if (scripts.empty()) return;
  const bool component = source.entry().kind == Kind::vue;
  const auto tree = Tree::parse(component ? Language::typescript : Language::javascript, scripts);
  // What a template puts in tears a script apart; a torn one tells nothing.
  if (!tree || tree->error_share() > 0.3) return;
  File file(source, *tree, project, sink);
  read_page(file);
}

}  // namespace gatehouse::audit::source
