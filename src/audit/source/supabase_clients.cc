#include "audit/source/supabase_clients.h"

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 3;  // modules that hand a client on

bool mighty(const Code& code) {
  return icontains_any(code, {"service_role", "servicerole", "service_key", "servicekey", "supabase_secret",
                              "service-role", "createadminclient", "createserviceclient", "supabaseadmin"});
}

bool of_caller(const Code& code) {
  return icontains_any(code, {"anon_key", "publishable_key", "publishable_default_key", "createroutehandlerclient",
                              "createservercomponentclient", "createserveractionclient", "createclientcomponentclient",
                              "createbrowserclient", "createpagesserverclient", "anonkey", "createserverclient"});
}

// Of a module's text, what its export of this name is made of; the whole text when it cannot be told.
std::string_view part_of(std::string_view text, std::string_view name) {
  for (const std::string_view kind : {"function ", "const ", "let "}) {
    const std::size_t at = text.find(std::string(kind) + std::string(name));
    if (at == std::string_view::npos) continue;
    return text.substr(at, std::min(text.find("\nexport ", at + 1), text.size()) - at);
  }
  return text;
}

ClientRights rights_in(const Code& code) {
  return mighty(code) ? ClientRights::all : of_caller(code) ? ClientRights::caller : ClientRights::unknown;
}

ClientRights rights_of_module(const Project& project, std::string_view from, std::string_view module, int depth) {
  std::string path = resolve_module(from, module);
  if (path.empty() || depth > kDeepest) return ClientRights::unknown;
  std::string name;
  if (const std::size_t dot = path.rfind('.'); dot != std::string::npos && dot > path.rfind('/') + 1) {
    name = path.substr(dot + 1);
    path.resize(dot);
  }
  for (const std::string_view root : {"", "src/", "app/", "apps/web/"})
    for (const std::string_view ending : {".ts", ".tsx", ".js", ".mjs", "/index.ts", "/index.js"}) {
      const auto source = project.open(std::string(root) + path + std::string(ending));
      if (!source) continue;
      const std::string_view own = part_of(source->text(), name);
      const ClientRights said = rights_in(own);
      return said != ClientRights::unknown || own.size() == source->text().size() ? said : rights_in(source->text());
    }
  return ClientRights::unknown;
}

}  // namespace

ClientRights client_rights(const File& file, std::string_view variable, Node use) {
  if (mighty(variable)) return ClientRights::all;
  Node made;
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").text() == variable && (d.begin() < use.begin() || !function_around(d)))
      made = unwrap(d.child("value"));
  const std::string origin = file.full(variable);
  if (!made) return origin == variable ? ClientRights::unknown : rights_of_module(file.project, file.path, origin, 0);
  if (const ClientRights said = rights_in(made.code()); said != ClientRights::unknown) return said;
  const auto call = as_call(made);
  if (!call) return ClientRights::unknown;
  for (const Node a : call->args)
    if (a.is("identifier"))
      if (const ClientRights said = rights_in(value_of(file, a).code()); said != ClientRights::unknown) return said;
  const std::string maker = file.full(call->name);
  if (maker != call->name) return rights_of_module(file.project, file.path, maker, 0);
  for (const char* type : {"function_declaration", "arrow_function"})
    for (const Node f : file.tree.all(type))
      if (function_name(f) == call->name) return rights_in(f.code());
  return ClientRights::unknown;
}

}  // namespace gatehouse::audit::source
