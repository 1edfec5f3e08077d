#include "audit/source/python_addresses.h"

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

Node built_text(Node n) {
  n = unwrap(n);
  if (const auto c = as_call(n); c && last(c->name) == "text" && !c->args.empty()) n = unwrap(c->arg(0));
  if (!holes(n).empty()) return n;
  if (n.is("identifier"))
    if (const Node f = function_around(n)) {
      Node found;
      for (const Node a : f.all("assignment"))
        // Stops: url = f"{url}?page=2" leading to itself for ever.
        if (a.begin() < n.begin() && !n.inside(a) && a.child("left").text() == n.text())
          found = unwrap(a.child("right"));
      if (found && !holes(found).empty()) return found;
    }
  return {};
}

Node host_of(Node address) {
  address = unwrap(address);
  const Node text = built_text(address);
  if (!text) return literal(address) ? Node() : address;
  const std::string said = spoken(text);
  const std::string_view start = text::trim(said);
  // "https://api.example.com/" names its host; "https://" and what the client sent do not.
  if (const std::size_t scheme = start.find("://"); scheme != std::string_view::npos && scheme < 8) {
    const std::string_view rest = start.substr(scheme + 3);
    if (!rest.empty() && rest.front() != '?' && rest.front() != '%' && rest.front() != '{') return {};
    const auto parts = holes(text);
    return parts.empty() ? Node() : parts.front();
  }
  const auto parts = holes(text);
  if (parts.empty() || start.starts_with("/")) return {};
  return host_of(parts.front()) ? parts.front() : Node();
}

namespace {

// `async with httpx.AsyncClient() as web`, `self.client = requests.Session()`: does this name stand for such a client?
bool http_client(const File& file, Node function, std::string_view name) {
  if (name.empty()) return false;
  const auto client = [&](Node n) {
    const auto c = as_call(unwrap(n));
    const std::string full = c ? file.full(c->name) : std::string();
    return full == "httpx.AsyncClient" || full == "httpx.Client" || full == "aiohttp.ClientSession" ||
           full == "requests.Session" || full == "requests.session" || full == "cloudscraper.create_scraper";
  };
  const bool own = name.starts_with("self.");
  for (const Node s : file.tree.all("assignment"))
    if (dotted(s.child("left")) == name && client(s.child("right")) &&
        (own || !function_around(s) || (function && s.inside(function))))
      return true;
  if (!function) return false;
  for (const Node s : function.all("as_pattern"))
    if (s.child("alias").text() == name && client(s.first())) return true;
  for (const Node p : function.child("parameters").children())
    if (parameter_name(p) == name && icontains_any(p.child("type").text(), {"httpx.", "aiohttp.", "asyncclient",
                                                                            "clientsession", "requests.session"}))
      return true;
  return false;
}

}  // namespace

Node asked_address(const File& file, const Call& c) {
  const std::string full = file.full(c.name);
  const std::string_view f = last(full);
  const auto named = [&](std::size_t at) {
    const Node by_name = c.keyword("url");
    return by_name ? by_name : c.arg(at);
  };
  if (full == "urllib.request.urlopen" || full == "urllib.request.Request" || full == "urllib.request.urlretrieve" ||
      full == "feedparser.parse" || full == "trafilatura.fetch_url" || full == "newspaper.Article" ||
      f == "WebBaseLoader" || f == "UnstructuredURLLoader" || full == "wget.download")
    return named(0);
  if (f == "goto" && has_word(c.name, {"page", "tab"})) return named(0);
  const bool verb = f == "get" || f == "post" || f == "put" || f == "delete" || f == "patch" || f == "head";
  const bool method_first = f == "request" || f == "stream";
  if (!verb && !method_first) return {};
  if (!full.starts_with("requests.") && !full.starts_with("httpx.") && full != "aiohttp.request" &&
      !http_client(file, function_around(c.node), c.name.substr(0, c.name.rfind('.'))))
    return {};
  return named(method_first ? 1 : 0);
}

bool checks_address(const Code& code) {
  return icontains_any(code, {"allowed_hosts", "allowed_domains", "allowlist", "whitelist", "urlparse", "urlsplit",
                              "is_safe_url", "validate_url", "safe_url", "is_private", "getaddrinfo", "gethostbyname",
                              "ip_address(", "check_url", "ssrf", "advocate", "assert_public"});
}

}  // namespace gatehouse::audit::source
