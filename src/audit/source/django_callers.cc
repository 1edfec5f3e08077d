#include "audit/source/django_callers.h"

#include <algorithm>
#include <map>

#include "audit/source/open_keys.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostNames = 12;
constexpr std::size_t kMostViews = 2000;  // of one project

struct DjangoCallers {
  struct Handler {
    std::string method;
    bool proves = false, refuses = false;
    std::set<std::string> calls;
  };
  std::map<std::string, bool, std::less<>> helpers;  // … and whether it raises for a stranger
  std::map<std::pair<std::string, int>, std::vector<Handler>> views;
};

bool refuses(const Code& code) {
  return icontains_any(code, {"401", "403", "unauthorized", "forbidden", "permissiondenied", "notauthenticated",
                              "authenticationfailed", "redirect("}) &&
         icontains_any(code, {"return", "raise"});
}

enum class Credential : unsigned char { none, shown, session };

// request.headers["Authorization"], request.META.get("HTTP_X_API_KEY"), request.session["user_id"]
Credential credential(Node n) {
  std::string of;
  std::optional<std::string> key;
  if (n.is("subscript")) {
    of = dotted(n.child("value"));
    key = literal(n.child("subscript"));
  } else if (const auto c = as_call(n); c && c->name.ends_with(".get")) {
    of = c->name.substr(0, c->name.size() - 4);
    key = literal(c->arg(0));
  }
  if (!key || !contains(of, "request")) return Credential::none;
  const std::string_view from = last(of);
  if (from == "session" && has_word(*key, {"user", "uid", "id", "userid", "login", "member", "customer", "username"}))
    return Credential::session;
  if ((from == "headers" || from == "META" || from == "COOKIES") &&
      has_word(*key, {"authorization", "token", "key", "auth", "session", "secret", "signature"}))
    return Credential::shown;
  return Credential::none;
}

Credential credential_in(Node n) {
  Credential out = credential(n);
  for (const char* type : {"subscript", "call"})
    for (const Node x : n.all(type))
      if (const Credential c = credential(x); c != Credential::none) out = c;
  return out;
}

bool looks_up(const Call& c) {
  const std::string_view f = last(c.name);
  if (f == "get_object_or_404" || f == "decode" || f == "loads" || f == "unsign" || f == "compare_digest" ||
      f == "constant_time_compare" || f == "find_one")
    return true;
  if (f == "filter" || f == "get" || f == "aget") return contains(c.name, ".objects.") || contains(c.name, "query");
  return has_word(f, {"verify", "validate", "authenticate", "decode", "lookup"});
}

// What the request shows is looked up or compared, not only there.
bool proves(const File& file, Node f) {
  const Code code = f.code();
  if (!icontains_any(code, {".headers", ".meta", ".cookies", ".session"})) return false;
  std::set<std::string> shown, kept;
  for (const Node a : f.all("assignment")) {
    if (!a.child("left").is("identifier") || shown.size() + kept.size() > kMostNames) continue;
    const Node right = a.child("right");
    const Credential c = credential_in(right);
    const auto from = [&](const std::set<std::string>& names) {
      return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return has_token(right.code(), n); });
    };
    const std::string name(a.child("left").text());
    if (c == Credential::session)
      kept.insert(name);
    else if (c == Credential::shown || from(shown))
      shown.insert(name);
  }
  const auto names_one = [&](Node n) {
    return credential_in(n) != Credential::none ||
           std::any_of(shown.begin(), shown.end(), [&](const std::string& s) { return has_token(n.code(), s); });
  };
  for (const Call* c : file.calls_in(body(f))) {
    if (!looks_up(*c)) continue;
    if (std::any_of(c->args.begin(), c->args.end(), names_one)) return true;
    if (std::any_of(c->keywords.begin(), c->keywords.end(), [&](const auto& k) { return names_one(k.second); }))
      return true;
  }
  // if not request.session.get("user_id"): only the server writes there
  for (const Node branch : f.all("if_statement")) {
    const Node asked = branch.child("condition");
    if (credential_in(asked) == Credential::session) return true;
    for (const std::string& name : kept)
      if (has_token(asked.code(), name)) return true;
  }
  return false;
}

}  // namespace

void read_django_callers(const File& file, PythonNotes& notes) {
  auto& callers = file.project.notes<DjangoCallers>();
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    const bool method = name == "get" || name == "post" || name == "put" || name == "patch" || name == "delete" ||
                        name == "dispatch" || name == "initial";
    const Node cls = method ? f.above("class_definition") : Node();
    const Code code = f.code();
    const bool by_key = asks_open_key(file, f);
    if (cls) {
      DjangoCallers::Handler h;
      h.method = name;
      h.refuses = refuses(code);
      h.proves = by_key || (h.refuses && proves(file, f));
      h.refuses = h.refuses || by_key;
      for (const Call* c : file.calls_in(body(f)))
        if (h.calls.size() < 80) h.calls.insert(std::string(last(c->name)));
      callers.views[{std::string(file.path), cls.line()}].push_back(std::move(h));
      continue;
    }
    // def my_tickets(request): member = require_member(request)
    if (!f.above("class_definition") && !function_around(f) && callers.views.size() < kMostViews &&
        has_token(f.child("parameters").code(), "request")) {
      DjangoCallers::Handler h;
      h.method = "dispatch";
      h.refuses = refuses(code);
      for (const Call* c : file.calls_in(body(f)))
        if (h.calls.size() < 80 && has_token(c->node.child("arguments").code(), "request"))
          h.calls.insert(std::string(last(c->name)));
      callers.views[{std::string(file.path), f.line()}].push_back(std::move(h));
    }
    if (!contains(code, "request") || !(by_key || proves(file, f))) continue;
    if (!body(f).all("function_definition").empty()) {
      if (refuses(code)) notes.view_guards.insert(name);
      continue;
    }
    const bool raises = contains(code, "raise ") && refuses(code);
    const auto [it, fresh] = callers.helpers.emplace(name, raises);
    if (!fresh) it->second = it->second && raises;
  }
}

bool asks_by_itself(const Project& project, const View& view) {
  const auto& callers = project.notes<DjangoCallers>();
  const auto it = callers.views.find({view.at.path, view.at.line});
  if (it == callers.views.end()) return false;
  bool any = false, writes = false, all = true;
  for (const DjangoCallers::Handler& h : it->second) {
    bool asks = h.proves && h.refuses;
    for (auto c = h.calls.begin(); c != h.calls.end() && !asks; ++c)
      if (const auto helper = callers.helpers.find(*c); helper != callers.helpers.end())
        asks = helper->second || h.refuses;
    if (asks && (h.method == "dispatch" || h.method == "initial")) return true;
    any = any || asks;
    if (h.method == "get" || h.method == "dispatch" || h.method == "initial") continue;
    writes = true;
    all = all && asks;
  }
  return writes ? all : any;
}

}  // namespace gatehouse::audit::source
