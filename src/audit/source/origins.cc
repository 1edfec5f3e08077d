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

bool lets_anybody_publish(std::string_view pattern) {
  std::string plain(pattern);
  std::erase(plain, '\\');
  if (!anybodys_host(plain)) return false;
  std::size_t start = plain.find("://");
  start = start == std::string::npos ? 0 : start + 3;
  for (const std::string_view host :
       {".vercel.", ".netlify.", ".onrender.", ".pages.", ".web.app", ".github.", ".ngrok", ".herokuapp.", ".replit.",
        ".lovable.", ".railway.", ".firebaseapp.", ".workers.", ".fly.", ".streamlit.", ".surge.", ".azurewebsites.",
        ".amplifyapp.", ".trycloudflare."}) {
    const std::size_t end = plain.find(host, start);
    if (end == std::string::npos) continue;
    const std::string_view name = std::string_view(plain).substr(start, end - start);
    // What is left of the name without classes, groups and signs of repetition must be empty: nothing of it is fixed.
    bool fixed = false, open = false;
    int in_class = 0;
    for (const char c : name) {
      if (c == '[') ++in_class;
      if (c == '*' || c == '+' || c == ']' || c == '}') open = true;
      if (in_class == 0 && (text::is_alpha(c) || text::is_digit(c)) && c != 'w') fixed = true;
      if (c == ']') --in_class;
    }
    return open && !fixed;
  }
  return false;
}

}  // namespace gatehouse::audit::source
