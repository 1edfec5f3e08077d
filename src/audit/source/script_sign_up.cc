#include "audit/source/script_sign_up.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

// Stops: a list of addresses that is put through the sign-up, to learn who is a customer.
void read_sign_up(File& file) {
  if (client_file(file) || read_enumeration(file) ||
      !icontains_any(file.code(), {"exist", "already", "in use", "taken"}))
    return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const std::string name = door_name(file, f);
      if (!has_word(name, {"register", "signup", "registration"}) && !icontains(name, "signup")) continue;
      std::set<std::string> found;  // names that hold who was looked up by an address
      for (const Node d : f.all("variable_declarator"))
        for (const Touch& t : touches(file, d.child("value")))
          if ((t.kind == Touch::Kind::one || t.kind == Touch::Kind::list) && people(t.record) &&
              icontains(t.condition, "email") && d.child("name").is("identifier"))
            found.insert(std::string(d.child("name").text()));
      if (found.empty()) continue;
      Node said;
      for (const Node i : f.all("if_statement")) {
        const Code asked = i.child("condition").code();
        const bool about = std::any_of(found.begin(), found.end(), [&](const std::string& n) {
          return has_token(asked, n) && !contains(asked, "!" + n);
        });
        if (!about || said) continue;
        for (const char* text : {"string", "template_string"})
          for (const Node s : i.child("consequence").all(text))
            if (!said && icontains_any(s.code(), {"exist", "already", "in use", "taken"})) said = s;
      }
      if (!said) continue;
      auto& hit = file.hit("AU-005", said);
      hit.title = "The sign-up tells who has an account";
      hit.severity = proof::Severity::low;
      return;
    }
}

// Stops: versions, memory and environment, read by whoever looks for what is worth a try.
void read_health(File& file) {
  if (client_file(file) || has_word(file.path, {"admin", "test", "tests"})) return;
  for (const Call& c : file.calls) {
    if (!answers(c)) continue;
    const Node function = function_around(c.node);
    const Code said = c.node.child("arguments").code();
    const auto around = as_call(function.parent().parent());
    const std::string path = around ? literal(around->arg(0)).value_or("") : "";
    if (!has_word(path + " " + function_name(function) + " " + std::string(file.path),
                  {"health", "healthz", "status", "metrics", "monitor", "diagnostics"}) ||
        has_word(path, {"admin", "internal"}) || asks_identity(function.code()))
      continue;
    if (around && std::any_of(around->args.begin(), around->args.end(), [](Node a) {
          const auto made = as_call(unwrap(a));
          return !is_function(unwrap(a)) && guard_middleware(made ? made->name : dotted(unwrap(a)));
        }))
      continue;
    const bool insides = icontains_any(said, {"memory:", "memoryusage", "metrics", "heapused", "cpus()", "loadavg"});
    const int more = icontains(said, "uptime") + contains(said, "NODE_ENV") + icontains(said, "version") +
                     icontains_any(said, {"hostname", "platform", "pid"});
    if (!insides || more == 0) continue;
    file.hit("EXP-004", c.node).title = "What watches the server tells strangers how it is inside";
    return;
  }
}

}  // namespace gatehouse::audit::source
