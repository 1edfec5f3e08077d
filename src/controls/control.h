// A control: one thing an attacker wants, one rule that stops it, one way to see from outside that it is stopped.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/conf/form.h"
#include "gate/code.h"
#include "gate/config.h"
#include "gate/filter.h"
#include "proof/card.h"
#include "proof/finding.h"
#include "proof/probe.h"

namespace gatehouse {
class Fast;  // store/fast.h
class Clock;
class Entropy;
namespace gate {
class Revocations;  // gate/revocations.h
}
}  // namespace gatehouse

namespace gatehouse::controls {

// The typed configuration of one control, at one place (defaults, host or route). Each control derives its own.
struct Settings {
  virtual ~Settings() = default;
  // The keys every control has, read by the policy loader and not by the control's describe():
  bool enabled = true;
  std::string reason;             // needed when enabled is false
  bool observe = false;           // mode = "observe": record what would be refused
  std::optional<WallTime> until;  // needed with observe
  bool written = false;           // some table was written for it (not just defaults)
  conf::Place place;
};

// What a control may know of the whole when it builds its filters for one route.
struct Site {
  const gate::GateConfig& config;
  Clock& clock;
  Entropy& entropy;
  Fast& fast;  // counters and expiring keys
  // Resolves a reference (after `startup` has judged it). Fails closed.
  std::function<Result<std::string>(const conf::SecretRef&)> secret;
  // State that must survive a reload, kept by name: caches, key sets. Made once, then handed out again.
  std::function<std::shared_ptr<void>(std::string_view name, const std::function<std::shared_ptr<void>()>& make)> keep;
  // Gets a URL that the configuration names: one GET of at most 5 s and 256 KiB, no redirects, certificate verified.
  // It blocks: never call it on a reactor's thread. Unset: there is no network (checks, tests).
  std::function<Result<std::string>(std::string_view url)> fetch = {};
  const gate::Revocations* revocations = nullptr;  // what is refused from now on; null: nothing
  // Adds lines of Prometheus text to every scrape; called again with a name, the newer replaces the older.
  std::function<void(std::string_view name, std::function<std::string()> lines)> metrics = {};
};

struct RouteScope {
  const gate::RouteConfig& route;
  // The effective settings of another control on this route (for example csrf asks whether jwt takes cookies).
  std::function<const Settings*(std::string_view control)> settings_of;
};

// Where a control puts its filters. Seals run for every response, whatever happened before.
class Builder {
 public:
  virtual ~Builder() = default;
  virtual void add(gate::Step, std::unique_ptr<gate::Filter>) = 0;
  virtual void add_seal(gate::Step, std::unique_ptr<gate::Filter>) = 0;
};

class Control {
 public:
  virtual ~Control() = default;
  virtual const proof::Card& card() const = 0;       // card().id is also the configuration table's name
  virtual bool can_observe() const { return true; }  // identify and access cannot
  virtual bool can_disable() const { return true; }
  virtual bool per_route() const { return true; }  // false: only a top-level table is allowed
  virtual std::unique_ptr<Settings> settings() const = 0;
  virtual void describe(conf::Form&, Settings&) const = 0;
  // Adds this control's filters for one route. Called once a route and once for the two built-in routes
  // (not found, malformed), whose RouteConfig has an empty path.
  virtual void build(const Settings&, const Site&, const RouteScope&, Builder&) const {}
  // What is wrong with a configuration in which this control is absent or weak. No I/O, no secrets.
  virtual void check(const Settings&, const gate::GateConfig&, const gate::RouteConfig&,
                     std::vector<proof::Finding>&) const {}
  virtual std::span<const proof::Probe> probes() const { return {}; }
  // The refusals it speaks, for its reference page; a test compares them with its sources.
  virtual std::span<const gate::Code> codes() const { return {}; }
};

}  // namespace gatehouse::controls
