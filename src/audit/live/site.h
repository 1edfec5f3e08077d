// A running site as probes see it: polite, bounded, and only with its owner's leave.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/http/blocking_client.h"
#include "proof/probe.h"

namespace gatehouse::audit::live {

struct SiteOptions {
  std::string url;                               // "https://app.example.com"; a path is cut off
  bool active = false;                           // writes are allowed
  Duration gap{std::chrono::milliseconds(100)};  // between requests; none on this machine
  std::size_t max_body = 2u << 20;
  std::map<std::string, std::vector<std::string>, std::less<>> paths;  // kind -> paths, as probes ask for them
  std::string user_agent = "gatehouse-audit/0.1";
  // Signs a pass for one request to this host (kit/auditor_pass.h); unset: requests carry none.
  std::function<std::string(std::string_view host)> pass;
};

class Site final : public proof::Target {
 public:
  // Asks for the front page once. Problem "unreachable" when nothing answers; a certificate that does not hold is
  // remembered instead, and looked past: no probe ever sends a secret.
  static Result<std::unique_ptr<Site>> open(const Clock& clock, SiteOptions options);

  std::string_view url() const override { return origin_; }
  bool may_write() const override { return options_.active; }
  Result<proof::Seen> send(const proof::Sent& sent) override;
  Result<proof::Seen> send_plain(const proof::Sent& sent) override;
  Result<std::string> handshake(net::tls::Offer offer) override;
  std::vector<std::string> paths(std::string_view kind) const override;

  void add_path(std::string_view kind, std::string path);
  bool tls() const { return tls_; }
  bool on_this_machine() const { return loopback_; }
  const std::string& certificate_problem() const { return certificate_problem_; }
  std::size_t requests() const { return requests_; }
  // Too many requests in a row had no answer: nothing is sent any more, and what was not asked stays unknown.
  bool stopped() const { return failures_ >= kMostFailures; }

 private:
  Site(const Clock& clock, SiteOptions options) : clock_(clock), options_(std::move(options)) {}
  Result<proof::Seen> exchange(const std::string& origin, const proof::Sent& sent);
  void wait();

  const Clock& clock_;
  SiteOptions options_;
  std::string origin_, plain_origin_;
  bool tls_ = false, verify_ = true, loopback_ = false;
  std::string certificate_problem_;
  std::map<std::string, proof::Seen> plain_gets_;  // plain GETs are asked once
  SteadyTime last_{};
  std::size_t requests_ = 0;
  static constexpr int kMostFailures = 8;
  int failures_ = 0;  // in a row
};

// Bytes of a request with the auditor's pass behind their first line; unchanged where there is no place for it.
std::string with_pass(std::string_view raw, std::string_view pass);

// "localhost", 127.0.0.0/8 and ::1 belong to who runs the audit.
bool is_loopback(std::string_view host);

// The line that proves ownership of a host to this installation; it stands at kOwnershipPath.
inline constexpr std::string_view kOwnershipPath = "/.well-known/gatehouse-audit.txt";
std::string ownership_line(std::string_view key, std::string_view host);
// Looks for the line. Problem "not_owned" says what to put where.
Result<void> prove_ownership(Site& site, std::string_view key, std::string_view host);

}  // namespace gatehouse::audit::live
