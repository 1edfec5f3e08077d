#include "app/audit_site.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/audit_output.h"
#include "audit/live/run.h"
#include "base/secret.h"
#include "base/text.h"
#include "kit/auditor_pass.h"
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

constexpr std::int64_t kPassSeconds = 60;  // each request is signed anew

// The key that [auditor] of the gateway in front of the site has, too. Null when nobody gave one.
Result<std::shared_ptr<const Secret>> shared_key(const Arguments& arguments, World& world) {
  std::string key;
  if (const auto path = arguments.value("auditor-key")) {
    std::ifstream in(*path);
    if (!std::getline(in, key)) return fail(Source::us, "no_key", "cannot read a key from " + text::printable(*path));
  } else if (auto variable = world.variable("GATEHOUSE_AUDITOR_KEY")) {
    key = *variable;
  } else {
    return nullptr;
  }
  if (key.size() < kit::kAuditorKeyBytes)
    return fail(Source::us, "no_key",
                "the auditor's key is shorter than 32 bytes; make one with: openssl rand -hex 32");
  return std::make_shared<const Secret>(key);
}

}  // namespace

std::vector<Option> site_options() {
  return {
      {"url", 'u', "URL", "a running site to look at, too; passive unless --active"},
      {"active", 0, "", "allow probes that send writes (of invalid content)"},
      {"protected", 0, "PATH", "a path that needs sign-in", true},
      {"sign-in", 0, "PATH", "the path of the sign-in", true},
      {"write", 0, "PATH", "a path that changes something", true},
      {"webhook", 0, "PATH", "a path that takes webhooks", true},
      {"page", 0, "PATH", "a page to look at (default /)", true},
      {"auditor-key", 0, "FILE", "sign requests for [auditor] of the gateway (else GATEHOUSE_AUDITOR_KEY, if set)"}};
}

Result<std::unique_ptr<Site>> open_site(const Arguments& arguments, World& world, const std::string& address) {
  audit::live::SiteOptions options;
  options.url = address;
  options.active = arguments.has("active");
  for (const auto& [option, kind] : {std::pair{"protected", "protected"},
                                     {"sign-in", "sign_in"},
                                     {"write", "write"},
                                     {"webhook", "webhook"},
                                     {"page", "page"}})
    for (const std::string& path : arguments.values(option))
      options.paths[kind].push_back(path.starts_with("/") ? path : "/" + path);
  auto url = http::Url::parse(address);
  if (!url) return fail(url.error());
  auto shared = shared_key(arguments, world);
  if (!shared) return fail(shared.error());
  if (*shared)
    options.pass = [&world, key = *shared](std::string_view host) {
      return kit::make_pass(*key, host, world.clock.unix_seconds(), kPassSeconds, world.entropy);
    };
  auto site = Site::open(world.clock, std::move(options));
  if (!site) return fail(site.error());
  if (audit::live::is_loopback(url->host)) return site;
  auto key = auditor_key(world);
  if (!key) return fail(key.error());
  if (auto owned = audit::live::prove_ownership(**site, *key, url->host); !owned) return fail(owned.error());
  return site;
}

void audit_site(Site& site, const Arguments& arguments, World& world, proof::Report& report,
                audit::report::Context& context) {
  audit::live::LiveOptions options;
  options.only = arguments.value_or("only", "");
  options.progress = progress_line(world, "probes");
  audit::live::run(site, report, options);
  context.self_signed = !site.certificate_problem().empty();
  // What answers without asking who calls is worth a look, too, when nothing is known to be protected.
  for (const char* kind : {"api", "protected"})
    if (const auto paths = site.paths(kind); !paths.empty()) context.protected_path = paths.front();
  if (const auto paths = site.paths("sign_in"); !paths.empty()) context.sign_in_path = paths.front();
}

}  // namespace gatehouse::app
