#include "audit/source/trial_doors.h"

#include "audit/source/script.h"
#include "audit/source/script_costs.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// app/api/test-email/route.ts, pages/api/debug.ts: the part of the address that says so.
bool made_for_trying(std::string_view path) {
  const bool app = path.ends_with("/route.ts") || path.ends_with("/route.js") || path.ends_with("/route.tsx");
  const std::size_t api = path.find("api/");
  if (api == std::string_view::npos || (!app && path.find("pages/api/") == std::string_view::npos)) return false;
  std::string_view rest = path.substr(api + 4);
  while (!rest.empty()) {
    const std::size_t slash = rest.find('/');
    std::string_view part = rest.substr(0, slash);
    part = part.substr(0, part.find('.'));
    const std::vector<std::string> said = words(part);
    if (!said.empty() && (said.front() == "test" || said.front() == "debug" || said.front() == "dev") &&
        said.size() < 4)
      return true;
    if (slash == std::string_view::npos) break;
    rest = rest.substr(slash + 1);
  }
  return false;
}

}  // namespace

namespace {

// app/mock-payment/page.tsx: a page of the product that says what was paid.
void judge_mock_payments(File& file) {
  if (!has_word(file.path, {"mock", "fake", "dummy", "simulate", "simulated", "mockpayment"}) ||
      !has_word(file.path, {"payment", "payments", "pay", "checkout"}) ||
      has_word(file.path, {"test", "tests", "mocks", "stories", "fixtures", "data"}))
    return;
  if (icontains_any(file.code(), {"node_env", "env.dev", "isdev", "notfound("})) return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (c.name != "fetch" && f != "post" && f != "put" && f != "patch" && f != "invoke" && f != "rpc") continue;
    auto& told = file.hit("PAY-002", c.node);
    told.title = "A page that pretends payments is part of what is deployed";
    told.severity = proof::Severity::medium;
    told.confidence = proof::Confidence::medium;
    told.fix = "Take the page and what it calls out of the build, or let both answer on developers' machines alone.";
    return;
  }
}

}  // namespace

namespace {

// app/test-keys/page.tsx, app/debug/page.tsx: a page that asks the services whether they are there.
void judge_trial_pages(File& file) {
  if (!file.path.ends_with("/page.tsx") && !file.path.ends_with("/page.jsx") && !file.path.ends_with("/page.js"))
    return;
  std::string_view part = file.path.substr(0, file.path.rfind('/'));
  part = part.substr(part.rfind('/') == std::string_view::npos ? 0 : part.rfind('/') + 1);
  const std::vector<std::string> said = words(part);
  if (said.empty() || said.size() > 3 || (said.front() != "test" && said.front() != "debug") ||
      has_word(part, {"tests", "results", "result", "series"}))
    return;
  const Code code = file.code();
  if (icontains_any(code, {"node_env", "notfound(", "redirect("}) ||
      !icontains_any(code, {"supabase", "fetch(", "process.env", "prisma", "stripe", "db."}))
    return;
  if (said.size() == 1 && said.front() == "test" && !icontains_any(code, {"process.env", "key", "connection"})) return;
  auto& told = file.hit("NX-002", file.tree.root().first());
  told.title = "A page for trying things out is part of what is deployed";
  told.severity = proof::Severity::low;
  told.confidence = proof::Confidence::medium;
  told.impact = "It shows strangers which services are used and whether they answer, and what it calls stays open.";
  told.fix = "Take the page out of what is built.";
}

}  // namespace

// Stops: mails sent, rows made and settings told by routes that nobody remembers.
void read_trial_doors(File& file) {
  judge_mock_payments(file);
  judge_trial_pages(file);
  if (client_file(file) || !made_for_trying(file.path)) return;
  const Code code = file.code();
  if (icontains_any(code, {"node_env", "notfound(", "env.dev", "isdev", "is_dev", "vercel_env", "cron_secret",
                           "requireadmin", "isadmin", "authorization"}) ||
      asks_identity(code))
    return;
  if (!icontains_any(code, {"await ", "process.env"})) return;
  for (const auto& told : file.sink.findings())
    if (told.id == "NX-002" && told.locations.front().path == file.path) return;
  for (const char* type : {"function_declaration", "arrow_function"})
    for (const Node f : file.tree.all(type)) {
      const std::string name = function_name(f);
      if (name != "GET" && name != "POST" && name != "handler" && name != "default" &&
          !f.parent().is("export_statement"))
        continue;
      auto& told = file.hit("NX-002", f);
      told.title = "A route for trying things out answers everybody, in production too";
      told.severity = asks_dear(file, f) ? proof::Severity::medium : proof::Severity::low;
      told.confidence = proof::Confidence::medium;
      told.fix = "Take the route out of what is built, or let it answer on developers' machines alone.";
      return;
    }
}

}  // namespace gatehouse::audit::source
