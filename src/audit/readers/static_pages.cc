#include "audit/readers/static_pages.h"

#include <algorithm>
#include <string_view>

#include "audit/readers/docker.h"
#include "audit/syntax/code.h"

namespace gatehouse::audit {
namespace {

constexpr std::size_t kMostOpened = 60;

// An application whose pages are files: no server of its own gives them out.
bool built_for_browsers(const Project& project) {
  for (const char* server : {"next", "nuxt", "@remix-run/node", "@sveltejs/kit", "astro", "@react-router/node"})
    if (project.depends_on(server)) return false;
  for (const char* build : {"vite", "react-scripts", "@angular/core", "@vue/cli-service", "parcel"})
    if (project.depends_on(build)) return true;
  return false;
}

bool sets_headers(std::string_view text) {
  return syntax::icontains_any(text, {"content-security-policy", "x-frame-options", "x-content-type-options"});
}

// FROM nginx … with pages copied into it, and no configuration of one's own. The line of FROM; 0 for other images.
int stock_nginx(std::string_view dockerfile) {
  int from = 0;
  bool pages = false;
  for (const DockerLine& l : parse_dockerfile(dockerfile)) {
    if (l.word == "FROM") {
      from = syntax::icontains(l.rest, "nginx") ? l.line : 0;
      pages = false;
    }
    if (from == 0) continue;
    if (syntax::icontains_any(l.rest, {".conf", "/etc/nginx", "nginx.tmpl", "templates"})) from = 0;
    pages = pages || (l.word == "COPY" && syntax::contains(l.rest, "/usr/share/nginx/html"));
  }
  return pages ? from : 0;
}

}  // namespace

void StaticPagesCheck::look(const Project& project, Sink& sink) const {
  if (!built_for_browsers(project)) return;
  const Entry* host = nullptr;
  int line = 1;
  std::size_t opened = 0;
  for (const Entry& e : project.entries()) {
    if (e.role != Role::product || opened > kMostOpened) continue;
    const std::string_view name = e.name();
    const bool platform = name == "netlify.toml" || name == "vercel.json" || name == "firebase.json" ||
                          name == "staticwebapp.config.json";
    const bool elsewhere = name == "_headers" || name == "index.html" || name.starts_with("Caddyfile") ||
                           e.kind == Kind::nginx || name == "traefik.yml";
    if (!platform && !elsewhere && e.kind != Kind::dockerfile) continue;
    const auto source = project.open(e.path);
    if (!source) continue;
    ++opened;
    if (sets_headers(source->text()) || e.kind == Kind::nginx || name.starts_with("Caddyfile")) return;
    if (platform && (name != "firebase.json" || syntax::contains(source->text(), "\"hosting\"")) && host == nullptr)
      host = &e;
    if (e.kind == Kind::dockerfile)
      if (const int from = stock_nginx(source->text());
          from > 0 && (host == nullptr || host->kind != Kind::dockerfile)) {
        host = &e;
        line = from;
      }
  }
  if (host == nullptr) return;
  // Stops: pages laid under another site's buttons, and script that nothing holds back.
  auto& f = sink.find("CSP-001", host->path, line, "no security header is set for the pages");
  f.title = "Pages are given out without a content security policy or any other security header";
  f.severity = proof::Severity::low;
}

}  // namespace gatehouse::audit
