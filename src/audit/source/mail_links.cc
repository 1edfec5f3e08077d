#include "audit/source/mail_links.h"

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool address_name(std::string_view name) {
  return has_word(name, {"redirect", "url", "uri", "callback", "next", "link", "return", "origin", "domain", "site",
                         "frontend", "host"}) &&
         !has_word(name, {"avatar", "image", "photo", "picture", "logo", "video", "file"});
}

// What a function of Python's took from its request under this name.
bool posted(Node function, std::string_view name) {
  for (const Node a : body(function).all("assignment"))
    if (a.child("left").text() == name)
      return icontains_any(a.child("right").code(),
                           {"request.data", "request.post", "request.get", "request.form", "request.json",
                            "request.args", "data.get(", "data[", "validated_data", "body."});
  return false;
}

bool checked(const Code& code, std::string_view name) {
  const std::string n = text::to_lower(name);
  return icontains_any(code, {"allowed", "whitelist", "allowlist", "is_safe_url", "url_has_allowed", "startswith(",
                              "includes(" + n, ".hostname", ".origin ", "netloc", "trusted"});
}

}  // namespace

// Stops: a reset mail to somebody else whose link hands the token to whoever asked for the mail.
void read_mail_links(File& file) {
  if (!icontains(file.code(), "mail") || (!file.tree.python() && client_file(file))) return;
  const bool python = file.tree.python();
  for (const char* type : {python ? "binary_operator" : "template_string", python ? "string" : "binary_expression"})
    for (const Node built : file.tree.all(type)) {
      const Node function = function_around(built);
      if (!function || built.parent().any_of("binary_operator", "binary_expression")) continue;
      const auto parts = holes(built);
      if (parts.empty()) continue;
      const Code code = function.code();
      if (!icontains(code, "mail") || !icontains_any(code, {"token", "otp", "reset", "verif", "invit", "confirm"}))
        continue;
      for (const Node h : parts) {
        const Node n = unwrap(h);
        const std::string whole = dotted(n), kept(last(whole));
        if (!n.any_of("identifier", "attribute", "member_expression") || !address_name(kept)) continue;
        const bool sent = python ? n.is("identifier") && posted(function, kept) : from_client(file, n);
        if (!sent || checked(code, kept)) continue;
        auto& f = file.hit("EX-012", built);
        f.title = "A link in a mail leads where the caller says";
        f.severity = proof::Severity::medium;
        f.confidence = proof::Confidence::medium;
        f.impact =
            "Whoever asks for the mail of somebody else names a host of his own: the link hands him the token, or "
            "leads "
            "its reader to a copy of the page.";
        f.fix = "Build links on an address of your own settings, and let known paths pass alone.";
        return;
      }
    }
}

}  // namespace gatehouse::audit::source
