#include "audit/source/script_identity.h"

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

void read_body_identities(const Project& project, BodyIdentities& out) {
  std::size_t files = 0;
  for (const Entry& e : project.entries()) {
    if (e.role != Role::product || (e.kind != Kind::javascript && e.kind != Kind::typescript) || e.size > 100'000 ||
        !icontains_any(e.path, {"middleware", "auth", "guard", "verify", "token", "jwt", "protect", "check", "user"}) ||
        files >= 200)
      continue;
    const auto source = project.open(e.path);
    if (!source || source->patterns_only()) continue;
    ++files;
    const std::string_view text = source->text();
    if (!icontains_any(text, {"verify(", "decode", "getuser("}) || text.find("next") == std::string_view::npos)
      continue;
    for (const std::string_view mark : {"req.body.", "request.body."})
      for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
        std::size_t end = at + mark.size();
        while (end < text.size() && (text::is_alpha(text[end]) || text::is_digit(text[end]) || text[end] == '_')) ++end;
        const std::string_view behind = text::trim(text.substr(end, 60));
        if (!behind.starts_with('=') || behind.starts_with("==")) continue;
        // What it is given was verified: decoded.id, payload.sub, user._id, tokenData.userId
        const std::string_view value = behind.substr(1, behind.find_first_of(";\n"));
        if (icontains_any(value, {"decod", "payload", "token", "user", "verified", "claims", "session", "id"}) &&
            !icontains_any(value, {"req.", "request."}))
          out.fields.emplace(text.substr(at + mark.size(), end - at - mark.size()));
      }
  }
}

}  // namespace gatehouse::audit::source
