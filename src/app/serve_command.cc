#include "app/serve_command.h"

#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): POSIX declares more here than <csignal> promises
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "app/admin.h"
#include "app/admin_token.h"
#include "app/sections.h"
#include "app/server.h"
#include "app/standing.h"
#include "app/wire.h"
#include "controls/startup/judge.h"
#include "net/http/listener.h"

namespace gatehouse::app {

namespace {

constexpr std::string_view kHelp =
    "Serves until SIGTERM or Ctrl-C: no new connections then, running requests end first.\n"
    "SIGHUP (or `gatehouse reload`) reads the configuration again and swaps it whole; a bad file leaves the old one\n"
    "serving and says why. SIGHUP also opens the log file anew.\n"
    "\n"
    "With a file:      gatehouse serve -c gatehouse.toml\n"
    "Without a file:   gatehouse serve --dev --listen http://127.0.0.1:8080 --listen https://127.0.0.1:8443 \\\n"
    "                    --upstream http://127.0.0.1:9000\n"
    "                  development only, on loopback only, one public route with every default on\n"
    "\n"
    "Exit codes: 0 stopped as asked, 1 the configuration has findings, 2 usage, 3 a port or a file could not be had.\n";

constexpr std::string_view kNoFile =
    "gatehouse: no configuration. Write these five lines to gatehouse.toml and run `gatehouse serve` again:\n"
    "\n"
    "  listen = [\"https://0.0.0.0:443\", \"http://0.0.0.0:80\"]\n"
    "  site = { hosts = [\"app.example.com\"] }\n"
    "  tls = { certificate = \"/etc/gatehouse/cert.pem\", key = { file = \"/etc/gatehouse/key.pem\" } }\n"
    "  upstream.app = { servers = [\"http://127.0.0.1:9000\"] }\n"
    "  route = [{ path = \"/\", upstream = \"app\", access = \"public\" }]\n"
    "\n"
    "To try it on this machine first: gatehouse serve --dev --listen http://127.0.0.1:8080 "
    "--upstream http://127.0.0.1:9000\n";

// A policy and what it says to services.
struct Plan {
  controls::Policy policy;
  std::unique_ptr<ServiceConfigs> services = std::make_unique<ServiceConfigs>();
};

// Where the policy comes from: a file that can be read again, or the words of the command line.
class PolicySource {
 public:
  PolicySource(const Arguments& args, World& world) : args_(args), world_(world), catalog_(controls::catalog()) {}

  // The policy, judged as `check --env` judges it. With errors among `findings` it must not be used.
  Result<Plan> read(conf::Findings& findings) const {
    Plan plan;
    controls::Policy& policy = plan.policy;
    if (args_.has("dev")) {
      auto listen = args_.values("listen");
      policy = controls::dev_policy(listen, args_.value_or("upstream", ""), catalog_, world_.clock, findings);
      if (args_.has("admin")) {
        if (auto url = conf::ServerUrl::parse(args_.value_or("admin", ""))) policy.config.admin = *url;
      } else {
        policy.config.admin.port = 0;
      }
      if (args_.has("state-dir")) policy.config.state_dir = args_.value_or("state-dir", "");
    } else {
      std::string file = this->file();
      std::ifstream in(file, std::ios::binary);
      std::ostringstream text;
      text << in.rdbuf();
      if (!in) return fail(Source::us, "file_unreadable", file + ": cannot be read");
      policy = controls::load(text.str(), file, catalog_, world_.clock, findings, sections(*plan.services));
      check_services(*plan.services, findings);
      if (!findings.has_errors()) {
        controls::startup::SystemSecrets secrets(world_.variable);
        controls::startup::judge(policy, secrets, findings);
      }
    }
    findings.sort();
    return plan;
  }
  std::string file() const { return args_.value_or("config", "gatehouse.toml"); }

 private:
  const Arguments& args_;
  World& world_;
  controls::Catalog catalog_;
};

class Serving {
 public:
  Serving(const Arguments& args, World& world) : world_(world), source_(args, world) {}

  int run(const Arguments& args);

 private:
  Result<std::string> reload();
  void refresh_tls();
  void mention_tunnel();
  void say(const std::string& line) { world_.err << "gatehouse: " << line << std::endl; }

  World& world_;
  PolicySource source_;
  std::unique_ptr<Wire> wire_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Admin> admin_;
  std::mutex reload_mutex_;
  std::string tls_stamp_;
  bool mentioned_tunnel_ = false;
};

// Said once: whoever sees the headers vanish should know why.
void Serving::mention_tunnel() {
  if (mentioned_tunnel_ || !server_->gate()->ingress().ignored_forwarding()) return;
  mentioned_tunnel_ = true;
  say("warning: forwarding headers came in and are ignored: a tunnel or a proxy seems to stand in front of this\n"
      "  development server, and everybody behind it looks like this machine. Development is for this machine alone;\n"
      "  for anybody else take production, with [ingress] trusted_proxies");
}

// A renewed certificate is taken up without a restart, and ticket keys never grow old.
// Stops: a ticket key stolen once opening the traffic of months (RFC 8446 §8.1 and appendix C).
void Serving::refresh_tls() {
  std::lock_guard lock(reload_mutex_);
  const gate::GateConfig& config = server_->gate()->config();
  std::string stamp = tls_stamp(config.tls, world_.clock.unix_seconds());
  if (stamp == tls_stamp_) return;
  auto tls = wire_->tls(config);
  if (!tls) {
    say("the old certificate goes on: " + tls.error().text());
    return;
  }
  tls_stamp_ = std::move(stamp);
  if (*tls) server_->set_tls(std::move(*tls));
}

Result<std::string> Serving::reload() {
  std::lock_guard lock(reload_mutex_);
  conf::Findings findings;
  auto plan = source_.read(findings);
  if (!plan) return fail(std::move(plan.error()));
  controls::Policy& policy = plan->policy;
  if (findings.has_errors())
    return fail(Source::us, "bad_configuration",
                "the old policy goes on; the new file has findings:\n" + conf::render_text(findings, false));
  if (!server_->gate()) return fail(Source::us, "starting", "gatehouse is starting; ask again when it is ready");
  const std::string later = needs_restart(server_->gate()->config(), policy.config);
  auto tls = wire_->tls(policy.config);
  if (!tls) return fail(std::move(tls.error()));
  auto gate = wire_->build(std::move(policy), *plan->services);
  if (!gate) return fail(std::move(gate.error()));
  server_->adopt(std::move(*gate), std::move(*tls));
  return "the new policy serves" + (later.empty() ? "" : "; these change with a restart only: " + later);
}

// Asked before anything is made: whoever is refused leaves no state folder and no log behind.
Result<void> addresses_are_free(const gate::GateConfig& config) {
  for (const auto& url : config.listen)
    if (auto free = http::nobody_listens(url); !free) return free;
  return http::nobody_listens(config.admin);
}

int Serving::run(const Arguments& args) {
  if (!args.has("dev") && !args.has("config") && ::access(source_.file().c_str(), R_OK) != 0) {
    world_.err << kNoFile;
    return kUsage;
  }
  if (args.has("dev") && (args.has("config") || args.values("listen").empty() || !args.has("upstream"))) {
    world_.err << "gatehouse: --dev takes --listen and --upstream, and no --config (see gatehouse serve --help)\n";
    return kUsage;
  }
  if (!args.has("dev") && (args.has("listen") || args.has("upstream"))) {
    world_.err << "gatehouse: --listen and --upstream go with --dev; with a file they stand in the file\n";
    return kUsage;
  }
  conf::Findings findings;
  auto plan = source_.read(findings);
  if (!plan) {
    say(plan.error().detail);
    return kIncomplete;
  }
  if (!findings.empty()) world_.err << conf::render_text(findings, world_.colour) << std::flush;
  if (findings.has_errors()) {
    say("refused to start; nothing was opened");
    return kFindings;
  }
  if (auto free = addresses_are_free(plan->policy.config); !free) {
    say(free.error().text());
    return kIncomplete;
  }

  // Signals are read, not handled; every thread made from here on inherits the mask.
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);

  ::umask(0077);  // what is made from here on is for this user alone

  std::size_t threads = plan->policy.config.threads > 0 ? static_cast<std::size_t>(plan->policy.config.threads)
                                                        : std::max(1u, std::thread::hardware_concurrency());
  auto config = plan->policy.config;
  auto wire = Wire::open({world_.clock, world_.entropy, world_.variable, config.state_dir, threads});
  if (!wire) {
    say(wire.error().text());
    return kIncomplete;
  }
  wire_ = std::move(*wire);
  auto tls = wire_->tls(config);
  auto gate = tls ? wire_->build(std::move(plan->policy), *plan->services) : fail(std::move(tls.error()));
  if (!gate) {
    say(gate.error().text());
    return kFindings;
  }
  auto server = Server::open(*wire_, config, std::move(*tls));
  if (!server) {
    say(server.error().text());
    return kIncomplete;
  }
  server_ = std::move(*server);
  auto token = admin_token(config.state_dir, world_.entropy);
  if (!token) {
    say(token.error().text());
    return kIncomplete;
  }
  auto admin = Admin::open({*wire_, *server_, *token, [this] { return reload(); }}, config.admin);
  if (!admin) {
    say(admin.error().text());
    return kIncomplete;
  }
  admin_ = std::move(*admin);
  tls_stamp_ = tls_stamp(config.tls, world_.clock.unix_seconds());
  server_->start(std::move(*gate));

  for (const auto& url : server_->listening()) say("listening on " + url.text);
  say("admin on " + admin_->listening().text + " (live, ready, metrics)");
  if (!wire_->local_ca_file().empty())
    say("development certificate; to trust it in a browser profile of your own:\n"
        "  certutil -d sql:PROFILE_DIR -A -t C,, -n gatehouse-dev -i " +
        wire_->local_ca_file() + "\n  curl --cacert " + wire_->local_ca_file() + " …");
  say("ready");

  int signals = ::signalfd(-1, &set, SFD_CLOEXEC);
  unsigned seconds = 0;
  for (;;) {
    pollfd waiting{signals, POLLIN, 0};
    if (::poll(&waiting, 1, 1000) == 0) {
      if (++seconds % 30 == 0) refresh_tls();
      mention_tunnel();
      continue;
    }
    signalfd_siginfo info{};
    if (::read(signals, &info, sizeof info) != sizeof info) continue;
    if (info.ssi_signo == SIGHUP) {
      server_->log().reopen();
      auto done = reload();
      say(done ? "reloaded: " + *done : "not reloaded: " + done.error().detail);
      continue;
    }
    break;
  }
  say("draining: no new connections; running requests end first");
  bool ended = server_->drain(std::chrono::seconds(30));
  if (!ended) say("some requests had not ended after 30 s; they are cut");
  admin_.reset();
  server_.reset();
  ::close(signals);
  return kOk;
}

int reload(const Arguments& args, World& world, const AskAdmin& ask) {
  auto answer = ask(admin_address(args), "POST", "/.gatehouse/reload", "");
  if (!answer) {
    world.err << "gatehouse: " << answer.error().text()
              << "\n  remedy: name the running gatehouse by --config FILE, or by --admin URL and --state-dir DIR\n";
    return kIncomplete;
  }
  auto v = json::parse(answer->body);
  if (answer->status == 200) {
    world.out << (v ? v->string_at("message").value_or("reloaded") : "reloaded") << "\n";
    return kOk;
  }
  const json::Value* error = v ? v->find("error") : nullptr;
  world.err << "gatehouse: not reloaded: "
            << (error ? error->string_at("message").value_or("refused") : std::string_view("refused")) << "\n";
  return kFindings;
}

}  // namespace

std::vector<Command> serve_commands(AskAdmin ask) {
  std::vector<Command> all;
  Command serve;
  serve.name = "serve";
  serve.summary = "Stand in front of a backend";
  serve.options = {
      {"config", 'c', "FILE", "the configuration (gatehouse.toml)"},
      {"dev", 0, "", "development without a file: loopback only"},
      {"listen", 0, "URL", "with --dev: http:// or https:// address; repeat for more", true},
      {"upstream", 0, "URL", "with --dev: the backend"},
      {"admin", 0, "URL", "with --dev: where the admin listener stands (any free port)"},
      {"state-dir", 0, "DIR", "with --dev: where keys and lists are kept (./gatehouse-state)"},
  };
  serve.help = kHelp;
  serve.run = [](const Arguments& args, World& world) { return Serving(args, world).run(args); };
  all.push_back(std::move(serve));

  Command again;
  again.name = "reload";
  again.summary = "Have a running gatehouse read its configuration again";
  for (const Option& o : admin_options()) again.options.push_back(o);
  again.help =
      "The new policy is swapped in whole, between two requests. A file with findings changes nothing: the old policy\n"
      "goes on, and what is wrong is printed.\n\n"
      "example: gatehouse reload --config gatehouse.toml\n\n"
      "Exit codes: 0 the new policy serves, 1 the file has findings and the old one goes on, 2 usage, 3 nobody "
      "answered.\n";
  again.run = [ask](const Arguments& args, World& world) { return reload(args, world, ask); };
  all.push_back(std::move(again));
  return all;
}

}  // namespace gatehouse::app
