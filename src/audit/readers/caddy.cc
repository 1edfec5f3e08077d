#include "audit/readers/caddy.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr int kDepth = 32;

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

struct Line {
  std::vector<std::string> words;
  std::vector<Line> block;
  int number = 0;
  std::string_view name() const { return words.empty() ? std::string_view{} : std::string_view(words.front()); }
};

// The words of a line, quotes and backquotes taken off; a comment ends it.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> out;
  std::string word;
  char quote = 0;
  bool open = false;
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if ((c == '"' || c == '`') && word.empty()) {
      quote = c;
      open = true;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      if (!word.empty() || open) out.push_back(std::exchange(word, {}));
      open = false;
    } else if (c == '#' && word.empty()) {
      break;
    } else {
      word += c;
    }
  }
  if (!word.empty() || open) out.push_back(std::move(word));
  return out;
}

std::vector<Line> block_of(const Source& source, int& n, int depth) {
  std::vector<Line> out;
  for (; n <= source.lines(); ++n) {
    Line l{words_of(source.line(n)), {}, n};
    if (l.words.empty()) continue;
    if (l.words.front() == "}") return out;
    const bool opens = l.words.back() == "{";
    if (opens) l.words.pop_back();
    if (opens && depth < kDepth) {
      ++n;
      l.block = block_of(source, n, depth + 1);
    }
    out.push_back(std::move(l));
  }
  return out;
}

const Line* inside(const std::vector<Line>& list, std::string_view name) {
  for (const Line& l : list) {
    if (l.name() == name) return &l;
    if (const Line* deeper = inside(l.block, name)) return deeper;
  }
  return nullptr;
}

bool local(std::string_view address) {
  return has(address, "localhost") || has(address, "127.0.0.1") || has(address, ".local") || has(address, ".test") ||
         has(address, ".internal");
}

// The headers a site sets, in lower case, each with its line.
void headers_of(const std::vector<Line>& list, std::vector<std::pair<std::string, const Line*>>& out) {
  for (const Line& l : list) {
    if (l.name() == "header" || l.name() == "header_down") {
      std::size_t first = 1;
      if (l.words.size() > 1 && (l.words[1].starts_with("/") || l.words[1].starts_with("@") || l.words[1] == "*"))
        first = 2;
      if (l.words.size() > first) out.emplace_back(text::to_lower(l.words[first]), &l);
      for (const Line& one : l.block)
        if (!one.words.empty()) out.emplace_back(text::to_lower(one.words.front()), &one);
      continue;
    }
    headers_of(l.block, out);
  }
}

bool protects(std::string_view header) {
  if (header.starts_with("+") || header.starts_with("?")) header.remove_prefix(1);
  for (const std::string_view h : {"strict-transport-security", "x-frame-options", "x-content-type-options",
                                   "content-security-policy", "referrer-policy", "permissions-policy"})
    if (header == h) return true;
  return false;
}

class Judge {
 public:
  Judge(const Source& source, Sink& sink) : source_(source), sink_(sink) {}

  void whole(const std::vector<Line>& all) {
    std::vector<std::pair<std::string, const Line*>> snippets;  // (name) { … }: what sites import
    for (const Line& l : all)
      if (l.name().starts_with("(")) headers_of(l.block, snippets);
    for (const Line& l : all) {
      if (l.words.empty() && !l.block.empty()) {
        options(l.block);
      } else if (!l.name().starts_with("(")) {
        everywhere(l.block);
        if (!l.block.empty()) site(l, l.block, snippets);
      } else {
        everywhere(l.block);
      }
    }
    // A file of one site needs no braces: its address stands alone in the first line.
    const bool flat = !all.empty() && std::none_of(all.begin(), all.end(), [](const Line& l) {
      return !l.block.empty() && (has(l.name(), ".") || l.name().starts_with(":") || has(l.name(), "localhost"));
    });
    if (flat && all.front().block.empty() && all.front().words.size() == 1) {
      everywhere(all);
      site(all.front(), all, snippets);
    }
  }

 private:
  proof::Finding& find(std::string_view id, const Line& l) {
    return sink_.find(id, source_.path(), l.number, quote(source_.line(l.number)));
  }

  void options(const std::vector<Line>& list) {
    for (const Line& l : list) {
      // Stops: POST /load, which gives the server a configuration of the caller's own.
      if (l.name() == "admin" && l.words.size() > 1 && l.words[1] != "off" && !local(l.words[1]) &&
          !l.words[1].starts_with("unix/")) {
        auto& f = find("INF-001", l);
        f.title = "Caddy's admin interface answers every network";
        f.impact = "It asks for no password: whoever reaches the port reads the configuration and loads another.";
        f.fix = "Write `admin off`, or leave it on localhost:2019.";
      }
      if (l.name() == "debug") find("INF-025", l).title = "The proxy logs at debug level";
      if (const Line* trusted = inside(l.block, "trusted_proxies"); trusted != nullptr) trusts(*trusted);
    }
  }

  void trusts(const Line& l) {
    if (std::none_of(l.words.begin(), l.words.end(),
                     [](const std::string& w) { return w == "0.0.0.0/0" || w == "::/0"; }))
      return;
    find("RL-003", l).title = "The proxy believes everybody's X-Forwarded-For";
  }

  void everywhere(const std::vector<Line>& list) {
    for (const Line& l : list) {
      if (l.name() == "file_server" && std::find(l.words.begin(), l.words.end(), "browse") != l.words.end())
        find("INF-012", l).title = "Caddy lists folders";
      if (l.name() == "file_server" && inside(l.block, "browse") != nullptr)
        find("INF-012", l).title = "Caddy lists folders";
      if (l.name() == "tls_insecure_skip_verify") {
        auto& f = find("TLS-002", l);
        f.title = "The proxy takes any certificate from behind";
        f.impact = "Whoever stands between proxy and application reads and changes what they say.";
        f.fix = "Name the authority with tls_trust_pool, or speak HTTP inside one machine.";
      }
      if (l.name() == "trusted_proxies") trusts(l);
      if (l.name() == "on_demand" && inside(list, "ask") == nullptr) {
        auto& f = find("TLS-002", l);
        f.title = "Certificates are fetched for any name that somebody asks for";
        f.severity = proof::Severity::low;
        f.impact = "A stranger's names use up the authority's limits, and then one's own site gets none.";
        f.fix = "Add on_demand_tls { ask … }.";
      }
      everywhere(l.block);
    }
  }

  void site(const Line& address, const std::vector<Line>& block,
            const std::vector<std::pair<std::string, const Line*>>& snippets) {
    const bool at_home =
        std::all_of(address.words.begin(), address.words.end(), [](const std::string& w) { return local(w); });
    if (const Line* tls = inside(block, "tls");
        tls != nullptr && tls->words.size() > 1 && tls->words[1] == "internal" && !at_home) {
      auto& f = find("TLS-002", *tls);
      f.title = "The site has a certificate that no browser knows";
      f.fix = "Leave `tls` out: Caddy fetches one that browsers believe.";
    }
    const bool gives = inside(block, "file_server") != nullptr || inside(block, "reverse_proxy") != nullptr;
    for (const std::string& word : address.words)
      if (word.starts_with("http://") && !local(word) && word.size() > 8 && !word.starts_with("http://:") && gives) {
        auto& f = find("TLS-001", address);
        f.title = "The site is served without TLS";
        f.fix = "Leave http:// out of the address: Caddy then fetches a certificate and redirects.";
        break;
      }
    std::vector<std::pair<std::string, const Line*>> headers;
    headers_of(block, headers);
    for (const auto& [name, line] : headers) {
      if (name.find("access-control-allow-origin") == std::string::npos) continue;
      const std::string& value = line->words.back();
      const bool star = value == "*", echoed = has(value, "Origin}");
      if (!star && !echoed) continue;
      const bool credentials = std::any_of(headers.begin(), headers.end(), [](const auto& h) {
        return h.first.find("allow-credentials") != std::string::npos;
      });
      auto& f = find("INF-022", *line);
      if (echoed) f.title = "The proxy answers every origin with its own name";
      if (!credentials) f.severity = proof::Severity::medium;
    }
    const bool imports = inside(block, "import") != nullptr;
    const bool secured =
        std::any_of(headers.begin(), headers.end(), [](const auto& h) { return protects(h.first); }) ||
        (imports && (snippets.empty() ||
                     std::any_of(snippets.begin(), snippets.end(), [](const auto& h) { return protects(h.first); })));
    // Stops: pages laid under another site's buttons, and script that nothing holds back.
    if (inside(block, "file_server") != nullptr && !secured && !at_home) {
      auto& f = find("CSP-001", address);
      f.title = "Caddy gives pages without a content security policy or any other security header";
      f.fix =
          "Add `header { Content-Security-Policy … ; Strict-Transport-Security …; X-Content-Type-Options nosniff }`.";
    }
  }

  const Source& source_;
  Sink& sink_;
};

}  // namespace

bool CaddyReader::wants(const Entry& e) const {
  const std::string_view name = e.name();
  return e.role == Role::product && (name == "Caddyfile" || name.starts_with("Caddyfile.") ||
                                     name.ends_with(".caddy") || name.ends_with(".Caddyfile"));
}

void CaddyReader::read(const Source& source, Project&, Sink& sink) {
  if (source.entry().name() == "Caddyfile.dev" || source.entry().name() == "Caddyfile.local") return;
  int n = 1;
  Judge(source, sink).whole(block_of(source, n, 0));
}

}  // namespace gatehouse::audit
