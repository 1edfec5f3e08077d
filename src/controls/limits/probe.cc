#include <string>

#include "controls/limits/card.h"
#include "proof/observe.h"

namespace gatehouse::controls::limits {
namespace {

std::string host_of(const proof::Target& site) {
  std::string_view url = site.url();
  auto start = url.find("://");
  std::string_view rest = start == url.npos ? url : url.substr(start + 3);
  return std::string(rest.substr(0, rest.find_first_of("/?#")));
}

proof::Finding finding(std::string_view id, std::string_view title) {
  proof::Finding f = proof::from_card(kCard, std::string(id));
  f.title = title;
  return f;
}

// Announces 8 GiB and sends none of it: a server with a bound says no before the first byte.
proof::Observation body(proof::Target& site) {
  const auto writes = site.paths("write");
  const std::string path = writes.empty() ? proof::page_of(site) : writes.front();
  proof::Sent s;
  s.raw = "POST " + path + " HTTP/1.1\r\nHost: " + host_of(site) +
          "\r\nContent-Type: application/octet-stream\r\nContent-Length: 8589934592\r\nExpect: 100-continue\r\n"
          "Connection: close\r\n\r\n";
  auto seen = site.send(s);
  if (!seen && seen.error().code == "timeout")
    return proof::broken(finding("RL-004", "Bodies of any size are awaited"), site, path,
                         "a body of 8 GiB was announced, and the server waited for it");
  if (!seen) return proof::unanswered(seen.error());
  if (seen->closed_without_answer || seen->status == 413) return proof::holds("A body of 8 GiB is refused at once.");
  if (seen->status >= 400)
    return proof::unknown(path + " answered " + std::to_string(seen->status) + " before the size was looked at");
  return proof::broken(finding("RL-004", "Bodies of any size are taken"), site, path,
                       "a body of 8 GiB was announced, and the answer was " + std::to_string(seen->status));
}

proof::Observation header(proof::Target& site) {
  const std::string path = proof::page_of(site);
  const std::string start = "GET " + path + " HTTP/1.1\r\nHost: " + host_of(site) + "\r\n";
  proof::Sent plain;
  plain.raw = start + "Connection: close\r\n\r\n";
  auto good = site.send(plain);
  if (!good) return proof::unanswered(good.error());
  if (good->status >= 400) return proof::unknown(path + " answers " + std::to_string(good->status) + " to anyone");
  proof::Sent s;
  s.raw = start;
  for (int i = 0; i < 200; ++i) s.raw += "X-Probe-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n";
  s.raw += "Connection: close\r\n\r\n";
  auto seen = site.send(s);
  if (!seen || seen->closed_without_answer || seen->status >= 400)
    return proof::holds("A header of 200 KB is refused.");
  proof::Finding f = finding("RL-006", "Headers of any size are taken");
  f.severity = proof::Severity::low;
  return proof::broken(std::move(f), site, path,
                       "200 fields of 1 KB each were answered " + std::to_string(seen->status));
}

constexpr proof::Probe kProbes[] = {
    {"RL-004", "limits", true, body},
    {"RL-006", "limits", false, header},
};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::limits
