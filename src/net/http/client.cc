#include "net/http/client.h"

#include <array>
#include <cstring>
#include <utility>

#include "net/http/answer_body.h"
#include "net/http/head_writer.h"

namespace gatehouse::http {

bool ServerHealth::usable(std::size_t i, SteadyTime now) const {
  const State& s = states_[i];
  return !s.checked_bad.load(std::memory_order_relaxed) &&
         s.out_until.load(std::memory_order_relaxed) <= now.time_since_epoch().count();
}

void ServerHealth::succeeded(std::size_t i) {
  if (states_[i].failures.load(std::memory_order_relaxed)) states_[i].failures.store(0, std::memory_order_relaxed);
}

void ServerHealth::failed(std::size_t i, SteadyTime now) {
  State& s = states_[i];
  if (s.failures.fetch_add(1, std::memory_order_relaxed) + 1 < 3) return;
  s.failures.store(0, std::memory_order_relaxed);
  s.out_until.store((now + std::chrono::seconds(5)).time_since_epoch().count(), std::memory_order_relaxed);
}

namespace {

constexpr std::size_t kSmallBody = 2048;

}  // namespace

// Looks at the idle connections now and then, so that none grows older than its time.
class ClientPool::Reaper final : public net::Timer {
 public:
  explicit Reaper(ClientPool& pool) : pool_(pool) {}
  void fire() override { pool_.reap(); }

 private:
  ClientPool& pool_;
};

ClientPool::ClientPool(net::Reactor& reactor, net::Resolver& resolver, ClientSetup setup,
                       std::shared_ptr<ServerHealth> health)
    : reactor_(reactor),
      resolver_(resolver),
      setup_(std::move(setup)),
      health_(std::move(health)),
      reaper_(std::make_unique<Reaper>(*this)) {
  idle_.reserve(setup_.max_idle);
}

ClientPool::~ClientPool() { count(-static_cast<std::int64_t>(idle_.size())); }

void ClientPool::count(std::int64_t by) {
  open_ = static_cast<std::size_t>(static_cast<std::int64_t>(open_) + by);
  health_->connections.fetch_add(by, std::memory_order_relaxed);
}

void ClientPool::reap() {
  SteadyTime oldest = now() - setup_.times.idle;
  std::erase_if(idle_, [&](const auto& c) {
    bool gone = c->idle_since <= oldest || c->stream->hung_up();
    if (gone) count(-1);
    return gone;
  });
  if (!idle_.empty()) reaper_->arm(reactor_, now() + std::chrono::seconds(1));
}

std::unique_ptr<ClientConnection> ClientPool::take_idle() {
  while (!idle_.empty()) {
    auto c = std::move(idle_.back());
    idle_.pop_back();
    // Anything to read on a silent connection is its end, or an answer nobody asked for.
    bool stale = c->stream->hung_up() || c->stream->may_read() || c->idle_since + setup_.times.idle <= now();
    if (!stale) {
      c->reused = true;
      return c;
    }
    count(-1);
  }
  return nullptr;
}

void ClientPool::release(std::unique_ptr<ClientConnection> c, bool reusable) {
  if (reusable && idle_.size() < setup_.max_idle && !c->stream->hung_up() && !c->stream->may_read()) {
    c->idle_since = now();
    idle_.push_back(std::move(c));
    if (!reaper_->armed()) reaper_->arm(reactor_, now() + std::chrono::seconds(1));
    return;
  }
  count(-1);
}

Task<Result<std::unique_ptr<ClientConnection>>> ClientPool::connect(std::size_t index) {
  const conf::ServerUrl& url = setup_.servers[index];
  SteadyTime deadline = now() + setup_.times.connect;
  std::unique_ptr<net::Stream> stream;
  std::string why = "no address";
  if (url.scheme == "unix") {
    auto dialled = net::dial_unix(reactor_, url.host);
    if (!dialled) co_return fail(Source::origin, "upstream_unreachable", url.text + ": " + dialled.error().detail);
    stream = std::move(*dialled);
  } else {
    std::vector<net::Address> addresses;
    if (const auto* known = resolver_.known(url.host)) {
      addresses = *known;
    } else {
      auto looking = resolver_.resolve(url.host);
      auto found = co_await looking;
      if (!found) co_return fail(Source::origin, "upstream_unreachable", found.error().detail);
      addresses = std::move(*found);
    }
    for (const net::Address& address : addresses) {
      auto dialled = net::dial(reactor_, address, url.port);
      if (!dialled) {
        why = dialled.error().detail;
        continue;
      }
      auto ready = (*dialled)->connected(deadline);
      net::IoResult done = co_await ready;
      if (done.ok()) {
        stream = std::move(*dialled);
        break;
      }
      why = done.timed_out() ? "connect timed out" : std::strerror(errno);
      if (done.timed_out()) break;
    }
    if (!stream) co_return fail(Source::origin, "upstream_unreachable", url.text + ": " + why);
  }
  if (url.scheme == "https") {
    stream->start_tls(setup_.tls->connect(stream->fd(), setup_.server_name.empty() ? url.host : setup_.server_name));
    auto shake = stream->handshaken(deadline);
    net::IoResult done = co_await shake;
    if (!done.ok())
      co_return fail(Source::origin, "upstream_unreachable", url.text + ": TLS: " + stream->tls()->error());
  }
  auto c = std::make_unique<ClientConnection>();
  c->stream = std::move(stream);
  c->server = index;
  co_return c;
}

Task<Result<std::unique_ptr<ClientConnection>>> ClientPool::acquire(bool fresh) {
  if (!fresh) {
    if (auto c = take_idle()) co_return c;
  }
  if (open_ >= setup_.max_connections)
    co_return fail(Source::origin, "upstream_unreachable", setup_.name + ": all connections are in use");
  struct Counted {
    ClientPool& pool;
    bool keep = false;
    explicit Counted(ClientPool& p) : pool(p) { pool.count(1); }
    ~Counted() {
      if (!keep) pool.count(-1);
    }
  } counted(*this);
  // Round robin over the servers that are up; when none is, all are tried: a closed door is tried before it is
  // called closed.
  Problem last{Source::origin, "upstream_unreachable", setup_.name + ": no server", nullptr};
  for (int round = 0; round < 2; ++round) {
    for (std::size_t step = 0; step < setup_.servers.size(); ++step) {
      std::size_t index = next_server_++ % setup_.servers.size();
      if (round == 0 && !health_->usable(index, now())) continue;
      if (round == 1 && health_->usable(index, now())) continue;
      auto connecting = connect(index);
      auto made = co_await connecting;
      if (made) {
        health_->succeeded(index);
        counted.keep = true;
        co_return std::move(*made);
      }
      health_->failed(index, now());
      last = std::move(made.error());
    }
  }
  co_return fail(std::move(last));
}

Task<Result<ClientAnswer>> ClientPool::attempt(const ClientRequest& request, Arena& arena, bool fresh,
                                               bool& can_retry) {
  can_retry = false;
  std::unique_ptr<ClientConnection> connection = fresh ? nullptr : take_idle();
  if (!connection) {
    auto acquiring = acquire(true);
    auto acquired = co_await acquiring;
    if (!acquired) co_return fail(std::move(acquired.error()));
    connection = std::move(*acquired);
  }
  bool reused = connection->reused;
  std::size_t server = connection->server;
  auto answer = arena.make<AnswerBody>(*this, std::move(connection));

  HeadPlan plan;
  if (request.body) {
    plan.length = request.length;
    plan.chunked = !request.length;
  } else if (!request.bytes.empty() || request.length) {
    plan.length = request.bytes.size();
  }
  Fields empty(arena);
  const Fields& fields = request.fields ? *request.fields : empty;
  std::string_view whole = request.bytes;
  if (whole.size() <= kSmallBody) plan.tail = std::exchange(whole, {});  // one piece is cheaper to send than two
  auto head = write_request_head(request.method, request.path, request.query, request.has_query, request.host, fields,
                                 plan, arena);
  if (!head) co_return fail(Source::us, "internal", "a request field carried a line break");
  std::array<iovec, 2> v{iovec{const_cast<char*>(head->data()), head->size()},
                         iovec{const_cast<char*>(whole.data()), whole.size()}};
  auto write = answer->stream().write(std::span(v).first(whole.empty() ? 1 : 2), now() + setup_.times.gap,
                                      net::Stream::When::together);
  net::IoResult wrote = co_await write;
  if (!wrote.ok()) {
    can_retry = reused && request.may_retry;
    co_return fail(Source::origin, "upstream_error", "the connection broke while sending");
  }
  if (request.body) {
    answer->pump.progress = now();
    answer->pump.task =
        pump_body(answer->pump, *request.body, answer->stream(), pipes_, plan.chunked, setup_.times.gap);
    answer->pump.task.start();
  }

  ClientAnswer out(arena);
  out.server = server;
  ParseError why;
  HeadCursor cursor;
  bool any_byte = false;
  SteadyTime sent = now();
  for (;;) {
    ParseState state = ParseState::incomplete;
    if (!answer->bytes().empty())
      state =
          parse_response_head(answer->bytes(), setup_.head, request.head, out.response, answer->framing, why, cursor);
    if (state == ParseState::done) {
      int status = out.response.status;
      if (status >= 200) break;
      if (status == 101) co_return fail(Source::origin, "upstream_error", "an upgrade nobody asked for");
      answer->drop_front(cursor.consumed);  // interim answers stop here
      out.response = Response(arena);
      cursor = {};
      continue;
    }
    if (state == ParseState::bad)
      co_return fail(Source::origin, "upstream_error", "bad response head: " + std::string(why.text));
    if (answer->space() == 0 && !answer->grow(setup_.head.bytes))
      co_return fail(Source::origin, "upstream_error", "the response head is too large");
    SteadyTime from = request.body ? std::max(sent, answer->pump.progress) : sent;
    auto read = answer->stream().read(answer->room(), answer->space(), from + setup_.times.first_byte);
    net::IoResult got = co_await read;
    if (!got.ok()) {
      if (answer->pump.problem) co_return fail(*answer->pump.problem);
      if (got.timed_out()) {
        if (request.body && answer->pump.progress + setup_.times.first_byte > now()) continue;
        co_return fail(Source::origin, "upstream_timeout", "no answer in time");
      }
      can_retry = reused && request.may_retry && !any_byte;
      co_return fail(Source::origin, "upstream_error", "the connection ended before an answer");
    }
    any_byte = true;
    answer->got(static_cast<std::size_t>(got.n));
  }
  answer->begin(cursor.consumed);
  if (request.head) {  // what GET would bring is told on
    if (auto told = out.response.fields.get("content-length")) out.response.stream_length = text::parse_u64(*told);
  }
  if (auto all = answer->all_here()) {
    out.response.bytes = *all;
    out.response.keep = std::move(answer);
  } else {
    if (answer->framing.kind == BodyKind::length) out.response.stream_length = answer->framing.length;
    out.response.stream = std::move(answer);
  }
  co_return out;
}

Task<Result<ClientAnswer>> ClientPool::send(const ClientRequest& request, Arena& arena) {
  bool can_retry = false;
  {
    auto first = attempt(request, arena, false, can_retry);
    auto answer = co_await first;
    if (answer || !can_retry) co_return answer;
  }
  // A kept connection that closed under us. Asked once more, on a fresh one.
  auto second = attempt(request, arena, true, can_retry);
  auto answer = co_await second;
  co_return answer;
}

}  // namespace gatehouse::http
