#include "audit/source/elements.h"

#include <algorithm>

#include "audit/source/page_scripts.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool ends_in(std::string_view host, std::string_view domain) {
  return host == domain ||
         (host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

// "//cdn.example.org/x.js" and "https://cdn.example.org/x.js" give the host; paths of the site itself give nothing.
std::string host_of(std::string_view address) {
  const std::size_t at = address.find("//");
  if (at == std::string_view::npos || at > 6) return {};
  std::string_view rest = address.substr(at + 2);
  rest = rest.substr(0, rest.find_first_of("/?#:"));
  return text::to_lower(rest);
}

// Hosts that served malicious code to everybody who loaded them.
bool hijacked(std::string_view host) {
  static constexpr std::string_view kHosts[] = {"polyfill.io",    "bootcdn.net",   "bootcss.com", "staticfile.net",
                                                "staticfile.org", "unionadjs.com", "xhsbpza.com", "newcrbpc.com"};
  return std::any_of(std::begin(kHosts), std::end(kHosts), [&](std::string_view h) { return ends_in(host, h); });
}

// Scripts that change whenever their owner wants and so can carry no digest; their owner is a provider of the site.
bool changes_by_design(std::string_view host) {
  static constexpr std::string_view kHosts[] = {"js.stripe.com",
                                                "checkout.razorpay.com",
                                                "js.paystack.co",
                                                "checkout.flutterwave.com",
                                                "sdk.mercadopago.com",
                                                "squareup.com",
                                                "squarecdn.com",
                                                "googletagmanager.com",
                                                "google-analytics.com",
                                                "accounts.google.com",
                                                "apis.google.com",
                                                "maps.googleapis.com",
                                                "fonts.googleapis.com",
                                                "challenges.cloudflare.com",
                                                "static.cloudflareinsights.com",
                                                "recaptcha.net",
                                                "google.com",
                                                "clerk.accounts.dev",
                                                "plausible.io",
                                                "posthog.com",
                                                "intercom.io",
                                                "hotjar.com",
                                                "connect.facebook.net",
                                                "paypal.com",
                                                "hcaptcha.com",
                                                "sentry-cdn.com",
                                                "crisp.chat",
                                                "segment.com",
                                                "usefathom.com",
                                                "va.vercel-scripts.com",
                                                "vercel-insights.com",
                                                "clarity.ms",
                                                "gstatic.com",
                                                "cdn.tailwindcss.com",
                                                "umami.is",
                                                "lemonsqueezy.com",
                                                "paddle.com",
                                                "cookiebot.com",
                                                "hs-scripts.com",
                                                "telegram.org",
                                                "platform.twitter.com"};
  return std::any_of(std::begin(kHosts), std::end(kHosts), [&](std::string_view h) { return ends_in(host, h); });
}

// "name@1.2.3", "/1.2.3/": a version that stays.
bool versioned(std::string_view address) {
  for (std::size_t i = 1; i + 2 < address.size(); ++i) {
    const bool begins =
        address[i - 1] == '@' || address[i - 1] == '/' || address[i - 1] == 'v' || address[i - 1] == '-';
    if (!begins || !text::is_digit(address[i])) continue;
    std::size_t k = i;
    int dots = 0;
    while (k < address.size() && (text::is_digit(address[k]) || address[k] == '.')) dots += address[k++] == '.' ? 1 : 0;
    if (dots >= 2) return true;
  }
  return false;
}

std::string attribute_of(std::string_view tag, std::string_view name) {
  for (std::size_t at = 0; at < tag.size();) {
    while (at < tag.size() && !text::is_alpha(tag[at])) ++at;
    const std::size_t begin = at;
    while (at < tag.size() && (text::is_alpha(tag[at]) || text::is_digit(tag[at]) || tag[at] == '-')) ++at;
    const std::string_view word = tag.substr(begin, at - begin);
    while (at < tag.size() && (tag[at] == ' ' || tag[at] == '\n' || tag[at] == '\t')) ++at;
    if (at >= tag.size() || tag[at] != '=') {
      if (text::iequals(word, name)) return "true";
      continue;
    }
    ++at;
    while (at < tag.size() && (tag[at] == ' ' || tag[at] == '\n' || tag[at] == '\t')) ++at;
    std::string_view value;
    if (at < tag.size() && (tag[at] == '"' || tag[at] == '\'')) {
      const std::size_t end = std::min(tag.find(tag[at], at + 1), tag.size());
      value = tag.substr(at + 1, end - at - 1);
      at = std::min(end + 1, tag.size());
    } else {
      const std::size_t end = std::min(tag.find_first_of(" \t\n>", at), tag.size());
      value = tag.substr(at, end - at);
      at = end;
    }
    if (text::iequals(word, name)) return std::string(value);
  }
  return {};
}

class PageReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override {
    // What lies in public/ is served as it is, and often written by hand; what a builder puts out is not.
    const bool served = entry.role == Role::bundle && contains(entry.path, "public/") &&
                        !icontains_any(entry.path, {"dist/", "build/", "out/", ".next/", "coverage"});
    if (entry.kind == Kind::vue) return entry.role == Role::product && entry.size < kParsedBytes;
    return entry.kind == Kind::html && (entry.role == Role::product || served) && entry.size < kParsedBytes;
  }

  void read(const Source& source, Project& project, Sink& sink) override {
    if (source.entry().kind == Kind::vue) {  // a component: its markup is compiled, its script runs in pages
      read_page_scripts(source, project, sink);
      return;
    }
    const std::string_view all = source.text();
    for (std::size_t at = all.find('<'); at != std::string_view::npos; at = all.find('<', at + 1)) {
      if (all.substr(at).starts_with("<!--")) {
        at = all.find("-->", at);
        if (at == std::string_view::npos) break;
        continue;
      }
      std::size_t name_end = at + 1;
      while (name_end < all.size() && text::is_alpha(all[name_end])) ++name_end;
      const std::string tag = text::to_lower(all.substr(at + 1, name_end - at - 1));
      if (tag != "script" && tag != "link" && tag != "a" && tag != "iframe") continue;
      const std::string_view rest = all.substr(name_end, 4096);
      const std::string_view inside = rest.substr(0, std::min(rest.find('>'), rest.size()));
      const int line = source.line_at(at);
      const proof::Location place{std::string(source.path()), line, line, {}};
      judge_element(
          {tag, attribute_of(inside, tag == "a" || tag == "link" ? "href" : "src"), attribute_of(inside, "integrity"),
           attribute_of(inside, "target"), attribute_of(inside, "rel"), place, quote(source.line(line))},
          project.notes<Links>(), sink);
    }
    read_page_scripts(source, project, sink);
  }
};

}  // namespace

void judge_element(const Element& e, Links& told, Sink& sink) {
  if (e.tag == "a") {
    const bool away = icontains_any(e.address, {"//", "{"}) || e.address.empty();
    if (e.target != "_blank" || icontains_any(e.rel, {"noopener", "noreferrer"}) || !away) return;
    if (told.blank == nullptr) {
      told.blank = &sink.find("RE-003", e.at, e.shown);
    } else if (told.blank->locations.size() < 10) {
      told.blank->locations.push_back(e.at);
    }
    return;
  }
  const bool sheet = e.tag == "link" && icontains(e.rel, "stylesheet");
  if (e.tag != "script" && !sheet) return;
  const std::string host = host_of(e.address);
  if (host.empty() || host.find('.') == std::string::npos) return;
  if (hijacked(host)) {
    sink.find("RE-006", e.at, e.shown);
  } else if (e.address.starts_with("http://")) {
    sink.find("RE-007", e.at, e.shown).title = "A script or style sheet is loaded without TLS";
  } else if (e.integrity.empty() && !changes_by_design(host)) {
    auto& f = sink.find("RE-004", e.at, e.shown);
    if (sheet) f.title = "A style sheet of another host is loaded without a digest of what it must be";
    if (sheet || versioned(e.address)) f.severity = proof::Severity::low;
  }
}

std::unique_ptr<Reader> page_reader() { return std::make_unique<PageReader>(); }

}  // namespace gatehouse::audit::source
