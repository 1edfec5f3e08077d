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

// The routes: one for everything, one for the interface, and each door of the source that needs another word.
class Routes {
 public:
  Routes(const proof::Report& report, const Shape& shape) : report_(report), shape_(shape) {}

  std::string text() {
    // Without [jwt] the gate cannot tell who is signed in; the application goes on asking.
    const std::string inside = shape_.clerk ? "signed_in" : "public";
    add("", "/", "public", {});
    add(shape_.clerk ? "" : "# \"signed_in\" once [jwt] is complete.\n", "/api/", inside, {});
    if (shape_.next) add("# Files for browsers.\n", "/_next/static/", "public", {"methods = [\"GET\", \"HEAD\"]"});
    if (shape_.vite) add("# Files for browsers.\n", "/assets/", "public", {"methods = [\"GET\", \"HEAD\"]"});
    if (shape_.django) add("# Files for browsers.\n", "/static/", "public", {"methods = [\"GET\", \"HEAD\"]"});
    bool sign_in = false, webhook = false;
    for (const source::Door& d : shape_.doors) {
      sign_in |= d.kind == source::DoorKind::sign_in;
      webhook |= d.kind == source::DoorKind::webhook;
      door(d, inside);
    }
    const std::string limits = answers(report_, {"rate_limit", "backoff"});
    if (!sign_in)
      add("# Signing in: five tries a minute.\n" + limits, "/api/auth/", "public",
          {"[route.rate_limit]", "preset = [\"sign_in\"]"});
    if (!webhook)
      add("# Signed by their senders, so open here. The application must verify the signature over the raw body.\n",
          "/api/webhooks/", "public", {});
    add("# Files that nobody should ever get.\n", "/.env", "nobody", {});
    add("", "/.git/", "nobody", {});
    return out_;
  }

 private:
  static constexpr std::size_t kMost = 60;  // more than a person reads; the areas above hold for the rest

  void add(const std::string& why, const std::string& path, const std::string& access,
           std::initializer_list<std::string> more) {
    std::string key = path;
    while (key.size() > 1 && key.ends_with('/')) key.pop_back();
    if (!written_.insert(key).second) return;
    out_ += why + "[[route]]\npath = \"" + path + "\"\naccess = \"" + access + "\"\n";
    for (const std::string& line : more) out_ += line + "\n";
    out_ += "\n";
  }

  void door(const source::Door& d, const std::string& inside) {
    if (written_.size() >= kMost) return;
    const std::string area = d.path.starts_with("/api/") ? inside : "public";
    std::string why = "# " + place(d) + findings_at(d);
    // Whose record an id names the code alone knows; `gatehouse check` goes on asking until somebody says so here.
    if (const std::size_t brace = d.path.find('{'); brace != std::string::npos && d.guarded && shape_.clerk)
      why +=
          "# A record by its id. Where the id is the user's own, say so and nobody reads another's:\n#   "
          "[route.access] owner = { path = \"" +
          text::printable(d.path.substr(brace + 1, d.path.find('}', brace) - brace - 1), 60) +
          "\", claim = \"sub\" }\n# Where the application looks records up by user and id, say that: [route.access] "
          "unowned = "
          "\"REASON\"\n";
    switch (d.kind) {
      case source::DoorKind::webhook:
        return add(why + "# Signed by its sender, so open here: the application must verify the raw body.\n" +
                       endpoint(d.path),
                   d.path, "public", {});
      case source::DoorKind::sign_in:
        return add(why, d.path, "public", {"[route.rate_limit]", "preset = [\"sign_in\"]"});
      case source::DoorKind::costly: {
        const bool pays = d.path.find("checkout") != std::string::npos || d.path.find("payment") != std::string::npos;
        return add(why, d.path, d.guarded && shape_.clerk ? "signed_in" : area,
                   {"[route.rate_limit]", std::string("preset = [\"") + (pays ? "checkout" : "trial_chat") + "\"]"});
      }
      case source::DoorKind::admin:
        return add(why + (shape_.clerk ? "# Add the role that may: [route.access] roles = [\"admin\"].\n"
                                       : "# Closed until it is known who may: \"signed_in\" once [jwt] is complete.\n"),
                   d.path, shape_.clerk ? "signed_in" : "nobody", {});
      case source::DoorKind::open:
        if (area != "public") add(why, "=" + d.path, "public", {});
        return;
      case source::DoorKind::other:
        // Stops: a page that the source guards standing open at the edge because it is not below /api/.
        if (shape_.clerk && d.guarded && area == "public") add(why, d.path, "signed_in", {});
        return;
    }
  }

  // The inbox in place of the route, for senders that it knows.
  static std::string endpoint(const std::string& path) {
    for (std::string_view provider : {"stripe", "clerk", "github", "supabase", "paddle", "shopify", "slack"}) {
      if (text::to_lower(path).find(provider) == std::string::npos) continue;
      std::string name(provider), secret(provider);
      for (char& c : secret)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
      return "# Or let gatehouse verify and keep it, in place of this route (docs/guide/webhooks.md):\n#   "
             "[webhooks.endpoint." +
             name + "]\n#   provider = \"" + name + "\"\n#   path = \"" + text::printable(path, 120) +
             "\"\n#   secret = { env = \"" + secret + "_WEBHOOK_SECRET\" }\n";
    }
    return {};
  }

  static std::string place(const source::Door& d) {
    return text::printable(d.at.path, 120) + ":" + std::to_string(d.at.line) + "\n";
  }
  // What the audit found from the line where the door is declared to the next door of its file.
  std::string findings_at(const source::Door& d) const {
    constexpr int kLines = 60;
    int end = d.at.line + kLines;
    for (const source::Door& other : shape_.doors)
      if (other.at.path == d.at.path && other.at.line > d.at.line) end = std::min(end, other.at.line);
    std::string out;
    for (const proof::Finding& f : report_.findings)
      for (const proof::Location& l : f.locations)
        if (l.path == d.at.path && l.line >= d.at.line && l.line < end && !f.control.empty()) {
          const std::string line = "# Answers " + f.id + ": " + text::printable(f.title, 100) + "\n";
          if (out.find(line) == std::string::npos) out += line;
          break;
        }
    return out;
  }

  const proof::Report& report_;
  const Shape& shape_;
  std::string out_;
  std::set<std::string> written_;
};

}  // namespace

Shape shape_of(const Project& project) {
  Shape s;
  s.clerk = project.depends_on("@clerk/clerk-react") || project.depends_on("@clerk/nextjs") ||
            project.depends_on("@clerk/express") || project.depends_on("@clerk/backend") ||
            project.depends_on("clerk-backend-api") || project.depends_on("@clerk/react");
  s.supabase = project.depends_on("@supabase/supabase-js") || project.depends_on("supabase");
  s.vite = project.depends_on("vite");
  s.next = project.depends_on("next");
  s.django = project.depends_on("django");
  s.doors = source::doors_of(project);
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

  out += "# Every route says who may use it; what is not named is not reachable.\n" +
         answers(report, {"access", "identity_out"}) + Routes(report, shape).text();

  std::string code;
  std::set<std::string> told;
  for (const proof::Finding& f : report.findings)
    if (f.mitigation.empty() && told.insert(f.id).second)
      code += "#   " + f.id + " " + text::printable(f.title, 100) + "\n";
  if (!code.empty()) out += "# Not to be closed here, only in the code:\n" + code;
  std::string services;
  for (const proof::Finding& f : report.findings)
    if (!f.mitigation.empty() && f.control.empty() && told.insert(f.id).second)
      services += "#   " + f.id + " " + text::printable(f.title, 100) + ": " + f.mitigation + "\n";
  if (!services.empty()) out += "# Closed by a service, once it is set up here:\n" + services;
  return out;
}

}  // namespace gatehouse::audit
