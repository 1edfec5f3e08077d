#include "audit/source/blind_guards.h"

#include <algorithm>

#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 4;  // named in one finding

struct BlindGuards {
  std::vector<Spot> guards;
};

// Where the account is fetched: User.objects.get(pk=…), ApiKey.objects.select_related("user").get(…)
Node fetched(const File& file, Node within) {
  for (const Call* c : file.calls_in(within)) {
    const std::string_view f = last(c->name);
    if ((f == "get" || f == "filter" || f == "aget" || f == "first") && contains(c->name, ".objects")) return c->node;
    if (f == "get_object_or_404" || f == "get_user_by_id") return c->node;
  }
  return {};
}

bool asks(const Code& code) {
  return icontains_any(code, {"is_active", "user_can_authenticate", ".status", "is_banned", "is_blocked", "disabled",
                              "default_user_authentication_rule"});
}

}  // namespace

void read_blind_guards(File& file) {
  if (!file.imports_from("rest_framework") && !file.imports_from("ninja") && !file.imports_from("channels")) return;
  // A helper of the same file may ask.
  const Code code = file.code();
  if (asks(code) || has_word(file.path, {"test", "tests"})) return;
  auto& notes = file.project.notes<BlindGuards>();
  const auto keep = [&](Node at) {
    if (notes.guards.size() < kMostPlaces) notes.guards.push_back({place(file.path, at.line()), file.shown(at)});
  };
  for (const Node cls : file.tree.all("class_definition")) {
    if (!any_base(bases_of(cls), {"BaseAuthentication", "HttpBearer", "APIKeyHeader"}) ||
        icontains_any(cls.code(), {"super()", "webhook", "secret"}))
      continue;
    if (!icontains_any(cls.code(), {"user", "account", "member"})) continue;
    if (const Node at = fetched(file, body(cls))) keep(at);
  }
  // Channels: the account behind a socket, fetched beside the middleware.
  if (file.imports_from("channels"))
    for (const Node f : file.tree.all("function_definition")) {
      const auto all = decorators(f);
      const bool aside = std::any_of(all.begin(), all.end(),
                                     [](const std::string& d) { return contains(d, "database_sync_to_async"); });
      if (aside && has_word(function_name(f), {"user"}) && icontains_any(code, {"token", "jwt"}))
        if (const Node at = fetched(file, body(f))) keep(at);
    }
}

void judge_blind_guards(const Project& project, Sink& sink) {
  const auto& notes = project.notes<BlindGuards>();
  if (notes.guards.empty()) return;
  // Stops: an account that was deactivated working on with the token or the key it has.
  auto& f = sink.find("AZ-010", notes.guards.front().at, notes.guards.front().shown);
  f.title = "A token or a key opens an account that was deactivated: the project's own guard does not ask";
  f.impact = "Django's own classes refuse who is not active; this one lets them work on with what they hold.";
  f.fix = "Refuse when the account's is_active is false, here and with every request.";
  f.confidence = proof::Confidence::medium;
  for (std::size_t i = 1; i < notes.guards.size(); ++i) {
    f.locations.push_back(notes.guards[i].at);
    f.evidence.push_back(notes.guards[i].shown);
  }
}

}  // namespace gatehouse::audit::source
