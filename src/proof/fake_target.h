// A site made of a function, for the tests of probes: one good twin, one bad twin.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "proof/probe.h"

namespace gatehouse::proof {

class FakeTarget final : public Target {
 public:
  using Site = std::function<Result<Seen>(const Sent&)>;
  explicit FakeTarget(Site https, std::string url = "https://app.example.com")
      : https_(std::move(https)), url_(std::move(url)) {}

  FakeTarget& plain(Site http) {
    http_ = std::move(http);
    return *this;
  }
  // What the site agrees on, by offer; refused when never called.
  FakeTarget& agrees(std::function<Result<std::string>(net::tls::Offer)> tls) {
    tls_ = std::move(tls);
    return *this;
  }
  FakeTarget& path(const std::string& kind, std::string path) {
    paths_[kind].push_back(std::move(path));
    return *this;
  }
  FakeTarget& writes(bool allowed) {
    may_write_ = allowed;
    return *this;
  }

  std::string_view url() const override { return url_; }
  bool may_write() const override { return may_write_; }
  Result<Seen> send(const Sent& s) override {
    sent.push_back(s);
    return https_(s);
  }
  Result<Seen> send_plain(const Sent& s) override {
    sent_plain.push_back(s);
    if (!http_) return fail(Source::origin, "unreachable", "nothing listens");
    return http_(s);
  }
  Result<std::string> handshake(net::tls::Offer offer) override {
    return tls_ ? tls_(offer) : fail(Source::origin, "tls", "no protocols available");
  }
  std::vector<std::string> paths(std::string_view kind) const override {
    auto it = paths_.find(std::string(kind));
    return it == paths_.end() ? std::vector<std::string>{} : it->second;
  }

  std::vector<Sent> sent, sent_plain;  // all that was asked, in order

 private:
  Site https_, http_;
  std::function<Result<std::string>(net::tls::Offer)> tls_;
  std::string url_;
  bool may_write_ = false;
  std::map<std::string, std::vector<std::string>> paths_;
};

// The value a probe sent in a header, or empty. Names as they were sent, in any case.
inline std::string sent_header(const Sent& s, std::string_view name) {
  for (const auto& [n, v] : s.headers)
    if (text::iequals(n, name)) return v;
  return {};
}

}  // namespace gatehouse::proof
