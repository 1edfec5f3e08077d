#include "audit/source/script_identity.h"

#include <algorithm>

#include "audit/source/schema.h"
#include "audit/source/script.h"
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

void read_unverified(const Project& project, std::set<std::string>& out) {
  for (const Entry& e : project.entries()) {
    if (!e.path.ends_with("supabase/config.toml") || e.size > 200'000) continue;
    const auto source = project.open(e.path);
    if (!source) continue;
    std::string function;
    for (const std::string_view written : text::split(source->text(), '\n')) {
      const std::string_view line = text::trim(written);
      if (line.starts_with('[')) {
        function = line.starts_with("[functions.") ? std::string(line.substr(11, line.find(']') - 11)) : std::string();
        std::erase(function, '"');
      } else if (line.starts_with("verify_jwt") && contains(line, "false") && !function.empty()) {
        out.insert(function);
      }
    }
  }
}

namespace {

bool caller_name(std::string_view name) {
  return name == "userId" || name == "user_id" || name == "currentUserId" || name == "ownerId" || name == "tenantId" ||
         name == "getUserId" || name == "getCurrentUserId" || name == "USER_ID" || name == "DEMO_USER_ID" ||
         name == "DEFAULT_USER_ID" || name == "TEST_USER_ID";
}

// "user_demo", 1, and () => "user_demo"
bool fixed(Node value) {
  value = unwrap(value);
  if (value.is("arrow_function")) value = unwrap(value.child("body"));
  if (value.is("statement_block")) {
    const auto said = value.children();
    if (said.size() != 1 || !said.front().is("return_statement")) return false;
    value = unwrap(said.front().first());
  }
  if (value.is("number")) return true;
  const auto text = literal(value);
  return text && !text->empty() && text->find(' ') == std::string::npos;
}

}  // namespace

void read_fixed_callers(File& file) {
  const std::string_view name =
      file.path.substr(file.path.rfind('/') == std::string_view::npos ? 0 : file.path.rfind('/') + 1);
  const bool route = name.starts_with("route.") ||
                     icontains_any(file.path, {"pages/api/", "/api/", "controller", "routes/"}) ||
                     begins_with_directive(file, "use server");
  if (!route || client_file(file) ||
      has_word(file.path, {"seed", "seeds", "test", "tests", "mock", "mocks", "script", "scripts"}))
    return;
  for (const Node d : file.tree.all("variable_declarator")) {
    const std::string_view who = d.child("name").text();
    if (!caller_name(who) || !fixed(d.child("value"))) continue;
    // Somebody's records are taken by it.
    int uses = 0;
    for (const Node id : file.tree.all("identifier")) uses += id.text() == who;
    if (uses < 2) continue;
    auto& f = file.hit(name.starts_with("route.") || contains(file.path, "pages/api/") ? "NX-002" : "EX-023", d);
    f.title = "A constant stands in for the caller (" + std::string(who) + ")";
    f.impact = "Whoever comes acts as that one user: all read and change the same records, or nobody their own.";
    f.fix = "Ask the session who is calling, and refuse who is nobody.";
    return;
  }
}

bool stands_for_account(const Schema& schema, std::string_view k) {
  for (const std::string_view end : {"Id", "_id"}) {
    if (!k.ends_with(end) || k.size() == end.size()) continue;
    const std::string_view noun = k.substr(0, k.size() - end.size());
    if (!has_word(noun, {"member", "student", "patient", "employee", "driver", "guest", "tenant", "client", "player"}))
      return false;
    const Record* r = schema.of(record_key(noun));
    return r != nullptr && std::any_of(r->columns.begin(), r->columns.end(),
                                       [](const std::string& c) { return c == "userId" || c == "user_id"; });
  }
  return false;
}

}  // namespace gatehouse::audit::source
