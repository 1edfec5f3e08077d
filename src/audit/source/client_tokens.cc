#include "audit/source/client_tokens.h"

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct TokenReads {
  std::optional<Spot> first;
  // localStorage.setItem("userInfo", JSON.stringify(payload)), and elsewhere JSON.parse(…getItem("userInfo")).token
  std::vector<std::pair<std::string, Spot>> objects;
  std::set<std::string> with_tokens;
};

bool storage(std::string_view name) { return icontains_any(name, {"localstorage", "sessionstorage"}); }

std::string label_of(const Call& c) {
  const auto key = literal(c.arg(0));
  return key ? *key : std::string(c.arg(0).text());
}

bool token_label(std::string_view label) { return has_word(label, {"token", "jwt", "auth", "session"}); }

// Libraries with which a script writes cookies; what they write every script can read.
bool writes_cookies(const File& file) {
  for (const char* library : {"js-cookie", "universal-cookie", "react-cookie", "cookies-next", "nookies"})
    if (file.imports_from(library)) return true;
  return false;
}

// createClient(url, key, { auth: { storage: localStorage } }), or one of its own that writes there.
bool session_in_storage(const File& file, const Call& c) {
  const Node kept = unwrap(member(unwrap(member(unwrap(c.arg(2)), "auth")), "storage"));
  if (!kept) return false;
  const std::string name = dotted(kept);
  if (name == "localStorage" || name == "window.localStorage" || name == "globalThis.localStorage") return true;
  const auto made = as_call(kept);
  const std::string_view cls = made && made->name.starts_with("new ") ? std::string_view(made->name).substr(4) : "";
  for (const char* type : {"class_declaration", "variable_declarator"})
    for (const Node d : file.tree.all(type))
      if (const std::string_view own = d.child("name").text();
          !own.empty() && (own == cls || own == name) && contains(d.code(), "localStorage.setItem("))
        return true;
  return false;
}

void judge_call(File& file, const Call& c) {
  const std::string_view f = last(c.name);
  const bool device = f == "setItem" && icontains(c.name, "asyncstorage");
  if (f == "setItem" && (storage(c.name) || device)) {
    const std::string label = label_of(c);
    // JSON.stringify(user) under auth_user: who it is, and no token unless the page reads one out of it.
    const auto text = as_call(unwrap(c.arg(1)));
    const bool profile = text && text->name == "JSON.stringify" && text->arg(0).is("identifier") &&
                         has_word(text->arg(0).text(), {"user", "profile", "account"}) &&
                         has_word(label, {"user", "profile", "account"}) &&
                         !has_word(label, {"token", "jwt", "session", "password", "secret", "credentials"});
    const bool token =
        !profile &&
        (has_word(label,
                  {"token", "jwt", "session", "auth", "apikey", "password", "secret", "credential", "credentials"}) ||
         icontains_any(label, {"api_key", "api-key", "apikey"}) || (c.arg(1) && secret_name(last(dotted(c.arg(1))))) ||
         // The whole answer of a sign-in, the token in it.
         (has_word(label, {"user", "userinfo", "auth", "profile", "account"}) &&
          icontains(c.arg(1).code(), "json.stringify") &&
          icontains_any(c.arg(1).code(), {"response", "res.data", "data)"}) &&
          icontains_any(file.code(), {"accesstoken", "access_token", "\"token\"", ".token"})) ||
         // The pair that REST framework's simplejwt and its kin answer with.
         ((label == "access" || label == "refresh") && last(dotted(c.arg(1))) == label));
    if (!token && icontains(c.arg(1).code(), "json.stringify"))
      file.project.notes<TokenReads>().objects.emplace_back(label,
                                                            Spot{place(file.path, c.line()), file.shown(c.node)});
    if (!token) return;
    auto& found = file.hit("RE-002", c.node);
    if (!device) return;
    found.title = "A token is kept in the clear on the device";
    found.impact = "Backups and whoever gets at the phone's files read it.";
    found.fix = "Keep it in the system's key store: expo-secure-store, react-native-keychain.";
  }
  if (f == "getItem" && storage(c.name)) {
    auto& reads = file.project.notes<TokenReads>();
    if (!reads.first && has_word(label_of(c), {"token", "jwt", "accesstoken", "authtoken"}))
      reads.first = {place(file.path, c.line()), file.shown(c.node)};
    if (contains(file.code(), "JSON.parse") &&
        icontains_any(file.code(), {".token", ".accesstoken", ".access_token", "{ token"}) &&
        icontains_any(file.code(), {"authorization", "bearer", "x-auth"}))
      reads.with_tokens.insert(label_of(c));
  }
  if ((f == "set" || f == "setCookie") && c.arg(1) && icontains(c.name, "cookie") &&
      (client_file(file) || file.imports_from("js-cookie")) && writes_cookies(file) &&
      (token_label(label_of(c)) || label_of(c) == "access" || label_of(c) == "refresh"))
    file.hit("RE-002", c.node).title = "A token is kept in a cookie that every script can read";
  if (f == "createClient" && session_in_storage(file, c))
    file.hit("RE-002", c.node).title = "The session's tokens are kept where every script can read them";
  if (f == "useLocalStorage" && token_label(label_of(c))) file.hit("RE-002", c.node);
  // A store that writes itself into the page's storage, the token with it.
  if (f == "persist" && file.imports_from("zustand")) {
    const Code code = c.node.code();
    const std::size_t part = code.find("partialize");
    const Code kept = part == std::string_view::npos ? code : Code(code.substr(part));
    if (icontains_any(kept, {"token", "jwt"}) && !icontains_any(kept, {"sessionless", "createmmkv"}))
      file.hit("RE-002", c.node);
  }
}

class KeptTokensCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    const auto& reads = project.notes<TokenReads>();
    for (const auto& [label, at] : reads.objects)
      if (reads.with_tokens.contains(label)) {
        sink.find("RE-002", at.at, at.shown).title =
            "What a sign-in answered is kept, its token with it, where every script can read it";
        break;
      }
    if (!reads.first) return;
    for (const auto& f : sink.findings())
      if (f.id == "RE-002") return;
    sink.find("RE-002", reads.first->at, reads.first->shown);
  }
};

}  // namespace

void judge_kept_tokens(File& file) {
  for (const Call& c : file.calls) judge_call(file, c);
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string left = dotted(a.child("left"));
    if (left.starts_with("localStorage.") && has_word(last(left), {"token", "jwt", "session"})) file.hit("RE-002", a);
    if (left != "document.cookie") continue;
    const std::string_view right = a.child("right").text();
    const std::string_view name = right.substr(0, right.find('='));
    if (has_word(name, {"token", "jwt", "session"}) && !icontains_any(right, {"max-age=0", "1970", "max-age=-"}))
      file.hit("RE-002", a).title = "A token is kept in a cookie that every script can read";
  }
}

std::unique_ptr<Check> kept_tokens_check() { return std::make_unique<KeptTokensCheck>(); }

}  // namespace gatehouse::audit::source
