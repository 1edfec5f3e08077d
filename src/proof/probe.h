// How to see from outside whether a control holds.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/task.h"
#include "net/tls/blocking_tls.h"
#include "proof/finding.h"

namespace gatehouse::proof {

// What a probe sends. Headers go out exactly as given, in this order, so that odd spellings can be tried.
struct Sent {
  std::string method = "GET";
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::string raw{};  // when set: these bytes instead, as they are (the raw writer)
};

struct Seen {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers{};  // names lower case
  std::string body{};                                          // at most the target's bound
  std::string header(std::string_view lower_name) const;       // first value, or empty
  bool has(std::string_view lower_name) const;
  bool closed_without_answer = false;
};

// A running site, and the manners to keep with it: a polite rate, bounds in size and time.
class Target {
 public:
  virtual ~Target() = default;
  virtual std::string_view url() const = 0;  // "https://app.example.com"
  virtual bool may_write() const = 0;        // --active was given and ownership proven
  virtual Result<Seen> send(const Sent&) = 0;
  // The same host by the other scheme ("http" beside "https"), when it can be reached.
  virtual Result<Seen> send_plain(const Sent&) = 0;
  // A TLS handshake that offers no more than `offer`: what was agreed on. Problem "tls" when the site refuses, as it
  // should; "no_tls" when it speaks none.
  virtual Result<std::string> handshake(net::tls::Offer offer) = 0;
  // Known paths: one that needs sign-in, one that writes, sign-in itself … ("protected", "write", "sign_in", "page").
  virtual std::vector<std::string> paths(std::string_view kind) const = 0;
};

enum class Holds : unsigned char { yes, no, unknown };

struct Observation {
  Holds holds = Holds::unknown;
  std::vector<Finding> findings{};       // when it does not hold
  std::vector<std::string> positives{};  // what was seen to be right
  std::string not_checked{};             // why unknown
};

// One question to a running site. Passive probes send only safe requests.
struct Probe {
  std::string_view id;       // the id of the finding it would make
  std::string_view control;  // card id
  bool active = false;       // sends writes
  Observation (*run)(Target&) = nullptr;
};

}  // namespace gatehouse::proof
