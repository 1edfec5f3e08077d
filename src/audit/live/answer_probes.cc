// What answers say beside their content: listings of folders, an open schema, paths and addresses of the inside, a
// method from a header.
#include <algorithm>
#include <array>
#include <set>

#include "audit/live/ask.h"
#include "audit/live/probes.h"

namespace gatehouse::audit::live {
namespace {

using proof::Observation;
using proof::Seen;
using proof::Sent;
using proof::Target;

// ---- folders ----

bool listing(const Seen& s) {
  const std::string head = text::to_lower(std::string_view(s.body).substr(0, 2000));
  return has(head, "<title>index of /") || has(head, "<title>directory listing for /") ||
         has(head, "<title>listing directory /") || has(head, "<h1>index of /");
}

Observation listings(Target& site) {
  std::set<std::string> folders = {"/static/", "/assets/", "/media/", "/uploads/", "/files/", "/images/", "/backup/"};
  bool answered = false;
  for (const std::string& page : pages_of(site)) {
    auto seen = get(site, page);
    if (!seen) continue;
    for (const std::string& s : scripts_of(seen->body, site.url()))
      if (folders.size() < 12) folders.insert(s.substr(0, s.rfind('/') + 1));
  }
  folders.erase("/");
  std::vector<proof::Finding> out;
  for (const std::string& f : folders) {
    auto seen = get(site, f);
    if (!seen) continue;
    answered = true;
    if (seen->status == 200 && listing(*seen)) out.push_back(at_path("EXP-005", site, f, "the folder lists its files"));
  }
  if (!answered) return proof::unknown("the site did not answer");
  return from(std::move(out), "No folder that was tried lists its files.");
}

// ---- GraphQL ----

Observation introspection(Target& site) {
  bool answered = false;
  for (std::string_view path : {"/graphql", "/api/graphql", "/graphql/"}) {
    // A header that no form can set: servers that ask for it take the query then.
    auto seen = get(site, std::string(path) + "?query=%7B__schema%7BqueryType%7Bname%7D%7D%7D",
                    {{"Accept", "application/json"}, {"Apollo-Require-Preflight", "1"}});
    if (!seen) continue;
    answered = true;
    if (seen->status == 200 && has(seen->body, "\"__schema\"") && has(seen->body, "\"queryType\""))
      return from({at_path("EXP-006", site, path, "the schema is told to whoever asks")}, {});
  }
  if (!answered) return proof::unknown("the site did not answer");
  return proof::holds("No GraphQL schema is told to strangers.");
}

// ---- errors ----

// "/home/ada/shop/views.py" of an error, or nothing. An address that a page links to is none.
std::string inner_path(std::string_view body) {
  for (std::string_view root : {"/home/", "/usr/src/", "/var/www/", "/root/", "/srv/", "/opt/", "/app/", "C:\\"}) {
    for (std::size_t at = body.find(root); at != std::string_view::npos; at = body.find(root, at + 1)) {
      if (at > 0 && (text::is_alpha(body[at - 1]) || text::is_digit(body[at - 1]) || body[at - 1] == '.' ||
                     body[at - 1] == '/' || body[at - 1] == '='))
        continue;
      const std::string before = text::to_lower(body.substr(at - std::min<std::size_t>(at, 6), 6));
      if (has(before, "href=") || has(before, "src=")) continue;
      // Stops: an answer that is one long path, walked from each of its folders.
      const std::size_t furthest = std::min(body.size(), at + 512);
      std::size_t end = at;
      while (end < furthest && (text::is_alpha(body[end]) || text::is_digit(body[end]) ||
                                std::string_view("/\\._-:").find(body[end]) != std::string_view::npos))
        ++end;
      const std::string_view path = body.substr(at, end - at);
      for (std::string_view kind : {".py", ".js", ".ts", ".rb", ".php", ".go", ".java", ".sqlite"})
        if (has(path, kind)) return std::string(path);
    }
  }
  return {};
}

// "10.1.2.3" and its kin (RFC 1918), where no digit or letter goes on.
std::string inner_address(std::string_view body) {
  for (std::string_view net : {"10.", "192.168.", "172.16.", "172.17.", "172.18.", "172.19.", "172.20.", "172.31."})
    for (std::size_t at = body.find(net); at != std::string_view::npos; at = body.find(net, at + 1)) {
      if (at > 0 && (text::is_digit(body[at - 1]) || text::is_alpha(body[at - 1]) || body[at - 1] == '.')) continue;
      std::size_t end = at;
      while (end < body.size() && (text::is_digit(body[end]) || body[end] == '.')) ++end;
      const std::string_view address = body.substr(at, end - at);
      if (std::count(address.begin(), address.end(), '.') == 3 && !address.ends_with('.') && address.size() <= 15 &&
          (end == body.size() || !text::is_alpha(body[end])))
        return std::string(address);
    }
  return {};
}

// A statement that somebody's database was given.
std::string statement(std::string_view body) {
  for (const auto& [begin, then] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"SELECT ", " FROM "}, {"INSERT INTO ", " VALUES"}, {"UPDATE ", " SET "}, {"DELETE FROM ", " WHERE "}}) {
    const std::size_t at = body.find(begin);
    if (at == std::string_view::npos) continue;
    if (has(body.substr(at, 400), then)) return std::string(body.substr(at, 40));
  }
  return {};
}

Observation inner_words(Target& site) {
  std::vector<Sent> tries;
  const auto add = [&](std::string path, std::vector<std::pair<std::string, std::string>> headers = {}) {
    Sent s;
    s.path = std::move(path);
    s.headers = std::move(headers);
    tries.push_back(std::move(s));
  };
  add("/gatehouse-audit-no-such-page");
  add("/api/gatehouse-audit-no-such-page");
  for (const std::string& p : site.paths("protected")) add(p, {{"Authorization", "Bearer not.a.token"}});
  for (const std::string& p : site.paths("page")) add(p + (has(p, "?") ? "&" : "?") + "id='%22%3C&page=-1&limit=abc");
  for (const std::string& p : site.paths("error")) add(p);
  bool answered = false;
  for (const Sent& s : tries) {
    auto seen = site.send(s);
    if (!seen) continue;
    answered = true;
    if (seen->status < 400) continue;
    std::string what;
    if (const std::string path = inner_path(seen->body); !path.empty())
      what = "names the file " + text::printable(path, 100);
    else if (const std::string sql = statement(seen->body); !sql.empty())
      what = "quotes a statement of its database: " + text::printable(sql, 60);
    else if (const std::string address = inner_address(seen->body); !address.empty() && !has(site.url(), address))
      what = "names the inner address " + address;
    if (!what.empty())
      return from({at_path("ERR-003", site, s.path, "GET answered " + std::to_string(seen->status) + " and " + what)},
                  {});
  }
  if (!answered) return proof::unknown("the site did not answer");
  return proof::holds("Errors name no file, no statement and no address of the inside.");
}

// ---- methods and types ----

// Stops: a DELETE in the clothes of a GET, past rules that read the request line.
Observation method_override(Target& site) {
  bool any = false;
  std::vector<std::string> paths = site.paths("api");
  for (const std::string& p : pages_of(site)) paths.push_back(p);
  for (const std::string& path : paths) {
    auto plain = get(site, path);
    if (!plain || plain->status != 200) continue;
    for (std::string_view name : {"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"}) {
      // A server that dislikes the header itself refuses both.
      auto same = get(site, path, {{std::string(name), "GET"}});
      auto other = get(site, path, {{std::string(name), "PROPFIND"}});
      if (!same || !other) continue;
      any = true;
      if (same->status == 200 && (other->status == 405 || other->status == 501 || other->status == 404))
        return from({at_path("MET-002", site, path,
                             std::string(name) + ": PROPFIND turned " + std::to_string(plain->status) + " into " +
                                 std::to_string(other->status))},
                    {});
    }
  }
  if (!any) return proof::unknown("no address answered 200");
  return proof::holds("The method is the request line's, whatever a header says.");
}

Observation types(Target& site) {
  std::vector<std::string> paths = site.paths("api");
  for (const std::string& p : pages_of(site)) paths.push_back(p);
  std::vector<proof::Finding> out;
  bool any = false;
  for (const std::string& path : paths) {
    auto seen = get(site, path);
    if (!seen || seen->body.empty()) continue;
    any = true;
    const std::string type = text::to_lower(seen->header("content-type"));
    if (type.empty())
      out.push_back(at_path("HDR-009", site, path, "an answer with a body and no Content-Type"));
    else if (has(type, "html") && (seen->body.starts_with('{') || seen->body.starts_with("[{")))
      out.push_back(at_path("HDR-009", site, path, "JSON that says it is " + text::printable(type, 60)));
  }
  if (!any) return proof::unknown("no address answered with a body");
  return from(std::move(out), "Answers say what they are.");
}

// Of browsers that are gone: there it could be turned against a page (the filter took out what an attacker chose).
Observation old_filter(Target& site) {
  auto page = get(site, pages_of(site).front());
  if (!page) return proof::unanswered(page.error());
  const std::string value = page->header("x-xss-protection");
  if (!text::trim(value).starts_with('1')) return proof::holds("No answer asks for the filter that browsers gave up.");
  return from({at_path("HDR-011", site, pages_of(site).front(), "X-XSS-Protection: " + text::printable(value, 60))},
              {});
}

constexpr proof::Probe kProbes[] = {
    {"EXP-005", "", false, listings},
    {"EXP-006", "", false, introspection},
    {"ERR-003", "error_mask", false, inner_words},
    {"MET-002", "", false, method_override},
    {"HDR-009", "", false, types},
    {"HDR-011", "headers", false, old_filter},
};

}  // namespace

std::span<const proof::Probe> answer_probes() { return kProbes; }

}  // namespace gatehouse::audit::live
