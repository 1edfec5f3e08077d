#include "audit/live/site.h"

#include <thread>

#include "base/crypto/digest.h"
#include "base/text.h"
#include "kit/auditor_pass.h"
#include "net/http/url.h"

namespace gatehouse::audit::live {

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.ends_with(".localhost") ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

Result<std::unique_ptr<Site>> Site::open(const Clock& clock, SiteOptions options) {
  auto url = http::Url::parse(options.url);
  if (!url) return fail(url.error());
  std::unique_ptr<Site> site(new Site(clock, std::move(options)));
  site->origin_ = url->origin();
  site->tls_ = url->tls;
  site->loopback_ = is_loopback(url->host);
  // The other scheme's usual door; with a port of its own there is none that could be guessed.
  site->plain_origin_ = url->tls ? "http://" + (url->port == 443 ? url->authority : url->host) : site->origin_;
  auto front = site->send({});
  if (!front && front.error().code == "tls") {
    site->certificate_problem_ = front.error().detail.empty() ? "the certificate does not hold" : front.error().detail;
    site->verify_ = false;
    front = site->send({});
  }
  if (!front) return fail(Source::origin, "unreachable", site->origin_ + " does not answer: " + front.error().detail);
  return site;
}

std::string with_pass(std::string_view raw, std::string_view pass) {
  const std::size_t end = raw.find("\r\n");
  // What is wrong with the first line, or folded onto it, must arrive as it was meant.
  if (end == std::string_view::npos || raw.substr(0, end).find(" HTTP/1.") == std::string_view::npos ||
      raw.substr(0, end).find('\n') != std::string_view::npos || end + 2 == raw.size() || raw[end + 2] == ' ' ||
      raw[end + 2] == '\t')
    return std::string(raw);
  std::string out(raw.substr(0, end + 2));
  out.append(kit::kAuditorHeader).append(": ").append(pass).append("\r\n");
  return out.append(raw.substr(end + 2));
}

void Site::wait() {
  ++requests_;
  if (loopback_) return;
  const SteadyTime now = clock_.steady();
  if (now < last_ + options_.gap) std::this_thread::sleep_for(last_ + options_.gap - now);
  last_ = clock_.steady();
}

Result<proof::Seen> Site::exchange(const std::string& origin, const proof::Sent& sent) {
  // A site that stopped answering is left alone.
  if (stopped()) return fail(Source::origin, "unreachable", "the site stopped answering");
  http::BlockingOptions o;
  o.total = std::chrono::seconds(10);
  o.silence = std::chrono::seconds(6);
  o.max_body = options_.max_body;
  o.cut_body = true;
  o.verify = verify_;
  const http::BlockingClient client(clock_, o);
  wait();
  proof::Seen seen;
  if (!sent.raw.empty()) {
    auto url = http::Url::parse(origin + "/");
    if (!url) return fail(url.error());
    auto raw = client.raw(*url, options_.pass ? with_pass(sent.raw, options_.pass(url->host)) : sent.raw);
    if (!raw) return fail(raw.error());
    if (!raw->answer) {
      seen.closed_without_answer = true;
      return seen;
    }
    seen.status = raw->answer->status;
    seen.headers = std::move(raw->answer->headers);
    seen.body = std::move(raw->answer->body);
    return seen;
  }
  http::BlockingRequest request;
  request.method = sent.method;
  request.url = origin + sent.path;
  request.headers = sent.headers;
  request.headers.emplace_back("User-Agent", options_.user_agent);
  if (options_.pass)
    if (auto url = http::Url::parse(request.url))
      request.headers.emplace_back(kit::kAuditorHeader, options_.pass(url->host));
  request.body = sent.body;
  auto answer = client.send(request);
  if (!answer) {
    ++failures_;
    return fail(answer.error());
  }
  failures_ = 0;
  seen.status = answer->status;
  seen.headers = std::move(answer->headers);
  seen.body = std::move(answer->body);
  return seen;
}

Result<proof::Seen> Site::send(const proof::Sent& sent) {
  const bool plain = sent.method == "GET" && sent.headers.empty() && sent.body.empty() && sent.raw.empty();
  if (plain)
    if (auto it = plain_gets_.find(sent.path); it != plain_gets_.end()) return it->second;
  auto seen = exchange(origin_, sent);
  if (plain && seen && plain_gets_.size() < 256) plain_gets_.emplace(sent.path, *seen);
  return seen;
}

Result<proof::Seen> Site::send_plain(const proof::Sent& sent) {
  const int before = failures_;
  auto seen = exchange(plain_origin_, sent);
  failures_ = before;  // no plain door is no sign that the site is down
  return seen;
}

Result<std::string> Site::handshake(net::tls::Offer offer) {
  if (!tls_) return fail(Source::us, "no_tls", origin_ + " is no https address");
  http::BlockingOptions o;
  o.total = std::chrono::seconds(10);
  o.offer = offer;
  auto url = http::Url::parse(origin_ + "/");
  if (!url) return fail(url.error());
  wait();
  return http::BlockingClient(clock_, o).handshake(*url);
}

std::vector<std::string> Site::paths(std::string_view kind) const {
  auto it = options_.paths.find(kind);
  return it == options_.paths.end() ? std::vector<std::string>{} : it->second;
}

void Site::add_path(std::string_view kind, std::string path) {
  auto& list = options_.paths[std::string(kind)];
  for (const std::string& p : list)
    if (p == path) return;
  list.push_back(std::move(path));
}

std::string ownership_line(std::string_view key, std::string_view host) {
  return "gatehouse-audit=" + text::hex(crypto::hmac_sha256(key, host).view()).substr(0, 40);
}

Result<void> prove_ownership(Site& site, std::string_view key, std::string_view host) {
  if (is_loopback(host)) return {};
  const std::string line = ownership_line(key, host);
  proof::Sent ask;
  ask.path = kOwnershipPath;
  auto seen = site.send(ask);
  // Stops: an audit of somebody else's site. Only who can publish a file there may let us in.
  if (seen && seen->status == 200)
    for (std::string_view l : text::split(seen->body, '\n'))
      if (text::trim(l.ends_with('\r') ? l.substr(0, l.size() - 1) : l) == line) return {};
  return fail(Source::us, "not_owned",
              "put the line\n  " + line + "\nat " + std::string(site.url()) + std::string(kOwnershipPath) +
                  " and run this again");
}

}  // namespace gatehouse::audit::live
