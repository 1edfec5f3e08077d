#include "app/wire.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "app/desks.h"
#include "app/fetch.h"
#include "gate/proxy.h"
#include "gate/route_filters.h"
#include "net/tls/local_ca.h"
#include "store/memory/memory_fast.h"

namespace gatehouse::app {

namespace {

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  if (!in) return fail(Source::us, "file_unreadable", path + ": " + std::strerror(errno));
  return out.str();
}

// Puts a control's filters on one route.
class RouteBuilder final : public controls::Builder, public gate::FilterSink {
 public:
  // `machines`: a route that nobody signs in to. The built-in ones, which lead nowhere, and those whose desk knows its
  // callers by their signatures: named, limited and sealed, and no more.
  RouteBuilder(gate::Pipeline& pipeline, bool machines) : pipeline_(pipeline), machines_(machines) {}
  void from(const controls::Settings* settings) { settings_ = settings; }
  void add(gate::Step step, std::unique_ptr<gate::Filter> filter) override { put(step, std::move(filter), false); }
  void add_seal(gate::Step step, std::unique_ptr<gate::Filter> filter) override { put(step, std::move(filter), true); }

 private:
  void put(gate::Step step, std::unique_ptr<gate::Filter> filter, bool seal) {
    if (machines_ && !seal && step >= gate::Step::identify) return;
    gate::Placed p;
    p.filter = std::move(filter);
    p.step = step;
    p.seal = seal;
    if (settings_) {
      p.observe = settings_->observe && settings_->until.has_value();
      if (p.observe)
        p.until = std::chrono::duration_cast<std::chrono::seconds>(settings_->until->time_since_epoch()).count();
      if (settings_->place.line) p.place = settings_->place.file + ":" + std::to_string(settings_->place.line);
    }
    pipeline_.add(std::move(p));
  }
  gate::Pipeline& pipeline_;
  const controls::Settings* settings_ = nullptr;
  bool machines_;
};

// Where nothing stands.
class Nothing final : public gate::Origin {
 public:
  std::string_view name() const override { return "nothing"; }
  Task<Result<http::Response>> answer(gate::Exchange&) const override {
    co_return fail(Source::client, "not_found", "no route matches");
  }
};

}  // namespace

Wire::Wire(Setup setup) : setup_(std::move(setup)), catalog_(controls::catalog()) {}
Wire::~Wire() {
  // What runs in the background refers to the desks that are kept: it ends first.
  if (backstage_) {
    backstage_->stop();
    backstage_->settle();
  }
}

Result<std::unique_ptr<Wire>> Wire::open(Setup setup) {
  std::unique_ptr<Wire> w(new Wire(std::move(setup)));
  const std::string& dir = w->setup_.state_dir;
  if (::mkdir(dir.c_str(), 0700) < 0 && errno != EEXIST)
    return fail(Source::us, "state_dir",
                dir + ": " + std::strerror(errno) + "; set state_dir to a folder we may write");
  auto salt = w->private_file("log-salt", 16);
  if (!salt) return fail(std::move(salt.error()));
  w->log_salt_ = std::move(*salt);
  w->events_ = std::make_unique<gate::EventLog>(w->setup_.clock, w->log_salt_);
  w->fast_ = std::make_unique<store::MemoryFast>(w->setup_.clock, w->setup_.entropy);
  w->revocations_ = std::make_unique<gate::Revocations>(w->setup_.clock);
  if (auto opened = w->revocations_->open(dir + "/revocations.jsonl"); !opened) return fail(std::move(opened.error()));
  w->backstage_ = std::make_unique<Backstage>(w->setup_.clock, dir);
  return w;
}

Result<std::string> Wire::private_file(const std::string& name, std::size_t bytes) {
  std::string path = setup_.state_dir + "/" + name;
  if (auto have = read_file(path); have && have->size() == bytes) return have;
  std::vector<std::uint8_t> fresh(bytes);
  setup_.entropy.fill(fresh);
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail(Source::us, "state_dir", path + ": " + std::strerror(errno));
  bool ok = ::write(fd, fresh.data(), bytes) == static_cast<ssize_t>(bytes);
  ::close(fd);
  if (!ok) return fail(Source::us, "state_dir", path + ": cannot write");
  return std::string(fresh.begin(), fresh.end());
}

Result<std::string> Wire::secret(const conf::SecretRef& reference) const {
  switch (reference.kind) {
    case conf::SecretRef::Kind::env: {
      auto v = setup_.variable(reference.name);
      if (!v || v->empty())
        return fail(Source::us, "secret_missing", reference.key + ": the variable " + reference.name + " is not set");
      return *v;
    }
    case conf::SecretRef::Kind::file: {
      auto text = read_file(reference.name);
      if (!text) return fail(Source::us, "secret_missing", reference.key + ": " + text.error().detail);
      while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
      return text;
    }
    case conf::SecretRef::Kind::none:
      break;
  }
  return fail(Source::us, "secret_missing", reference.key + ": no reference");
}

std::shared_ptr<void> Wire::keep(std::string_view name, const std::function<std::shared_ptr<void>()>& make) {
  std::lock_guard lock(kept_mutex_);
  auto it = kept_.find(name);
  if (it == kept_.end()) it = kept_.emplace(std::string(name), make()).first;
  return it->second;
}

std::string Wire::metric_lines() const {
  std::map<std::string, std::function<std::string()>, std::less<>> all;
  {
    std::lock_guard lock(kept_mutex_);
    all = metric_lines_;
  }
  std::string out;
  for (const auto& [name, lines] : all) out += lines();
  return out + backstage_->metric_lines();
}

Result<std::shared_ptr<net::tls::ServerContext>> Wire::tls(const gate::GateConfig& config) {
  bool needed = false;
  for (const auto& url : config.listen) needed |= url.scheme == "https";
  if (!needed) return std::shared_ptr<net::tls::ServerContext>();
  net::tls::ServerOptions options;
  options.tls12 = config.tls.tls12;
  auto load = [&](const std::string& chain, const conf::SecretRef& key) -> Result<void> {
    auto pem = read_file(chain);
    if (!pem) return fail(Source::us, "tls_config", "tls.certificate: " + pem.error().detail);
    auto text = secret(key);
    if (!text) return fail(Source::us, "tls_config", text.error().detail);
    options.identities.push_back({std::move(*pem), Secret(*text)});
    return {};
  };
  if (!config.tls.certificate.empty()) {
    if (auto r = load(config.tls.certificate, config.tls.key); !r) return fail(std::move(r.error()));
    for (const auto& more : config.tls.more)
      if (auto r = load(more.certificate, more.key); !r) return fail(std::move(r.error()));
  } else if (config.mode == gate::Mode::development) {
    auto local = net::tls::local_identity(setup_.state_dir, setup_.clock);
    if (!local) return fail(std::move(local.error()));
    local_ca_file_ = local->ca_file;
    options.identities.push_back(std::move(local->identity));
  } else {
    return fail(Source::us, "tls_config", "an https listener needs [tls] certificate and key");
  }
  auto context = net::tls::ServerContext::make(options);
  if (context) certificate_expires_ = (*context)->expires();
  return context;
}

Result<std::shared_ptr<const gate::Gate>> Wire::build(controls::Policy policy, const ServiceConfigs& services) {
  gate::Gate::Parts parts;
  parts.config = policy.config;
  parts.log_salt = log_salt_;
  parts.threads = setup_.threads;

  std::vector<std::shared_ptr<const gate::Origin>> origins;
  for (const gate::UpstreamConfig& u : policy.config.upstreams) {
    gate::UpstreamRuntime runtime;
    runtime.config = u;
    bool https = false;
    std::string key = u.name;
    for (const auto& s : u.servers) {
      https |= s.scheme == "https";
      key += " " + s.text;
    }
    if (https) {
      auto context = net::tls::ClientContext::make(u.ca_file);
      if (!context) return fail(std::move(context.error()));
      runtime.tls = std::move(*context);
    }
    auto& health = health_[key];
    if (!health) health = std::make_shared<http::ServerHealth>(u.servers.size());
    runtime.health = health;
    parts.upstreams.push_back(std::move(runtime));
    origins.push_back(std::make_shared<gate::ReverseProxy>(u, origins.size()));
  }

  controls::Site site{
      parts.config,
      setup_.clock,
      setup_.entropy,
      *fast_,
      [this](const conf::SecretRef& r) { return secret(r); },
      [this](std::string_view name, const std::function<std::shared_ptr<void>()>& make) { return keep(name, make); }};
  site.fetch = [this](std::string_view url) { return fetch_document(url, setup_.clock); };
  site.revocations = revocations_.get();
  site.metrics = [this](std::string_view name, std::function<std::string()> lines) {
    std::lock_guard lock(kept_mutex_);
    metric_lines_[std::string(name)] = std::move(lines);
  };

  auto desks = open_desks(services, site, parts.upstreams.size(), *backstage_, *events_);
  if (!desks) return fail(std::move(desks.error()));
  events_->configure(policy.config.log);
  for (gate::UpstreamRuntime& u : desks->upstreams) parts.upstreams.push_back(std::move(u));

  auto make_route = [&](const gate::RouteConfig& config, const controls::RoutePolicy& rules, bool builtin) {
    auto route = std::make_unique<gate::Route>();
    route->name = config.name.empty() ? config.path : config.name;
    route->config = config;
    RouteBuilder builder(route->pipeline, builtin || config.machines);
    controls::RouteScope scope{config, [&rules](std::string_view id) { return rules.settings_of(id); }};
    for (const controls::Effective& e : rules.controls) {
      if (!e.settings->enabled) continue;
      builder.from(e.settings.get());
      e.control->build(*e.settings, site, scope, builder);
    }
    builder.from(nullptr);
    if (!builtin) gate::add_route_filters(config, parts.config, builder);
    if (!builtin)
      for (const auto& add : desks->filters) add(config, builder);
    return route;
  };

  for (std::size_t i = 0; i < policy.config.routes.size(); ++i) {
    const gate::RouteConfig& config = policy.config.routes[i];
    auto route = make_route(config, policy.routes[i], false);
    if (auto desk = desks->origins.find(config.desk); desk != desks->origins.end()) route->origin = desk->second;
    for (std::size_t u = 0; u < policy.config.upstreams.size(); ++u)
      if (policy.config.upstreams[u].name == config.upstream) route->origin = origins[u];
    if (!route->origin) route->origin = std::make_shared<Nothing>();
    parts.routes.push_back(std::move(route));
  }
  gate::RouteConfig missing, malformed;
  missing.name = "(not found)";
  malformed.name = "(malformed)";
  parts.not_found = make_route(missing, policy.fallback, true);
  parts.not_found->origin = std::make_shared<Nothing>();
  parts.malformed = make_route(malformed, policy.fallback, true);
  parts.malformed->origin = parts.not_found->origin;
  for (const auto& adopt : desks->adopted) adopt();
  return std::make_shared<const gate::Gate>(std::move(parts));
}

}  // namespace gatehouse::app
