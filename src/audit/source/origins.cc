#include "audit/source/origins.h"

#include <algorithm>
#include <string>

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

bool anybodys_host(std::string_view text) {
  return syntax::icontains_any(
      text, {".vercel.app", ".netlify.app", ".onrender.com", ".pages.dev", ".web.app", ".github.io", ".ngrok",
             ".herokuapp.com", ".replit.", ".lovable.app", ".railway.app", ".firebaseapp.com", ".workers.dev",
             ".fly.dev", ".streamlit.app", ".surge.sh", ".azurewebsites.net", ".amplifyapp.com", ".trycloudflare.com"});
}

namespace {

// The part of a pattern before the host where anybody publishes, and what of it is fixed.
struct Published {
  bool open = false;         // some of the name may be anything
  bool fixed = false;        // some of it may not
  bool open_at_end = false;  // shop-*.vercel.app: who takes shop-evil is let in
};

Published published(std::string_view pattern) {
  std::string plain(pattern);
  std::erase(plain, '\\');
  if (!anybodys_host(plain)) return {};
  std::size_t start = plain.find("://");
  start = start == std::string::npos ? 0 : start + 3;
  for (const std::string_view host :
       {".vercel.", ".netlify.", ".onrender.", ".pages.", ".web.app", ".github.", ".ngrok", ".herokuapp.", ".replit.",
        ".lovable.", ".railway.", ".firebaseapp.", ".workers.", ".fly.", ".streamlit.", ".surge.", ".azurewebsites.",
        ".amplifyapp.", ".trycloudflare."}) {
    const std::size_t end = plain.find(host, start);
    if (end == std::string::npos) continue;
    Published out;
    int in_class = 0;
    for (const char c : std::string_view(plain).substr(start, end - start)) {
      if (c == '[') ++in_class;
      const bool any = c == '*' || c == '+' || c == ']' || c == '}';
      // A letter outside of classes and groups of signs is fixed.
      const bool letter = in_class == 0 && (text::is_alpha(c) || text::is_digit(c)) && c != 'w';
      if (any) out.open = out.open_at_end = true;
      if (letter) {
        out.fixed = true;
        out.open_at_end = false;
      }
      if (c == ']') --in_class;
    }
    return out;
  }
  return {};
}

}  // namespace

bool lets_anybody_publish(std::string_view pattern) {
  const Published p = published(pattern);
  return p.open && !p.fixed;
}

bool lets_anybody_take(std::string_view pattern) {
  const Published p = published(pattern);
  return p.open && p.fixed && p.open_at_end;
}

bool own_machine(std::string_view origin) {
  for (const std::string_view host : {"http://localhost", "https://localhost", "http://127.0.0.1", "http://0.0.0.0"})
    if (origin.starts_with(host) && (origin.size() == host.size() || origin[host.size()] == ':')) return true;
  return false;
}

}  // namespace gatehouse::audit::source
