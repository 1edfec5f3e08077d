#include "app/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>

#include "net/http/listener.h"
#include "net/resolver.h"

namespace gatehouse::app {

namespace {

http::ServerLimits limits_of(const gate::LimitsConfig& c) {
  http::ServerLimits l;
  l.head.bytes = static_cast<std::size_t>(c.header_bytes);
  l.head.count = static_cast<std::size_t>(c.header_count);
  l.header_time = c.header_time;
  l.idle = c.idle;
  l.min_body_rate = c.min_body_rate;
  l.connections = c.connections;
  l.connections_per_address = c.connections_per_address;
  return l;
}

// Waits until every thread has said that it is done.
class Gathering {
 public:
  explicit Gathering(std::size_t n) : left_(n) {}
  void arrived() {
    std::lock_guard lock(mutex_);
    if (--left_ == 0) all_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    all_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  std::size_t left_;
};

}  // namespace

struct Server::Thread {
  Thread(Server& s, Clock& clock, Entropy& entropy)
      : reactor(clock),
        randomness(entropy),
        resolver(reactor, *s.blocking_),
        doorway({reactor, *s.blocking_, resolver, clock, randomness, *s.log_, s.metrics_.thread(), s.body_budget_}) {}
  // Connections refer to everything below the reactor: they end first.
  ~Thread() { reactor.drop_tasks(); }
  net::Reactor reactor;
  BufferedEntropy randomness;
  net::Resolver resolver;
  gate::Doorway doorway;
  std::unique_ptr<http::Server> server;
  std::vector<int> listeners;  // until start()
  std::thread thread;
};

Server::Server(Wire& wire) : wire_(wire) {}

Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::open(Wire& wire, const gate::GateConfig& config,
                                             std::shared_ptr<net::tls::ServerContext> tls) {
  std::unique_ptr<Server> s(new Server(wire));
  auto log = gate::LogSink::open(config.log.file);
  if (!log) return fail(std::move(log.error()));
  s->log_ = std::move(*log);
  wire.events().attach(s->log_.get());
  s->blocking_ = std::make_unique<net::WorkerPool>(std::max<std::size_t>(2, wire.setup().threads));
  s->body_budget_.store(static_cast<std::int64_t>(config.limits.buffered_bytes));

  // As many descriptors as the system lets us have: two a connection, one for each side.
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }

  s->listening_ = config.listen;
  for (const auto& url : s->listening_)
    if (auto free = http::nobody_listens(url); !free) return fail(std::move(free.error()));
  bool development = config.mode == gate::Mode::development;
  for (std::size_t i = 0; i < wire.setup().threads; ++i) {
    s->threads_.push_back(std::make_unique<Thread>(*s, wire.setup().clock, wire.setup().entropy));
    Thread& t = *s->threads_.back();
    Server* self = s.get();
    auto exempt = [self](const net::Address& a) { return a.loopback() || self->gate()->ingress().trusted(a); };
    t.server = std::make_unique<http::Server>(
        http::Server::Setup{t.reactor, t.doorway, s->ledger_, exempt, development}, limits_of(config.limits));
    for (auto& url : s->listening_) {
      // A Unix socket has one file and one queue: the first thread serves it.
      if (url.scheme == "unix" && i > 0) continue;
      auto fd = http::open_listener(url);
      if (!fd) return fail(std::move(fd.error()));
      if (url.port == 0 && url.scheme != "unix") {
        url.port = http::local_port(*fd);
        url.text = url.scheme + "://" + url.host + ":" + std::to_string(url.port);
      }
      t.server->listen(*fd, url.scheme == "https" ? tls : nullptr);
    }
  }
  s->add_metrics();
  return s;
}

void Server::add_metrics() {
  metrics_.add("gatehouse_connections", "gauge", "Client connections open now.",
               [this] { return static_cast<double>(ledger_.open()); });
  metrics_.add("gatehouse_log_lines_dropped_total", "counter", "Log lines lost to a full or slow disk.",
               [this] { return static_cast<double>(log_->dropped()); });
  metrics_.add("gatehouse_log_lines_written_total", "counter", "Log lines written.",
               [this] { return static_cast<double>(log_->written()); });
  metrics_.add("gatehouse_buffered_bytes_left", "gauge", "What remains of the budget for buffered bodies.",
               [this] { return static_cast<double>(body_budget_.load()); });
  metrics_.add("gatehouse_certificate_expires_seconds", "gauge", "The earliest certificate's end, unix time; 0: none.",
               [this] { return static_cast<double>(wire_.certificate_expires()); });
  metrics_.add_lines([this] { return wire_.metric_lines(); });
  metrics_.add_lines([this] {
    std::string out =
        "# HELP gatehouse_upstream_up Whether a server is taken to be up.\n# TYPE gatehouse_upstream_up gauge\n";
    std::string pools =
        "# HELP gatehouse_upstream_connections Connections open to an upstream.\n"
        "# TYPE gatehouse_upstream_connections gauge\n";
    auto now = wire_.setup().clock.steady();
    // Held for as long as it is read: a reload may swap it, and a scrape may come before there is one.
    const auto serving = this->gate();
    if (!serving) return std::string();
    for (const auto& u : serving->upstreams()) {
      for (std::size_t i = 0; i < u.config.servers.size(); ++i)
        out += "gatehouse_upstream_up{upstream=\"" + u.config.name + "\",server=\"" + u.config.servers[i].text +
               "\"} " + (u.health->usable(i, now) ? "1" : "0") + "\n";
      pools += "gatehouse_upstream_connections{upstream=\"" + u.config.name + "\"} " +
               std::to_string(u.health->connections.load()) + "\n";
    }
    return out + pools;
  });
}

void Server::start(std::shared_ptr<const gate::Gate> gate) {
  {
    std::lock_guard lock(gate_mutex_);
    gate_ = gate;
  }
  for (auto& t : threads_) {
    t->doorway.adopt(gate);
    Thread* self = t.get();
    t->thread = std::thread([self] { self->reactor.run(); });
  }
  health_checks(*threads_.front(), gate);
}

namespace {

// Asks each server of each upstream for its health path until the gate is no longer the one that serves.
Task<void> check_health(net::Reactor& loop, net::Resolver& resolver, std::shared_ptr<const gate::Gate> gate,
                        std::size_t index, std::function<bool()> current) {
  const gate::UpstreamRuntime& u = gate->upstreams()[index];
  while (current()) {
    for (std::size_t i = 0; i < u.config.servers.size(); ++i) {
      http::ClientSetup setup;
      setup.name = u.config.name;
      setup.servers = {u.config.servers[i]};
      setup.tls = u.tls;
      setup.server_name = u.config.server_name;
      setup.times = {u.config.connect, std::chrono::seconds(2), std::chrono::seconds(2), std::chrono::seconds(1)};
      http::ClientPool pool(loop, resolver, std::move(setup), std::make_shared<http::ServerHealth>(1));
      Arena arena;
      http::ClientRequest request;
      request.path = u.config.health_path;
      request.host = u.config.host_header.empty() ? std::string_view(u.config.servers[i].host)
                                                  : std::string_view(u.config.host_header);
      auto asking = pool.send(request, arena);
      auto answer = co_await asking;
      if (!current()) co_return;  // a later policy may ask differently, or not at all
      u.health->set_checked(i, answer && answer->response.status < 400);
    }
    // In short steps: who waits here keeps the whole policy in memory, and a reload may have replaced it.
    const SteadyTime next = loop.now() + u.config.health_interval;
    while (current() && loop.now() < next) {
      net::Sleep pause(loop, std::min<SteadyTime>(next, loop.now() + std::chrono::seconds(1)));
      co_await pause;
    }
  }
}

}  // namespace

void Server::health_checks(Thread& thread, std::shared_ptr<const gate::Gate> gate) {
  for (std::size_t i = 0; i < gate->upstreams().size(); ++i) {
    const gate::UpstreamRuntime& u = gate->upstreams()[i];
    if (u.config.health_path.empty()) {
      // What an earlier policy found out is kept with the servers, and nobody would ever look again.
      for (std::size_t server = 0; server < u.health->size(); ++server) u.health->set_checked(server, true);
      continue;
    }
    Thread* t = &thread;
    thread.reactor.post([this, t, gate, i] {
      const gate::Gate* mine = gate.get();
      auto current = [this, mine] { return this->gate().get() == mine && !draining(); };
      t->reactor.spawn(check_health(t->reactor, t->resolver, gate, i, current));
    });
  }
}

std::shared_ptr<const gate::Gate> Server::gate() const {
  std::lock_guard lock(gate_mutex_);
  return gate_;
}

net::Reactor& Server::reactor(std::size_t thread) { return threads_[thread]->reactor; }

void Server::adopt(std::shared_ptr<const gate::Gate> gate, std::shared_ptr<net::tls::ServerContext> tls) {
  {
    std::lock_guard lock(gate_mutex_);
    gate_ = gate;
  }
  Gathering done(threads_.size());
  for (auto& t : threads_) {
    Thread* self = t.get();
    t->reactor.post([self, gate, tls, &done] {
      self->doorway.adopt(gate);
      self->server->set_limits(limits_of(gate->config().limits));
      if (tls) self->server->set_tls(tls);
      done.arrived();
    });
  }
  done.wait();
  health_checks(*threads_.front(), gate);
}

void Server::set_tls(std::shared_ptr<net::tls::ServerContext> tls) {
  for (auto& t : threads_) {
    Thread* self = t.get();
    t->reactor.post([self, tls] { self->server->set_tls(tls); });
  }
}

bool Server::drain(Duration patience) {
  draining_.store(true, std::memory_order_release);
  for (auto& t : threads_) {
    Thread* self = t.get();
    t->reactor.post([self] { self->server->drain(); });
  }
  SteadyTime until = wire_.setup().clock.steady() + patience;
  for (;;) {
    std::atomic<std::size_t> open{0};
    Gathering asked(threads_.size());
    for (auto& t : threads_) {
      Thread* self = t.get();
      t->reactor.post([self, &open, &asked] {
        open += self->server->connections();
        asked.arrived();
      });
    }
    asked.wait();
    if (open == 0) return true;
    if (wire_.setup().clock.steady() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void Server::stop() {
  for (auto& t : threads_) {
    if (!t->thread.joinable()) continue;
    t->reactor.stop();
    t->thread.join();
  }
  // Jobs on the pool post to reactors: they end before the reactors do.
  blocking_.reset();
  wire_.backstage().settle();  // and so do calls to the database
  wire_.events().attach(nullptr);
  threads_.clear();
}

}  // namespace gatehouse::app
