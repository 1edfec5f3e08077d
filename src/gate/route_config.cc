// Routes as they are written: their paths, their own keys, and what they get wrong beside each other.
#include <algorithm>

#include "base/text.h"
#include "gate/canonical_path.h"
#include "gate/config.h"
#include "gate/route_filters.h"

namespace gatehouse::gate {
namespace {

using conf::Form;
using conf::required;

constexpr std::uint64_t kLargestBody = std::uint64_t{64} << 30;

std::string quoted(std::string_view s) { return "`" + text::printable(s, 80) + "`"; }

std::string segment_fault(std::string_view segment, std::vector<std::string_view>& names) {
  bool open = segment.find('{') != segment.npos, close = segment.find('}') != segment.npos;
  if (!open && !close) return {};
  if (segment.size() < 3 || segment.front() != '{' || segment.back() != '}')
    return "a parameter is a whole segment; write /users/{id}/notes";
  std::string_view name = segment.substr(1, segment.size() - 2);
  for (char c : name)
    if (!text::is_alpha(c) && !text::is_digit(c) && c != '_')
      return "a parameter's name has letters, digits and _ only; write {user_id}";
  if (std::find(names.begin(), names.end(), name) != names.end())
    return "the parameter {" + std::string(name) + "} stands twice; give each its own name";
  names.push_back(name);
  return {};
}

// A request for the route: its path with a letter in place of each parameter.
std::string as_request(std::string_view path) {
  if (path.starts_with('=')) path.remove_prefix(1);
  std::string out;
  for (std::string_view segment : text::split(path.substr(1), '/'))
    out += "/" + std::string(segment.starts_with('{') ? "x" : segment);
  return out;
}

// The same set of paths has the same shape, however it is written: /api and /api/, {id} and {key}.
std::string shape_of(std::string_view path) {
  bool exact = path.starts_with('=');
  if (exact) path.remove_prefix(1);
  if (!exact && path.ends_with('/')) path.remove_suffix(1);
  std::string out = exact ? "=" : "";
  for (std::string_view segment : text::split(path, '/'))
    out += "/" + std::string(segment.starts_with('{') ? "{}" : segment);
  return out;
}

}  // namespace

std::string path_fault(std::string_view path) {
  bool exact = path.starts_with('=');
  if (exact) path.remove_prefix(1);
  if (!path.starts_with('/')) return "a path begins with a slash; write /api, or =/health for exactly that path";
  std::vector<std::string_view> names;
  auto segments = text::split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    std::string_view s = segments[i];
    if (s.empty() && i + 1 < segments.size())
      return "it has an empty segment, which no request may have; remove one slash";
    if (s == "." || s == "..") return "it has a dot segment, which no request may have; write the path it leads to";
    if (std::string fault = segment_fault(s, names); !fault.empty()) return fault;
    for (std::size_t at = 0; at < s.size(); ++at) {
      char c = s[at];
      if (c == '*') return "there are no wildcards; /api takes all below it, and {name} takes one segment";
      if (c == '?' || c == '#') return "a path has no query and no fragment; declare parameters with [[route.query]]";
      if (c == ';' || c == '\\') return "this character is refused in every request; remove it";
      if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
        return "blanks, control bytes and letters outside ASCII stand percent-encoded in a path; write %20, %C3%A4 …";
      if (c != '%') continue;
      auto encoded = text::percent_decode(s.substr(at, 3));
      bool upper = s.substr(at + 1, 2).find_first_of("abcdef") == s.npos;
      if (!encoded || !upper) return "% is followed by two hexadecimal digits in upper case; write %C3%A4";
      if (text::percent_encode(*encoded) == *encoded)
        return "requests are matched after decoding; write the character itself instead of " +
               std::string(s.substr(at, 3));
    }
  }
  // The last word has the judge of requests: what it would not pass as it stands is never matched.
  std::string request = as_request(path);
  Arena arena;
  CanonicalPath canonical = canonical_path(request, Opaque::keep, arena);
  if (!canonical.good()) return "no request may have " + std::string(canonical.fault) + "; remove it";
  if (canonical.path != request)
    return "requests are matched in another spelling; write " + std::string(canonical.path);
  return {};
}

void describe(Form& f, RouteConfig& c) {
  f.field(required("path", "Where it stands: /api takes all below it, =/health exactly that, {id} one segment"),
          c.path);
  f.field({"name", "Its name in record and metrics; the path when empty"}, c.name);
  f.field({"host", "Only for this host"}, c.host);
  f.field({"methods", "The methods it takes; empty: all but CONNECT and TRACE"}, c.methods);
  f.field({"upstream", "The [upstream.NAME] that answers; may be left out when there is only one"}, c.upstream);
  f.field({"deny", "Refuse everything here"}, c.deny);
  f.field({"strip_prefix", "Taken off the path before it goes to the backend"}, c.strip_prefix);
  f.field({"add_prefix", "Put before the path that goes to the backend"}, c.add_prefix);
  int slash = c.encoded_slash_keep ? 1 : 0, names = c.refuse_header_names ? 1 : 0, letters = c.path_case_exact ? 1 : 0;
  f.choice({"encoded_slash", "What happens to %2F and ; in a path; kept, they are opaque"}, slash,
           {{"refuse", 0}, {"keep", 1}});
  f.choice(
      {"path_case",
       "What happens to a path that would be another route's in other letters, /Admin beside the route /admin; exact "
       "is for backends that tell the two apart"},
      letters, {{"refuse", 0}, {"exact", 1}});
  f.choice({"header_names", "What happens to header names with _ or . in them"}, names, {{"drop", 0}, {"refuse", 1}});
  c.encoded_slash_keep = slash == 1;
  c.path_case_exact = letters == 1;
  c.refuse_header_names = names == 1;
  std::uint64_t body = 0;
  f.size({"body_limit", "The largest body here, instead of [limits] body"}, body, 0, kLargestBody);
  if (f.has("body_limit")) c.body_limit = body;
  f.field({"query_declared", "Refuse query parameters that are not declared below"}, c.query_declared);
  f.each({"query", "A declared query parameter; a repeated one is refused"}, [&](Form& t, std::size_t) {
    QueryParameter p;
    t.field(required("name", "Its name"), p.name);
    t.choice({"type", "What its value is"}, p.type,
             {{"string", 0}, {"integer", 1}, {"boolean", 2}, {"uuid", 3}, {"choice", 4}});
    t.field({"required", "Refuse requests without it"}, p.required);
    t.field({"min", "Least value of an integer, least length of a string"}, p.min, INT64_MIN, INT64_MAX);
    t.field({"max", "Greatest value of an integer, greatest length of a string"}, p.max, INT64_MIN, INT64_MAX);
    t.field({"values", "The values of a choice"}, p.values);
    t.field({"equals_claim", "A verified claim that it must equal"}, p.equals_claim);
    if (t.reading()) c.query.push_back(std::move(p));
  });
  f.field({"remove_request_headers", "Taken out of the request, in every spelling"}, c.remove_request_headers);
  f.field({"remove_cookies", "Cookies taken out of the request"}, c.remove_cookies);
  f.strings({"set_request_headers", "Written into the request, replacing what the client sent"}, c.set_request_headers);
  f.field({"rewrite_locations", "Redirects and cookie domains of the backend get the public address"},
          c.rewrite_locations);
  if (!f.reading()) return;
  c.place = f.place();
  c.host = text::to_lower(c.host);
  if (f.has("path") && !c.path.empty())
    if (std::string fault = path_fault(c.path); !fault.empty()) {
      std::size_t cut = fault.find("; ");
      f.bad("path", quoted(c.path) + ": " + fault.substr(0, cut), fault.substr(cut + 2));
    }
  if (f.has("path") && path_fault(c.path).empty() && !c.encoded_slash_keep) {
    Arena arena;
    if (!canonical_path(as_request(c.path), Opaque::refuse, arena).good())
      f.bad("path", quoted(c.path) + ": requests with an encoded slash are refused here, so it matches nothing",
            "add encoded_slash = \"keep\", or write a path without it");
  }
  if (f.has("path") && c.path.empty()) f.bad("path", "the path is empty", "write / for everything");
  if (c.path.starts_with("/.gatehouse") || c.path.starts_with("=/.gatehouse"))
    f.report(conf::Severity::error, "clash", "path", "paths under /.gatehouse belong to gatehouse itself",
             "choose another path");
  conf::Findings rest;
  check_route(c, rest);  // it knows the keys, not their places
  for (const conf::Finding& x : rest.all())
    f.report(x.severity, x.code, x.key.starts_with("route.") ? x.key.substr(6) : x.key, x.message, x.remedy);
}

void check_routes(GateConfig& c, conf::Findings& findings) {
  auto report = [&](const RouteConfig& r, std::string_view code, std::string key, std::string message,
                    std::string remedy) {
    findings.add({conf::Severity::error, std::string(code), r.place, "route." + std::move(key), std::move(message),
                  std::move(remedy)});
  };
  std::vector<std::string_view> names;
  for (const UpstreamConfig& u : c.upstreams) names.push_back(u.name);
  auto overlap = [](const RouteConfig& a, const RouteConfig& b) {
    return a.methods.empty() || b.methods.empty() ||
           std::any_of(a.methods.begin(), a.methods.end(), [&](const std::string& m) {
             return std::find(b.methods.begin(), b.methods.end(), m) != b.methods.end();
           });
  };
  std::vector<std::string> shapes;
  for (RouteConfig& r : c.routes) {
    if (!r.desk.empty()) {
      // A service of ours stands there.
    } else if (r.upstream.empty() && !r.deny) {
      if (names.size() == 1) {
        r.upstream = names[0];
      } else {
        report(r, "missing_key", "upstream",
               names.empty() ? "there is no [upstream.NAME] to answer " + quoted(r.path)
                             : "several upstreams exist, and " + quoted(r.path) + " names none",
               names.empty() ? "add [upstream.app] with servers = [\"http://127.0.0.1:8000\"]"
                             : "add upstream = \"" + std::string(names[0]) + "\"");
      }
    } else if (!r.upstream.empty() && std::find(names.begin(), names.end(), r.upstream) == names.end()) {
      auto near = text::nearest(r.upstream, names);
      report(r, "unknown_upstream", "upstream", "there is no [upstream." + text::printable(r.upstream, 60) + "]",
             near ? "did you mean \"" + std::string(*near) + "\"?" : "add it, or name one that exists");
    }
    if (!r.host.empty() && std::find(c.site.hosts.begin(), c.site.hosts.end(), r.host) == c.site.hosts.end()) {
      std::vector<std::string_view> hosts(c.site.hosts.begin(), c.site.hosts.end());
      auto near = text::nearest(r.host, hosts);
      report(r, "unknown_host", "host", quoted(r.host) + " is no host of the site",
             near ? "did you mean \"" + std::string(*near) + "\"?" : "add it to [site] hosts");
    }
    shapes.push_back(shape_of(r.path));
    for (std::size_t i = 0; i + 1 < shapes.size(); ++i)
      if (shapes[i] == shapes.back() && c.routes[i].host == r.host && overlap(c.routes[i], r)) {
        report(r, "clash", "path",
               quoted(r.path) + " is already taken by the route in line " + std::to_string(c.routes[i].place.line),
               "remove one of them, or give them different methods");
        break;
      }
  }
}

}  // namespace gatehouse::gate
