// The reverse proxy: the customer's backend as an Origin.
#pragma once

#include "gate/config.h"
#include "gate/origin.h"

namespace gatehouse::gate {

class ReverseProxy final : public Origin {
 public:
  // `index`: the upstream's place among the gate's upstreams, and in every thread's pools.
  ReverseProxy(const UpstreamConfig& upstream, std::size_t index);
  std::string_view name() const override { return name_; }
  Task<Result<http::Response>> answer(Exchange& x) const override;

 private:
  std::string name_, host_;
  std::vector<std::string> servers_;
  std::size_t index_;
  bool buffer_chunked_;
};

}  // namespace gatehouse::gate
