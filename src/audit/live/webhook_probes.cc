// Does a webhook's door open for somebody who cannot sign?
#include <algorithm>
#include <array>

#include "audit/live/probes.h"
#include "base/text.h"
#include "proof/observe.h"

namespace gatehouse::audit::live {
namespace {

using proof::Observation;
using proof::Seen;
using proof::Sent;
using proof::Target;

constexpr std::array<std::string_view, 9> kUsualPaths = {
    "/webhooks/stripe",     "/webhooks/clerk", "/webhook",         "/webhooks",          "/api/webhooks/stripe",
    "/api/webhooks/clerk/", "/api/webhook",    "/stripe/webhooks", "/api/stripe/webhook"};

// An event of a type that nobody handles: what is done with it, if anything, changes nothing.
constexpr std::string_view kEvent =
    R"({"id":"evt_gatehouse_probe","object":"event","type":"gatehouse.probe","livemode":false,"data":{"object":{}}})";

Sent unsigned_event(const std::string& path) {
  Sent s;
  s.method = "POST";
  s.path = path;
  s.headers = {{"Content-Type", "application/json"}};
  s.body = kEvent;
  return s;
}

// Signatures of the usual vendors, all of the right form and none of them true.
Sent forged_event(const std::string& path) {
  const std::string hex(64, '0'), base64 = std::string(43, 'A') + "=";
  Sent s = unsigned_event(path);
  for (const auto& [name, value] :
       std::initializer_list<std::pair<std::string_view, std::string>>{{"Stripe-Signature", "t=4102444800,v1=" + hex},
                                                                       {"svix-id", "msg_gatehouse_probe"},
                                                                       {"svix-timestamp", "4102444800"},
                                                                       {"svix-signature", "v1," + base64},
                                                                       {"X-Hub-Signature-256", "sha256=" + hex},
                                                                       {"X-Shopify-Hmac-SHA256", base64}})
    s.headers.emplace_back(name, value);
  return s;
}

bool refused(int status) { return status == 400 || status == 401 || status == 403 || status == 415 || status == 422; }

bool html(const Seen& s) { return s.header("content-type").find("html") != std::string::npos; }

// A path that exists and takes no GET is what a webhook's door looks like.
std::vector<std::string> doors(Target& site) {
  std::vector<std::string> found = site.paths("webhook");
  if (!found.empty()) return found;
  for (const std::string_view path : kUsualPaths) {
    Sent s;
    s.path = std::string(path);
    auto seen = site.send(s);
    if (!seen) return found;
    if (seen->status == 405) found.push_back(s.path);
  }
  return found;
}

Observation unsigned_events(Target& site) {
  const auto paths = doors(site);
  if (paths.empty()) return proof::unknown("no webhook path is known; name it with --webhook");
  std::string open_question;
  for (const std::string& path : paths)
    for (const Sent& sent : {unsigned_event(path), forged_event(path)}) {
      auto seen = site.send(sent);
      if (!seen) return proof::unanswered(seen.error());
      if (refused(seen->status)) continue;
      const bool forged = sent.headers.size() > 1;
      if (seen->status >= 200 && seen->status < 300 && !html(*seen)) {
        Observation o;
        o.holds = proof::Holds::no;
        o.findings.push_back(at_path("EX-018", site, path,
                                     std::string(forged ? "an event with forged signatures" : "an unsigned event") +
                                         " answered " + std::to_string(seen->status)));
        return o;
      }
      open_question = path + " answered " + std::to_string(seen->status);
    }
  if (!open_question.empty()) return proof::unknown(open_question);
  return proof::holds("Webhooks that are unsigned, or signed by nobody who could, are refused.");
}

constexpr proof::Probe kProbes[] = {{"EX-018", "webhooks", true, unsigned_events}};

}  // namespace

std::span<const proof::Probe> webhook_probes() { return kProbes; }

}  // namespace gatehouse::audit::live
