#include "audit/source/kept_addresses.h"

#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool address_field(std::string_view name) {
  return has_word(name, {"url", "uri", "webhook", "callback", "endpoint", "href", "feed"}) &&
         !has_word(name, {"base", "api", "avatar", "public", "redirect", "success", "cancel", "checkout", "signed"});
}

bool called_later(std::string_view name) {
  return has_word(name, {"hook",     "hooks",      "webhook",  "webhooks", "feed",        "feeds",    "monitor",
                         "monitors", "site",       "website",  "source",   "integration", "callback", "target",
                         "check",    "subscriber", "endpoint", "url",      "uri",         "listener", "automation"});
}

// Brought from the database, one by one or among others.
bool of_a_row(const File& file, Node name, int depth = 0) {
  if (depth > 2) return false;
  const Node value = unwrap(value_of(file, name));
  if (!(value == name) && !touches(file, value).empty()) return true;
  for (Node scope = function_around(name); scope; scope = function_around(scope)) {
    for (const Node l : scope.all("for_in_statement"))
      if (has_token(l.child("left").text(), name.text()) && name.inside(l.child("body"))) {
        const Node list = unwrap(l.child("right"));
        return !touches(file, list).empty() || (list.is("identifier") && of_a_row(file, list, depth + 1));
      }
    for (const Node p : parameters_of(scope)) {
      if (p.text() != name.text()) continue;
      const auto around = scope.parent().is("arguments") ? as_call(scope.parent().parent()) : std::nullopt;
      if (!around || !has_word(last(around->name), {"map", "each"})) {
        if (!around || last(around->name) != "forEach") return false;
      }
      const Node list = unwrap(around->node.child("function").child("object"));
      return list.is("identifier") && of_a_row(file, list, depth + 1);
    }
  }
  // const { data: hooks } = await supabase.from("hooks").select()
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").is("object_pattern") && has_token(d.child("name").text(), name.text()) &&
        contains(d.child("value").code(), ".from(") && contains(d.child("value").code(), ".select("))
      return true;
  return false;
}

}  // namespace

// Stops: a hook that leads to the cloud's own addresses, or to what only the server can reach.
void read_kept_addresses(File& file) {
  const Code code = file.code();
  if (client_file(file) || !icontains_any(code, {"fetch(", "axios", "got"}) ||
      !icontains_any(code, {"url", "uri", "webhook", "callback", "endpoint", "feed"}))
    return;
  if (icontains_any(code, {"isprivate", "is_private", "allowedhosts", "allowlist", "dns.lookup", "ipaddr", "ssrf",
                           "private-ip", "127.0.0.1", "169.254", "isblocked"}))
    return;
  for (const Call& c : file.calls) {
    if (c.name != "fetch" && !c.name.starts_with("axios") && !c.name.starts_with("got")) continue;
    Node url = unwrap(c.arg(0));
    if (url.is("object")) url = unwrap(member(url, "url"));
    if (!url.is("member_expression")) continue;
    const Node of = unwrap(url.child("object"));
    const std::string_view field = url.child("property").text();
    if (!of.is("identifier") || !address_field(field) ||
        (!called_later(of.text()) && !has_word(field, {"webhook", "callback", "hook"})))
      continue;
    if (!of_a_row(file, of)) continue;
    auto& f = file.hit("EX-013", c.node);
    f.title = "The server calls an address as somebody entered it";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
    return;
  }
}

}  // namespace gatehouse::audit::source
