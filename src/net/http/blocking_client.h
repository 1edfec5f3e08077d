// A small HTTP/1.1 client that blocks: for commands and for probes that look at a site from outside. One connection a
// request, every wait bounded. Not for threads that serve.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/http/head_parser.h"
#include "net/http/url.h"
#include "net/tls/blocking_tls.h"

namespace gatehouse::http {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct BlockingOptions {
  Duration connect{std::chrono::seconds(5)};   // TCP and TLS together
  Duration silence{std::chrono::seconds(10)};  // without a byte either way
  Duration total{std::chrono::seconds(30)};    // the whole exchange, redirects included
  std::size_t max_body = 1 << 20;
  bool cut_body = false;  // a larger body is cut (and says so) instead of being a failure
  int redirects = 0;      // followed, GET and HEAD only, never from https to http
  bool verify = true;     // TLS chain and name; off only to look at a site, never to send a secret
  std::string ca_file;    // the system's roots when empty
  net::tls::Offer offer = net::tls::Offer::usual;  // any other turns `verify` off
  // Where to connect in place of the address's host; name, port and SNI stay. For looking past a load balancer.
  std::string connect_host;
  std::uint16_t connect_port = 0;  // 0: the address's
};

struct BlockingRequest {
  std::string method = "GET";
  std::string url;
  // Sent as they are, in this order. Host goes first, Content-Length and "Connection: close" last, each unless given.
  // A CR, LF or NUL in a name or value is a failure: for such tries there is raw().
  HeaderList headers;
  std::string body;
};

struct BlockingAnswer {
  int status = 0;
  HeaderList headers;  // names lower case, order kept
  std::string body;
  bool cut = false;                                            // the body was longer than max_body
  std::string tls_version;                                     // "TLSv1.3"; empty over plain TCP
  std::string url;                                             // the last one, after redirects
  std::string_view header(std::string_view lower_name) const;  // the first value, or empty
};

// What came back for bytes that were written as they are.
struct RawAnswer {
  std::string received;                  // all of it, at most max_body and one head
  std::optional<BlockingAnswer> answer;  // the first final response in it, when it could be read
  bool closed = false;                   // the other side ended the connection (or reset it)
  bool timed_out = false;                // it stayed silent
};

// Problems: bad_url, bad_header, resolve, connect, tls, timeout, closed, bad_response, too_large; source origin when
// the other side is to blame, else us. Name resolution waits as long as the system's resolver does.
class BlockingClient {
 public:
  BlockingClient(const Clock& clock, BlockingOptions options) : clock_(clock), options_(std::move(options)) {}

  Result<BlockingAnswer> send(const BlockingRequest& request) const;
  Result<BlockingAnswer> get(std::string_view url) const { return send({"GET", std::string(url), {}, {}}); }

  // A TLS handshake and nothing more: the version and the suite agreed on, "TLSv1.2 AES128-SHA". Problem "tls" when the
  // other side refuses.
  Result<std::string> handshake(const Url& url) const;

  // Writes `bytes` to the address's host and reads until the first whole response (`until_close` false), or until the
  // connection closes or stays silent. Silence is no failure here: it is what some probes look for.
  Result<RawAnswer> raw(const Url& url, std::string_view bytes, bool until_close = false) const;

 private:
  Result<BlockingAnswer> once(const BlockingRequest& request, const Url& url, SteadyTime deadline) const;

  const Clock& clock_;
  BlockingOptions options_;
};

}  // namespace gatehouse::http
