#include "audit/readers/nginx.h"

#include <algorithm>
#include <optional>

#include "audit/readers/edge_limits.h"
#include "audit/readers/served_by_image.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr int kDepth = 32;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<NginxDirective> block(int depth) {
    std::vector<NginxDirective> out;
    NginxDirective now;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        ++at_;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == ';') {
        ++at_;
        if (!now.words.empty()) out.push_back(std::exchange(now, {}));
      } else if (c == '{') {
        ++at_;
        if (depth >= kDepth) {
          at_ = text_.size();
          break;
        }
        now.block = block(depth + 1);
        if (!now.words.empty()) out.push_back(std::exchange(now, {}));
        now = {};
      } else if (c == '}') {
        ++at_;
        return out;
      } else {
        if (now.words.empty()) now.line = line_;
        now.words.push_back(word());
      }
    }
    return out;
  }

 private:
  std::string word() {
    std::string out;
    if (text_[at_] == '"' || text_[at_] == '\'') {
      const char q = text_[at_++];
      while (at_ < text_.size() && text_[at_] != q) {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        if (text_[at_] == '\n') ++line_;
        out += text_[at_++];
      }
      ++at_;
      return out;
    }
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' || c == '}') break;
      if (c == '{' && (out.empty() || out.back() != '$')) break;
      if (c == '{') {  // ${name}
        while (at_ < text_.size() && text_[at_] != '}' && text_[at_] != '\n') out += text_[at_++];
        if (at_ < text_.size() && text_[at_] == '}') out += text_[at_++];
        continue;
      }
      out += c;
      ++at_;
    }
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

std::string shown(const NginxDirective& d) {
  std::string out;
  for (const std::string& w : d.words) out += (out.empty() ? "" : " ") + w;
  return text::printable(out, 200);
}

bool security_header(std::string_view name) {
  for (std::string_view h : {"strict-transport-security", "x-frame-options", "x-content-type-options",
                             "content-security-policy", "referrer-policy", "permissions-policy"})
    if (text::iequals(name, h)) return true;
  return false;
}

bool has_policy(std::string_view header) {
  return text::iequals(header, "content-security-policy") ||
         text::iequals(header, "content-security-policy-report-only");
}

class Judge {
 public:
  Judge(const Source& source, Sink& sink) : source_(source), sink_(sink) {}

  void block(const std::vector<NginxDirective>& list, const NginxDirective* owner, bool inherits_security) {
    bool sets = false, sets_security = false, alias_seen = false;
    bool star = false, credentials = false, reflected = false;
    const NginxDirective* cors = nullptr;
    for (const NginxDirective& d : list) {
      if (d.name() == "add_header" && d.words.size() > 2) {
        sets = true;
        sets_security |= security_header(d.words[1]);
        if (text::iequals(d.words[1], "access-control-allow-origin")) {
          cors = &d;
          star = d.words[2] == "*";
          reflected = d.words[2] == "$http_origin";
        }
        if (text::iequals(d.words[1], "access-control-allow-credentials")) credentials = d.words[2] == "true";
      }
    }
    if (cors != nullptr && (star || (reflected && owner != nullptr && owner->name() != "if"))) {
      auto& f = find("INF-022", *cors);
      if (reflected) f.title = "The proxy answers every origin with its own name";
      if (!credentials && star) f.severity = proof::Severity::medium;
    }
    if (owner != nullptr && sets && !sets_security && inherits_security && owner->name() == "location")
      find("INF-008", *owner).evidence.push_back("its own add_header cancels the outer security headers");
    for (const NginxDirective& d : list) {
      if (d.name() == "alias") alias_seen = true;
      // Stops: an address of the caller's own choice, a new one for each try.
      if (d.name() == "proxy_set_header" && d.words.size() > 2 &&
          (text::iequals(d.words[1], "x-forwarded-for") || text::iequals(d.words[1], "x-real-ip")) &&
          (d.words[2] == "$http_x_forwarded_for" || d.words[2] == "$http_x_real_ip"))
        find("RL-003", d).title = "The proxy hands on the address that the caller wrote";
      if (!d.block.empty()) block(d.block, &d, sets_security || (inherits_security && !sets));
    }
    if (alias_seen && owner != nullptr && owner->name() == "location") alias(*owner, list);
  }

 private:
  proof::Finding& find(std::string_view id, const NginxDirective& d) {
    return sink_.find(id, source_.path(), d.line, shown(d));
  }

  void alias(const NginxDirective& location, const std::vector<NginxDirective>& list) {
    if (location.words.size() < 2) return;
    const std::string& path = location.words.back();
    if (location.words[1] == "=" || location.words[1].starts_with("~")) return;
    for (const NginxDirective& d : list)
      if (d.name() == "alias" && d.words.size() > 1 && d.words[1].ends_with('/') && !path.ends_with('/'))
        find("INF-007", d).evidence.push_back(shown(location));
  }

  const Source& source_;
  Sink& sink_;
};

struct Servers {
  std::optional<proof::Location> first;  // a server that listens
  bool tokens = false;                   // server_tokens is set, or the header taken away, somewhere
  std::optional<proof::Location> pages;  // a server that gives pages from its own disk
  bool headers = false;                  // some security header is set, somewhere
  bool policy = false;                   // … and a content security policy
  std::optional<proof::Location> clear;  // a server on port 80 that gives more than a way to another
  bool tls = false;
  bool named = false;  // that server has a name or an address of the open internet
};

// It answers itself: from the disk or from behind.
bool gives(const std::vector<NginxDirective>& list, std::string_view what) {
  return std::any_of(list.begin(), list.end(),
                     [&](const NginxDirective& d) { return d.name() == what || gives(d.block, what); });
}

bool listens_in_clear(const NginxDirective& server) {
  return std::any_of(server.block.begin(), server.block.end(), [](const NginxDirective& d) {
    return d.name() == "listen" && d.words.size() > 1 && (d.words[1] == "80" || d.words[1].ends_with(":80"));
  });
}

// The whole of what stands in compose and deployment files, where something else may end the encryption.
struct Front {
  bool publishes = false;  // port 80 of the machine
  bool ends_tls = false;
};

Front front_of(const Project& project) {
  Front out;
  for (const Entry& e : project.entries()) {
    const std::string low = text::to_lower(e.path);
    const bool compose = low.find("compose") != std::string::npos && low.find("dev") == std::string::npos;
    const bool other = low.find("traefik") != std::string::npos || low.find("caddy") != std::string::npos ||
                       low.find("ingress") != std::string::npos || low.find("fly.toml") != std::string::npos ||
                       low.find("render.yaml") != std::string::npos || low.find("railway") != std::string::npos;
    out.ends_tls = out.ends_tls || other;
    if (!compose) continue;
    const auto source = project.open(e.path);
    if (!source) continue;
    const std::string said = text::to_lower(source->text());
    out.publishes = out.publishes || said.find("\"80:80\"") != std::string::npos ||
                    said.find("- 80:80") != std::string::npos || said.find("'80:80'") != std::string::npos;
    // 443 that leads to nginx ends nothing where no server of its configuration listens there.
    const bool to_nginx = said.find("image: nginx") != std::string::npos;
    out.ends_tls = out.ends_tls || (!to_nginx && said.find("443") != std::string::npos);
    for (const std::string_view word : {"traefik", "caddy", "letsencrypt", "certbot", "cloudflare", "acme"})
      out.ends_tls = out.ends_tls || said.find(word) != std::string::npos;
  }
  return out;
}

// server_name app.shop.example; server_name 203.0.113.7; and not _, localhost or the name of a container.
bool has_public_name(const NginxDirective& server) {
  return std::any_of(server.block.begin(), server.block.end(), [](const NginxDirective& d) {
    if (d.name() != "server_name") return false;
    return std::any_of(d.words.begin() + 1, d.words.end(), [](const std::string& w) {
      return w.size() > 3 && w.find('.') != std::string::npos && w.find("localhost") == std::string::npos &&
             !w.starts_with("127.") && !w.starts_with("10.") && !w.starts_with("192.168.") && !w.ends_with(".local") &&
             !w.ends_with(".internal") && w.find("example") == std::string::npos;
    });
  });
}

void note(const std::vector<NginxDirective>& list, const Source& source, Servers& servers) {
  for (const NginxDirective& d : list) {
    if (d.name() == "add_header" && d.words.size() > 2 && security_header(d.words[1])) servers.headers = true;
    if (d.name() == "add_header" && d.words.size() > 1 && has_policy(d.words[1])) servers.policy = true;
    // What stands there is not known.
    if (d.name() == "include" && d.words.size() > 1 && d.words[1].find("mime.types") == std::string::npos &&
        d.words[1].find("_params") == std::string::npos)
      servers.headers = servers.policy = servers.tls = true;
    if (d.name().starts_with("ssl_certificate")) servers.tls = true;
    if (d.name() == "server" && !d.block.empty()) {
      const proof::Location at{std::string(source.path()), d.line, d.line, {}};
      if (gives(d.block, "try_files") && !servers.pages) servers.pages = at;
      if (listens_in_clear(d) && (gives(d.block, "try_files") || gives(d.block, "proxy_pass")) && !servers.clear) {
        servers.clear = at;
        servers.named = has_public_name(d);
      }
    }
    const bool cleared = d.words.size() > 1 && text::iequals(d.words[1], "server");
    if (d.name() == "server_tokens" || (d.name().starts_with("more_") && cleared)) servers.tokens = true;
    if (d.name() == "server" && !servers.first &&
        std::any_of(d.block.begin(), d.block.end(), [](const NginxDirective& i) { return i.name() == "listen"; }))
      servers.first = proof::Location{std::string(source.path()), d.line, d.line, {}};
    note(d.block, source, servers);
  }
}

// Stops: sources, maps and files of the disk that a server for developers gives to everybody.
void judge_development(const std::vector<NginxDirective>& list, const Source& source, Servers& servers, Sink& sink) {
  const std::string path = text::to_lower(source.path());
  if (path.find("dev") != std::string::npos || path.find("local") != std::string::npos) return;
  for (const NginxDirective& d : list) {
    if (d.name() == "proxy_pass" && d.words.size() > 1 && d.words[1].find(":5173") != std::string::npos) {
      auto& f = sink.find("INF-025", source.path(), d.line, "proxy_pass " + d.words[1]);
      f.title = "The proxy gives everybody the development server of Vite";
      if (!servers.pages) servers.pages = proof::Location{std::string(source.path()), d.line, d.line, {}};
      return;
    }
    judge_development(d.block, source, servers, sink);
  }
}

void note_limits(const std::vector<NginxDirective>& list, EdgeLimits& limits) {
  for (const NginxDirective& d : list) {
    const bool counts =
        std::any_of(d.block.begin(), d.block.end(), [](const NginxDirective& i) { return i.name() == "limit_req"; });
    if (d.name() == "location" && counts && d.words.size() > 1 && d.words.back() != "/")
      limits.paths.push_back(d.words.back());
    note_limits(d.block, limits);
  }
}

// <meta http-equiv="Content-Security-Policy" …>
bool policy_in_pages(const Project& project) {
  for (const Entry* e : project.named("index.html"))
    if (const auto page = project.open(e->path))
      if (text::to_lower(page->text()).find("content-security-policy") != std::string::npos) return true;
  return false;
}

}  // namespace

bool EdgeLimits::covers(std::string_view path) const {
  return std::any_of(paths.begin(), paths.end(), [&](std::string_view p) {
    if (p.starts_with("^")) p.remove_prefix(1);
    const std::string_view head = p.substr(0, p.find_first_of("(.*$[\\"));
    return !head.empty() && head != "/" && (path.starts_with(head) || head.ends_with(path));
  });
}

std::vector<NginxDirective> parse_nginx(std::string_view text) { return Parser(text).block(0); }

void NginxReader::read(const Source& source, Project& project, Sink& sink) {
  const bool image = source.entry().kind == Kind::dockerfile;
  const auto directives = parse_nginx(image ? nginx_within(source.text()) : std::string(source.text()));
  Judge(source, sink).block(directives, nullptr, false);
  if (source.entry().role == Role::product) {
    note(directives, source, project.notes<Servers>());
    judge_development(directives, source, project.notes<Servers>(), sink);
    note_limits(directives, project.notes<EdgeLimits>());
  }
}

void NginxCheck::look(const Project& project, Sink& sink) const {
  const auto& servers = project.notes<Servers>();
  // Stops: pages laid under another site's buttons, and script that nothing holds back.
  if (servers.pages && !servers.headers)
    sink.find("CSP-001", servers.pages->path, servers.pages->line, "no add_header for security anywhere").title =
        "nginx gives pages without a content security policy or any other security header";
  else if (servers.pages && !servers.policy && !policy_in_pages(project))
    sink.find("CSP-001", servers.pages->path, servers.pages->line, "no add_header Content-Security-Policy anywhere")
        .title = "nginx gives pages without a content security policy";
  // Stops: tokens read on their way.
  if (servers.clear && !servers.tls)
    if (const Front front = front_of(project); (front.publishes || servers.named) && !front.ends_tls) {
      auto& f = sink.find("TLS-001", servers.clear->path, servers.clear->line,
                          front.publishes ? "port 80 is published, and nothing of the project ends TLS"
                                          : "a public name on port 80, and nothing of the project ends TLS");
      f.title = "The server in front speaks plain HTTP only";
      f.severity = front.publishes ? proof::Severity::high : proof::Severity::medium;
      f.confidence = front.publishes ? proof::Confidence::medium : proof::Confidence::low;
    }
  if (servers.tokens || !servers.first.has_value()) return;
  sink.find("INF-012", servers.first->path, servers.first->line, "no server_tokens off for this server").title =
      "nginx tells its version";
}

}  // namespace gatehouse::audit
