// Settles who is asking, over what, for which host: once, before any filter.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "gate/config.h"
#include "gate/exchange.h"

namespace gatehouse::gate {

class Ingress {
 public:
  Ingress(const IngressConfig& ingress, const SiteConfig& site, Mode mode);

  // From the peer and the list of trusted proxies: x.client, x.secure, request.scheme, x.scheme_host. Then drops every
  // forwarding field the client sent, every hop-by-hop one and every name with '_' or '.', and writes the forwarding
  // fields anew. Code::none, or why the request must be refused (bad_host, bad_header).
  Code settle(Exchange& x, const net::Address& peer, bool tls, bool refuse_odd_names) const;

  bool trusted(const net::Address& a) const;
  const std::string& canonical_host() const { return canonical_; }
  bool knows_host(std::string_view authority) const;
  // In development: did anybody send a forwarding field? It was ignored, and its reader should know: a tunnel or a
  // proxy seems to stand in front.
  bool ignored_forwarding() const { return ignored_forwarding_.load(std::memory_order_relaxed); }

 private:
  net::Address client_of(Exchange& x, const net::Address& peer) const;
  IngressConfig config_;
  std::vector<std::string> hosts_;
  std::string canonical_;
  bool development_;
  http::FieldName address_name_, scheme_name_;
  bool list_header_;
  mutable std::atomic<bool> ignored_forwarding_{false};
};

}  // namespace gatehouse::gate
