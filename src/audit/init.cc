#include "audit/init.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "net/http/url.h"

namespace gatehouse::audit {
namespace {

// "# Answers DJ-020 (backend/settings.py:75) …": the findings that a control closes.
std::string answers(const proof::Report& report, std::initializer_list<std::string_view> controls) {
  std::string out;
  std::set<std::string> told;
  for (const proof::Finding& f : report.findings) {
    if (std::find(controls.begin(), controls.end(), f.control) == controls.end() || !told.insert(f.id).second) continue;
    out += "#   " + f.id + " " + text::printable(f.title, 100);
    if (!f.locations.empty() && !f.locations.front().path.empty())
      out += " (" + text::printable(f.locations.front().path, 120) +
             (f.locations.front().line > 0 ? ":" + std::to_string(f.locations.front().line) : "") + ")";
    out += "\n";
  }
  return out;
}

}  // namespace

Shape shape_of(const Project& project) {
  Shape s;
  s.clerk = project.depends_on("@clerk/clerk-react") || project.depends_on("@clerk/nextjs") ||
            project.depends_on("@clerk/express") || project.depends_on("@clerk/backend") ||
            project.depends_on("clerk-backend-api") || project.depends_on("@clerk/react");
  s.supabase = project.depends_on("@supabase/supabase-js") || project.depends_on("supabase");
  s.vite = project.depends_on("vite");
  const bool python = project.depends_on("django") || project.depends_on("fastapi") || project.depends_on("flask");
  if (!python && (project.depends_on("next") || project.depends_on("express") || project.depends_on("fastify") ||
                  project.depends_on("hono")))
    s.backend_port = 3000;
  if (project.depends_on("flask") && !project.depends_on("fastapi") && !project.depends_on("django"))
    s.backend_port = 5000;
  for (const EnvVariable& v : project.env) {
    if (v.name.find("CLERK") != std::string::npos) s.clerk = true;
    if (v.name.find("ISSUER") == std::string::npos) continue;
    std::string value = v.value;
    while (value.ends_with('/')) value.pop_back();
    if (auto url = http::Url::parse(value); url && url->tls && s.issuer.empty()) s.issuer = value;
  }
  return s;
}

std::string draft_policy(const proof::Report& report, const Shape& shape) {
  std::string out =
      "# A first policy for " + text::printable(shape.name.empty() ? "this project" : shape.name, 100) +
      ", written by `gatehouse init` from what the audit found. Each part names the findings it answers.\n"
      "# Put in your own names where it says example.com, read the routes, then run: gatehouse check --config "
      "gatehouse.toml\n\n"
      "mode = \"production\"\n\n"
      "# Clients come in here. On a public address give certificates under [tls]; behind a proxy that ends TLS say who "
      "it is.\n"
      "listen = [\"http://127.0.0.1:8080\"]\n[ingress]\ntrusted_proxies = [\"127.0.0.1\", \"::1\"]\n\n";
  if (const std::string a = answers(report, {"client_address"}); !a.empty())
    out += "# The line above answers:\n" + a + "\n";
  out += "[site]\nhosts = [\"app.example.com\"]\n\n[upstream.app]\nservers = [\"http://127.0.0.1:" +
         std::to_string(shape.backend_port) + "\"]\n\n";

  const std::string defaults = answers(report, {"headers", "https_only", "error_mask", "canonical", "limits",
                                                "request_id", "csrf", "tls", "startup", "log_policy"});
  if (!defaults.empty()) out += "# On by default, without a line:\n" + defaults + "\n";

  const std::string tokens = answers(report, {"jwt"});
  if (shape.clerk) {
    out += "# Who signs tokens, and for whom.\n" + tokens + "[jwt]\npreset = \"clerk\"\nissuer = \"" +
           (shape.issuer.empty() ? std::string("https://clerk.example.com") : shape.issuer) +
           "\"\nauthorized_parties = [\"https://app.example.com\"]\n\n";
  } else if (!tokens.empty()) {
    out += "# Who signs tokens, and for whom. Complete it and take the marks away.\n" + tokens +
           "# [jwt]\n# issuer = \"https://issuer.example.com\"\n# audience = [\"https://api.example.com\"]\n\n";
  }
  const std::string origins = answers(report, {"cors"});
  if (!origins.empty() || shape.vite)
    out += "# The other sites whose pages may read answers.\n" + origins +
           "[cors]\norigins = [\"https://app.example.com\"]\ncredentials = true\n\n";

  const std::string limits = answers(report, {"rate_limit", "backoff"});
  const std::string doors = answers(report, {"access", "identity_out"});
  const std::string interface = shape.clerk ? "signed_in" : "public";
  out += "# Every route says who may use it; what is not named is not reachable.\n" + doors +
         "[[route]]\npath = \"/\"\naccess = \"public\"\n\n[[route]]\npath = \"/api/\"\naccess = \"" + interface + "\"" +
         (shape.clerk ? "" : "  # \"signed_in\" once [jwt] is complete") + "\n\n";
  out += "# Signing in: five tries a minute.\n" + limits +
         "[[route]]\npath = \"/api/auth/\"\naccess = \"public\"\n[route.rate_limit]\npreset = [\"sign_in\"]\n\n";
  out +=
      "# Signed by their senders, so open here. The application must verify the signature over the raw body.\n"
      "[[route]]\npath = \"/api/webhooks/\"\naccess = \"public\"\n\n";
  out +=
      "# Files that nobody should ever get.\n[[route]]\npath = \"/.env\"\naccess = \"nobody\"\n\n[[route]]\npath = "
      "\"/.git/\"\naccess = \"nobody\"\n\n";

  std::string code;
  std::set<std::string> told;
  for (const proof::Finding& f : report.findings)
    if (f.mitigation.empty() && told.insert(f.id).second)
      code += "#   " + f.id + " " + text::printable(f.title, 100) + "\n";
  if (!code.empty()) out += "# Not to be closed here, only in the code:\n" + code;
  return out;
}

}  // namespace gatehouse::audit
