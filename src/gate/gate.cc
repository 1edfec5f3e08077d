#include "gate/gate.h"

#include <algorithm>

#include "gate/canonical_path.h"
#include "gate/cookies.h"
#include "gate/request_id.h"
#include "net/http/host.h"

namespace gatehouse::gate {

namespace {

Code code_of_fault(const http::ServerExchange& t) {
  if (t.early == http::Early::too_many_connections) return Code::too_many_connections;
  if (t.early == http::Early::header_timeout) return Code::timeout;
  switch (t.error.fault) {
    case http::ParseFault::path:
      return Code::bad_path;
    case http::ParseFault::host:
      return Code::bad_host;
    case http::ParseFault::header:
      return Code::bad_header;
    case http::ParseFault::too_large:
      return Code::too_large;
    default:
      return Code::bad_request;
  }
}

// Counts a body as it is pulled. Stops: a body larger than the route takes, whatever its framing claims.
class BoundedBody final : public http::Body {
 public:
  BoundedBody(http::Body& inner, std::uint64_t limit) : inner_(inner), left_(limit) {}
  Task<Result<std::string_view>> read() override {
    auto reading = inner_.read();
    Result<std::string_view> piece = co_await reading;
    if (!piece) co_return piece;
    if (piece->size() > left_) co_return fail(Source::client, "too_large", "the body is larger than the route takes");
    left_ -= piece->size();
    co_return piece;
  }
  std::optional<std::uint64_t> length() const override { return inner_.length(); }
  bool pours() const override { return inner_.pours(); }
  Task<Result<std::size_t>> pour(net::Pipe& into) override {
    auto pouring = inner_.pour(into);
    Result<std::size_t> n = co_await pouring;
    if (!n) co_return n;
    if (*n > left_) co_return fail(Source::client, "too_large", "the body is larger than the route takes");
    left_ -= *n;
    co_return n;
  }

 private:
  http::Body& inner_;
  std::uint64_t left_;
};

// Writes the record however the exchange ends, also when the client leaves and the whole frame is dropped.
class Closing {
 public:
  Closing(Exchange& x, http::ServerExchange& t, const Gate& gate, Visit& visit)
      : x_(x), t_(t), gate_(gate), visit_(visit) {}
  ~Closing() {
    Ending e;
    e.status = t_.status ? t_.status : 499;  // nothing was sent: the client closed the request
    e.code = x_.facts.code;
    e.bytes_sent = t_.bytes_sent;
    e.client_gone = !t_.head_sent || t_.failed;
    Doorway& d = visit_.doorway();
    if (x_.route) {
      x_.route->pipeline.done(x_, e);
      d.metrics().count(*visit_.epoch().counters[x_.route->index], e.status, d.reactor().now() - x_.started,
                        e.bytes_sent);
    }
    if (e.code != Code::none) d.metrics().refused(e.code);
    if (e.client_gone) d.metrics().client_gone.add();
    if (x_.facts.dropped_headers) d.metrics().dropped_names.add(x_.facts.dropped_headers);
    if (x_.facts.observed != Code::none) d.metrics().observed.add();
    gate_.recorder().write(d.log(), x_, e, t_.bytes_received, d.reactor().unix_ms(), d.reactor().now());
  }

 private:
  Exchange& x_;
  http::ServerExchange& t_;
  const Gate& gate_;
  Visit& visit_;
};

}  // namespace

// The life of a request: one direction, each step once.
Task<void> Gate::serve(http::ServerExchange& t, Visit visit) const {
  // accept, tls and parse happened in net: `t` holds one request, or says what was wrong with it.
  Epoch& epoch = visit.epoch();
  Exchange x(t.request, t.arena, epoch.worker);
  x.started = t.started;
  x.now = epoch.worker.reactor.now();
  x.unix_now = epoch.worker.reactor.unix_seconds();
  x.development = parts_.config.mode == Mode::development;
  x.route = parts_.malformed.get();
  Closing record(x, t, *this, visit);
  Refusal forced{Code::none};

  // client address: who asks, over what, for which host.
  Code settled = ingress_.settle(x, t.peer, t.tls, false);
  if (t.malformed) {
    forced.code = code_of_fault(t);
    forced.detail = t.error.text;
  } else if (settled != Code::none) {
    forced.code = settled;
    forced.detail = "the host is not one of [site] hosts";
  }

  // route: once, on the normalized path. Not found and malformed are routes too.
  x.route = choose(x, epoch, forced);
  // Stops: what stands behind a request that two readers may understand differently. Nothing more is read from there.
  if (x.route == parts_.malformed.get()) t.close_after();

  // filters down, origin, filters up: gate/pipeline.cc walks them.
  auto walking = x.route->pipeline.run(x, x.route->origin.get(), forced);
  http::Response response = co_await walking;

  // send: heads are serialized anew, bodies stream.
  auto sending = t.send(response);
  co_await sending;

  // record: one line from typed facts, by `record` above.
}

const Route* Gate::choose(Exchange& x, const Epoch& epoch, Refusal& forced) const {
  const Route* malformed = parts_.malformed.get();
  if (forced.code != Code::none) return malformed;
  if (epoch.active > exchanges_per_thread_) {
    forced.code = Code::overloaded;
    forced.headers.retry_after = 1;
    return malformed;
  }
  http::Request& r = x.request;
  if (r.method == http::Method::connect || r.method == http::Method::trace || r.method == http::Method::other) {
    forced.code = Code::method_not_allowed;
    forced.headers.allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    return malformed;
  }
  join_cookie_fields(r.fields);
  CanonicalPath path = canonical_path(r.path, Opaque::keep, x.arena);
  if (!path.good()) {
    forced.code = Code::bad_path;
    forced.detail = path.fault;
    return malformed;
  }
  r.path = path.path;
  if (r.has_query) {
    if (auto fault = query_fault(r.query); !fault.empty()) {
      forced.code = Code::bad_query;
      forced.detail = fault;
      return malformed;
    }
  }
  const std::string_view host = http::authority_host(r.authority);
  int index = router_.match(host, x);
  const Route* route = index < 0 ? parts_.not_found.get() : parts_.routes[static_cast<std::size_t>(index)].get();
  // Stops: what servers read differently ("%2F", ";") reaching a route that did not ask for it.
  if (path.opaque && !route->config.encoded_slash_keep) {
    forced.code = Code::bad_path;
    forced.detail = "an encoded slash, ';' or double encoding; a route may keep them with encoded_slash = \"keep\"";
    return malformed;
  }
  // Stops: "/Admin" going in by the wider route to a backend that serves it as "/admin", which another route closes.
  if (index >= 0 && !route->config.path_case_exact && router_.differs_by_case(host, x, index)) {
    forced.code = Code::bad_path;
    forced.detail =
        "another route takes this path in other letters; a route may tell them apart: path_case = \"exact\"";
    return malformed;
  }
  // Stops: "/files/%2F/private" going in by /files, which keeps encoded slashes, to a backend that reads
  // /files/private.
  if (path.opaque && router_.nears_by_reading(host, x, index, route->config.path_case_exact)) {
    forced.code = Code::bad_path;
    forced.detail = "with its encoded slashes or parameters decoded, this is the path of a more specific route";
    return malformed;
  }
  if (route->config.refuse_header_names && x.facts.dropped_headers) {
    forced.code = Code::bad_header;
    forced.detail.append("a field name with '_' or '.': ").append(x.facts.dropped_example);
    return route;
  }
  if (r.body) {
    std::uint64_t limit = route->config.body_limit.value_or(parts_.config.limits.body);
    if (r.content_length && *r.content_length > limit) {
      forced.code = Code::too_large;
      forced.detail = "Content-Length is over the route's body limit";
      return route;
    }
    auto bounded = x.arena.make<BoundedBody>(*r.body, limit);
    r.body = bounded.release();  // lives in the arena; nothing to destroy but two numbers
  }
  return route;
}

Gate::Gate(Parts parts)
    : parts_(std::move(parts)),
      ingress_(parts_.config.ingress, parts_.config.site, parts_.config.mode),
      router_(parts_.config.routes),
      recorder_(parts_.config.log, parts_.log_salt),
      exchanges_per_thread_(std::max<std::size_t>(
          1, static_cast<std::size_t>(parts_.config.limits.max_exchanges) / std::max<std::size_t>(1, parts_.threads))) {
  std::size_t index = 0;
  for (auto& r : parts_.routes) r->index = index++;
  parts_.not_found->index = index++;
  parts_.malformed->index = index++;
}

Gate::~Gate() = default;

std::vector<const Route*> Gate::routes() const {
  std::vector<const Route*> all;
  for (const auto& r : parts_.routes) all.push_back(r.get());
  all.push_back(parts_.not_found.get());
  all.push_back(parts_.malformed.get());
  return all;
}

Task<Result<std::string_view>> read_body(Exchange& x, std::size_t limit) {
  if (!x.request.body) co_return std::string_view();
  if (x.request.content_length && *x.request.content_length > limit)
    co_return fail(Source::client, "too_large", "the body is larger than this route takes");
  std::string_view whole;
  char* room = nullptr;
  std::size_t have = 0, capacity = 0;
  for (;;) {
    auto reading = x.request.body->read();
    Result<std::string_view> piece = co_await reading;
    if (!piece) co_return fail(piece.error());
    if (piece->empty()) break;
    if (have + piece->size() > limit)
      co_return fail(Source::client, "too_large", "the body is larger than this route takes");
    if (have + piece->size() > capacity) {
      std::size_t told = x.request.content_length ? static_cast<std::size_t>(*x.request.content_length) : 0;
      std::size_t larger = std::min(limit, std::max({told, capacity * 2, have + piece->size(), std::size_t{4096}}));
      // Stops: many clients each sending a little less than the limit. All buffered bytes share one budget, and each
      // exchange holds its part until it ends, for so long the bytes stand in its memory.
      if (!x.buffered.take(x.worker.body_budget, static_cast<std::int64_t>(larger)))
        co_return fail(Source::us, "overloaded", "too many bytes are buffered at once");
      char* bigger = static_cast<char*>(x.arena.allocate(larger, 1));
      std::copy_n(room, have, bigger);
      room = bigger;
      capacity = larger;
    }
    std::copy_n(piece->data(), piece->size(), room + have);
    have += piece->size();
  }
  whole = {room, have};
  x.request.body = nullptr;  // read: what stands behind gets the bytes
  x.body_bytes = whole;
  co_return whole;
}

Visit::Visit(Doorway& doorway, Epoch& epoch) : doorway_(&doorway), epoch_(&epoch) { ++epoch.active; }
Visit::~Visit() {
  if (epoch_ && --epoch_->active == 0 && epoch_->retired) doorway_->left(*epoch_);
}

Doorway::Doorway(Setup setup) : setup_(setup), log_(setup.log, setup.reactor) {}
Doorway::~Doorway() = default;

void Doorway::adopt(std::shared_ptr<const Gate> gate) {
  Worker lent{setup_.reactor, setup_.blocking, setup_.clock, setup_.entropy, nullptr, &setup_.body_budget};
  auto epoch = std::make_unique<Epoch>(std::move(gate), lent);
  for (const UpstreamRuntime& u : epoch->gate->upstreams()) {
    http::ClientSetup setup;
    setup.name = u.config.name;
    setup.servers = u.config.servers;
    setup.tls = u.tls;
    setup.server_name = u.config.server_name;
    setup.times = {u.config.connect, u.config.first_byte, u.config.gap, u.config.idle};
    setup.max_idle = static_cast<std::size_t>(u.config.max_idle);
    setup.max_connections = static_cast<std::size_t>(u.config.max_connections);
    epoch->pools.push_back(
        std::make_unique<http::ClientPool>(setup_.reactor, setup_.resolver, std::move(setup), u.health));
    epoch->pool_table.push_back(epoch->pools.back().get());
  }
  epoch->worker.upstreams = epoch->pool_table.data();
  for (const Route* r : epoch->gate->routes()) epoch->counters.push_back(&setup_.metrics.route(r->name));
  if (!epochs_.empty()) epochs_.back()->retired = true;
  epochs_.push_back(std::move(epoch));
  std::erase_if(epochs_, [](const auto& e) { return e->retired && e->active == 0; });
}

void Doorway::left(Epoch& epoch) {
  // Not here: the caller's frame still stands in it. The loop lets go of it on its next turn.
  static_cast<void>(epoch);
  setup_.reactor.post([this] { std::erase_if(epochs_, [](const auto& e) { return e->retired && e->active == 0; }); });
}

Task<void> Doorway::serve(http::ServerExchange& t) {
  Epoch& now = *epochs_.back();
  return now.gate->serve(t, Visit(*this, now));
}

std::size_t Doorway::active() const {
  std::size_t n = 0;
  for (const auto& e : epochs_) n += e->active;
  return n;
}

std::size_t Doorway::open_upstream_connections() const {
  std::size_t n = 0;
  for (const auto& e : epochs_)
    for (const auto& p : e->pools) n += p->open();
  return n;
}

}  // namespace gatehouse::gate
