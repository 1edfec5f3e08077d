#include "app/check_command.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <ostream>
#include <sstream>
#include <system_error>

#include "app/control_findings.h"
#include "app/sections.h"
#include "base/arena.h"
#include "base/text.h"
#include "controls/catalog.h"
#include "controls/policy.h"
#include "controls/startup/judge.h"
#include "gate/canonical_path.h"
#include "gate/router.h"

namespace gatehouse::app {
namespace {

using conf::Severity;
using controls::Effective;
using controls::Policy;

constexpr std::string_view kHelpText =
    "Reads the file and says everything that is wrong with it: each finding with file, line, key and remedy. Without\n"
    "--env it touches no network, no variable and no other file, so it runs anywhere. With --env it also resolves "
    "every\n"
    "reference to a secret and judges it (presence, strength, placeholder, re-use, key mode, file permission), as\n"
    "`gatehouse serve` does before it opens a port. That is the form for CI.\n"
    "\n"
    "examples:\n"
    "  gatehouse check\n"
    "  gatehouse check -c deploy/gatehouse.toml --env\n"
    "  gatehouse check --effective /api/orders --method POST    what holds there, and from which line\n"
    "  gatehouse check --format json | jq '.findings[].message'\n"
    "\n"
    "exit codes:\n"
    "  0  clean\n"
    "  1  there are findings (errors or warnings; notes do not count)\n"
    "  2  the command line cannot be used\n"
    "  3  the file cannot be read, so nothing was checked\n";

Result<std::string> read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text;
  char part[65536];
  while (in && text.size() <= (8u << 20)) {
    in.read(part, sizeof part);
    text.append(part, static_cast<std::size_t>(in.gcount()));
  }
  if (!in.eof()) return fail(Source::us, "unreadable", std::generic_category().message(errno));
  return text;
}

json::Value effective_json(const Policy& policy, std::size_t index) {
  const gate::RouteConfig& route = policy.config.routes[index];
  json::Value list{json::Array{}};
  for (const Effective& e : policy.routes[index].controls) {
    json::Value values{json::Object{}};
    for (const auto& [key, value] : *e.shown) values.set(key, value);
    json::Value one;
    one.set("control", e.control->card().id).set("enabled", e.settings->enabled).set("observe", e.settings->observe);
    one.set("origin", e.origin()).set("file", e.settings->place.file).set("line", e.settings->place.line);
    one.set("settings", std::move(values));
    list.push(std::move(one));
  }
  json::Value v;
  v.set("route", route.path).set("host", route.host).set("upstream", route.upstream).set("deny", route.deny);
  json::Value methods{json::Array{}};
  for (const std::string& m : route.methods) methods.push(m);
  v.set("methods", std::move(methods)).set("body_limit", route.body_limit.value_or(policy.config.limits.body));
  v.set("file", route.place.file).set("line", route.place.line).set("controls", std::move(list));
  return v;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

void print_effective(const Policy& policy, std::size_t index, std::ostream& out) {
  const gate::RouteConfig& route = policy.config.routes[index];
  out << "route " << text::printable(route.path) << (route.host.empty() ? "" : " on " + route.host) << " from "
      << text::printable(route.place.file) << ":" << route.place.line
      << (route.deny ? ", denied" : ", answered by upstream " + text::printable(route.upstream)) << "\n";
  out << "  methods: " << (route.methods.empty() ? "all but CONNECT and TRACE" : text::printable(joined(route.methods)))
      << "; body: at most " << conf::format_size(route.body_limit.value_or(policy.config.limits.body)) << "\n";
  std::size_t width = 0;
  for (const Effective& e : policy.routes[index].controls) width = std::max(width, e.control->card().id.size());
  for (const Effective& e : policy.routes[index].controls) {
    std::string id(e.control->card().id);
    out << "  " << id << std::string(width - id.size(), ' ') << " = ";
    if (!e.settings->enabled) {
      out << "off";
    } else {
      std::string values;
      for (const auto& [key, value] : *e.shown) values += (values.empty() ? "" : ", ") + key + " = " + value;
      out << (e.settings->observe ? "observe " : "")
          << (values.empty() ? "on" : "{ " + text::printable(values, 500) + " }");
    }
    out << " " << text::printable(e.origin()) << "\n";
  }
}

// The route that takes this request, or a sentence.
Result<std::size_t> route_of(const Policy& policy, const std::string& path, const Arguments& arguments) {
  Arena arena;
  std::string_view asked = std::string_view(path).substr(0, path.find('?'));
  gate::CanonicalPath canonical = gate::canonical_path(asked, gate::Opaque::keep, arena);
  if (!canonical.good())
    return fail(Source::client, "bad_path", "every request for this path is refused: " + std::string(canonical.fault));
  std::string host = text::to_lower(
      arguments.value_or("host", policy.config.site.hosts.empty() ? std::string() : policy.config.site.hosts.front()));
  const std::string method = arguments.value_or("method", "GET");
  const gate::Router router(policy.config.routes);
  int index = router.match(host, method, canonical.path);
  if (index < 0) return fail(Source::client, "not_found", "no route takes this path: it is answered 404");
  const gate::RouteConfig& route = policy.config.routes[static_cast<std::size_t>(index)];
  const std::string at = " (route " + text::printable(route.path) + ", line " + std::to_string(route.place.line) + ")";
  if (canonical.opaque && !route.encoded_slash_keep)
    return fail(Source::client, "bad_path",
                "an encoded slash, ';' or double encoding, which is refused without encoded_slash = \"keep\"" + at);
  if (!route.path_case_exact && router.differs_by_case(host, method, canonical.path, index))
    return fail(Source::client, "bad_path",
                "in other letters this is another route's path, which is refused without path_case = \"exact\"" + at);
  if (canonical.opaque && router.nears_by_reading(host, method, canonical.path, index, route.path_case_exact, arena))
    return fail(Source::client, "bad_path",
                "decoded, this is the path of a more specific route, so it is refused" + at);
  return static_cast<std::size_t>(index);
}

std::string counted(std::size_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

int run(const Arguments& arguments, World& world) {
  std::string format = arguments.value_or("format", "text");
  if (format != "text" && format != "json") {
    world.err << "gatehouse check: --format is text or json\n";
    return kUsage;
  }
  std::string file = arguments.value_or("config", "gatehouse.toml");
  auto text = read_text(file);
  if (!text) {
    std::string shown = text::printable(file, 300);
    if (format == "json") {
      conf::Findings findings;
      findings.add({Severity::error,
                    "unreadable",
                    {file, 0, 0},
                    "",
                    "the file cannot be read: " + text.error().detail,
                    "name it with -c FILE"});
      world.out << json::write(conf::render_json(findings), 2) << "\n";
    } else {
      world.err << "gatehouse check: " << shown << " cannot be read: " << text.error().detail
                << "\n  remedy: name the file with -c FILE\n";
    }
    return kIncomplete;
  }

  controls::Catalog catalog = controls::catalog();
  ServiceConfigs services;
  conf::Findings findings;
  Policy policy = controls::load(*text, file, catalog, world.clock, findings, sections(services));
  check_services(services, findings);
  if (!findings.has_errors()) add_control_findings(policy, findings);
  // With errors the judging goes on: whoever mends the file wants to know about the secrets, too.
  if (arguments.has("env"))
    controls::startup::judge(policy, controls::startup::SystemSecrets(world.variable), findings);

  auto effective = arguments.value("effective");
  bool show = effective && !findings.has_errors();
  if (format == "json") {
    json::Value all = conf::render_json(findings);
    if (show) {
      auto index = route_of(policy, *effective, arguments);
      all.set("effective", index ? effective_json(policy, *index) : json::Value());
    }
    world.out << json::write(all, 2) << "\n";
    return findings.clean() ? kOk : kFindings;
  }
  world.out << conf::render_text(findings, world.colour);
  if (show) {
    auto index = route_of(policy, *effective, arguments);
    if (index)
      print_effective(policy, *index, world.out);
    else
      world.out << text::printable(*effective, 300) << ": " << index.error().detail << "\n";
  } else if (findings.clean()) {
    world.out << text::printable(file, 300) << ": clean, " << counted(policy.config.routes.size(), "route") << ", "
              << counted(policy.references.size(), "secret")
              << (arguments.has("env") ? " judged" : " not looked at (--env does)") << "\n";
  }
  return findings.clean() ? kOk : kFindings;
}

}  // namespace

Command check_command() {
  return {"check",
          "Say everything that is wrong with a configuration",
          "",
          0,
          0,
          {{"config", 'c', "FILE", "The configuration; gatehouse.toml when not given", false},
           {"env", 0, "", "Also resolve and judge every secret, as serve does", false},
           {"effective", 0, "PATH", "Print what holds for this path, and from which line", false},
           {"method", 0, "METHOD", "The method that --effective asks about; GET when not given", false},
           {"host", 0, "HOST", "The host that --effective asks about; the site's first when not given", false},
           {"format", 0, "FORMAT", "text or json", false}},
          kHelpText,
          run};
}

}  // namespace gatehouse::app
