// The wiring of everything: from a policy to a gate that serves, with the state that outlives both.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/backstage.h"
#include "app/sections.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "controls/catalog.h"
#include "controls/policy.h"
#include "gate/event_log.h"
#include "gate/gate.h"
#include "gate/revocations.h"
#include "store/fast.h"

namespace gatehouse::app {

// What survives a reload: counters, revocations, caches, the log's salt.
class Wire {
 public:
  struct Setup {
    Clock& clock;
    Entropy& entropy;
    std::function<std::optional<std::string>(std::string_view)> variable;  // of the process environment
    std::string state_dir;
    std::size_t threads = 1;
  };
  // Opens the state directory (made 0700). Problem codes: state_dir and those of Revocations::open.
  static Result<std::unique_ptr<Wire>> open(Setup setup);
  ~Wire();

  // Builds the gate of a policy that had no errors. Nothing it does touches a running gate.
  Result<std::shared_ptr<const gate::Gate>> build(controls::Policy policy, const ServiceConfigs& services);
  // The listener's certificate: configured, or of the local authority in development. Null: no https listener.
  Result<std::shared_ptr<net::tls::ServerContext>> tls(const gate::GateConfig& config);
  // The secret a reference means.
  Result<std::string> secret(const conf::SecretRef& reference) const;

  const controls::Catalog& catalog() const { return catalog_; }
  gate::Revocations& revocations() { return *revocations_; }
  Fast& fast() { return *fast_; }
  Backstage& backstage() { return *backstage_; }
  gate::EventLog& events() { return *events_; }
  const Setup& setup() const { return setup_; }
  // What controls add to a scrape.
  std::string metric_lines() const;
  const std::string& local_ca_file() const { return local_ca_file_; }
  std::int64_t certificate_expires() const { return certificate_expires_; }

 private:
  explicit Wire(Setup setup);
  Result<std::string> private_file(const std::string& name, std::size_t bytes);
  std::shared_ptr<void> keep(std::string_view name, const std::function<std::shared_ptr<void>()>& make);

  Setup setup_;
  controls::Catalog catalog_;
  std::unique_ptr<Fast> fast_;
  std::unique_ptr<gate::Revocations> revocations_;
  std::unique_ptr<Backstage> backstage_;  // kept desks refer to it
  std::string log_salt_;
  std::unique_ptr<gate::EventLog> events_;
  mutable std::mutex kept_mutex_;
  std::map<std::string, std::function<std::string()>, std::less<>> metric_lines_;
  std::map<std::string, std::shared_ptr<void>, std::less<>> kept_;
  std::map<std::string, std::shared_ptr<http::ServerHealth>, std::less<>> health_;
  std::string local_ca_file_;
  std::atomic<std::int64_t> certificate_expires_ = 0;
};

}  // namespace gatehouse::app
