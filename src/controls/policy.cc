#include "controls/policy.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::controls {
namespace {

using conf::Form;
using conf::Severity;

constexpr auto kLongestObserve = std::chrono::hours(24 * 366);

// Does the control have anything to write in a table of its own?
bool has_table(const Control& c) {
  if (c.can_disable() || c.can_observe()) return true;
  return !conf::document([&](Form& f) {
            auto settings = c.settings();
            c.describe(f, *settings);
          }).empty();
}

std::string in_a_month(const Clock& clock) {
  auto day = std::chrono::floor<std::chrono::days>(clock.wall() + std::chrono::days(30));
  std::chrono::year_month_day date{day};
  auto two = [](unsigned n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(static_cast<int>(date.year())) + "-" + two(static_cast<unsigned>(date.month())) + "-" +
         two(static_cast<unsigned>(date.day()));
}

// The keys that every control's table has.
void describe_common(Form& f, const Control& c, Settings& s, const Clock* clock) {
  bool reading = f.reading();
  std::string id(c.card().id);
  if (reading || c.can_disable()) {
    f.field({"enabled", "Off only with a reason"}, s.enabled);
    f.field({"reason", "Why it is off, for whoever reads this next"}, s.reason);
  }
  if (reading || c.can_observe()) {
    int observe = s.observe ? 1 : 0;
    f.choice({"mode", "observe: write down what would be refused, and let it pass"}, observe,
             {{"enforce", 0}, {"observe", 1}});
    s.observe = observe == 1;
    f.date({"until", "When observing ends; needed with observe"}, s.until);
  }
  if (!reading) return;
  if (!s.enabled && !c.can_disable())
    f.unsafe("enabled", "this control cannot be switched off: everything else stands on it",
             "remove `enabled = false`");
  if (!s.enabled && c.can_disable() && text::trim(s.reason).empty() && !f.faulty("reason"))
    f.report(Severity::error, "missing_key", "enabled", "a control is switched off without a reason",
             "add reason = \"…\", or remove `enabled = false`");
  if (s.enabled && f.has("reason") && !f.has("enabled"))
    f.report(Severity::warning, "ignored", "reason", "a reason without `enabled = false`", "remove it");
  if (!s.observe) {
    if (f.has("until"))
      f.report(Severity::warning, "ignored", "until", "an end without `mode = \"observe\"`", "remove it");
    return;
  }
  if (!c.can_observe())
    return f.unsafe("mode", "this control cannot only observe: what it lets pass would go in unchecked",
                    "remove `mode = \"observe\"`");
  if (!s.until && f.faulty("until")) return;
  if (!s.until)
    return f.report(Severity::error, "missing_key", "mode", "observing has no end",
                    "add until = " + (clock ? in_a_month(*clock) : "DATE") + " or another date within a year");
  if (!clock) return;
  if (*s.until <= clock->wall()) {
    // Enforcing from here on is the safe reading, and the gate keeps serving.
    s.observe = false;
    return f.report(Severity::warning, "observe_ended", "until", "observing has ended: the control enforces",
                    "remove `mode` and `until`, or set a new date");
  }
  if (*s.until > clock->wall() + kLongestObserve)
    return f.unsafe("until", "observing for more than a year is not trying out", "set a date within a year");
  f.report(Severity::warning, "observe", "mode", "nothing is refused by " + id + " here, only written down",
           "remove `mode` and `until` when the record shows no legitimate request refused");
}

using Shown = std::vector<std::pair<std::string, std::string>>;

Shown show(const Control& c, Settings& scratch) {
  Shown shown;
  for (const conf::KeyDoc& key : conf::document([&](Form& f) { c.describe(f, scratch); }))
    // What stands in lists of tables and under names of the operator's choice has no one value to show.
    if (!key.default_value.empty() && key.path.find_first_of("[<") == std::string::npos)
      shown.emplace_back(key.path, key.default_value);
  return shown;
}

Effective builtin(const Control& c) {
  auto scratch = c.settings();
  return {&c, c.settings(), Level::builtin, std::make_shared<const Shown>(show(c, *scratch))};
}

// Reads one control's table where it is written; nothing otherwise.
std::optional<Effective> read_control(Form& f, const Control& c, Level level, const Clock& clock) {
  std::string_view id = c.card().id;
  std::shared_ptr<Settings> settings = c.settings();
  auto scratch = c.settings();
  f.table(
      {id, c.card().title},
      [&](Form& t) {
        c.describe(t, *settings);
        describe_common(t, c, *settings, &clock);
      },
      &settings->written);
  if (!settings->written) return std::nullopt;
  f.table({id, ""}, [&](Form& t) { c.describe(t, *scratch); });  // a second copy, which showing may write into
  settings->place = f.place(id);
  auto shown = std::make_shared<const Shown>(show(c, *scratch));
  return Effective{&c, std::move(settings), level, std::move(shown)};
}

// The control tables of one place, in the order of the catalogue.
std::vector<std::optional<Effective>> read_controls(Form& f, const Catalog& catalog, Level level, const Clock& clock) {
  std::vector<std::optional<Effective>> all;
  for (const auto& c : catalog) {
    bool here = level == Level::defaults ? has_table(*c) : c->per_route();
    if (here) {
      all.push_back(read_control(f, *c, level, clock));
      continue;
    }
    all.emplace_back();
    std::string_view id = c->card().id;
    if (level == Level::defaults || !f.has(id) || !has_table(*c)) continue;
    auto scratch = c->settings();
    f.table({id, ""}, [&](Form& t) {
      c->describe(t, *scratch);
      describe_common(t, *c, *scratch, nullptr);
    });
    f.report(Severity::error, "misplaced", id, "this control holds for the whole gate, not for one route or host",
             "move it to the top of the file: [" + std::string(id) + "]");
  }
  return all;
}

struct Host {
  std::vector<std::string> names;
  std::vector<std::optional<Effective>> controls;
  bool own_rules = false;
  conf::Place place;
};

void describe_host(Form& f, Host& host) {
  std::string name;
  f.field({"name", "The host"}, name);
  f.field({"names", "Several hosts with the same rules"}, host.names);
  if (!f.reading()) return;
  if (!name.empty()) host.names.insert(host.names.begin(), name);
  if (host.names.empty() && !f.has("name") && !f.has("names"))
    f.report(Severity::error, "missing_key", "", "this [[host]] has no name", "add name = \"app.example.com\"");
  for (std::string& n : host.names) {
    n = text::to_lower(n);
    if (n.find('*') != n.npos)
      f.unsafe(f.has("names") ? "names" : "name",
               "`" + text::printable(n, 60) + "` would accept names that nobody chose", "write each name out");
    else if (!conf::is_host_name(n) && !conf::is_ip_literal(n))
      f.bad(f.has("names") ? "names" : "name", "`" + text::printable(n, 60) + "` is no host name",
            "write the name alone, without scheme, port or slash");
  }
}

void describe_file(Form& f, gate::GateConfig& config, std::span<const Section> sections) {
  gate::describe(f, config);
  for (const Section& s : sections) {
    if (s.list)
      f.each({s.name, s.doc}, [&](Form& t, std::size_t) { s.describe(t); });
    else
      f.table({s.name, s.doc}, s.describe);
  }
}

// Does a host's own route answer every request that the shared route would get there?
bool takes_over(const gate::RouteConfig& explicit_route, const gate::RouteConfig& shared) {
  const auto& own = explicit_route.methods;
  auto takes = [&](const std::string& m) {
    return std::find(own.begin(), own.end(), m) != own.end() ||
           (m == "HEAD" && std::find(own.begin(), own.end(), "GET") != own.end());
  };
  // The router passes on a method that a route does not take: to the shared route, whose rules are not the host's.
  if (!own.empty() && (shared.methods.empty() || !std::all_of(shared.methods.begin(), shared.methods.end(), takes)))
    return false;
  std::string_view prefix = explicit_route.path, path = shared.path;
  if (prefix.starts_with('=')) return prefix == path;
  if (path.starts_with('=')) path.remove_prefix(1);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

class Loader {
 public:
  Loader(const Catalog& catalog, const Clock& clock, std::span<const Section> sections)
      : catalog_(catalog), clock_(clock), sections_(sections) {}

  void describe(Form& f) {
    describe_file(f, policy_.config, sections_);
    defaults_ = read_controls(f, catalog_, Level::defaults, clock_);
    f.each({"host", ""}, [&](Form& t, std::size_t) {
      Host h;
      h.place = t.place();
      describe_host(t, h);
      h.controls = read_controls(t, catalog_, Level::host, clock_);
      h.own_rules = std::any_of(h.controls.begin(), h.controls.end(), [](const auto& c) { return c.has_value(); });
      check_host(t, h);
      hosts_.push_back(std::move(h));
    });
    f.each({"route", ""}, [&](Form& t, std::size_t) {
      gate::RouteConfig r;
      gate::describe(t, r);
      policy_.config.routes.push_back(std::move(r));
      routes_.push_back(read_controls(t, catalog_, Level::route, clock_));
    });
    if (policy_.config.routes.empty() && !f.has("route"))
      f.report(Severity::error, "missing_key", "", "no route is stated, so nothing would be served",
               "add [[route]] with path = \"/\" and access = \"signed_in\" or \"public\"");
  }

  Policy finish(conf::Findings& findings) {
    add_service_routes(findings);
    for (const Host& h : hosts_)
      for (const std::string& n : h.names)
        if (auto& all = policy_.config.site.hosts; std::find(all.begin(), all.end(), n) == all.end()) all.push_back(n);
    gate::check_routes(policy_.config, findings);
    for (const Section& s : sections_)
      if (s.check) s.check(policy_.config, findings);
    add_host_routes();
    for (const auto& c : catalog_) builtins_.push_back(builtin(*c));
    for (std::size_t i = 0; i < routes_.size(); ++i)
      policy_.routes.push_back(merge(policy_.config.routes[i].host, &routes_[i]));
    policy_.fallback = merge("", nullptr);
    findings.sort();
    return std::move(policy_);
  }
  Policy& policy() { return policy_; }

 private:
  void check_host(Form& f, const Host& h) {
    for (const std::string& n : h.names)
      for (const Host& other : hosts_)
        if (std::find(other.names.begin(), other.names.end(), n) != other.names.end())
          f.report(
              Severity::error, "clash", "",
              "`" + text::printable(n, 60) + "` already has a [[host]] in line " + std::to_string(other.place.line),
              "join the two tables");
  }

  void add_service_routes(conf::Findings& findings) {
    for (const Section& s : sections_) {
      if (!s.routes) continue;
      for (ServiceRoute& r : s.routes()) {
        auto tables = conf::Document::parse(r.tables, r.config.place.file, findings);
        tables.read([&](Form& f) { routes_.push_back(read_controls(f, catalog_, Level::route, clock_)); }, findings);
        for (auto& c : routes_.back()) {
          if (!c) continue;
          auto settings = std::const_pointer_cast<Settings>(c->settings);
          settings->place = r.config.place;  // the line that asked for the route, not one of `tables`
        }
        policy_.config.routes.push_back(std::move(r.config));
      }
    }
  }

  const Host* host_named(std::string_view name) const {
    for (const Host& h : hosts_)
      if (std::find(h.names.begin(), h.names.end(), name) != h.names.end()) return &h;
    return nullptr;
  }

  // Stops: a host's stricter rules passed by through a route that names no host.
  void add_host_routes() {
    std::size_t written = policy_.config.routes.size();
    for (const Host& h : hosts_) {
      if (!h.own_rules) continue;
      for (const std::string& name : h.names) {
        for (std::size_t i = 0; i < written; ++i) {
          if (!policy_.config.routes[i].host.empty()) continue;
          bool taken = false;
          for (std::size_t j = 0; j < written; ++j)
            taken |=
                policy_.config.routes[j].host == name && takes_over(policy_.config.routes[j], policy_.config.routes[i]);
          if (taken) continue;
          gate::RouteConfig copy = policy_.config.routes[i];
          copy.host = name;
          policy_.config.routes.push_back(std::move(copy));
          routes_.push_back(routes_[i]);
        }
      }
    }
  }

  RoutePolicy merge(std::string_view host, const std::vector<std::optional<Effective>>* route) const {
    const Host* h = host.empty() ? nullptr : host_named(host);
    RoutePolicy p;
    for (std::size_t i = 0; i < builtins_.size(); ++i) {
      if (route && (*route)[i]) {
        p.controls.push_back(*(*route)[i]);
      } else if (h && h->controls[i]) {
        p.controls.push_back(*h->controls[i]);
      } else {
        p.controls.push_back(defaults_.size() > i && defaults_[i] ? *defaults_[i] : builtins_[i]);
      }
    }
    return p;
  }

  const Catalog& catalog_;
  const Clock& clock_;
  std::span<const Section> sections_;
  Policy policy_;
  std::vector<std::optional<Effective>> defaults_;
  std::vector<Host> hosts_;
  std::vector<std::vector<std::optional<Effective>>> routes_;
  std::vector<Effective> builtins_;
};

}  // namespace

std::string Effective::origin() const {
  if (level == Level::builtin) return "(built-in default)";
  std::string_view where = level == Level::route ? "route" : level == Level::host ? "host" : "defaults";
  return "from " + settings->place.file + ":" + std::to_string(settings->place.line) + " (" + std::string(where) + ")";
}

const Settings* RoutePolicy::settings_of(std::string_view id) const {
  for (const Effective& e : controls)
    if (e.control->card().id == id) return e.settings.get();
  return nullptr;
}

Policy load(std::string_view text, std::string file_name, const Catalog& catalog, const Clock& clock,
            conf::Findings& findings, std::span<const Section> sections) {
  Loader loader(catalog, clock, sections);
  conf::Document document = conf::Document::parse(text, std::move(file_name), findings);
  document.read([&](Form& f) { loader.describe(f); }, findings, &loader.policy().references);
  return loader.finish(findings);
}

Policy dev_policy(std::span<const std::string> listen, const std::string& upstream, const Catalog& catalog,
                  const Clock& clock, conf::Findings& findings) {
  std::string text = "mode = \"development\"\nlisten = [";
  for (const std::string& l : listen) {
    json::write_string(text, l);  // a JSON string is a TOML string
    text += ", ";
  }
  text += "]\n[upstream.app]\nservers = ";
  json::write_string(text, upstream);
  text += "\n[[route]]\npath = \"/\"\n";
  bool guarded = std::any_of(catalog.begin(), catalog.end(), [](const auto& c) { return c->card().id == "access"; });
  if (guarded) text += "access = \"public\"\n";
  return load(text, "serve --dev", catalog, clock, findings);
}

std::function<void(Form&)> description(const Catalog& catalog, std::span<const Section> sections) {
  return [&catalog, sections](Form& f) {
    gate::GateConfig config;
    describe_file(f, config, sections);
    auto tables = [&](Form& t, bool top) {
      for (const auto& c : catalog) {
        if (!has_table(*c) || (!top && !c->per_route())) continue;
        t.table({c->card().id, c->card().title}, [&](Form& inner) {
          auto settings = c->settings();
          c->describe(inner, *settings);
          describe_common(inner, *c, *settings, nullptr);
        });
      }
    };
    tables(f, true);
    f.each({"host", "Rules of single hosts, in place of the defaults above"}, [&](Form& t, std::size_t) {
      Host h;
      describe_host(t, h);
      tables(t, false);
    });
    f.each({"route", "What is served, and how it is guarded"}, [&](Form& t, std::size_t) {
      gate::RouteConfig r;
      gate::describe(t, r);
      tables(t, false);
    });
  };
}

}  // namespace gatehouse::controls
