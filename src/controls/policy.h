// gatehouse.toml as a whole: the gate's own part, and what every control does on every route, each with its origin.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controls/catalog.h"

namespace gatehouse::controls {

enum class Level : std::uint8_t { builtin, defaults, host, route };

// One control's settings as they hold at one place.
struct Effective {
  const Control* control = nullptr;
  std::shared_ptr<const Settings> settings;  // shared by all routes that inherit them
  Level level = Level::builtin;
  // Key and value of every setting, as text, secrets as references only; for people.
  std::shared_ptr<const std::vector<std::pair<std::string, std::string>>> shown;
  // "from gatehouse.toml:12 (route)" or "(built-in default)".
  std::string origin() const;
};

// All controls on one route, in the order of the catalogue.
struct RoutePolicy {
  std::vector<Effective> controls;
  const Settings* settings_of(std::string_view id) const;  // null for an unknown control
};

struct Policy {
  gate::GateConfig config;
  // routes[i] belongs to config.routes[i]. A route without a host is repeated for each [[host]] that has its own
  // control tables, so that the most specific rule is always the route's own.
  std::vector<RoutePolicy> routes;
  RoutePolicy fallback;                     // for the built-in routes: not found, malformed
  std::vector<conf::SecretRef> references;  // every secret the text refers to, once each
};

// A route that a service asks for: `config.desk` and `config.place` are set, and its control tables stand in `tables`
// as an operator would have written them under [[route]] ("[access]\nallow = \"signed_in\"\n").
struct ServiceRoute {
  gate::RouteConfig config{};
  std::string tables;
};

// A further table at the top of the file: a service's. `describe` is given that table.
struct Section {
  std::string_view name;
  std::string_view doc;
  std::function<void(conf::Form&)> describe;
  bool list = false;  // [[name]]: called once an element
  // What the service serves, asked once its table is read; a clash with a written route is a finding.
  std::function<std::vector<ServiceRoute>()> routes = {};
  // What only the whole can tell, such as a setting that contradicts the mode. Asked once everything is read.
  std::function<void(const gate::GateConfig&, conf::Findings&)> check = {};
};

// Reads the text. With errors among `findings` the policy must not be used. Reads no file, no variable, no network.
Policy load(std::string_view text, std::string file_name, const Catalog& catalog, const Clock& clock,
            conf::Findings& findings, std::span<const Section> sections = {});

// The policy of `serve --dev`: one public route to one backend, development mode, every default.
Policy dev_policy(std::span<const std::string> listen, const std::string& upstream, const Catalog& catalog,
                  const Clock& clock, conf::Findings& findings);

// The description of the whole file, for the reference page and the editor schema.
std::function<void(conf::Form&)> description(const Catalog& catalog, std::span<const Section> sections = {});

}  // namespace gatehouse::controls
