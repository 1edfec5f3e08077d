#include "audit/source/proxied_limits.h"

#include <optional>

#include "audit/source/python.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostFiles = 60;  // of the deployment, that are opened

struct ProxiedLimits {
  struct Language {
    std::optional<Spot> limiter;  // counts by the address of the connection
    bool believes = false;        // a proxy's word is taken
  };
  Language script, python;
};

void read_script(const File& file, ProxiedLimits::Language& notes) {
  const Code code = file.code();
  if (icontains_any(code, {"trust proxy", "trustproxy", "x-forwarded-for", "cf-connecting-ip", "x-real-ip"}))
    notes.believes = true;
  if (notes.limiter || client_file(file) || !file.imports_from("express-rate-limit")) return;
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    if (full != "express-rate-limit" && !full.starts_with("express-rate-limit.")) continue;
    const Node options = unwrap(c.arg(0));
    if (!options.is("object") || member(options, "keyGenerator")) continue;
    notes.limiter = Spot{place(file.path, c.line()), file.shown(c.node)};
    return;
  }
}

void read_python(const File& file, ProxiedLimits::Language& notes) {
  if (icontains_any(file.code(), {"proxyheadersmiddleware", "proxyfix", "x-forwarded-for", "forwarded_allow_ips",
                                  "proxy_headers", "x-real-ip", "cf-connecting-ip"}))
    notes.believes = true;
  if (notes.limiter) return;
  for (const Call& c : file.calls)
    if (last(c.name) == "Limiter" && contains(c.node.code(), "get_remote_address")) {
      notes.limiter = Spot{place(file.path, c.line()), file.shown(c.node)};
      return;
    }
}

// A proxy that the tree brings along, or a platform that always stands in front.
struct Front {
  std::string proxy;      // its file
  bool believed = false;  // the start command takes its word
};

Front front_of(const Project& project) {
  Front out;
  std::size_t opened = 0;
  for (const Entry& e : project.entries()) {
    if (e.role != Role::product || opened >= kMostFiles) continue;
    const std::string low = text::to_lower(e.path);
    const std::string_view name =
        std::string_view(low).substr(low.rfind('/') == std::string::npos ? 0 : low.rfind('/') + 1);
    const bool platform = name == "procfile" || name == "render.yaml" || name == "fly.toml" || name == "railway.json" ||
                          name == "railway.toml" || name == "app.yaml" || name == "heroku.yml";
    const bool nginx = name.ends_with(".conf") || low.find("nginx") != std::string::npos;
    const bool other = name == "caddyfile" || low.find("compose") != std::string::npos ||
                       low.find("dockerfile") != std::string::npos || name.ends_with(".sh") ||
                       name.ends_with(".service");
    if (!platform && !nginx && !other) continue;
    const auto source = project.open(e.path);
    if (!source) continue;
    ++opened;
    const std::string_view said = source->text();
    if (icontains_any(said, {"forwarded-allow-ips", "forwarded_allow_ips", "--proxy-headers"})) out.believed = true;
    const bool forwards =
        (nginx && contains(said, "proxy_pass")) || (name == "caddyfile" && contains(said, "reverse_proxy")) ||
        (low.find("compose") != std::string::npos && icontains_any(said, {"image: traefik", "image: caddy"}));
    if ((platform || forwards) && out.proxy.empty()) out.proxy = e.path;
  }
  return out;
}

void tell(const ProxiedLimits::Language& of, const Front& front, std::string_view fix, Sink& sink) {
  if (!of.limiter || of.believes) return;
  // Stops: one visitor who uses up the tries of all, and a log in which nobody is to be found again.
  auto& f = sink.find("RL-006", of.limiter->at, of.limiter->shown);
  f.locations.push_back(place(front.proxy, 1));
  f.evidence.push_back("stands in front");
  f.fix = std::string(fix);
}

}  // namespace

void read_proxied_limits(const File& file) {
  auto& notes = file.project.notes<ProxiedLimits>();
  if (file.tree.python())
    read_python(file, notes.python);
  else
    read_script(file, notes.script);
}

void judge_proxied_limits(const Project& project, Sink& sink) {
  const auto& notes = project.notes<ProxiedLimits>();
  if ((!notes.script.limiter || notes.script.believes) && (!notes.python.limiter || notes.python.believes)) return;
  const Front front = front_of(project);
  if (front.proxy.empty()) return;
  tell(notes.script, front, "app.set(\"trust proxy\", 1): as many hops as proxies of your own stand in front.", sink);
  Spot idle;  // what limits nobody takes nobody for another
  if (!front.believed && !idle_limiter(project, &idle))
    tell(notes.python, front,
         "Start uvicorn or gunicorn with --forwarded-allow-ips and the proxy's address, or put ProxyFix around the "
         "application.",
         sink);
}

}  // namespace gatehouse::audit::source
