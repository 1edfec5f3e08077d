#include "audit/source/python_taint.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

const std::initializer_list<std::string_view> kClient = {
    "request.data",  "request.post", "request.get.",         "request.get[",    "request.json",
    "request.args",  "request.form", "request.query_params", "request.body",    "request.values",
    "request.files", "get_json(",    "self.kwargs",          "request.headers", "request.query",
    "match_info",    "path_params",  "request.cookies",      "cleaned_data",    "validated_data"};

bool is_parameter(Node f, std::string_view name) {
  for (const Node p : f.child("parameters").children()) {
    const Node n = p.is("identifier") ? p : p.child("name") ? p.child("name") : p.first();
    if (n.text() == name) return true;
  }
  return false;
}

bool constant_name(std::string_view s) {
  return std::none_of(s.begin(), s.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// A parameter that FastAPI fills from the program: Depends(get_db).
bool given_by_program(Node f, std::string_view name) {
  for (const Node p : f.child("parameters").children())
    if (parameter_name(p) == name) return contains(p.code(), "Depends(") || contains(p.code(), "Security(");
  return false;
}

}  // namespace

Taint taint(Node n, int depth) {
  n = unwrap(n);
  if (!n || depth > 5) return Taint::no;
  if (literal(n) || n.any_of("integer", "float", "true", "false", "none")) return Taint::no;
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    if (f == "int" || f == "float" || f == "len" || f == "bool" || f == "UUID" || f == "quote" || f == "escape" ||
        f == "Identifier" || f == "quote_ident" || f == "quote_name" || f == "range" || f == "reverse" ||
        f == "url_for" || f == "resolve_url" || f == "secure_filename" || f == "basename" || f == "uuid4")
      return Taint::no;
    if (icontains_any(n.child("function").code(), kClient)) return Taint::yes;
    // SORTS.get(sort, "date"): one of what the program lists
    if (f == "get" && !c->name.empty() && c->name.size() > 4 &&
        constant_name(std::string_view(c->name).substr(0, c->name.find('.'))))
      return taint(c->arg(1), depth + 1);
    Taint worst = Taint::no;
    for (const Node a : c->args) worst = std::max(worst, taint(a, depth + 1));
    if (f.ends_with("Serializer") || f.ends_with("Form"))
      for (const auto& [key, value] : c->keywords) worst = std::max(worst, taint(value, depth + 1));
    if (const Node g = n.child("function"); g.is("attribute"))
      worst = std::max(worst, taint(g.child("object"), depth + 1));
    return worst;
  }
  if (!as_call(n) && icontains_any(n.code(), kClient) &&
      !n.any_of("binary_operator", "conditional_expression", "string", "concatenated_string"))
    return Taint::yes;
  if (n.is("attribute")) {
    const std::string root = dotted(n);
    if (root.starts_with("self.") || root.starts_with("cls.") || root.starts_with("settings.") ||
        contains(root, "_meta"))
      return Taint::no;
    return taint(n.child("object"), depth + 1);
  }
  if (n.is("subscript")) return taint(n.child("value"), depth + 1);
  if (n.is("identifier")) {
    const std::string name(n.text());
    if (constant_name(name)) return Taint::no;
    const Node f = function_around(n);
    if (!f) return Taint::no;
    Taint worst = Taint::no;
    bool assigned = false;
    for (const Node a : f.all("assignment")) {
      if (a.begin() >= n.begin() || a.child("left").text() != name || a.child("right").any_of("list", "dictionary")) {
        if (a.child("left").text() == name && a.begin() < n.begin()) assigned = true;
        continue;
      }
      assigned = true;
      worst = std::max(worst, taint(a.child("right"), depth + 1));
    }
    for (const Node loop : f.all("for_statement"))
      if (has_token(loop.child("left").text(), name)) {
        assigned = true;
        worst = std::max(worst, taint(loop.child("right"), depth + 1));
      }
    if (assigned) return worst;
    if (is_parameter(f, name) && name != "self" && name != "cls")
      return route_function(f) && name != "request" && !given_by_program(f, name) ? Taint::yes : Taint::maybe;
    return Taint::no;
  }
  if (const auto built = holes(n); !built.empty()) {
    Taint worst = Taint::no;
    for (const Node h : built) worst = std::max(worst, taint(h, depth + 1));
    return worst;
  }
  Taint worst = Taint::no;
  for (const Node c : n.children()) worst = std::max(worst, taint(c, depth + 1));
  return worst;
}

bool made_of(Node n, std::string_view parameter, int depth) {
  n = unwrap(n);
  if (!n || depth > 5) return false;
  if (has_token(n.code(), parameter)) return true;
  const Node f = function_around(n);
  std::vector<Node> names = n.all("identifier");
  if (n.is("identifier")) names.push_back(n);
  for (const Node a : f.all("assignment")) {
    if (a.begin() >= n.begin() || !a.child("left").is("identifier") || a.child("left").text() == parameter) continue;
    for (const Node name : names)
      if (name.text() == a.child("left").text() && made_of(a.child("right"), parameter, depth + 1)) return true;
  }
  return false;
}

Node built_text(Node n) {
  n = unwrap(n);
  if (const auto c = as_call(n); c && last(c->name) == "text" && !c->args.empty()) n = unwrap(c->arg(0));
  if (!holes(n).empty()) return n;
  if (n.is("identifier"))
    if (const Node f = function_around(n)) {
      Node found;
      for (const Node a : f.all("assignment"))
        if (a.begin() < n.begin() && a.child("left").text() == n.text()) found = unwrap(a.child("right"));
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

bool checks_address(std::string_view code) {
  return icontains_any(code, {"allowed_hosts", "allowed_domains", "allowlist", "whitelist", "urlparse", "urlsplit",
                              "is_safe_url", "validate_url", "safe_url", "is_private", "getaddrinfo", "gethostbyname",
                              "ip_address(", "check_url", "ssrf", "advocate", "assert_public"});
}

}  // namespace gatehouse::audit::source
