#include <string>
#include <vector>

#include "controls/error_mask/card.h"
#include "controls/error_mask/trace.h"
#include "proof/observe.h"

namespace gatehouse::controls::error_mask {
namespace {

proof::Observation report(proof::Target& site, std::string_view id, std::string_view path, const proof::Seen& seen) {
  auto trace = find_trace(seen.body);
  std::string what = trace ? std::string(trace->kind) : std::string();
  if (trace && !trace->exception.empty()) what += " " + trace->exception;
  if (trace && !trace->frame.empty()) what += " at " + trace->frame;
  return proof::broken(kCard, id, site, path,
                       "answer " + std::to_string(seen.status) + " carries a trace or raw error: " + what);
}

// Safe requests that careless applications fall over.
proof::Observation provoke(proof::Target& site) {
  std::string page = proof::page_of(site);
  std::vector<std::string> paths = {"/gatehouse-probe-no-such-page", "/gatehouse-probe/" + std::string(1500, 'a'),
                                    page + "?id=%27%22%3E&page=-1&limit=NaN&q%5B%5D=1"};
  for (const std::string& p : site.paths("protected")) paths.push_back(p + "?id=%27&page=x");
  bool answered = false;
  for (const std::string& path : paths) {
    proof::Sent ask;
    ask.path = path;
    ask.headers = {{"Accept", "*/*"}, {"Content-Type", "application/json"}};
    auto seen = site.send(ask);
    if (!seen) continue;
    answered = true;
    if (seen->status >= 400 && !trace_kind(seen->body).empty()) return report(site, "ERR-001", path, *seen);
  }
  if (!answered) return proof::unknown("the site did not answer");
  return proof::holds("Provoked errors show no stack trace and no debug page.");
}

// Bodies that do not fit, where something is written.
proof::Observation provoke_writes(proof::Target& site) {
  std::vector<std::string> paths = site.paths("sign_in");
  for (auto& p : site.paths("write")) paths.push_back(p);
  if (paths.empty()) return proof::unknown("no path that writes is known");
  bool answered = false;
  for (const std::string& path : paths)
    for (const char* body : {"{\"broken\":", "[]", "{\"email\":{},\"password\":[1]}"}) {
      proof::Sent ask;
      ask.method = "POST";
      ask.path = path;
      ask.headers = {{"Content-Type", "application/json"}};
      ask.body = body;
      auto seen = site.send(ask);
      if (!seen) continue;
      answered = true;
      if (seen->status >= 400 && !trace_kind(seen->body).empty()) return report(site, "ERR-002", path, *seen);
    }
  if (!answered) return proof::unknown("the site did not answer");
  return proof::holds("Bodies that do not fit bring no raw error text to light.");
}

constexpr proof::Probe kProbes[] = {{"ERR-001", "error_mask", false, provoke},
                                    {"ERR-002", "error_mask", true, provoke_writes}};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::error_mask
