#include "gate/proxy.h"

#include <limits>

#include "net/http/client.h"
#include "net/reactor.h"

namespace gatehouse::gate {

ReverseProxy::ReverseProxy(const UpstreamConfig& upstream, std::size_t index)
    : name_(upstream.name), host_(upstream.host_header), index_(index), buffer_chunked_(upstream.buffer_chunked) {
  for (const auto& s : upstream.servers) servers_.push_back(s.text);
}

Task<Result<http::Response>> ReverseProxy::answer(Exchange& x) const {
  http::ClientPool& pool = *x.worker.upstreams[index_];
  http::Request& r = x.request;
  const bool chunked = r.body && !r.content_length;
  // Stops: a body that policy saw and the backend does not, because its interface (WSGI) knows no chunks. The route's
  // limit bounds it, and the budget that all buffered bodies share.
  if (chunked && buffer_chunked_) {
    auto reading = read_body(x, std::numeric_limits<std::size_t>::max());
    auto whole = co_await reading;
    if (!whole) co_return fail(std::move(whole.error()));
  }
  http::ClientRequest out;
  out.method = r.method_name;
  out.path = r.path;
  out.query = r.query;
  out.has_query = r.has_query;
  out.host = host_.empty() ? r.authority : std::string_view(host_);
  out.fields = &r.fields;
  out.head = r.method == http::Method::head;
  if (r.body) {
    out.body = r.body;
    out.length = r.content_length;
  } else {
    out.bytes = x.body_bytes;
    // A body of no bytes is still a body to some backends: Content-Length: 0 is told on as it came.
    if ((r.content_length || chunked) && x.body_bytes.empty()) out.length = 0;
  }
  out.may_retry = http::is_safe(r.method) && !r.body && x.body_bytes.empty();
  SteadyTime from = x.worker.reactor.now();
  auto asking = pool.send(out, x.arena);
  auto answer = co_await asking;
  x.facts.upstream_ns = (x.worker.reactor.now() - from).count();
  x.facts.upstream = name_;
  if (!answer) co_return fail(std::move(answer.error()));
  x.facts.upstream = servers_[answer->server];
  x.facts.upstream_status = answer->response.status;
  co_return std::move(answer->response);
}

}  // namespace gatehouse::gate
