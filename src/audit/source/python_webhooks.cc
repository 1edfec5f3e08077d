// Webhook handlers in Python: functions and the post methods of views that are named or routed as such.
#include "audit/source/python.h"
#include "audit/source/webhook.h"

namespace gatehouse::audit::source {

using namespace syntax;

void read_python_webhooks(File& file) {
  const bool file_named = webhook_door(file.path);
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    const Node cls = f.above("class_definition");
    if (function_around(f)) continue;
    bool handler = false;
    if (cls) {
      handler = name == "post" && (webhook_door(cls.child("name").text()) || file_named);
      // A view, not a service object.
      handler = handler && contains(cls.child("superclasses").text(), "View");
    } else {
      const Node parent = f.parent();
      bool route = false;
      if (parent.is("decorated_definition"))
        for (const Node d : parent.children()) {
          if (!d.is("decorator")) continue;
          const auto call = as_call(d.first());
          if (call && (last(call->name) == "post" || last(call->name) == "route" || last(call->name) == "api_route" ||
                       last(call->name) == "api_view")) {
            route = true;
            if (const auto path = literal(call->arg(0)); path && webhook_door(*path)) handler = true;
          }
          if (contains(d.code(), "csrf_exempt") || contains(d.code(), "require_POST")) route = true;
        }
      const auto parameters = f.child("parameters").children();
      bool takes_request = false;
      for (const Node p : parameters) takes_request = takes_request || p.code().starts_with("request");
      if (route && webhook_door(name)) handler = true;
      if (takes_request && webhook_door(name) &&
          !has_word(name, {"verify", "handle", "process", "get", "parse", "validate", "list", "create", "log"}))
        handler = true;
      if (has_word(name, {"test", "register", "delete", "list", "verify"})) handler = false;
      // Who signs in to it is no provider.
      for (const Call* c : file.calls_in(f.child("parameters")))
        if (last(c->name) == "Depends" && has_word(dotted(c->arg(0)), {"user", "admin", "current", "require", "role"}))
          handler = false;
    }
    if (handler) judge_webhook(file, f, f);
  }
}

}  // namespace gatehouse::audit::source
