// Absence among routes of FastAPI and Flask: what stands open beside what is locked, what has no limit.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_layers.h"
#include "audit/source/python_owners.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

void judge_models(const PythonNotes& notes, Sink& sink) {
  for (const PrivilegedField& p : notes.privileged) {
    for (const auto& [body_type, route] : notes.bodies) {
      const auto base = notes.model_bases.find(body_type);
      const bool inherits = base != notes.model_bases.end() && has_token(base->second, p.model);
      if (body_type != p.model && !inherits) continue;
      if ((p.field == "plan" || p.field == "tier") && icontains_any(body_type, {"checkout", "subscri", "pay", "order"}))
        continue;
      auto& f = sink.find("AZ-007", p.at, p.shown);
      f.title = "The client may write the field " + p.field;
      f.locations.push_back(route);
      f.evidence.push_back("this route takes a " + body_type);
      break;
    }
  }
}

// Stops: reading another person's record through a repository that takes a number and asks nothing.
void judge_layers(const PythonNotes& notes, Sink& sink) {
  const auto stranger = [&](const std::string& d) { return !refuses_strangers(notes, d); };
  for (const LayerCall& c : notes.layer_calls) {
    const bool open = !c.callers.empty() && std::all_of(c.callers.begin(), c.callers.end(), stranger);
    const bool asked = !std::all_of(c.used.begin(), c.used.end(), stranger);
    if (open || asked) continue;
    if (c.callee.name.empty() ? !c.model.empty() && belongs_to_somebody(notes, c.model) == false
                              : !fetches_unowned(notes, c))
      continue;
    sink.find("AZ-001", c.at, c.shown);
  }
}

}  // namespace

void judge_python_routes(const PythonNotes& notes, Sink& sink) {
  judge_models(notes, sink);
  judge_layers(notes, sink);
  std::vector<PythonRoute> routes = notes.routes;
  for (PythonRoute& r : routes)
    r.guarded = r.guarded || std::any_of(r.dependencies.begin(), r.dependencies.end(),
                                         [&](const std::string& d) { return refuses_strangers(notes, d); });
  const auto mounted_guard = [&](const PythonRoute& r) {
    for (const PythonRouter& x : notes.routers)
      if (x.path == r.file && x.variable == r.router && x.guarded) return true;
    std::string module = r.file.substr(0, r.file.rfind('.'));
    std::replace(module.begin(), module.end(), '/', '.');
    for (const PythonMount& m : notes.mounts) {
      if (!m.guarded) continue;
      if (m.path == r.file && m.target == r.router) return true;
      const std::string target = m.target.substr(0, m.target.rfind('.'));  // module of "app.routers.users.router"
      if (m.target != r.router && !target.empty() &&
          (module.ends_with(target) || target.ends_with(std::string(last(module)))))
        return true;
    }
    return false;
  };
  const auto full_path = [&](const PythonRoute& r) {
    std::string prefix;
    for (const PythonRouter& x : notes.routers)
      if (x.path == r.file && x.variable == r.router) prefix = x.prefix;
    const std::string name = r.file.substr(r.file.rfind('/') == std::string::npos ? 0 : r.file.rfind('/') + 1);
    std::string mount;
    for (const PythonMount& m : notes.mounts)
      if (contains(m.target, name.substr(0, name.rfind('.')) + ".")) mount = m.prefix;
    return mount + prefix + r.path;
  };
  for (const PendingOrigins& p : notes.origins) {
    const auto it = notes.constants.find(p.name);
    if (it == notes.constants.end()) continue;
    const Value& v = it->second;
    const bool any = (v.kind == Value::Kind::text && v.text == "*") ||
                     std::find(v.items.begin(), v.items.end(), "*") != v.items.end();
    if (!any) continue;
    auto& f = sink.find("FA-001", p.at, p.shown);
    if (!p.credentials) {
      f.severity = proof::Severity::medium;
      f.title = "Any origin may read the API's answers";
    }
  }
  for (const PythonNotes::Returned& r : notes.returned) {
    const auto alias = notes.aliases.find(r.type);
    const std::string model = alias == notes.aliases.end() ? r.type : alias->second;
    if (notes.secret_models.contains(model)) sink.find("FA-005", r.at, r.shown);
  }
  if (notes.built_from_host.line > 0 && !notes.trusted_host)
    sink.find("FA-006", notes.built_from_host, notes.built_shown);
  bool any_guard = notes.global_guard;
  for (const PythonRoute& r : routes) any_guard = any_guard || r.guarded || mounted_guard(r);
  proof::Finding* costly = nullptr;
  for (const PythonRoute& r : routes) {
    const std::string path = full_path(r);
    // Known to be a webhook only by where its router is mounted.
    if (webhook_door(path) && !webhook_door(r.path) && !webhook_door(r.function) && !r.proves && !r.guarded &&
        std::find(r.methods.begin(), r.methods.end(), "post") != r.methods.end())
      sink.find("EX-018", r.at, r.shown);
    const bool writes = std::any_of(r.methods.begin(), r.methods.end(),
                                    [](const std::string& m) { return m != "get" && m != "head" && m != "options"; });
    const bool everyone = public_door(r.path) || public_door(r.function) || r.path == "/" || (webhook_door(path));
    // Stops: a door left open beside doors that are locked.
    if (!r.guarded && !mounted_guard(r) && !notes.global_guard && any_guard) {
      const bool admin = has_word(path, {"admin", "internal", "debug"});
      if ((!everyone || admin) && (writes || admin ||
                                   (personal_noun(path) && (contains(path, "{") || contains(path, "<") ||
                                                            has_word(path, {"users", "me", "export", "orders",
                                                                            "invoices", "customers", "messages"})))))
        sink.find("FA-003", r.at, r.shown);
    }
    const bool door = (sign_in_door(r.path) || sign_in_door(r.function)) && writes;
    if (door && !r.limited && !notes.global_limit && !notes.django_ratelimit) {
      const bool signed_in_only =
          r.guarded && !has_word(r.path, {"login", "signin", "register", "signup", "forgot", "reset"});
      if (!signed_in_only) sink.find("RL-001", r.at, r.shown);
    } else if (r.costly && writes && !r.limited && !notes.global_limit && !webhook_door(path)) {
      if (!costly) {
        costly = &sink.find("RL-002", r.at, r.shown);
      } else {
        costly->locations.push_back(r.at);
        costly->evidence.push_back(r.shown);
      }
    }
  }
}

}  // namespace gatehouse::audit::source
