// Cookies that keep somebody signed in: their flags, what stands in them, what is believed.
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Stops counting a cookie that browsers keep from other sites' writes. Options may be spread from another object, or
// come from a function of this file.
bool same_site(const File& file, Node options) {
  std::string said(options.code());
  for (const Node n : options.all("spread_element")) {
    const Node inner = unwrap(n.first());
    said += value_of(file, inner).code();
  }
  if (const auto made = as_call(options); made || said.find("...") != std::string::npos)
    for (const Node d : file.tree.all("variable_declarator"))
      if (has_token(said, d.child("name").text())) said += d.child("value").code();
  const std::size_t at = text::to_lower(said).find("samesite:");
  if (at == std::string::npos) return false;
  const std::string value = text::to_lower(std::string_view(said).substr(at + 9, 60));
  return icontains_any(value.substr(0, value.find_first_of(",}")), {"strict", "lax", "true"}) &&
         !icontains(value.substr(0, value.find_first_of(",}")), "none");
}

}  // namespace

void read_cookies(File& file, ScriptNotes& notes) {
  if (client_file(file)) return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool express = f == "cookie" && icontains_any(c.name, {"res.", "response.", "reply.", "status()"});
    const bool next = f == "set" && (icontains(c.name, "cookies") || icontains(c.name, "cookiestore"));
    const bool hono = f == "setCookie" || (f == "serialize" && file.imports_from("cookie"));
    if (f == "setHeader" && literal(c.arg(0)) && text::iequals(*literal(c.arg(0)), "set-cookie")) {
      const Node content = unwrap(c.arg(1));
      std::string said(content.code());
      for (const Node h : holes(content)) said += std::string(value_of(file, h).code());
      const std::string head = spoken(content);
      if (contains(said, "JSON.stringify(") && !icontains_any(said, {"sign", "encrypt", "seal", "hmac", "jwt"}))
        file.hit("DJ-024", c.node);
      if (!head.empty() &&
          has_word(head.substr(0, head.find('=')), {"session", "token", "auth", "jwt", "sid", "user"}) &&
          !icontains(head, "max-age=0")) {
        notes.session_cookies.push_back({place(file.path, c.line()), file.shown(c.node)});
        std::string missing;
        for (const std::string_view flag : {"HttpOnly", "Secure", "SameSite"})
          if (!icontains(head, text::to_lower(flag))) (missing += missing.empty() ? "" : ", ") += flag;
        if (!missing.empty()) file.hit("EX-006", c.node).title = "A session cookie is set without " + missing;
      }
      continue;
    }
    if (!express && !next && !hono) continue;
    const bool context_first = f == "setCookie";  // setCookie(c, name, value, options)
    Node name = context_first ? c.arg(1) : c.arg(0), value = context_first ? c.arg(2) : c.arg(1),
         options = context_first ? c.arg(3) : c.arg(2);
    if (hono && literal(c.arg(0))) name = c.arg(0), value = c.arg(1), options = c.arg(2);
    if (next && unwrap(c.arg(0)).is("object")) {  // cookies().set({ name, value, httpOnly … })
      options = unwrap(c.arg(0));
      name = member(options, "name");
      value = member(options, "value");
    }
    const auto text = literal(value_of(file, name));
    const std::string label = text ? *text : std::string(name.text());
    const Node content = value_of(file, value);
    const Code said = content.code();
    const bool json =
        contains(said, "JSON.stringify(") && !icontains_any(said, {"sign", "encrypt", "seal", "hmac", "jwt"});
    const Node call_value = content;
    if (json) {
      // Which objects are identities: id, user, role …
      const bool identity = has_word(label, {"session", "user", "auth", "account", "profile", "login", "token"}) ||
                            icontains_any(said, {"user", "session", "role"});
      if (identity) {
        auto& found = file.hit("DJ-024", c.node);
        if (!(call_value == unwrap(value))) also(found, file, call_value);
      }
    }
    // Stops: a password that lies in the browser, and goes over the wire with every request.
    const bool held =
        (function_around(c.node) &&
         [&] {
           const ClientData data = client_data(file, function_around(c.node));
           return body_object(dotted(content)) || data.wholes.contains(std::string(content.text()));
         }() &&
         icontains_any(door_name(file, function_around(c.node)) + label, {"login", "signin", "remember", "auth"})) ||
        has_word(last(dotted(content)), {"password", "passwd", "pwd"});
    if (held) {
      auto& found = file.hit("EX-006", c.node);
      found.title = "A password is kept in the cookie " + label;
      found.severity = proof::Severity::critical;
      continue;
    }
    if (!has_word(label, {"session", "sessionid", "token", "auth", "jwt", "access", "refresh", "sid", "user", "state",
                          "verifier"}) ||
        icontains(label, "csrf"))
      continue;
    // Only says that there is a session: nobody gains by reading it.
    if (const auto flag = literal(value); flag && (*flag == "1" || *flag == "true" || *flag == "yes")) continue;
    const bool short_lived = has_word(label, {"state", "verifier"});
    const Code cleared = value.code();
    if (cleared == "\"\"" || cleared == "''" || cleared == "null" || cleared == "undefined" ||
        icontains_any(cleared, {"loggedout", "deleted"}) || contains(c.node.code(), "maxAge: 0") ||
        contains(c.node.code(), "new Date(0)") || contains(c.node.code(), "new Date(Date.now())") ||
        contains(c.node.code(), "new Date(1)"))
      continue;  // taken back
    options = value_of(file, options);
    if (!short_lived && !same_site(file, options))
      notes.session_cookies.push_back({place(file.path, c.line()), file.shown(c.node)});
    if (options && !options.is("object")) continue;
    if (contains(options.code(), "...")) continue;
    std::vector<std::string> missing;
    for (const auto& [flag, shown] : {std::pair<std::string_view, std::string_view>{"httpOnly", "HttpOnly"},
                                      {"secure", "Secure"},
                                      {"sameSite", "SameSite"}}) {
      const Node given = member(options, flag);
      const auto t = literal(given);
      if (!given || given.is("false") || (flag == "sameSite" && t && text::iequals(*t, "none")))
        missing.emplace_back(shown);
    }
    if (missing.empty()) continue;
    if (short_lived && missing.size() == 1 && missing.front() == "SameSite") continue;
    auto& found = file.hit("EX-006", c.node);
    std::string list;
    for (const auto& m : missing) list += (list.empty() ? "" : ", ") + m;
    found.title = "The cookie " + label + " is set without " + list;
    if (missing.size() == 1 && missing.front() == "SameSite") found.severity = proof::Severity::medium;
  }
  // { password: …, cookieOptions: { secure: false } } of a library that seals sessions
  if (file.imports_from("iron-session"))
    for (const Node p : file.tree.all("pair"))
      if (p.child("key").text() == "secure" && unwrap(p.child("value")).is("false") &&
          p.parent().parent().child("key").text() == "cookieOptions")
        file.hit("EX-006", p).title = "The session cookie is set without Secure";
  // JSON.parse(cookies().get("user_session").value): believed as it stands.
  for (const Call& c : file.calls) {
    if (c.name != "JSON.parse") continue;
    const Node a = unwrap(c.arg(0));
    std::string said(a.code());
    std::vector<Node> bases = a.all("identifier");
    if (a.is("identifier")) bases.push_back(a);
    for (const Node base : bases)
      if (const Node v = value_of(file, base); !(v == base)) said += std::string(v.code());
    if (!icontains(said, "cookie") || !icontains_any(said, {"session", "user", "auth", "token"})) continue;
    const Node function = function_around(c.node);
    if (icontains_any(function ? function.code() : file.code(),
                      {"verify", "unseal", "decrypt", "hmac", "unsign", "timingsafeequal", "consent"}))
      continue;
    auto& found = file.hit("DJ-024", c.node);
    found.title = "A JSON cookie is believed without a signature";
  }
}

}  // namespace gatehouse::audit::source
