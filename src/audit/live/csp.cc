#include "audit/live/csp.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace gatehouse::audit::live {
namespace {

using enum proof::Severity;

bool has(const CspDirective& d, std::string_view source) {
  return std::any_of(d.sources.begin(), d.sources.end(),
                     [&](const std::string& s) { return text::iequals(s, source); });
}

bool hash_or_nonce(const CspDirective& d) {
  return std::any_of(d.sources.begin(), d.sources.end(), [](const std::string& s) {
    return text::istarts_with(s, "'nonce-") || text::istarts_with(s, "'sha256-") || text::istarts_with(s, "'sha384-") ||
           text::istarts_with(s, "'sha512-");
  });
}

// Hosts where anybody can put a script, or which answer JSONP: allowing them allows everything.
constexpr std::array<std::string_view, 22> kBypass = {"cdn.jsdelivr.net",
                                                      "unpkg.com",
                                                      "cdnjs.cloudflare.com",
                                                      "ajax.googleapis.com",
                                                      "raw.githubusercontent.com",
                                                      "*.githubusercontent.com",
                                                      "*.github.io",
                                                      "*.herokuapp.com",
                                                      "*.vercel.app",
                                                      "*.netlify.app",
                                                      "*.cloudfront.net",
                                                      "*.s3.amazonaws.com",
                                                      "s3.amazonaws.com",
                                                      "storage.googleapis.com",
                                                      "accounts.google.com",
                                                      "www.googleapis.com",
                                                      "*.googleapis.com",
                                                      "cdn.skypack.dev",
                                                      "esm.sh",
                                                      "polyfill.io",
                                                      "cdn.polyfill.io",
                                                      "*.appspot.com"};

constexpr std::array<std::string_view, 26> kKnown = {"default-src",
                                                     "script-src",
                                                     "script-src-elem",
                                                     "script-src-attr",
                                                     "style-src",
                                                     "style-src-elem",
                                                     "style-src-attr",
                                                     "img-src",
                                                     "font-src",
                                                     "connect-src",
                                                     "media-src",
                                                     "object-src",
                                                     "frame-src",
                                                     "child-src",
                                                     "worker-src",
                                                     "manifest-src",
                                                     "base-uri",
                                                     "form-action",
                                                     "frame-ancestors",
                                                     "report-uri",
                                                     "report-to",
                                                     "sandbox",
                                                     "upgrade-insecure-requests",
                                                     "require-trusted-types-for",
                                                     "trusted-types",
                                                     "block-all-mixed-content"};

std::string_view host_of(std::string_view source) {
  if (const std::size_t at = source.find("://"); at != std::string_view::npos) source = source.substr(at + 3);
  return source.substr(0, source.find_first_of("/:"));
}

bool is_ip(std::string_view host) {
  return !host.empty() && host.find_first_not_of("0123456789.") == std::string_view::npos &&
         std::count(host.begin(), host.end(), '.') == 3;
}

}  // namespace

Csp Csp::parse(std::string_view header) {
  Csp out;
  for (std::string_view piece : text::split(header, ';')) {
    CspDirective d;
    for (std::string_view word : text::split(piece, ' ')) {
      word = text::trim(word);
      if (word.empty()) continue;
      if (d.name.empty())
        d.name = text::to_lower(word);
      else
        d.sources.emplace_back(word);
    }
    if (d.name.empty()) continue;
    if (out.find(d.name) != nullptr)
      out.repeated_.push_back(d.name);
    else
      out.directives_.push_back(std::move(d));
  }
  return out;
}

const CspDirective* Csp::find(std::string_view name) const {
  for (const CspDirective& d : directives_)
    if (d.name == name) return &d;
  return nullptr;
}

const CspDirective* Csp::effective(std::string_view name) const {
  const CspDirective* d = find(name);
  return d != nullptr ? d : find("default-src");
}

std::vector<std::string> nonces(const Csp& policy) {
  std::vector<std::string> out;
  if (const CspDirective* d = policy.effective("script-src"))
    for (const std::string& s : d->sources)
      if (text::istarts_with(s, "'nonce-") && s.size() > 8) out.push_back(s.substr(7, s.size() - 8));
  return out;
}

std::vector<CspWeakness> weaknesses(const Csp& policy) {
  std::vector<CspWeakness> out;
  auto add = [&](std::string_view rule, proof::Severity severity, std::string what) {
    out.push_back({rule, severity, std::move(what)});
  };
  const CspDirective* script = policy.effective("script-src");
  if (script == nullptr) {
    add("CSP-005", high, "neither script-src nor default-src: every script runs");
  } else {
    const bool safe = hash_or_nonce(*script);
    const bool dynamic = has(*script, "'strict-dynamic'");
    if (has(*script, "'unsafe-inline'") && !safe && !dynamic)
      add("CSP-002", high, script->name + " allows 'unsafe-inline'");
    if (has(*script, "'unsafe-eval'")) add("CSP-003", medium, script->name + " allows 'unsafe-eval'");
    if (has(*script, "'unsafe-hashes'")) add("CSP-011", low, script->name + " allows 'unsafe-hashes'");
    if (dynamic && !safe) add("CSP-010", medium, "'strict-dynamic' without a nonce or hash: no script can start");
    if (!dynamic)
      for (const std::string& s : script->sources) {
        if (s == "*" || s == "http:" || s == "https:" || s == "data:" || s == "blob:" || s == "http://*" ||
            s == "https://*") {
          add("CSP-004", s == "blob:" ? medium : high, script->name + " allows " + s);
          continue;
        }
        const std::string_view host = host_of(s);
        if (s.front() != '\'' && std::find(kBypass.begin(), kBypass.end(), text::to_lower(host)) != kBypass.end())
          add("CSP-006", medium, script->name + " allows " + s + ", where anybody can publish scripts");
        if (s.starts_with("http://")) add("CSP-007", medium, script->name + " allows " + s + " without encryption");
        if (is_ip(host)) add("CSP-009", low, script->name + " names an address: " + s);
      }
    for (const std::string& n : nonces(policy))
      if (n.size() < 16) add("CSP-008", medium, "a nonce of only " + std::to_string(n.size()) + " characters");
  }
  const CspDirective* object = policy.effective("object-src");
  if (object == nullptr || has(*object, "*")) add("CSP-005", medium, "object-src is not closed");
  if (policy.find("base-uri") == nullptr && script != nullptr &&
      (hash_or_nonce(*script) || has(*script, "'strict-dynamic'")))
    add("CSP-005", medium, "base-uri is missing: an injected <base> turns relative scripts elsewhere");
  if (policy.find("form-action") == nullptr) add("CSP-012", low, "form-action is missing and has no fallback");
  if (policy.find("frame-ancestors") == nullptr) add("CSP-012", low, "frame-ancestors is missing and has no fallback");
  for (const CspDirective& d : policy.directives()) {
    if (std::find(kKnown.begin(), kKnown.end(), d.name) == kKnown.end())
      add("CSP-009", low, "unknown directive " + text::printable(d.name, 60));
    for (const std::string& s : d.sources)
      if (std::find(kKnown.begin(), kKnown.end(), text::to_lower(s)) != kKnown.end())
        add("CSP-009", medium, "a semicolon is missing before " + text::printable(s, 60));
      else if (s == "none" || s == "self" || s == "unsafe-inline" || s == "unsafe-eval")
        add("CSP-009", low, d.name + " has " + s + " without quotes");
  }
  for (const std::string& name : policy.repeated())
    add("CSP-009", low, name + " stands twice; browsers take the first");
  return out;
}

}  // namespace gatehouse::audit::live
