#include "audit/source/python_one_time.h"

#include <algorithm>

#include "audit/source/python_names.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool served(Node f) { return route_function(f) || contains(f.child("parameters").code(), "request"); }

bool opens_account(const File& file, Node f) {
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m == "login" || m == "login_user" || m == "create_access_token" || m == "for_user" || m == "access_token" ||
        m == "create_token" || m == "make_token")
      return true;
  }
  return false;
}

// The code is taken back, was signed with its time, or is held against a time.
bool ends(const Code& code) {
  return icontains_any(code, {".delete(",    "s.delete", "delete_one", "find_one_and_delete",
                              "used",        "expire",   "expiry",     "valid_until",
                              "max_age",     "created",  "timedelta",  "is_valid",
                              "loads(",      "decode(",  "pop(",       "consumed",
                              "redeem",      "getdel",   "cache.get",  "redis",
                              "check_token", "unsign"});
}

// Stops: an old mail, or a code tried through at leisure, that opens the account.
void judge_endless(File& file, Node f) {
  if (!opens_account(file, f) || ends(f.code())) return;
  const bool link = has_word(f.child("parameters").code(), {"token", "code", "key"});
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    const bool looks = m == "get_object_or_404" || m == "filter" || m == "get" || m == "filter_by" || m == "find_one" ||
                       m == "get_or_none" || m == "get_or_404";
    if (!looks) continue;
    const bool by_code = std::any_of(c->keywords.begin(), c->keywords.end(), [](const auto& k) {
      return (k.first == "token" || k.first == "code" || k.first == "otp" || k.first == "key" || k.first == "pin") &&
             !literal(k.second);
    });
    if (!by_code) continue;
    auto& told = file.hit("AU-007", c->node);
    told.title = link ? "A link that signs in works for ever, as often as one likes"
                      : "A one-time code never ends and is never taken back";
    told.confidence = proof::Confidence::medium;
    return;
  }
}

// me.password = hash(body.password), and nobody asks for the old one
void judge_unasked(File& file, Node f) {
  if (!route_function(f) ||
      icontains_any(f.code(), {"verify", "check_pw", "checkpw", "check_password", "old_password", "current_password",
                               "oldpassword", "currentpassword", "reset", "token", "otp", "superuser", "is_admin"}))
    return;
  std::set<std::string> callers;  // me: Login = Depends(signed_in)
  for (const Node p : f.child("parameters").children())
    if (contains(p.code(), "Depends(") &&
        icontains_any(p.code(), {"user", "signed", "login", "current", "auth", "account", "member", "me"}) &&
        !icontains_any(p.code(), {"get_db", "session)", "admin", "staff"}))
      callers.insert(parameter_name(p));
  for (const Node a : body(f).all("assignment")) {
    const Node left = a.child("left");
    if (!left.is("attribute") || !has_word(left.child("attribute").text(), {"password", "passwd"})) continue;
    const std::string who(left.child("object").text());
    if (!callers.contains(who) && who != "current_user") continue;
    file.hit("AU-008", a);
    return;
  }
}

}  // namespace

void read_python_one_time(File& file) {
  if (!icontains_any(file.code(), {"password", "token", "code", "otp"})) return;
  for (const Node f : file.tree.all("function_definition")) {
    if (!served(f)) continue;
    judge_endless(file, f);
    judge_unasked(file, f);
  }
}

}  // namespace gatehouse::audit::source
