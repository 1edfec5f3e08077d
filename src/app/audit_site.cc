#include "app/audit_site.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "audit/catalog.h"
#include "audit/live/run.h"
#include "base/conf/form.h"
#include "base/conf/values.h"
#include "base/text.h"
#include "controls/catalog.h"
#include "net/http/url.h"

namespace gatehouse::app {
namespace {

using audit::live::Site;

// This installation's own key for the ownership line: made once, readable by this user only.
Result<std::string> auditor_key(World& world) {
  std::string folder;
  if (auto x = world.variable("XDG_CONFIG_HOME"); x && !x->empty())
    folder = *x;
  else if (auto home = world.variable("HOME"); home && !home->empty())
    folder = *home + "/.config";
  else
    return fail(Source::us, "no_key", "neither XDG_CONFIG_HOME nor HOME is set");
  folder += "/gatehouse";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string path = folder + "/audit-key";
  if (std::ifstream in(path); in) {
    std::string key;
    std::getline(in, key);
    if (key.size() >= 32) return key;
  }
  const auto bytes = world.entropy.bytes<32>();
  std::string key = text::hex(std::span<const std::uint8_t>(bytes));
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size());
  if (fd >= 0) ::close(fd);
  if (!written) return fail(Source::us, "no_key", "cannot write " + path);
  return key;
}

std::optional<std::string> slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

struct Seen {
  proof::Holds holds = proof::Holds::unknown;
  std::vector<std::string> evidence;
  std::string mitigation;
};

Seen look(Site& site, const proof::Probe& probe, std::string_view id) {
  Seen out;
  proof::Observation o = probe.run(site);
  out.holds = o.holds;
  for (const proof::Finding& f : o.findings) {
    if (f.id != id && probe.id != id) continue;
    for (const std::string& e : f.evidence)
      out.evidence.push_back((f.locations.empty() ? "" : f.locations.front().url + ": ") + e);
    out.mitigation = f.mitigation;
  }
  // The probe found others of its family, but not this one.
  if (o.holds == proof::Holds::no && out.evidence.empty()) out.holds = proof::Holds::yes;
  if (out.evidence.empty()) out.evidence = o.positives;
  if (!o.not_checked.empty()) out.evidence.push_back(o.not_checked);
  return out;
}

std::string_view word(proof::Holds h) {
  return h == proof::Holds::yes ? "closed" : h == proof::Holds::no ? "open" : "unknown";
}

void tell(World& world, std::string_view when, const Seen& seen) {
  world.out << when << ": " << word(seen.holds) << "\n";
  for (const std::string& e : seen.evidence) world.out << "  " << text::printable(e, 400) << "\n";
}

// The table's first line of a mitigation written as configuration: "[cors] origins = […]" -> "[cors]\norigins = […]\n".
std::optional<std::string> as_toml(std::string_view mitigation) {
  if (!mitigation.starts_with('[')) return std::nullopt;
  const std::size_t close =
      mitigation.rfind(']', mitigation.find(' ') == std::string_view::npos ? mitigation.size() : mitigation.find(' '));
  if (close == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text::trim(mitigation.substr(close + 1));
  if (!rest.empty() && rest.find('=') == std::string_view::npos) return std::nullopt;
  // A table of a route belongs behind its own route: that is for a person to place.
  if (mitigation.substr(0, close).find('.') != std::string_view::npos) return std::nullopt;
  // Several keys stand on one line in a report, parted by semicolons.
  std::string out = std::string(mitigation.substr(0, close + 1)) + "\n";
  for (std::string_view line : text::split(rest, ';'))
    if (line = text::trim(line); !line.empty()) out += std::string(line) + "\n";
  // Words of advice behind the keys make it no configuration.
  conf::Findings findings;
  (void)conf::Document::parse(out, "policy", findings);
  if (findings.has_errors()) return std::nullopt;
  return out;
}

}  // namespace

std::vector<Option> site_options() {
  return {{"url", 'u', "URL", "a running site to look at, too; passive unless --active"},
          {"active", 0, "", "allow probes that send writes (of invalid content)"},
          {"protected", 0, "PATH", "a path that needs sign-in", true},
          {"sign-in", 0, "PATH", "the path of the sign-in", true},
          {"write", 0, "PATH", "a path that changes something", true},
          {"page", 0, "PATH", "a page to look at (default /)", true}};
}

Result<std::unique_ptr<Site>> open_site(const Arguments& arguments, World& world, const std::string& address) {
  audit::live::SiteOptions options;
  options.url = address;
  options.active = arguments.has("active");
  for (const auto& [option, kind] :
       {std::pair{"protected", "protected"}, {"sign-in", "sign_in"}, {"write", "write"}, {"page", "page"}})
    for (const std::string& path : arguments.values(option))
      options.paths[kind].push_back(path.starts_with("/") ? path : "/" + path);
  auto url = http::Url::parse(address);
  if (!url) return fail(url.error());
  auto site = Site::open(world.clock, std::move(options));
  if (!site) return fail(site.error());
  if (audit::live::is_loopback(url->host)) return site;
  auto key = auditor_key(world);
  if (!key) return fail(key.error());
  if (auto owned = audit::live::prove_ownership(**site, *key, url->host); !owned) return fail(owned.error());
  return site;
}

void audit_site(Site& site, const Arguments& arguments, World& world, bool show_progress, proof::Report& report) {
  audit::live::LiveOptions options;
  options.only = arguments.value_or("only", "");
  if (show_progress)
    options.progress = [&world](std::size_t done, std::size_t all) {
      world.err << "\r  " << done << " of " << all << " probes\x1b[K" << (done == all ? "\r\x1b[K" : "") << std::flush;
    };
  audit::live::run(site, report, options);
}

int close_and_prove(const Arguments& arguments, World& world) {
  const std::string id = *arguments.value("close");
  const auto probes = audit::live::all_probes();
  const proof::Probe* probe = audit::live::probe_for(probes, id);
  if (probe == nullptr) {
    world.err << "gatehouse audit: " << text::printable(id)
              << " cannot be seen from outside, so no probe can prove it closed"
              << (audit::rule(id) != nullptr ? "; see gatehouse explain " + id : std::string()) << "\n";
    return kUsage;
  }
  const auto url = arguments.value("url");
  if (!url) {
    world.err << "gatehouse audit: --close needs --url to see whether it is closed\n";
    return kUsage;
  }
  if (probe->active && !arguments.has("active")) {
    world.err << "gatehouse audit: the probe of " << id << " sends writes; add --active\n";
    return kUsage;
  }
  auto site = open_site(arguments, world, *url);
  if (!site) {
    world.err << "gatehouse audit: " << site.error().detail << "\n";
    return kIncomplete;
  }
  audit::live::discover(**site);
  const Seen before = look(**site, *probe, id);
  tell(world, "before", before);
  if (before.holds == proof::Holds::yes) {
    world.out << id << " is closed at " << (*site)->url() << " already.\n";
    return kOk;
  }
  std::string line = before.mitigation;
  if (const audit::Rule* r = audit::rule(id); line.empty() && r != nullptr) line = r->finding.mitigation;
  const auto config = arguments.value("config");
  if (line.empty()) {
    world.out << "No policy line closes " << id << ": only the code can.\n";
    return kFindings;
  }
  const auto toml = as_toml(line);
  world.out << "policy:\n" << (toml ? *toml : line + "\n");
  if (config && toml) {
    auto text = slurp(*config);
    if (!text) {
      world.err << "gatehouse audit: cannot read " << text::printable(*config) << "\n";
      return kUsage;
    }
    const std::string head = toml->substr(0, toml->find('\n'));
    // A list of tables may grow; a table stands once.
    if (!head.starts_with("[[") &&
        (text->find("\n" + head + "\n") != std::string::npos || text->starts_with(head + "\n"))) {
      world.out << "  " << text::printable(*config) << " has a table " << head << " already; change it there.\n";
    } else {
      const std::string added =
          std::string(text->empty() || text->ends_with('\n') ? "" : "\n") + "\n# Closes " + id + ".\n" + *toml;
      std::ofstream out(*config, std::ios::binary | std::ios::app);
      out << added;
      out.close();
      if (!out) {
        world.err << "gatehouse audit: cannot write " << text::printable(*config) << "\n";
        return kUsage;
      }
      world.out << "  added at the end of " << text::printable(*config) << "\n";
    }
  }
  if (!arguments.has("prove")) return kFindings;

  // The same site after a reload, or the same application seen through the gateway.
  const std::string second = arguments.value_or("behind", *url);
  auto wait = conf::parse_duration(arguments.value_or("wait", arguments.has("behind") ? "0s" : "20s"));
  if (!wait) {
    world.err << "gatehouse audit: --wait takes a duration such as 20s\n";
    return kUsage;
  }
  if (auto pid = arguments.value("reload")) {
    auto number = text::parse_u64(*pid);
    if (!number || *number < 2 || ::kill(static_cast<pid_t>(*number), SIGHUP) != 0) {
      world.err << "gatehouse audit: cannot ask process " << text::printable(*pid) << " to reload\n";
      return kUsage;
    }
  }
  const SteadyTime end = world.clock.steady() + *wait;
  Seen after;
  for (;;) {
    auto again = open_site(arguments, world, second);
    if (again) {
      // The same questions: what was discovered at the first site is asked at the second.
      for (const char* kind : {"protected", "sign_in", "write", "page", "api"})
        for (const std::string& path : (*site)->paths(kind)) (*again)->add_path(kind, path);
      after = look(**again, *probe, id);
    } else {
      after = {proof::Holds::unknown, {again.error().text()}, {}};
    }
    if (after.holds == proof::Holds::yes || world.clock.steady() >= end) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
  tell(world, "after", after);
  if (after.holds == proof::Holds::yes) {
    world.out << id << " is closed: the same probe cannot reproduce it.\n";
    return kOk;
  }
  world.out << id << (after.holds == proof::Holds::no ? " is still open.\n" : " could not be judged.\n");
  return after.holds == proof::Holds::no ? kFindings : kIncomplete;
}

}  // namespace gatehouse::app
