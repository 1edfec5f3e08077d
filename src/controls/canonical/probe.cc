#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "controls/canonical/card.h"
#include "proof/observe.h"

namespace gatehouse::controls::canonical {
namespace {

struct Shape {
  std::string_view what;
  std::string bytes;
};

std::string host_of(const proof::Target& site) {
  std::string_view url = site.url();
  auto start = url.find("://");
  std::string_view rest = start == url.npos ? url : url.substr(start + 3);
  return std::string(rest.substr(0, rest.find_first_of("/?#")));
}

// Turned away as malformed: a 4xx or 5xx that says so, or no answer at all. A server that goes on to find, forbid or
// redirect has taken the request for good.
bool turned_away(const proof::Seen& seen) {
  if (seen.closed_without_answer) return true;
  for (int status : {400, 405, 408, 411, 413, 414, 417, 421, 431, 501, 505})
    if (seen.status == status) return true;
  return false;
}

proof::Finding finding(std::string_view id, std::string_view title, proof::Severity severity) {
  proof::Finding f = proof::from_card(kCard, std::string(id));
  f.title = title;
  f.severity = severity;
  return f;
}

// Sends the plain request first: without a good answer to that, a refusal of the others proves nothing.
proof::Observation all_refused(proof::Target& site, const std::vector<Shape>& shapes, proof::Finding when_taken,
                               std::string positive) {
  const std::string path = proof::page_of(site);
  proof::Sent plain;
  plain.raw = "GET " + path + " HTTP/1.1\r\nHost: " + host_of(site) + "\r\nConnection: close\r\n\r\n";
  auto good = site.send(plain);
  if (!good) return proof::unanswered(good.error());
  if (turned_away(*good)) return proof::unknown("the site refuses a plain request to " + path);
  std::string taken;
  for (const Shape& shape : shapes) {
    proof::Sent s;
    s.raw = shape.bytes;
    auto seen = site.send(s);
    // Silence after an odd request is a refusal too; it is only slower.
    if (!seen || turned_away(*seen)) continue;
    taken += (taken.empty() ? "" : "; ") + std::string(shape.what) + " was answered " + std::to_string(seen->status);
  }
  if (taken.empty()) return proof::holds(std::move(positive));
  return proof::broken(std::move(when_taken), site, path, taken);
}

// Both readings of these requests end at the same byte, so nothing is left over that could touch another's request.
proof::Observation framing(proof::Target& site) {
  const std::string head = "GET " + proof::page_of(site) + " HTTP/1.1\r\nHost: " + host_of(site) + "\r\n";
  const std::string close = "Connection: close\r\n\r\n";
  return all_refused(site,
                     {{"Content-Length beside Transfer-Encoding",
                       head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" + close + "0\r\n\r\n"},
                      {"Content-Length twice", head + "Content-Length: 0\r\nContent-Length: 0\r\n" + close},
                      {"Content-Length: +0", head + "Content-Length: +0\r\n" + close},
                      {"an unknown transfer coding", head + "Transfer-Encoding: xchunked\r\n" + close},
                      {"a blank before the colon of Content-Length", head + "Content-Length : 0\r\n" + close}},
                     finding("MET-003", "Requests with ambiguous framing are accepted", proof::Severity::high),
                     "Requests with two lengths, or an odd one, are refused.");
}

proof::Observation lines(proof::Target& site) {
  const std::string start = "GET " + proof::page_of(site) + " HTTP/1.1\r\n";
  const std::string host = "Host: " + host_of(site) + "\r\n", close = "Connection: close\r\n\r\n";
  return all_refused(site,
                     {{"a line that ends with LF alone", start + host + "X-Probe: 1\n" + close},
                      {"a folded field", start + host + "X-Probe: 1\r\n 2\r\n" + close},
                      {"a blank before a colon", start + host + "X-Probe : 1\r\n" + close},
                      {"a NUL in a value", start + host + std::string("X-Probe: 1\0002\r\n", 14) + close}},
                     finding("MET-004", "Malformed header lines are accepted", proof::Severity::medium),
                     "Bare line feeds, folded fields and blanks before a colon are refused.");
}

proof::Observation hosts(proof::Target& site) {
  const std::string path = proof::page_of(site), host = host_of(site);
  const std::string close = "Connection: close\r\n\r\n";
  return all_refused(site,
                     {{"two Host fields",
                       "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nHost: gatehouse-probe.invalid\r\n" + close},
                      {"no Host", "GET " + path + " HTTP/1.1\r\n" + close},
                      {"a Host with a user name", "GET " + path + " HTTP/1.1\r\nHost: x@" + host + "\r\n" + close},
                      {"an absolute target for another host",
                       "GET http://gatehouse-probe.invalid" + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + close}},
                     finding("MET-005", "Ambiguous hosts are accepted", proof::Severity::medium),
                     "Missing, repeated and contradicting hosts are refused.");
}

// Other spellings of a path that needs sign-in must not open it.
proof::Observation paths(proof::Target& site) {
  const auto protected_paths = site.paths("protected");
  if (protected_paths.empty()) return proof::unknown("no path that needs sign-in is known");
  const std::string& path = protected_paths.front();
  proof::Sent plain;
  plain.path = path;
  auto closed = site.send(plain);
  if (!closed) return proof::unanswered(closed.error());
  if (closed->status < 300 || closed->status >= 500)
    return proof::unknown(path + " is not closed: it answered " + std::to_string(closed->status));

  const std::string rest = path.substr(1);
  std::vector<std::string> spellings = {
      "/" + path,  "/." + path,   "/%2e" + path,       "/x/.." + path, "/x/%2e%2e" + path, "/x/..;" + path,
      "/;" + path, "/%2f" + rest, "/x%2f..%2f" + rest, "/\\" + rest,   path + "%00",       path + "%20",
      path + "/.", path + ";a=b", path + "%2f",        path + "..;/",  path + "%23",       path + "%3f"};
  if (!rest.empty()) {
    static constexpr char kHex[] = "0123456789abcdef";
    auto first = static_cast<unsigned char>(rest[0]);
    std::string code = {'%', kHex[first >> 4], kHex[first & 15]};
    spellings.push_back("/" + code + rest.substr(1));
    spellings.push_back("/%25" + code.substr(1) + rest.substr(1));
    std::string upper = path;
    for (char& c : upper)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (upper != path) spellings.push_back(upper);
  }
  for (const std::string& spelling : spellings) {
    proof::Sent s;
    s.raw = "GET " + spelling + " HTTP/1.1\r\nHost: " + host_of(site) + "\r\nConnection: close\r\n\r\n";
    auto seen = site.send(s);
    if (!seen || seen->closed_without_answer || seen->status < 200 || seen->status >= 300) continue;
    // A page for everything (a single-page application) answers 200 to nonsense as well.
    proof::Sent nonsense;
    nonsense.raw = "GET /gatehouse-probe-4711" + spelling.substr(0, 1) + " HTTP/1.1\r\nHost: " + host_of(site) +
                   "\r\nConnection: close\r\n\r\n";
    auto other = site.send(nonsense);
    if (other && other->status == seen->status && other->body == seen->body) continue;
    return proof::broken(finding("AU-006", "A protected path opens under another spelling", proof::Severity::critical),
                         site, spelling,
                         path + " answered " + std::to_string(closed->status) + ", " + spelling + " answered " +
                             std::to_string(seen->status));
  }
  return proof::holds("No other spelling of " + path + " opens it.");
}

constexpr proof::Probe kProbes[] = {
    {"MET-003", "canonical", false, framing},
    {"MET-004", "canonical", false, lines},
    {"MET-005", "canonical", false, hosts},
    {"AU-006", "canonical", false, paths},
};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::canonical
