// next.config and vite.config: headers, source maps, hosts of images, what is built into the page.
#include <algorithm>

#include "audit/source/next_parts.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

void read_next_config(File& file, ScriptNotes& notes) {
  const std::string_view name = name_of(file.path);
  const Code code = file.code();
  if (name.starts_with("next.config.")) {
    notes.next_configs.push_back({place(file.path, 1), std::string(name) + " without headers()"});
    for (const Node p : file.tree.all("pair")) {
      const std::string_view key = p.child("key").text();
      if (key == "headers") notes.next_headers = true;
      if (key == "productionBrowserSourceMaps" && p.child("value").is("true")) file.hit("NX-005", p);
      if (key == "hostname")
        if (const auto h = literal(p.child("value")); h && (*h == "**" || *h == "*")) file.hit("NX-004", p);
      if (key == "ignoreBuildErrors") continue;
      if (key == "env") {
        for (const auto& [k, v] : members(p.child("value")))
          if (secret_name(k))
            file.hit("SEC-004", v).title = "next.config copies a secret into browser code (" + k + ")";
      }
    }
    for (const Node m : file.tree.all("method_definition"))
      if (m.child("name").text() == "headers") {
        notes.next_headers = true;
        notes.next_configs.back() = {place(file.path, m.line()), file.shown(m)};
      }
    for (const Node p : file.tree.all("pair"))
      if (p.child("key").text() == "headers" && is_function(unwrap(p.child("value"))))
        notes.next_configs.back() = {place(file.path, p.line()), file.shown(p)};
  }
  if (contains(code, "Content-Security-Policy") || icontains(code, "contentsecuritypolicy") ||
      icontains(code, "content-security-policy"))
    notes.csp = true;
  if (contains(code, "Strict-Transport-Security") || icontains(code, "strict-transport-security")) notes.hsts = true;
  if (name.starts_with("vite.config.")) {
    for (const Node p : file.tree.all("pair")) {
      const std::string_view key = p.child("key").text();
      if (key == "sourcemap" && p.child("value").is("true")) file.hit("NX-005", p);
      if ((key == "process.env" || literal(p.child("key")) == "process.env") && !p.child("value").is("object"))
        file.hit("NX-007", p);
      if (key == "envPrefix")
        if (const auto t = literal(p.child("value")); t && t->empty()) file.hit("NX-007", p);
      if (const auto k = literal(p.child("key")); k && k->starts_with("process.env.") && secret_name(k->substr(12)))
        file.hit("SEC-004", p);
    }
  }
}

}  // namespace gatehouse::audit::source
